"""Data envelopment analysis: how far a place is from the frontier of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel
from patentmetrics.index.programs import Orientation, Returns, solve, technology, whole_technology
from patentmetrics.index.variables import Matrix, added, matrix, named_rows, require_not_negative

RETURNS = ("crs", "vrs")
ORIENTATIONS = ("input", "output")
# measured against exact answers: right to 13 digits at 2e7, wrong at 1e12
_SPREAD = 1e8


@dataclass(frozen=True, kw_only=True)
class Units:
    """The place-years that can be compared, out of all rows of a panel.

    Parameters
    ----------
    inputs, outputs : numpy.ndarray, shape=(rows, inputs), (rows, outputs)
        NaN where null.
    comparable : numpy.ndarray of bool, shape=(rows,)
        Nothing is null, and there is some input and some output.
    log : tuple of str
        How many rows are not, and why.
    """

    inputs: Matrix
    outputs: Matrix
    comparable: NDArray[np.bool_]
    log: tuple[str, ...]


def dea(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    returns: Returns = "crs",
    orientation: Orientation = "input",
    frontier: Literal["year", "pooled"] = "year",
    super_efficiency: bool = False,
    name: str = "efficiency",
) -> Panel:
    """Measure efficiency by data envelopment analysis (数据包络分析).

    Parameters
    ----------
    panel : Panel
        The panel.
    inputs, outputs : sequence of str
        Columns, not negative. Units of measurement do not matter.
    returns : {"crs", "vrs"}
        Constant returns to scale (CCR) or variable ones (BCC).
    orientation : {"input", "output"}
        By how much all inputs could shrink, or all outputs grow.
    frontier : {"year", "pooled"}
        One frontier for each year, or one for all years together.
    super_efficiency : bool
        Measure each unit against the others without itself (超效率): it ranks those on the frontier too.
    name : str
        Of the column.

    Returns
    -------
    Panel
        ``{name}``, in (0, 1], 1 on the frontier (above 1 with super-efficiency): θ, or 1/φ; and
        ``{name}_factor``, Farrell's factor itself: θ, or φ ≥ 1. Scores are radial: a unit at 1 can still have
        slack in one input.

        A row with a null, without any input or without any output is no unit: its score is null and it is
        in no frontier. A program without an answer, as happens with super-efficiency under variable returns,
        gives null. The log counts and names both.

    Raises
    ------
    ColumnError
        A column is missing, does not hold numbers, or is named twice; the panel has ``{name}`` already.
    DataError
        A value is negative; no row can be compared; the largest value of a variable is more than 1e8 times
        its smallest positive one.
    SettingError
        An option is unknown; there is no input or no output.

    Notes
    -----
    Charnes, Cooper & Rhodes 1978, doi:10.1016/0377-2217(78)90138-8; Banker, Charnes & Cooper 1984,
    doi:10.1287/mnsc.30.9.1078; Andersen & Petersen 1993, doi:10.1287/mnsc.39.10.1261. Solved in the
    envelopment form by HiGHS.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": list("ABC"), "year": [2020] * 3})
    >>> frame = frame.with_columns(pl.Series("staff", [2, 4, 5]), pl.Series("patents", [1, 4, 3]))
    >>> made = dea(Panel(frame=frame), inputs=["staff"], outputs=["patents"])
    >>> made.frame["efficiency"].round(9).to_list()
    [0.5, 1.0, 0.6]
    """
    check_choice(returns, RETURNS, argument="returns")
    check_choice(orientation, ORIENTATIONS, argument="orientation")
    check_choice(frontier, ["year", "pooled"], argument="frontier")
    units = comparable_units(panel, inputs, outputs)
    years = panel.frame["year"].to_numpy()
    groups = years if frontier == "year" else np.zeros_like(years)
    factor = np.full(len(years), np.nan)
    log = [
        *units.log,
        f"{name}: DEA, {'CCR' if returns == 'crs' else 'BCC'}, {orientation}-oriented, "
        f"{'a frontier a year' if frontier == 'year' else 'one frontier'}"
        f"{', super-efficiency' if super_efficiency else ''}; inputs {', '.join(inputs)}; "
        f"outputs {', '.join(outputs)}",
    ]
    few = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(units.comparable & (groups == group))
        few += len(rows) < 3 * (len(inputs) + len(outputs))
        x, y = units.inputs[rows], units.outputs[rows]
        reference = technology(x, y, returns=returns)
        factor[rows] = solve(reference, x, y, orientation=orientation)
        if super_efficiency and len(rows):
            at = reference.positions
            whole = whole_technology(x, y, returns=returns)
            factor[rows[at]] = solve(whole, x[at], y[at], orientation=orientation, without=at)
    score, factor = scores_of(factor, orientation, on_frontier=not super_efficiency)
    if few:
        log.append(f"{name}: {few} frontiers have fewer than three units for each input and output")
    lost = units.comparable & np.isnan(score)
    if lost.any():
        log.append(f"{name}: {int(lost.sum())} programs have no answer: {named_rows(panel, lost)}")
    return added(panel, {name: score, f"{name}_factor": factor}, log=log)


def comparable_units(panel: Panel, inputs: Sequence[str], outputs: Sequence[str]) -> Units:
    """Give the inputs and outputs of the rows, and say which can be compared.

    Raises
    ------
    ColumnError, DataError, SettingError
        See `dea`.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": ["A", "B"], "year": [2020, 2020], "staff": [2, 4], "patents": [1, 0]})
    >>> units = comparable_units(Panel(frame=frame), ["staff"], ["patents"])
    >>> units.comparable.tolist(), units.log
    ([True, False], ('DEA: 1 rows have no output and are left out: B 2020',))
    """
    if not inputs or not outputs:
        raise SettingError(
            "efficiency needs an input and an output",
            where="inputs, outputs",
            got=f"{len(inputs)} and {len(outputs)}",
        )
    both = matrix(panel, [*inputs, *outputs])
    require_not_negative(panel, [*inputs, *outputs], both, needs="an input or output")
    x, y = both[:, : len(inputs)], both[:, len(inputs) :]
    null = np.isnan(both).any(axis=1)
    idle, barren = ~null & (x == 0).all(axis=1), ~null & (y == 0).all(axis=1)
    log = [
        f"DEA: {int(rows.sum())} rows have {what} and are left out: {named_rows(panel, rows)}"
        for rows, what in ((null, "a null"), (idle, "no input"), (barren, "no output"))
        if rows.any()
    ]
    comparable = ~(null | idle | barren)
    if not comparable.any():
        raise DataError("no row has all inputs and outputs", where="panel", got="; ".join(log) or "no row")
    for name, values in zip([*inputs, *outputs], both[comparable].T, strict=True):
        some = values[values > 0]
        if some.size and some.max() > _SPREAD * some.min():
            raise DataError(
                f"the values of {name!r} lie too far apart for a linear program in floating point",
                where=f"panel: {name}",
                got=f"{some.min():g} to {some.max():g}",
                allowed=f"a ratio up to {_SPREAD:g}",
            )
    return Units(inputs=x, outputs=y, comparable=comparable, log=tuple(log))


def scores_of(
    factor: NDArray[np.float64], orientation: Orientation, *, on_frontier: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the efficiency (θ or 1/φ) and the factor, cut at 1 where the unit is in its own frontier.

    A factor of 0 is no measure: nothing of the frontier can be reached. It becomes not-a-number.

    Examples
    --------
    >>> scores_of(np.array([1.25, 0.0]), "output", on_frontier=True)[0].tolist()
    [0.8, nan]
    """
    factor = np.where(factor > 0, factor, np.nan)
    if on_frontier:
        factor = np.minimum(factor, 1) if orientation == "input" else np.maximum(factor, 1)
    return (factor if orientation == "input" else 1 / factor), factor
