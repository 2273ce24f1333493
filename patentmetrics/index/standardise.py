"""Standardise indicators: put them on one scale, with the better end up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.types import Panel
from patentmetrics.index.systems import Direction
from patentmetrics.index.variables import Matrix, matrix

Scale = Literal["minmax", "zscore", "none"]
SCALES = ("minmax", "zscore", "none")
DIRECTIONS = ("positive", "negative")


def standardise(
    panel: Panel,
    directions: Mapping[str, Direction],
    *,
    scale: Scale = "minmax",
    by: Literal["year"] | None = None,
) -> Panel:
    """Standardise indicators, the better end up (指标标准化).

    Parameters
    ----------
    panel : Panel
        The panel.
    directions : mapping of str to {"positive", "negative"}
        The indicators, and whether more of each is better (正向, 负向).
    scale : {"minmax", "zscore", "none"}
        ``minmax``: ``(x − min) / (max − min)``, and ``(max − x) / (max − min)`` of a negative indicator, in
        [0, 1]. ``zscore``: ``(x − mean) / s`` with n − 1 in s, the sign turned of a negative indicator.
        ``none``: x as it is; a negative indicator is then refused.
    by : {None, "year"}
        Over the pooled panel, which keeps scores comparable over time, or within each year.

    Returns
    -------
    Panel
        The indicators replaced, as Float64. Nulls stay null and do not enter minimum, maximum or mean. An
        indicator that is constant (over the panel, or in a year) has no scale: it is null there. The log
        names it, and counts the nulls of each.

    Raises
    ------
    ColumnError
        An indicator is missing or does not hold numbers.
    SettingError
        A direction, the scale or ``by`` is unknown; a negative indicator without a scale.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": list("ABC"), "year": [2020] * 3, "gdp": [1, 2, 5]})
    >>> frame = frame.with_columns(pl.Series("smoke", [0, 4, None]))
    >>> scaled = standardise(Panel(frame=frame), {"gdp": "positive", "smoke": "negative"})
    >>> scaled.frame.select("gdp", "smoke").rows()
    [(0.0, 1.0), (0.25, 0.0), (1.0, None)]
    """
    names = list(directions)
    before = matrix(panel, names)
    years = panel.frame["year"].to_numpy() if by is not None else None
    after, constant = standardised(before, directions, scale=scale, years=years, by=by)
    frame = panel.frame.with_columns(
        pl.Series(name, after[:, j]).fill_nan(None) for j, name in enumerate(names)
    )
    how = {"minmax": "min–max", "zscore": "z-score", "none": "as they are"}[scale]
    log = [*panel.log, f"standardise {', '.join(names)}: {how}, {'within years' if by else 'pooled'}"]
    log += [f"standardise: {told}" for told in constant]
    for j, name in enumerate(names):
        missing = int(np.isnan(before[:, j]).sum())
        if missing:
            log.append(f"standardise {name}: {missing} nulls kept")
    return replace(panel, frame=frame, log=tuple(log))


def standardised(
    values: Matrix,
    directions: Mapping[str, Direction],
    *,
    scale: Scale,
    years: NDArray[np.int64] | None = None,
    by: Literal["year"] | None = None,
) -> tuple[Matrix, list[str]]:
    """Standardise a matrix, rows × indicators; see `standardise`, which this is without the panel.

    Returns
    -------
    tuple
        The matrix, and a line for each indicator that is constant.

    Examples
    --------
    >>> standardised(np.array([[1.0], [3.0]]), {"gdp": "positive"}, scale="minmax")[0].tolist()
    [[0.0], [1.0]]
    """
    check_choice(scale, SCALES, argument="scale")
    if by is not None:
        check_choice(by, ["year"], argument="by")
    for name, direction in directions.items():
        check_choice(direction, DIRECTIONS, argument=f"direction of {name}")
        if direction == "negative" and scale == "none":
            raise SettingError(
                "a negative indicator needs a scale: only that turns it round",
                where=name,
                got="scale none",
                allowed=["minmax", "zscore"],
            )
    after = np.full(values.shape, np.nan)
    groups = np.zeros(len(values), dtype=np.int64) if by is None or years is None else years
    told = []
    for j, (name, direction) in enumerate(directions.items()):
        flat = []
        for group in np.unique(groups):
            inside = (groups == group) & ~np.isnan(values[:, j])
            x = values[inside, j]
            if x.size == 0:
                continue
            if x.min() == x.max():
                flat.append(str(group))
                continue
            after[inside, j] = _scaled(x, scale, direction)
        if flat:
            where = f" in {', '.join(flat)}" if by else ""
            told.append(f"{name} is constant{where}: it has no scale, null there")
    return after, told


def _scaled(x: NDArray[np.float64], scale: Scale, direction: Direction) -> NDArray[np.float64]:
    if scale == "none":
        return x
    if scale == "minmax":
        low, high = x.min(), x.max()
        # halves, so that a range beyond the largest float does not overflow
        span = high / 2 - low / 2
        part: NDArray[np.float64] = (
            (x / 2 - low / 2) / span if direction == "positive" else (high / 2 - x / 2) / span
        )
        return part
    z: NDArray[np.float64] = (x - x.mean()) / x.std(ddof=1)
    return z if direction == "positive" else -z
