"""Merge variables into a panel by (place, year): never loses a row silently, never multiplies one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, check_choice, near_names
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import KEY, keyed, require_numeric, shown

How = Literal["left", "outer", "inner"]


def merge_panel(
    base: Panel, parts: Mapping[str, pl.DataFrame], *, how: How = "left", zero: Sequence[str] = ()
) -> Panel:
    """Merge parts into a panel by place and year (面板合并).

    Parameters
    ----------
    base : Panel
        The panel that the parts are merged into, one after the other.
    parts : mapping of str to polars.DataFrame
        Name of a part (for the log) and its frame: ``place, year`` unique, and its variables.
    how : {"left", "outer", "inner"}
        Keep the base's rows; the rows of either; the rows that base and part share.
    zero : sequence of str
        Count columns of the parts for which an absent place-year is a true zero within the years that the
        part covers (from its first to its last): a city without a patent in a covered year has 0 patents.
        Outside those years, and in all other columns, what is absent is null. A null in a part stays null.

    Returns
    -------
    Panel
        Sorted by place and year. The log says for each part how many rows matched, and how many of
        the base and of the part had no partner, naming the first few.

    Raises
    ------
    ColumnError
        A part has a variable that the panel already has; a ``zero`` column is in no part.
    DataError
        A (place, year) is null or occurs twice in a part; the merge leaves no row.

    Examples
    --------
    >>> base = Panel(frame=pl.DataFrame({"place": ["A", "A"], "year": [2000, 2001]}))
    >>> part = pl.DataFrame({"place": ["A"], "year": [2000], "patents": [3]})
    >>> merged = merge_panel(base, {"scores": part})
    >>> merged.frame["patents"].to_list()
    [3, None]
    >>> print(merged.log[-1])
    merge scores (left): 1 matched, 1 base rows without partner (A 2001), 0 part rows without partner
    """
    check_choice(how, ["left", "outer", "inner"], argument="how")
    frames = {name: keyed(part, where=f"part {name}") for name, part in parts.items()}
    known = [name for part in frames.values() for name in part.columns if name not in KEY]
    for name in zero:
        if name not in known:
            raise ColumnError(
                f"the column {name!r} is in no part",
                where="zero",
                allowed=known,
                hint=near_names(name, known),
            )
    frame = keyed(base.frame, where="base panel")
    log = [*base.log]
    for name, part in frames.items():
        _check_collisions(frame, part, name)
        zeros = [one for one in zero if one in part.columns]
        require_numeric(part, zeros, where=f"part {name}")
        frame, line = _merged(frame, part, name=name, how=how, zeros=zeros)
        log.append(line)
    if frame.is_empty():
        raise DataError(
            "no row is left after the merge",
            where="merge",
            got=log[-1],
            hint="are the places written the same way in all files, e.g. 北京 and 北京市?",
        )
    made_by = provenance(
        "panel merge", settings={"how": how, "zero": list(zero)}, inputs={"base": dict(base.made_by)}
    )
    made_by |= {key: base.made_by[key] for key in ("simulated", "truth") if key in base.made_by}
    return Panel(frame=frame.sort(KEY), log=tuple(log), simulated=base.simulated, made_by=made_by)


def outer_panel(parts: Mapping[str, pl.DataFrame], *, zero: Sequence[str] = ()) -> Panel:
    """Make a panel from parts alone: a row for every (place, year) that any part has.

    Parameters, result and errors are those of `merge_panel`.

    Examples
    --------
    >>> patents = pl.DataFrame({"place": ["A"], "year": [2000], "patents": [3]})
    >>> policy = pl.DataFrame({"place": ["B"], "year": [2000], "total_count": [7]})
    >>> outer_panel({"scores": patents, "frequencies": policy}, zero=["patents"]).frame.rows()
    [('A', 2000, 3, None), ('B', 2000, 0, 7)]
    """
    if not parts:
        raise DataError("there is nothing to make a panel from", where="parts")
    keys = pl.concat(keyed(part, where=f"part {name}").select(KEY) for name, part in parts.items())
    base = Panel(frame=keys.unique().sort(KEY))
    return merge_panel(base, parts, how="left", zero=zero)


def _check_collisions(frame: pl.DataFrame, part: pl.DataFrame, name: str) -> None:
    both = [one for one in part.columns if one in frame.columns and one not in KEY]
    if both:
        raise ColumnError(
            f"the panel already has the column {both[0]!r}",
            where=f"part {name}",
            got=", ".join(both),
            hint="rename it in one of the two, or leave it out of one",
        )


def _merged(
    frame: pl.DataFrame, part: pl.DataFrame, *, name: str, how: How, zeros: list[str]
) -> tuple[pl.DataFrame, str]:
    lonely_base = frame.join(part, on=KEY, how="anti").sort(KEY)
    lonely_part = part.join(frame, on=KEY, how="anti").sort(KEY)
    matched = frame.height - lonely_base.height
    if how == "outer":
        keys = pl.concat([frame.select(KEY), lonely_part.select(KEY)])
        frame = keys.join(frame, on=KEY, how="left", maintain_order="left")
    mark = "_in_part"
    joined = frame.join(
        part.with_columns(pl.lit(value=True).alias(mark)),
        on=KEY,
        how="inner" if how == "inner" else "left",
        maintain_order="left",
    )
    if zeros and part.height:
        covered = pl.col("year").is_between(part["year"].min(), part["year"].max())
        absent = pl.col(mark).is_null() & covered
        joined = joined.with_columns(
            pl.when(absent).then(0).otherwise(pl.col(one)).cast(part.schema[one]).alias(one) for one in zeros
        )
    line = (
        f"merge {name} ({how}): {matched} matched, {lonely_base.height} base rows without partner"
        f"{_named(lonely_base)}, {lonely_part.height} part rows without partner{_named(lonely_part)}"
    )
    if zeros:
        line += f"; zero in covered years where absent: {', '.join(zeros)}"
    return joined.drop(mark), line


def _named(keys: pl.DataFrame) -> str:
    return f" ({shown(keys)})" if keys.height else ""
