"""The estimation sample: which rows of a panel a model can use, and how many it cannot, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.panel.keys import require_numeric, shown

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The rows that a model uses (估计样本).

    Parameters
    ----------
    frame : polars.DataFrame
        The rows, sorted by place and year.
    outcome : ndarray, shape (n,)
        The dependent variable.
    regressors : ndarray, shape (n, k)
        One column a regressor, in the order of ``terms``.
    terms : tuple of str
        Names of the regressors.
    effects : ndarray, shape (n, e)
        For each absorbed effect the level of each row, from 0.
    effect_names : tuple of str
        Names of the absorbed effects.
    clusters : ndarray, shape (n,), or None
        The cluster of each row, from 0.
    rows_dropped : dict
        Rows left out for a missing value, by column; a row that lacks several counts under each.
    rows_dropped_total : int
        Rows left out for a missing value.
    singletons_dropped : int
        Rows left out because they are alone in a level of an absorbed effect, after repeated passes.
    """

    frame: pl.DataFrame
    outcome: npt.NDArray[np.float64]
    regressors: npt.NDArray[np.float64]
    terms: tuple[str, ...]
    effects: Codes
    effect_names: tuple[str, ...]
    clusters: Codes | None
    rows_dropped: dict[str, int]
    rows_dropped_total: int
    singletons_dropped: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.frame.height


def estimation_sample(
    panel: Panel,
    *,
    outcome: str,
    regressors: Sequence[str],
    fixed_effects: Sequence[str],
    cluster: str | None,
) -> Sample:
    """Take the rows that a model can use: complete, and not alone in a level of a fixed effect.

    Rows that are alone in a level fit perfectly and tell nothing; kept, they would shrink clustered
    standard errors (Correia 2015). They are dropped until none is left, as Stata's ``reghdfe`` does.

    Parameters
    ----------
    panel : Panel
        The panel.
    outcome : str
        The dependent variable.
    regressors : sequence of str
        The regressors, treatment first.
    fixed_effects : sequence of str
        The absorbed effects: columns, or columns joined by ``^`` for their interaction (``province^year``).
    cluster : str or None
        The column of the clusters.

    Raises
    ------
    ColumnError
        A column is missing, used twice, or does not hold numbers.
    DataError
        A column has no value at all, an infinite one, or no row is left.
    SettingError
        No fixed effect is named.
    """
    if not fixed_effects:
        raise SettingError(
            "no fixed effect is named", where="fixed_effects", hint='usually ("place", "year")'
        )
    parts = {effect: effect.split("^") for effect in fixed_effects}
    numbers = [outcome, *regressors]
    groups = list(dict.fromkeys([name for names in parts.values() for name in names]))
    groups += [cluster] if cluster is not None and cluster not in groups else []
    _check_names(panel.frame, numbers, groups)

    rows = panel.frame.sort("place", "year")
    used = list(dict.fromkeys([*numbers, *groups]))
    rows = rows.with_columns(pl.col(name).cast(pl.Float64).fill_nan(None) for name in numbers)
    for name in used:
        if rows[name].null_count() == rows.height:
            raise DataError(f"the column {name!r} has no value at all", where="panel")
    for name in numbers:
        infinite = rows.filter(pl.col(name).is_infinite())
        if infinite.height:
            raise DataError(
                f"{infinite.height} values of {name!r} are infinite",
                where=f"panel: {name}",
                got=shown(infinite),
                hint="is it the logarithm of zero? Use ln(1 + x), or leave those values empty",
            )
    dropped = {name: rows[name].null_count() for name in used if rows[name].null_count()}
    complete = rows.drop_nulls(used)
    if complete.is_empty():
        raise DataError(
            "no row has a value in all columns of the model",
            where="panel",
            got=", ".join(f"{name} {count} missing" for name, count in dropped.items()),
            hint="leave out the column that is missing most",
        )
    levels = [complete.select(names).to_struct().rank("dense") for names in parts.values()]
    kept = _without_singletons(np.column_stack([one.to_numpy() for one in levels]).astype(np.int64))
    alone = complete.height - int(kept.sum())
    final = complete.filter(pl.Series(kept))
    if final.is_empty():
        raise DataError(
            "every row is alone in a level of a fixed effect",
            where="panel",
            got=", ".join(fixed_effects),
            hint="absorb a coarser effect: place and year together are a row",
        )
    return Sample(
        frame=final,
        outcome=final[outcome].to_numpy(),
        regressors=final.select(regressors).to_numpy(),
        terms=tuple(regressors),
        effects=np.column_stack([_codes(final, names) for names in parts.values()]),
        effect_names=tuple(fixed_effects),
        clusters=_codes(final, [cluster]) if cluster is not None else None,
        rows_dropped=dropped,
        rows_dropped_total=rows.height - complete.height,
        singletons_dropped=alone,
    )


def _check_names(frame: pl.DataFrame, numbers: list[str], groups: list[str]) -> None:
    require_columns(frame, [*numbers, *groups], where="panel")
    require_numeric(frame, numbers, where="panel")
    for position, name in enumerate(numbers):
        if name in numbers[:position]:
            raise ColumnError(f"the column {name!r} is used twice in the model", where="model")


def _codes(frame: pl.DataFrame, names: list[str]) -> Codes:
    # levels numbered in their sorted order, so that no digit depends on the order of the rows
    ranks = frame.select(names).to_struct().rank("dense").to_numpy()
    return np.asarray(ranks, dtype=np.int64) - 1


def _without_singletons(effects: Codes) -> npt.NDArray[np.bool_]:
    kept = np.ones(len(effects), dtype=bool)
    while True:
        alone = np.zeros(len(effects), dtype=bool)
        for column in effects.T:
            alone |= kept & (np.bincount(column[kept], minlength=column.max() + 1)[column] == 1)
        if not alone.any():
            return kept
        kept &= ~alone
