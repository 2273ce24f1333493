"""What can be made of the rows of a place and year (地区—年份指标): small frozen specifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from patentmetrics.core.errors import ColumnError, SettingError, check_choice, near_names

How = Literal["count", "known", "sum", "mean", "above", "top_count", "top_share", "ratio"]
Within = Literal["sample", "year"]
Unknown = Literal["skip", "null"]
HOWS: tuple[How, ...] = ("count", "known", "sum", "mean", "above", "top_count", "top_share", "ratio")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One column of the result: how it is made, and of what.

    Parameters
    ----------
    name : str
        Of the column.
    how : str
        - ``count``: rows (计数); ``known``: rows that have a value in ``of``;
        - ``sum``, ``mean`` of the known values of ``of``; a truth value counts 0 or 1;
        - ``above``: rows whose value is at least ``cut``;
        - ``top_count``, ``top_share`` (前百分位占比): rows among the top 1 − ``cut`` of all rows that have a
          value, at least one, ties kept; as a number, and as a share of the rows that have a value;
        - ``ratio``: measure ``of`` ÷ ``to`` (人均), times ``scale``.
    of : str, optional
        The column; for a ratio the name of another measure. Not for ``count``.
    cut : float, optional
        The cut-off of ``above``; the quantile of ``top_…``, 0.98 for the top 2 %.
    within : {'sample', 'year'}
        Over which rows a quantile is taken: all that have place and year, or those of each year.
    unknown : {'skip', 'null'}
        Whether a sum or mean leaves unknown values out, or is null as soon as one is unknown.
    to : str, optional
        For a ratio: another measure, or a column beside them, such as the population.
    scale : float
        10000 for patents per ten thousand people (每万人).

    Examples
    --------
    >>> Measure(name="top_cited", how="top_share", of="citations", cut=0.98, within="year").cut
    0.98
    """

    name: str
    how: How
    of: str | None = None
    cut: float | None = None
    within: Within = "sample"
    unknown: Unknown = "skip"
    to: str | None = None
    scale: float = 1.0


def check_measures(
    measures: Sequence[Measure], *, columns: Sequence[str], beside: Sequence[str] = ()
) -> None:
    """Raise unless the measures can be made of these columns.

    Raises
    ------
    SettingError
        A measure lacks what it needs, or has what it does not; none is given.
    ColumnError
        A column is missing; a name is there twice.

    Examples
    --------
    >>> check_measures([Measure(name="patents", how="count")], columns=["place", "year"])
    """
    if not measures:
        raise SettingError("no measure is given", where="measures", allowed=HOWS)
    made: list[str] = []
    for one in measures:
        where = f"measure {one.name}"
        check_choice(one.how, HOWS, argument=f"{where}: how")
        check_choice(one.within, ["sample", "year"], argument=f"{where}: within")
        check_choice(one.unknown, ["skip", "null"], argument=f"{where}: unknown")
        if one.name in {*made, *beside, "place", "year"}:
            raise ColumnError("a column of the result would be there twice", where="measures", got=one.name)
        _check_parts(one, where)
        if one.how == "ratio":
            _check_known(one.of, made, where=f"{where}: of")
            _check_known(one.to, [*made, *beside], where=f"{where}: to")
        elif one.of is not None:
            _check_known(one.of, columns, where=f"{where}: of")
        made.append(one.name)


def _check_parts(one: Measure, where: str) -> None:
    wanted = {
        "of": one.how != "count",
        "cut": one.how in {"above", "top_count", "top_share"},
        "to": one.how == "ratio",
    }
    for part, needed in wanted.items():
        if (getattr(one, part) is not None) != needed:
            raise SettingError(
                f"{one.how} {'needs' if needed else 'has no'} {part!r}", where=where, got=getattr(one, part)
            )
    if one.how.startswith("top") and not 0 < (one.cut or 0) < 1:
        raise SettingError(
            "a quantile lies between 0 and 1", where=f"{where}: cut", got=one.cut, hint="0.98 for the top 2 %"
        )
    if not one.name.strip():
        raise SettingError("a measure has no name", where="measures")


def _check_known(name: str | None, known: Sequence[str], *, where: str) -> None:
    if name not in known:
        raise ColumnError(
            f"the column {name!r} is missing",
            where=where,
            allowed=known or "none before it",
            hint=near_names(str(name), known),
        )
