"""The rows of a yearbook as a panel: one row a place and year, one column a variable (宽表)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.read.yearbook import Yearbook

CITIES = ("prefecture", "municipality")


def yearbook_panel(
    yearbook: Yearbook | pl.DataFrame,
    *,
    levels: Sequence[str] = CITIES,
    place: str = "place",
    variables: Sequence[str] | None = None,
) -> Panel:
    """Turn the rows of a yearbook into a panel (宽表): one row a place and year, one column a variable.

    Parameters
    ----------
    yearbook : Yearbook or polars.DataFrame
        Or its frame, converted or filtered.
    levels : sequence of str
        Places of these levels; cities by default, of which the four municipalities are four. Others are
        left out and counted.
    place : {"place", "code"}
        What names a place: the name as written, or its code, which stays when the name changes.
    variables : sequence of str, optional
        These only, in this order; all in the order of the sheets by default.

    Returns
    -------
    Panel
        Sorted by place and year. A value that the sheets do not have is null. ``made_by`` has the unit of
        each variable under ``units``.

    Raises
    ------
    DataError
        A variable has two units; a place has two values of one variable in one year; nothing is left.
    ColumnError, SettingError
        A column is missing; an option is wrong.

    Examples
    --------
    >>> names = {"place": ["北京市", "河北省"], "code": ["110000", "130000"]}
    >>> said = {"level": ["municipality", "province"], "value": [1345.0, 7000.0]}
    >>> frame = pl.DataFrame(names | said).with_columns(
    ...     year=2015, variable=pl.lit("人口"), unit=pl.lit("万人")
    ... )
    >>> panel = yearbook_panel(frame)
    >>> panel.frame.rows(), panel.made_by["units"]
    ([('北京市', 2015, 1345.0)], {'人口': '万人'})
    """
    frame = yearbook.frame if isinstance(yearbook, Yearbook) else yearbook
    made_by = yearbook.made_by if isinstance(yearbook, Yearbook) else {}
    require_columns(frame, ["place", "code", "level", "year", "variable", "value", "unit"], where="yearbook")
    if place not in {"place", "code"}:
        raise SettingError("a place is named by its name or its code", where="place", got=place)
    names = frame["variable"].unique(maintain_order=True).to_list() if variables is None else list(variables)
    for name in names:
        if not (frame["variable"] == name).any():
            raise DataError("the sheets have no such variable", got=name, where="variables")
    kept = frame.filter(
        pl.col("level").is_in(list(levels)), pl.col("variable").is_in(names), pl.col(place).is_not_null()
    )
    if kept.is_empty():
        found = frame["level"].unique().sort().to_list()
        raise DataError(
            "no place is of these levels",
            where="levels",
            got=", ".join(levels),
            allowed=[str(one) for one in found],
        )
    units = _units(kept)
    _require_one_value(kept, place)
    # null sorts a value behind: a doubled cell that is blank in one sheet has the value of the other
    wide = (
        kept.select(pl.col(place).alias("place"), "year", "variable", "value")
        .sort("place", "year", "variable", "value", nulls_last=True)
        .unique(["place", "year", "variable"], keep="first", maintain_order=True)
        .pivot(on="variable", on_columns=names, index=["place", "year"], values="value")
        .sort("place", "year")
    )
    wanted = pl.col("level").is_in(list(levels)).fill_null(value=False)
    left = (
        frame.filter(~wanted).group_by(pl.col("level").fill_null("unknown")).agg(pl.col("place").n_unique())
    )
    told = ", ".join(f"{n} {level}" for level, n in left.sort("level").rows()) or "none"
    nameless = frame.filter(wanted, pl.col(place).is_null())["place"].n_unique()
    line = (
        f"yearbook to panel by {place}: {wide['place'].n_unique()} places, {wide['year'].n_unique()} years, "
        f"{len(names)} variables; places left out by level: {told}; without a code: {nameless}"
    )
    made = provenance(
        "yearbook panel",
        settings={"levels": list(levels), "place": place, "variables": names},
        inputs={"yearbook": made_by},
        counts={"rows": wide.height},
    )
    return Panel(frame=wide, log=(line,), made_by=made | {"units": units})


def _units(frame: pl.DataFrame) -> dict[str, str]:
    found = frame.group_by("variable", maintain_order=True).agg(pl.col("unit").drop_nulls().unique().sort())
    for name, units in found.rows():
        if len(units) > 1:
            raise DataError(
                "a variable is in several units",
                where=f"yearbook: {name}",
                got=", ".join(units),
                hint="convert them: convert_units(frame, {'万元': '元'})",
            )
    return {name: units[0] for name, units in sorted(found.rows()) if units}


def _require_one_value(frame: pl.DataFrame, place: str) -> None:
    several = (
        frame.drop_nulls("value")
        .group_by(place, "year", "variable")
        .agg(pl.col("value").unique(), pl.col("place").unique().sort().alias("names"))
        .filter(pl.col("value").list.len() > 1)
        .sort(place, "year", "variable")
    )
    if several.height:
        first = several.row(0, named=True)
        raise DataError(
            f"{several.height} cells of the panel have more than one value",
            where="yearbook",
            got=f"{first[place]} {first['year']} {first['variable']} ({', '.join(first['names'])})",
            hint="name places by place, or leave one out",
        )
