"""The frames that a result brings beside its estimates, for figures that are drawn from one of them."""

from __future__ import annotations

import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Result, require_columns


def frame_of(result: Result, name: str, columns: list[str], *, hint: str | None = None) -> pl.DataFrame:
    """Give a frame of a result, which must have these columns.

    Raises
    ------
    DataError
        The result has no such frame: it is of another model.
    ColumnError
        The frame lacks a column.

    Examples
    --------
    >>> from patentmetrics.estimate.did import DidSpec, fit_did
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> result = fit_did(simulate_panel(places=12, seed=1).panel, DidSpec(name="(1)", outcome="outcome"))
    >>> frame_of(result, "draws", ["estimate"])
    Traceback (most recent call last):
    ...
    patentmetrics.core.errors.DataError: the result has no frame 'draws'
      where: (1)
      got: 'Difference in differences, two-way fixed effects: no frame'
    """
    if name not in result.frames:
        raise DataError(
            f"the result has no frame {name!r}",
            where=result.name,
            got=f"{result.method}: {', '.join(result.frames) or 'no frame'}",
            hint=hint,
        )
    require_columns(result.frames[name], columns, where=f"{name} of {result.name}")
    return result.frames[name]
