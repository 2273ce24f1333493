"""The weights of an index as papers print them: dimensions with their weight, indicators with theirs."""

from __future__ import annotations

from typing import Literal

import polars as pl

from patentmetrics.core.errors import check_choice
from patentmetrics.index.composite import CompositeIndex

_HEADS = {
    "en": ("Dimension", "Subdimension", "Indicator", "Unit", "Direction", "Weight within, %", "Weight, %"),
    "zh": ("一级指标", "二级指标", "指标", "单位", "方向", "维度内权重/%", "权重/%"),
}
_DIRECTIONS = {"en": {"positive": "+", "negative": "−"}, "zh": {"positive": "正向", "negative": "负向"}}


def weights_table(index: CompositeIndex, *, language: Literal["en", "zh"] = "en") -> pl.DataFrame:
    """Give the weights at both levels, in per cent, ready to print (指标权重表).

    Parameters
    ----------
    index : CompositeIndex
        The index.
    language : {"en", "zh"}
        Of the heads and titles.

    Returns
    -------
    polars.DataFrame
        One row an indicator. A dimension, and a subdimension where the system has them, stands with its
        weight in the first row of its indicators only. The weight of an indicator left out is null.

    Raises
    ------
    SettingError
        The language is unknown.

    Examples
    --------
    >>> from patentmetrics.core.types import Panel
    >>> from patentmetrics.index.composite import composite_index
    >>> from patentmetrics.index.systems import read_index_system
    >>> system = read_index_system("urban_innovation_2026")
    >>> keys = {"place": ["A", "B"], "year": [2020] * 2}
    >>> panel = Panel(frame=pl.DataFrame(keys | dict.fromkeys(system.names, [0.0, 1.0])))
    >>> made = composite_index(panel, system, method="given")
    >>> weights_table(made, language="zh")["一级指标"][0]
    '创新资源 (25.0479%)'
    """
    check_choice(language, _HEADS, argument="language")
    heads = _HEADS[language]
    table = index.weights.with_row_index("row")
    level = [_with_weight("dimension", ["dimension"], language).alias(heads[0])]
    if table["subdimension"].null_count() < table.height:
        level.append(_with_weight("subdimension", ["dimension", "subdimension"], language).alias(heads[1]))
    return table.select(
        *level,
        pl.col(f"indicator_{language}").alias(heads[2]),
        pl.col(f"unit_{language}").alias(heads[3]),
        pl.col("direction").replace_strict(_DIRECTIONS[language], return_dtype=pl.String).alias(heads[4]),
        (pl.col("weight_within") * 100).alias(heads[5]),
        (pl.col("weight") * 100).alias(heads[6]),
    )


def _with_weight(level: str, group: list[str], language: str) -> pl.Expr:
    first = pl.col("row") == pl.col("row").min().over(group)
    percent = (pl.col(f"{level}_weight") * 100).map_elements("{:.4f}".format, return_dtype=pl.String)
    title = pl.col(f"{level}_{language}")
    named = pl.when(percent.is_null()).then(title).otherwise(title + " (" + percent + "%)")
    return pl.when(first).then(named).otherwise(pl.lit(""))
