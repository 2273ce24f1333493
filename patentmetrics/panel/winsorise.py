"""Winsorise: pull the tails of a variable in to its quantiles, or cut them off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.provenance import Provenance
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import require_numeric

# our name: numpy's
_QUANTILES = {"linear": "linear", "stata": "averaged_inverted_cdf"}


def winsorise(
    panel: Panel,
    columns: Sequence[str],
    *,
    lower: float = 0.01,
    upper: float = 0.99,
    by: Literal["year"] | None = None,
    quantile: Literal["linear", "stata"] = "linear",
    beyond: Literal["limit", "null"] = "limit",
) -> Panel:
    """Winsorise columns at two quantiles (缩尾处理), or trim them there (截尾处理).

    Values below the lower quantile are set to it, values above the upper one to that; or both are made
    null. Nulls stay null and do not enter the quantiles. The columns become Float64.

    Parameters
    ----------
    panel : Panel
        The panel.
    columns : sequence of str
        The columns.
    lower, upper : float
        The quantiles, 0 ≤ lower < upper ≤ 1; 0 or 1 leaves that tail alone (one-sided).
    by : {None, "year"}
        Quantiles of the whole sample, or of each year.
    quantile : {"linear", "stata"}
        Definition of a quantile: linear interpolation between order statistics (R's and numpy's default,
        Hyndman & Fan 1996, type 7), or the average at a step of the distribution function (type 2, what
        Stata's ``winsor2`` uses).
    beyond : {"limit", "null"}
        What becomes of values beyond the quantiles: set to the quantile (winsorise), or made null (trim).

    Returns
    -------
    Panel
        The log says for each column how many values changed. A simulated panel loses its known answers
        when a variable that they are about has changed: they were about the values before.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.
    SettingError
        The quantiles are out of order; the definition is unknown.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"] * 5, "year": list(range(5)), "x": [0.0, 1.0, 2.0, 3.0, 100.0]})
    >>> winsorise(Panel(frame=frame), ["x"], lower=0, upper=0.75).frame["x"].to_list()
    [0.0, 1.0, 2.0, 3.0, 3.0]
    """
    if not 0 <= lower < upper <= 1:
        raise SettingError(
            "the quantiles are out of order",
            where="lower, upper",
            got=f"{lower}, {upper}",
            allowed="0 ≤ lower < upper ≤ 1",
            hint="1 % is 0.01",
        )
    check_choice(quantile, _QUANTILES, argument="quantile")
    check_choice(beyond, ["limit", "null"], argument="beyond")
    if by is not None:
        check_choice(by, ["year"], argument="by")
    require_numeric(panel.frame, columns, where="panel")

    frame, log, made_by = panel.frame, [*panel.log], panel.made_by
    groups = frame["year"].to_numpy() if by == "year" else np.zeros(frame.height, dtype=np.int64)
    for name in columns:
        before = frame[name].cast(pl.Float64).fill_nan(None).to_numpy()  # NaN where null
        after = before.copy()
        for group in np.unique(groups):
            inside = (groups == group) & ~np.isnan(before)
            if inside.any():
                low, high = np.quantile(before[inside], [lower, upper], method=_QUANTILES[quantile])  # type: ignore[call-overload]
                clipped = np.clip(before[inside], low, high)
                trimmed = np.where(clipped == before[inside], clipped, np.nan)
                after[inside] = clipped if beyond == "limit" else trimmed
        changed = int(np.sum(after[~np.isnan(before)] != before[~np.isnan(before)]))
        frame = frame.with_columns(pl.Series(name, after).fill_nan(None))
        log.append(
            f"{'winsorise' if beyond == 'limit' else 'trim'} {name} at {lower:g} and {upper:g} "
            f"{'by year' if by else 'of the whole sample'} ({quantile} quantiles): {changed} values "
            f"{'changed' if beyond == 'limit' else 'made null'}, {int(np.isnan(before).sum())} nulls kept"
        )
        if changed:
            made_by = without_answers(made_by, name)
    return replace(panel, frame=frame, log=tuple(log), made_by=made_by)


def without_answers(made_by: Provenance, changed: str) -> Provenance:
    """Leave out of a provenance the known answers that a changed variable has part in.

    Examples
    --------
    >>> without_answers({"truth": {"outcome": {"treated": 0.25}}}, "outcome")
    {'truth': {}}
    """
    truth = made_by.get("truth")
    if not isinstance(truth, dict):
        return made_by
    kept = {outcome: terms for outcome, terms in truth.items() if changed not in {outcome, *terms}}
    return made_by | {"truth": kept}
