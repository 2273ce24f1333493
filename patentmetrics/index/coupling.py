"""Coupling coordination: whether systems are high, and high together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.index.variables import Matrix, added, matrix, named_rows, require_not_negative


@dataclass(frozen=True, kw_only=True)
class CoordinationClass:
    """A class of coordination degrees, from ``from_`` up to the next one's, with its usual name."""

    number: int
    from_: float
    name_en: str
    name_zh: str


# Liao 1999 (廖重斌), by tenths; the last one includes 1
CLASSES = tuple(
    CoordinationClass(number=k + 1, from_=k / 10, name_en=english, name_zh=chinese)
    for k, (english, chinese) in enumerate(
        [
            ("extreme imbalance", "极度失调"),
            ("severe imbalance", "严重失调"),
            ("moderate imbalance", "中度失调"),
            ("mild imbalance", "轻度失调"),
            ("verge of imbalance", "濒临失调"),
            ("bare coordination", "勉强协调"),
            ("primary coordination", "初级协调"),
            ("intermediate coordination", "中级协调"),
            ("good coordination", "良好协调"),
            ("high-quality coordination", "优质协调"),
        ]
    )
)


def coupling_coordination(
    panel: Panel, systems: Sequence[str], *, weights: Sequence[float] | None = None, prefix: str = ""
) -> Panel:
    """Measure the coupling coordination of two or more systems (耦合协调度).

    ``C = k · (Π Y)^{1/k} / Σ Y``, ``T = Σ a Y``, ``D = √(C · T)``; for two systems
    ``C = 2√(Y1 Y2) / (Y1 + Y2)``.

    Parameters
    ----------
    panel : Panel
        The panel.
    systems : sequence of str
        Two or more columns in [0, 1]: scores of systems, as `composite_index` makes them.
    weights : sequence of float, optional
        The a; they are divided by their sum. Equal by default.
    prefix : str
        Before the names of the columns.

    Returns
    -------
    Panel
        ``coupling`` (C, 耦合度), ``comprehensive_level`` (T, 综合协调指数), ``coordination`` (D, 耦合协调度),
        each in [0, 1]; ``coordination_class`` (1 to 10, by tenths of D), ``coordination_class_en`` and
        ``_zh``, its usual name. All null where a system is null. Where all systems are 0, C is not defined
        and null, and D is 0, its limit.

    Raises
    ------
    ColumnError
        A column is missing, does not hold numbers, or is named twice.
    DataError
        A score is outside [0, 1].
    SettingError
        Fewer than two systems; weights of another number, negative, or all 0.

    Notes
    -----
    Pang et al. 2025, eq. 1–2; the classes are those of Liao 1999 (廖重斌, 热带地理 19(2)).

    Examples
    --------
    >>> keys = {"place": ["A", "B"], "year": [2020] * 2}
    >>> frame = pl.DataFrame(keys | {"science": [0.5, 0.9], "industry": [0.5, 0.1]})
    >>> made = coupling_coordination(Panel(frame=frame), ["science", "industry"]).frame
    >>> made.select(pl.col("coupling", "coordination").round(4)).rows()
    [(1.0, 0.7071), (0.6, 0.5477)]
    >>> made["coordination_class_zh"].to_list()
    ['中级协调', '勉强协调']
    """
    k = len(systems)
    if k < 2:
        raise SettingError("a coupling needs two systems or more", where="systems", got=k)
    share = np.full(k, 1 / k) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.shape != (k,) or not (share >= 0).all() or not share.sum() > 0:
        raise SettingError(
            "the weights do not fit",
            where="weights",
            got=share.tolist(),
            allowed=f"{k} numbers, none negative",
        )
    share = share / share.sum()
    values = matrix(panel, systems)
    require_not_negative(panel, systems, values, needs="a score that is coupled")
    if (values > 1 + 1e-9).any():
        rows = (values > 1 + 1e-9).any(axis=1)
        raise DataError(
            f"{int(rows.sum())} rows have a score above 1",
            where=f"panel: {', '.join(systems)}",
            got=named_rows(panel, rows, first=1),
            hint="couple scores that were made of min–max indicators",
        )
    values = np.minimum(values, 1)
    level = values @ share
    total = values.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # by the largest first: a product of tiny scores then does not vanish
        relative = values / values.max(axis=1, keepdims=True)
        mean = relative.prod(axis=1) ** (1 / k)
        coupling = np.minimum(k * mean / relative.sum(axis=1), 1)
    nothing = total == 0
    coordination = np.where(nothing, 0.0, np.sqrt(np.where(nothing, 0.0, coupling) * level))
    coordination[np.isnan(level)] = np.nan
    classes = pl.Series(coordination).fill_nan(None)
    number = classes.map_elements(_class_of, return_dtype=pl.Int8)
    null = np.isnan(coordination)
    log = [f"{prefix}coordination: coupling of {', '.join(systems)} with weights {_shown(share)}"]
    if null.any():
        log.append(
            f"{prefix}coordination: {int(null.sum())} null for want of a score: {named_rows(panel, null)}"
        )
    if nothing.any():
        log.append(f"{prefix}coupling: {int(nothing.sum())} null, all systems are 0; coordination is 0 there")
    names = {one.number: one for one in CLASSES}
    return added(
        panel,
        {
            f"{prefix}coupling": coupling,
            f"{prefix}comprehensive_level": level,
            f"{prefix}coordination": coordination,
            f"{prefix}coordination_class": number,
            f"{prefix}coordination_class_en": number.replace_strict(
                {key: one.name_en for key, one in names.items()}, return_dtype=pl.String
            ),
            f"{prefix}coordination_class_zh": number.replace_strict(
                {key: one.name_zh for key, one in names.items()}, return_dtype=pl.String
            ),
        },
        log=log,
    )


def _class_of(degree: float) -> int:
    # half a billionth: a degree of 0.3 that arithmetic made 0.29999999999999993 is in the class from 0.3
    return min(int(degree * 10 + 5e-9), 9) + 1


def _shown(share: Matrix) -> str:
    return ", ".join(f"{one:.4g}" for one in share)
