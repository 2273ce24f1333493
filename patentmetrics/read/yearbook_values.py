"""What the cells of a yearbook say: numbers, blanks, names of places, marks of footnotes."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

# why a cell has no number, by what stands in it; 空格 is how the yearbooks' own legend calls an empty cell
BLANKS = {
    "empty": ("", "空格", "空"),
    "dash": ("-", "--", "---", "—", "——", "–", "―", "─", "−", "~"),
    "ellipsis": ("…", "……", "...", "......", "··", "·", "..", "⋯", "⋯⋯"),
    "number sign": ("#", "##"),
    "word": ("NA", "N/A", "n.a.", "na", "无", "暂无", "缺", "缺失", "不详", "x", "X", "×", "/", "null", "."),
}
_BLANK_OF = {text: reason for reason, texts in BLANKS.items() for text in texts}
# circled and superscript digits, asterisks, daggers, digits in brackets: the marks of footnotes
_CIRCLED = "①-⑳⑴-⒇❶-❿⓪⓵-⓾㊀-㊉"
_SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹ª"
_MARK = (
    rf"(?:[{_CIRCLED}{_SUPERSCRIPT}*＊※†‡★☆△▲]|[\[［〔]\s*(?:注?\d{{0,2}})\s*[\]］〕]|[(（](?:\d|注\d?)[)）])"
)
_MARKS_BEHIND = re.compile(rf"(?:\s*{_MARK})+\s*$")
_MARKS_BEFORE = re.compile(rf"^(?:[{_CIRCLED}{_SUPERSCRIPT}*＊※†‡★☆△▲]\s*)+")
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([, ])\d{3})(?:\1\d{3})*(?:\.\d+)?")
_ERRORS = re.compile(
    r"#(?:N/A|DIV/0!|REF!|VALUE!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)", re.IGNORECASE
)
_MINUS = str.maketrans(
    {"−": "-", "－": "-", "﹣": "-", "–": "-", "，": ",", "．": ".", "\xa0": " ", "\u2009": " "}
)
HAN = re.compile(r"[\u3400-\u9fff]")
_ENGLISH = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """What one cell says.

    ``number`` is null where ``blank`` (why there is none) or ``wrong`` (why it cannot be read) says so;
    ``marked`` says that the mark of a footnote was taken off; ``percent`` that a percent sign was.
    """

    number: float | None = None
    blank: str | None = None
    wrong: str | None = None
    marked: bool = False
    percent: bool = False


def read_value(text: str | None) -> Value:  # noqa: PLR0911 - one for each thing a cell may be
    """Read the number of a cell (单元格数值); what is no number is never taken for zero.

    Full-width digits, thousands separators (comma or space), marks of footnotes and a percent sign are
    read. What else stands beside a number (约, 以上, >) makes it wrong, not a number.

    Examples
    --------
    >>> read_value("１，２３４．５①").number, read_value("—").blank, read_value("约100").wrong
    (1234.5, 'dash', 'not a number')
    """
    if text is None:
        return Value(blank="empty")
    blank = _blank(text)
    if blank:
        return Value(blank=blank)
    if _ERRORS.fullmatch(text.strip()):
        return Value(wrong="an error of the spreadsheet")
    bare = _MARKS_BEHIND.sub("", text)
    marked = bare != text
    bare = unicodedata.normalize("NFKC", bare.translate(_MINUS)).strip()
    if not bare:
        return Value(wrong="the mark of a footnote alone", marked=True)
    blank = _blank(bare)
    if blank:
        return Value(blank=blank, marked=marked)
    percent = bare.endswith("%")
    bare = bare.removesuffix("%").strip()
    # a spaced thousand: 12 345; a spaced sign or digit (1 2) is none
    if _PLAIN.fullmatch(bare):
        number = float(bare)
    elif _THOUSANDS.fullmatch(bare):
        number = float(re.sub("[, ]", "", bare))
    else:
        return Value(wrong="not a number", marked=marked)
    if not math.isfinite(number):
        return Value(wrong="not a number", marked=marked)
    return Value(number=number, marked=marked, percent=percent)


def clean_name(text: str) -> tuple[str, bool]:
    """Give the name of a place or of a header without spaces, English and footnote marks; and whether marked.

    Examples
    --------
    >>> clean_name("北　京①"), clean_name("石家庄市 Shijiazhuang")
    (('北京', True), ('石家庄市', False))
    """
    chinese = chinese_part(text)
    bare = _MARKS_BEFORE.sub("", _MARKS_BEHIND.sub("", chinese))
    return "".join(unicodedata.normalize("NFKC", bare).split()), bare != chinese


def chinese_part(text: str) -> str:
    r"""Leave out the English of a text in both languages; a text without Chinese stays.

    English is what follows the Chinese and has words of small letters: R&D and GDP stay.

    Examples
    --------
    >>> chinese_part("地区生产总值\n(万元)\nGross Regional Product\n(10 000 yuan)"), chinese_part("R&D人员")
    ('地区生产总值\n(万元)', 'R&D人员')
    """
    if not HAN.search(text):
        return text
    kept: list[str] = []
    begun = False
    for line in text.splitlines():
        if HAN.search(line):
            begun = True
            kept.append(_without_english_end(line))
        elif not (begun and _ENGLISH.search(line)):
            kept.append(line)
    return "\n".join(line.strip() for line in kept if line.strip())


def _without_english_end(line: str) -> str:
    # 石家庄市 Shijiazhuang: English behind the last Chinese character and a space
    end = max(match.end() for match in HAN.finditer(line))
    tail = line[end:]
    match = re.search(r"\s+(?=[A-Z][A-Za-z]*[a-z]{2})[A-Za-z ,.'&()-]+$", tail)
    return line[: end + match.start()] if match else line


def _blank(text: str) -> str | None:
    return _BLANK_OF.get("".join(text.split()))
