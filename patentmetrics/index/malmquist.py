"""The Malmquist index: growth of productivity, split into catching up and a moving frontier."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.types import Panel
from patentmetrics.index.dea import ORIENTATIONS, comparable_units, scores_of
from patentmetrics.index.programs import Orientation, Technology, solve, technology
from patentmetrics.index.variables import Matrix, added, named_rows

COLUMNS = (
    "malmquist",
    "efficiency_change",
    "technical_change",
    "pure_efficiency_change",
    "scale_efficiency_change",
)


def malmquist(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    orientation: Orientation = "output",
    prefix: str = "",
) -> Panel:
    """Measure the change of productivity by the Malmquist index (Malmquist生产率指数).

    With ``E_s(t)`` the efficiency of a place's year t against the frontier of year s under constant returns::

        malmquist = sqrt( E_t(t+1)/E_t(t) · E_{t+1}(t+1)/E_{t+1}(t) )
        efficiency_change = E_{t+1}(t+1) / E_t(t)
        technical_change = malmquist / efficiency_change

    and ``efficiency_change = pure_efficiency_change · scale_efficiency_change``, the first of which is the
    change of efficiency under variable returns. Above 1 is better, in each.

    Parameters
    ----------
    panel : Panel
        Two years at least. A year is compared with the last one before it that the panel has.
    inputs, outputs : sequence of str
        Columns, not negative.
    orientation : {"input", "output"}
        Matters for the split into pure and scale efficiency only: under constant returns both agree.
    prefix : str
        Before the names of the five columns.

    Returns
    -------
    Panel
        ``malmquist, efficiency_change, technical_change, pure_efficiency_change, scale_efficiency_change``
        in the row of the later year. Null in the first year, where a place lacks the year before or can not
        be compared (see `dea`), and where a year cannot be held against the other's frontier; the log counts
        these. The frontier of a year is of all that can be compared in it.

    Raises
    ------
    ColumnError, SettingError
        See `dea`.
    DataError
        As in `dea`; the panel has one year only.

    Notes
    -----
    Färe, Grosskopf, Norris & Zhang 1994, American Economic Review 84(1): 66–83, eq. 6–8.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": ["A", "A", "B", "B"], "year": [2020, 2021] * 2})
    >>> frame = frame.with_columns(pl.Series("staff", [2, 2, 2, 4]), pl.Series("patents", [2, 4, 1, 3]))
    >>> made = malmquist(Panel(frame=frame), inputs=["staff"], outputs=["patents"])
    >>> made.frame.select(pl.col("malmquist", "efficiency_change", "technical_change").round(9)).rows()
    [(None, None, None), (2.0, 1.0, 2.0), (None, None, None), (1.5, 0.75, 2.0)]
    """
    check_choice(orientation, ORIENTATIONS, argument="orientation")
    units = comparable_units(panel, inputs, outputs)
    years = panel.frame["year"].to_numpy()
    steps = np.unique(years)
    if len(steps) < 2:
        raise DataError("a change needs two years", where="panel: year", got=steps.tolist())

    def efficiency(frontier: Technology, rows: NDArray[np.int64], *, own: bool) -> NDArray[np.float64]:
        found = solve(frontier, units.inputs[rows], units.outputs[rows], orientation=orientation)
        return scores_of(found, orientation, on_frontier=own)[0]

    # one value a row: against the own year's frontiers, the earlier year's, the later year's
    constant, variable, earlier, later = (np.full(len(years), np.nan) for _ in range(4))
    rows_of = {year: np.flatnonzero(units.comparable & (years == year)) for year in steps}
    before: tuple[NDArray[np.int64], Technology] | None = None
    for year in steps:
        rows = rows_of[year]
        x, y = units.inputs[rows], units.outputs[rows]
        frontier = technology(x, y, returns="crs")
        constant[rows] = efficiency(frontier, rows, own=True)
        variable[rows] = efficiency(technology(x, y, returns="vrs"), rows, own=True)
        if before is not None:
            later[before[0]] = efficiency(frontier, before[0], own=False)
            earlier[rows] = efficiency(before[1], rows, own=False)
        before = rows, frontier

    last = _row_before(panel, steps)
    has = last >= 0
    at = np.where(has, last, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        change = constant / constant[at]
        index = np.sqrt(earlier / constant[at] * constant / later[at])
        pure = variable / variable[at]
        parts = (index, change, index / change, pure, change / pure)
    columns = {
        f"{prefix}{name}": np.where(has, values, np.nan) for name, values in zip(COLUMNS, parts, strict=True)
    }
    return added(
        panel, columns, log=[*units.log, *_told(panel, steps, has, columns[f"{prefix}malmquist"], prefix)]
    )


def _row_before(panel: Panel, steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give for each row that of the same place in the panel's year before; −1 where there is none."""
    earlier = {int(year): int(before) for before, year in itertools.pairwise(steps)}
    keys = panel.frame.select("place", "year").rows()
    at = {key: row for row, key in enumerate(keys)}
    return np.array([at.get((place, earlier.get(year)), -1) for place, year in keys], dtype=np.int64)


def _told(
    panel: Panel, steps: NDArray[np.int64], has: NDArray[np.bool_], index: Matrix, prefix: str
) -> list[str]:
    first = panel.frame["year"].to_numpy() == steps[0]
    log = [f"{prefix}malmquist: {int((~np.isnan(index)).sum())} changes over {len(steps) - 1} steps"]
    jumps = [f"{a}–{b}" for a, b in itertools.pairwise(steps) if b - a > 1]
    if jumps:
        log.append(f"{prefix}malmquist: steps of more than a year: {', '.join(jumps)}")
    absent = ~has & ~first
    if absent.any():
        log.append(
            f"{prefix}malmquist: {int(absent.sum())} null for want of the year before: "
            f"{named_rows(panel, absent)}"
        )
    lost = has & np.isnan(index)
    if lost.any():
        log.append(
            f"{prefix}malmquist: {int(lost.sum())} null, one of the two years cannot be compared: "
            f"{named_rows(panel, lost)}"
        )
    return log
