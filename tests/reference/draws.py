"""Placebo draws, group differences and mediation by plain loops over dense regressions: slow twins.

Written from the formulas; imports nothing from the package.
"""

from __future__ import annotations

import numpy as np

from tests.reference.fixed_effects import regression


def treatment_from(first: np.ndarray, place: np.ndarray, year: np.ndarray) -> np.ndarray:
    """1 from the first year of the row's place on; 0 is never."""
    return np.array(
        [1.0 if first[p] > 0 and t >= first[p] else 0.0 for p, t in zip(place, year, strict=True)]
    )


def placebo(
    y: np.ndarray,
    controls: np.ndarray,
    effects: list[np.ndarray],
    clusters: np.ndarray | None,
    errors: str,
    treatments: list[np.ndarray],
) -> list[tuple[float, float]]:
    """Coefficient and standard error of each treatment, one regression after the other."""
    found = []
    for treatment in treatments:
        fit = regression(y, np.column_stack([treatment, controls]), effects, clusters, errors)
        found.append((float(fit["coefficients"][0]), float(fit["std_errors"][0])))
    return found


def on_rows(y: np.ndarray, x: np.ndarray, effects: list[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Coefficients on some of the rows, in their order, a row as often as it is named."""
    return np.asarray(
        regression(y[rows], x[rows], [one[rows] for one in effects], None, "iid")["coefficients"]
    )


def rows_of(units: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The rows of units, each as often as the unit is drawn."""
    return np.array([row for row in range(len(units)) for _ in range(int(times[units[row]]))], dtype=int)


def mediation(
    y: np.ndarray, d: np.ndarray, m: np.ndarray, x: np.ndarray, effects: list[np.ndarray], rows: np.ndarray
) -> list[float]:
    """Total, direct, each product of a path, and their sum."""
    total = on_rows(y, np.column_stack([d, x]), effects, rows)[0]
    a = [on_rows(one, np.column_stack([d, x]), effects, rows)[0] for one in m.T]
    outcome = on_rows(y, np.column_stack([d, m, x]), effects, rows)
    products = [a[j] * outcome[1 + j] for j in range(m.shape[1])]
    return [float(total), float(outcome[0]), *(float(one) for one in products), float(sum(products))]


def counts(draws: list[float], observed: float) -> dict[str, int]:
    """How many draws are as extreme: left, right, two-sided."""
    return {
        "left": sum(one <= observed for one in draws),
        "right": sum(one >= observed for one in draws),
        "two_sided": sum(abs(one) >= abs(observed) for one in draws),
    }
