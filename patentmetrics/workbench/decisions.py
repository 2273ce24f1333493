"""What a coder decided about a lexicon (编码者的判断), and the file that keeps it beside the lexicon.

The file is JSON Lines: a head with the lexicon's id and the coder, then one decision a line, sorted, so that
two versions, or two coders, can be compared line by line. The last decision about a term or a hit counts.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from patentmetrics.core.errors import DataError, InputError, SettingError, check_choice
from patentmetrics.core.files import existing_file, write_text
from patentmetrics.text.normalise import normalise

TermKind = Literal["accept", "reject", "move"]
TERM_KINDS: tuple[TermKind, ...] = get_args(TermKind)
HitKey = tuple[str, str, int]

# also the middle of a file's name: no dot, no slash, nothing that a file system minds
_CODER = re.compile(r"[\w-]{1,40}")
_LONGEST = 200  # characters of a term


@dataclass(frozen=True, kw_only=True)
class TermDecision:
    """A decision about a term (词条判断).

    Parameters
    ----------
    kind : {'accept', 'reject', 'move'}
        It belongs into ``group``; it does not belong into the lexicon, or no longer; it belongs into another
        group than the one that it stands in.
    term : str
        As it is written in the lexicon, or is to be.
    group : tuple of str or None
        The path of the group, outermost first; None for ``reject``.
    reason : str
        Why; of a term that is accepted it becomes the note.
    source, citation : str or None
        Of ``accept``: the short name of a source, and its citation where the lexicon does not have it yet.
    date : str or None
        Of ``accept``: the day on which it came in, YYYY-MM-DD.
    """

    kind: TermKind
    term: str
    group: tuple[str, ...] | None = None
    reason: str = ""
    source: str | None = None
    citation: str | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        check_choice(self.kind, TERM_KINDS, argument="kind")
        if not self.term.strip() or len(self.term) > _LONGEST or not self.term.isprintable():
            raise SettingError("a term is one line of text", where="term", got=self.term)
        if (self.group is None) != (self.kind == "reject"):
            raise SettingError(f"to {self.kind} a term", where="group", got=self.group, allowed=_GROUPS)
        if self.kind != "accept" and not self.reason.strip():
            raise SettingError(f"to {self.kind} a term needs a reason", where="reason", got=self.reason)
        if self.date is not None and not _is_date(self.date):
            raise SettingError("this is no date", where="date", got=self.date, allowed="YYYY-MM-DD")

    @property
    def key(self) -> str:
        """What the decision is about: the term, normalised."""
        return normalise(self.term)


@dataclass(frozen=True, kw_only=True)
class HitJudgement:
    """A judgement of one hit (命中判断): is the term meant there.

    Parameters
    ----------
    term : str
        The form that was found.
    document : str
        The document's id.
    begin : int
        Where the hit begins in the document's normalised text, in characters from 0.
    meant : bool
        False for a false hit (误命中), as 信创 in 诚信创新.
    line : str
        The hit as it was read, with what stands around it.
    """

    term: str
    document: str
    begin: int
    meant: bool
    line: str = ""

    @property
    def key(self) -> HitKey:
        """What the judgement is about: the term, normalised, and the place."""
        return normalise(self.term), self.document, self.begin


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """All decisions of one coder about one lexicon (一位编码者的全部判断), by what they are about."""

    lexicon: str
    coder: str
    terms: Mapping[str, TermDecision] = field(default_factory=dict)
    hits: Mapping[HitKey, HitJudgement] = field(default_factory=dict)

    def __iter__(self) -> Iterator[TermDecision | HitJudgement]:
        """Give them in the order of the file."""
        yield from (self.terms[key] for key in sorted(self.terms))
        yield from (self.hits[key] for key in sorted(self.hits))


def decisions_path(lexicon: Path, *, coder: str) -> Path:
    """Name the file of a coder's decisions (判断文件), beside the lexicon.

    Raises
    ------
    SettingError
        The coder's name holds something other than letters, digits, - and _.

    Examples
    --------
    >>> decisions_path(Path("lists/mine.yml"), coder="An").name
    'mine.decisions.An.jsonl'
    """
    if not _CODER.fullmatch(coder):
        raise SettingError(
            "a coder cannot have this name: it becomes part of a file's name",
            where="coder",
            got=coder,
            allowed="letters, digits, - and _, at most 40",
        )
    return lexicon.with_name(f"{lexicon.stem}.decisions.{coder}.jsonl")


def decided(decisions: Decisions, *decided_now: TermDecision | HitJudgement) -> Decisions:
    """Add decisions (加入判断); each replaces what was decided about the same term or hit before.

    Examples
    --------
    >>> first = TermDecision(kind="reject", term="5G", reason="stands in 15GW")
    >>> second = TermDecision(kind="accept", term="５Ｇ", group=("networks",))
    >>> mine = decided(decided(Decisions(lexicon="mine", coder="An"), first), second)
    >>> [one.kind for one in mine.terms.values()]
    ['accept']
    """
    terms = {one.key: one for one in decided_now if isinstance(one, TermDecision)}
    hits = {one.key: one for one in decided_now if isinstance(one, HitJudgement)}
    return Decisions(
        lexicon=decisions.lexicon,
        coder=decisions.coder,
        terms={**decisions.terms, **terms},
        hits={**decisions.hits, **hits},
    )


def withdrawn(decisions: Decisions, key: str | HitKey) -> Decisions:
    """Take a decision back (撤回判断): nothing is decided about that term or hit any more.

    Examples
    --------
    >>> mine = Decisions(lexicon="mine", coder="An")
    >>> mine = decided(mine, HitJudgement(term="信创", document="a", begin=7, meant=False))
    >>> len(withdrawn(mine, ("信创", "a", 7)).hits)
    0
    """
    return Decisions(
        lexicon=decisions.lexicon,
        coder=decisions.coder,
        terms={one: decision for one, decision in decisions.terms.items() if one != key},
        hits={one: judgement for one, judgement in decisions.hits.items() if one != key},
    )


def write_decisions(decisions: Decisions, path: Path) -> None:
    """Write decisions to their file (写出判断), sorted, whole or not at all.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    head = {"decisions_about": decisions.lexicon, "coder": decisions.coder}
    lines = [head, *(_written(one) for one in decisions)]
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def read_decisions(path: Path | str) -> Decisions:
    """Read a file of decisions (读取判断文件), strictly.

    Raises
    ------
    InputError
        There is no such file, or a line is none of a decision; the message names it.
    DataError
        Two lines decide about the same term or hit.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = decisions_path(Path(folder) / "mine.yml", coder="An")
    ...     mine = Decisions(lexicon="mine", coder="An")
    ...     mine = decided(mine, TermDecision(kind="accept", term="量子", group=("computing",)))
    ...     write_decisions(mine, path)
    ...     read_decisions(path) == mine
    True
    """
    path = existing_file(path)
    try:
        # not splitlines: a text may hold other characters that end lines
        lines = [line for line in path.read_text("utf-8").split("\n") if line.strip()]
    except UnicodeDecodeError as error:
        raise InputError("the file is not UTF-8", where=f"{path}, byte {error.start}") from error
    head = _object(lines[0] if lines else "", f"{path}, line 1")
    if set(head) != {"decisions_about", "coder"} or not all(isinstance(one, str) for one in head.values()):
        raise InputError(
            "the file does not begin as one of decisions",
            where=f"{path}, line 1",
            got=lines[0][:80] if lines else "nothing",
            hint="`patentmetrics lexicon workbench` writes <lexicon>.decisions.<coder>.jsonl",
        )
    terms: dict[str, TermDecision] = {}
    hits: dict[HitKey, HitJudgement] = {}
    for number, line in enumerate(lines[1:], 2):
        where = f"{path}, line {number}"
        one = _decision(_object(line, where), where)
        if one.key in terms or one.key in hits:
            raise DataError("two lines decide about the same", where=where, got=one.term)
        if isinstance(one, TermDecision):
            terms[one.key] = one
        else:
            hits[one.key] = one
    return Decisions(lexicon=str(head["decisions_about"]), coder=str(head["coder"]), terms=terms, hits=hits)


_GROUPS = "the path of a group to accept or move, none to reject"
_TERM_KEYS = ("reason", "source", "citation", "date")


def _written(one: TermDecision | HitJudgement) -> dict[str, object]:
    if isinstance(one, HitJudgement):
        place = {"document": one.document, "begin": one.begin}
        return {"kind": "hit", "term": one.term, **place, "meant": one.meant, "line": one.line}
    group = {} if one.group is None else {"group": list(one.group)}
    others = {name: getattr(one, name) for name in _TERM_KEYS if getattr(one, name)}
    return {"kind": one.kind, "term": one.term, **group, **others}


def _object(line: str, where: str) -> dict[str, object]:
    try:
        content = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError("the line is not JSON", where=where, got=line[:80]) from error
    if not isinstance(content, dict):
        raise InputError("the line holds no JSON object", where=where, got=line[:80])
    return content


def _decision(content: dict[str, object], where: str) -> TermDecision | HitJudgement:
    match content:
        case {
            "kind": "hit",
            "term": str(term),
            "document": str(document),
            "begin": int(begin),
            "meant": bool(meant),
            "line": str(line),
            **rest,
        } if not rest:
            return HitJudgement(term=term, document=document, begin=begin, meant=meant, line=line)
        case {"kind": "accept" | "reject" | "move" as kind, "term": str(term), **rest} if _are_texts(rest):
            group = rest.pop("group", None)
            texts = {name: str(text) for name, text in rest.items()}
            try:
                return TermDecision(
                    kind=kind, term=term, group=tuple(group) if isinstance(group, list) else None, **texts
                )
            except SettingError as error:
                raise InputError(error.what, where=where, got=error.got, allowed=error.allowed) from None
    raise InputError("the line is no decision", where=where, got=json.dumps(content, ensure_ascii=False)[:80])


def _are_texts(content: dict[str, object]) -> bool:
    """Say whether these are the other keys of a decision about a term, with texts in them."""
    group = content.get("group", [])
    others = [content[name] for name in content if name != "group"]
    paths = group if isinstance(group, list) else [None]
    return set(content) <= {"group", *_TERM_KEYS} and all(isinstance(one, str) for one in [*paths, *others])


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
