"""Make statsmodels_mechanisms.json: interaction, triple differences and mediation, by statsmodels.

Run: python tests/external/statsmodels_mechanisms.py
Data: the panel below, made with numpy's generator alone and stored beside the numbers.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import numpy as np

PLACES, YEARS = 24, 8


def data() -> dict[str, list[float]]:
    """A small panel: one cohort, a group, a moderator, two mediators; rounded, so that it can be stored."""
    rng = np.random.default_rng(20)
    place, year = np.repeat(np.arange(PLACES), YEARS), np.tile(np.arange(2010, 2010 + YEARS), PLACES)
    treated = ((place % 2 == 0) & (year >= 2014)).astype(float)
    group = (place % 3 == 0).astype(float)
    moderator = rng.normal(size=PLACES)[place] + 0.3 * rng.normal(size=len(place))
    x = rng.normal(size=len(place))
    talent = 0.6 * treated + 0.2 * x + rng.normal(size=len(place))
    capital = -0.3 * treated + 0.5 * talent + rng.normal(size=len(place))
    y = 0.4 * treated + 0.7 * treated * group + 0.5 * talent + 0.3 * capital + 0.2 * treated * moderator
    y = y + 0.1 * moderator + 0.3 * x + rng.normal(size=PLACES)[place] + 0.2 * (year - 2010)
    y = y + rng.normal(size=len(place))
    columns = {"x": x, "moderator": moderator, "talent": talent, "capital": capital, "outcome": y}
    exact = {"place": place, "year": year, "treated": treated, "group": group}
    return {name: values.tolist() for name, values in exact.items()} | {
        name: np.round(values, 6).tolist() for name, values in columns.items()
    }


def main() -> None:
    import pandas as pd
    import statsmodels.api as sm

    frame = pd.DataFrame(data())
    place = pd.get_dummies(frame["place"], prefix="p", dtype=float)
    year = pd.get_dummies(frame["year"], prefix="t", dtype=float).iloc[:, 1:]
    group_year = year.mul(frame["group"], axis=0).add_prefix("g")

    def fit(outcome: str, columns: dict[str, pd.Series], *further: pd.DataFrame) -> dict[str, list[float]]:
        x = pd.concat([pd.DataFrame(columns), place, year, *further], axis=1)
        model = sm.OLS(frame[outcome], x)
        found = model.fit(cov_type="cluster", cov_kwds={"groups": frame["place"]})
        # statsmodels counts every dummy; the convention counts the regressors, the constant and the effects
        # that are not nested in the clusters: all but those of the places. Group × year has a level for
        # each year within the group and outside it, though the places make one of them redundant here
        n, k = x.shape
        counted = len(columns) + 1 + year.shape[1] + sum(one.shape[1] + 1 for one in further)
        error = found.bse * np.sqrt((n - k) / (n - counted))
        names = list(columns)
        return {
            "terms": names,
            "coefficients": found.params[names].tolist(),
            "std_errors": error[names].tolist(),
        }

    d, x, g, m = frame["treated"], frame["x"], frame["group"], frame["moderator"]
    talent, capital = frame["talent"], frame["capital"]
    numbers = {
        "statsmodels": importlib.metadata.version("statsmodels"),
        "data": data(),
        "interaction": fit("outcome", {"treated": d, "treated × moderator": d * m, "moderator": m, "x": x}),
        "triple": fit("outcome", {"treated × group": d * g, "treated": d, "x": x}, group_year),
        "total": fit("outcome", {"treated": d, "x": x}),
        "talent": fit("talent", {"treated": d, "x": x}),
        "capital": fit("capital", {"treated": d, "x": x}),
        "outcome": fit("outcome", {"treated": d, "x": x, "talent": talent, "capital": capital}),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
