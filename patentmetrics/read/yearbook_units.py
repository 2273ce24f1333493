"""Units of yearbooks (计量单位): found in headers, and converted by powers of ten where asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import require_columns

# power of ten of each word of magnitude
MAGNITUDES = {
    "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10,
    "千亿": 11, "万亿": 12,
}  # fmt: skip
# what is counted, and other names of the same
_BASES = (
    "元", "美元", "港元", "欧元", "人", "人次", "人日", "户", "家", "个", "吨", "吨公里", "人公里",
    "吨标准煤", "公斤", "克", "公里", "米", "海里", "平方公里", "平方米", "公顷", "亩", "立方米",
    "标准立方米", "升", "千瓦时", "千瓦", "兆瓦", "辆", "台", "标台", "部", "套", "册", "册件", "种",
    "张", "床", "所", "座", "处", "条", "件", "项", "次", "只", "头", "株", "篇", "名", "天", "日",
    "小时", "岁", "倍", "盏", "艘", "架", "标准箱", "门", "间", "枚", "片", "分贝", "微克", "毫克",
    "毫米", "摄氏度", "比特", "%", "‰", "百分点",
)  # fmt: skip
_SAME = dict(zip(_BASES, _BASES, strict=True)) | {
    "人民币元": "元", "千克": "公斤", "千米": "公里", "平方千米": "平方公里", "千瓦小时": "千瓦时",
    "度": "千瓦时", "TEU": "标准箱", "℃": "摄氏度", "百分比": "%", "百分之": "%", "千分之": "‰",
}  # fmt: skip
# longest first: 千瓦时 before 千
_MAGNITUDE = re.compile(f"^({'|'.join(sorted(MAGNITUDES, key=len, reverse=True))})")
_PREFIX = re.compile(r"^(?:每|平均每)")
# 上年=100, 1978年=100; 当年价 and the like say how, not in what
_INDEX = re.compile(r"^(?:以)?(?:上年|去年|基期|\d{4}年?)(?:同期)?(?:为|=)100$")
_BRACKET = re.compile(r"[(（]\s*([^()（）]*?)\s*[)）]")
_LINE = re.compile(r"(?:计量)?单\s*位\s*[:：]\s*([^()（）]+?)\s*(?=[)）]|$|\s{2,})")


def is_unit(text: str) -> bool:
    """Say whether a text is a unit: 万元, 人/平方公里, %, 上年=100.

    Examples
    --------
    >>> is_unit("万元"), is_unit("人／平方公里"), is_unit("当年价格")
    (True, True, False)
    """
    plain = _plain(text)
    if _INDEX.fullmatch(plain):
        return True
    parts = plain.split("/")
    return len(parts) <= 2 and all(_split(_PREFIX.sub("", part)) is not None for part in parts)


def unit_of_line(text: str) -> tuple[bool, str | None]:
    """Say whether a text is a line of units (单位：万元), and give the unit where there is one alone.

    Examples
    --------
    >>> unit_of_line("单位：万元"), unit_of_line("单位：万人、平方公里"), unit_of_line("年末总人口")
    ((True, '万元'), (True, None), (False, None))
    """
    match = _LINE.search(text)
    if not match:
        return False, None
    unit = _plain(match[1])
    return True, unit if is_unit(unit) else None


def split_unit(header: str) -> tuple[str, str | None]:
    """Part the name of a variable from its unit in brackets; brackets that hold no unit stay.

    Examples
    --------
    >>> split_unit("地区生产总值（当年价格）（万元）"), split_unit("人均GDP(元/人)")
    (('地区生产总值（当年价格）', '万元'), ('人均GDP', '元/人'))
    """
    unit: str | None = None
    name = header
    for match in reversed(list(_BRACKET.finditer(header))):
        inside = re.sub(r"^\s*单\s*位\s*[:：]\s*", "", match[1])
        if is_unit(inside):
            unit = _plain(inside)
            name = header[: match.start()] + header[match.end() :]
            break
    if unit is None and is_unit(header):
        return "", _plain(header)
    return name.strip(), unit


def convert_units(frame: pl.DataFrame, to: Mapping[str, str]) -> pl.DataFrame:
    """Convert values from one unit to another of the same thing (单位换算), by powers of ten.

    Parameters
    ----------
    frame : polars.DataFrame
        ``value, unit`` and any others, as `patentmetrics.read.yearbook.read_yearbook` gives them.
    to : mapping
        The unit wanted for a unit that occurs: ``{"万元": "元"}``, ``{"亿元": "万元"}``. What is not named
        stays as it is.

    Returns
    -------
    polars.DataFrame
        The frame with values and units changed. One multiplication or division by a power of ten a value:
        a division where the unit wanted is the larger one, so that 123 万元 of 1,230,000 元 is exact.

    Raises
    ------
    SettingError
        The two units are not of the same thing, or are not known.
    DataError
        No value is in a unit that is to be converted.

    Examples
    --------
    >>> frame = pl.DataFrame({"value": [12.5, 3.0], "unit": ["万元", "人"]})
    >>> convert_units(frame, {"万元": "元"}).rows()
    [(125000.0, '元'), (3.0, '人')]
    """
    require_columns(frame, ["value", "unit"], where="values")
    value, unit = pl.col("value"), pl.col("unit")
    for old, new in to.items():
        power = unit_power(old, new)
        if not (frame["unit"] == old).any():
            raise DataError(
                "no value is in the unit that is to be converted",
                where="convert",
                got=old,
                allowed=frame["unit"].drop_nulls().unique().sort().to_list(),
            )
        here = pl.col("unit") == old
        changed = pl.col("value") * 10.0**power if power >= 0 else pl.col("value") / 10.0**-power
        value = pl.when(here).then(changed).otherwise(value)
        unit = pl.when(here).then(pl.lit(new)).otherwise(unit)
    return frame.with_columns(value.alias("value"), unit.alias("unit"))


def unit_power(old: str, new: str) -> int:
    """Give the power of ten between two units of the same thing.

    Raises
    ------
    SettingError
        They are not of the same thing, or one is unknown.

    Examples
    --------
    >>> unit_power("亿元", "万元"), unit_power("人/平方公里", "万人/平方公里")
    (4, -4)
    """
    parts = [_plain(one).split("/") for one in (old, new)]
    split = [[_split(_PREFIX.sub("", part)) for part in one] for one in parts]
    flat = [one for side in split for one in side]
    if None in flat or len(split[0]) != len(split[1]):
        raise SettingError(
            "the unit is not known", where="convert", got=f"{old} to {new}", hint="e.g. 万元=元"
        )
    power = 0
    for place, (first, second) in enumerate(zip(*split, strict=True)):
        if first is None or second is None or first[1] != second[1]:
            raise SettingError("the units are not of the same thing", where="convert", got=f"{old} to {new}")
        power += (first[0] - second[0]) * (-1 if place else 1)
    return power


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("∕", "/")


def _split(text: str) -> tuple[int, str] | None:
    """Part a unit into its power of ten and what is counted; None where it is no unit."""
    if text in _SAME:
        return 0, _SAME[text]
    match = _MAGNITUDE.match(text)
    if match and text[match.end() :] in _SAME:
        return MAGNITUDES[match[1]], _SAME[text[match.end() :]]
    return None
