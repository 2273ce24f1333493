"""Slow twin of the cutting of alphabetic text: one character after the other, in plain Python."""

from __future__ import annotations


def is_inside(character: str, *, letters: str, digits: str) -> bool:
    if letters == "ascii" and not character.isascii():
        return False
    return character.isalpha() or (digits == "keep" and character.isdecimal())


def tokens(text: str, *, letters: str = "ascii", hyphens: str = "split", digits: str = "cut") -> list[str]:
    """Give the tokens of a text, and "|" between two that more than white space or a hyphen parts."""
    # runs: ("word", text), or what stands between
    inside = [is_inside(one, letters=letters, digits=digits) for one in text]
    found: list[str] = []
    at = 0
    parted = False
    while at < len(text):
        if not inside[at]:
            parted = parted or not text[at].isspace()
            at += 1
            continue
        parts = [""]
        while at < len(text):
            if inside[at]:
                parts[-1] += text[at]
            elif text[at] == "-" and at + 1 < len(text) and inside[at + 1] and inside[at - 1]:
                parts.append("")
            else:
                break
            at += 1
        if parted and found:
            found.append("|")
        parted = False
        if hyphens == "split" or (hyphens == "both" and len(parts) > 1):
            found.extend(parts)
        if hyphens != "split":
            found.append("-".join(parts))
    return found
