"""Make statspai_sensitivity.json: Honest DiD, Conley errors and path effects by StatsPAI.

Run in an environment of its own with StatsPAI: python tests/external/statspai_sensitivity.py
"""

from __future__ import annotations

import importlib.metadata
import json
import tomllib
import warnings
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
POINTS = 4000  # of the grid on which a test is inverted


def honest() -> list[dict[str, Any]]:
    import statspai as sp

    r = tomllib.loads((HERE / "honest_did_r.toml").read_text("utf-8"))
    designs = [(4, np.array(r["estimates"]), np.array(r["covariance"]))]
    rng = np.random.default_rng(7)
    for before, after in ((3, 1), (2, 3), (1, 2), (5, 4)):
        k = before + after
        root = rng.normal(size=(k, k)) * 0.05 + 0.05
        covariance = np.round(root @ root.T + 0.002 * np.eye(k), 8)
        estimates = np.concatenate(
            [rng.normal(scale=0.04, size=before), 0.6 + rng.normal(scale=0.1, size=after)]
        )
        designs.append((before, np.round(estimates, 6), covariance))
    found = []
    for before, b, v in designs:
        after = len(b) - before
        for target in ("first", "average"):
            weights = np.full(after, 1 / after) if target == "average" else np.eye(after)[0]
            size = float(np.sqrt(weights @ v[before:, before:] @ weights))
            cases: list[tuple[str, str, list[float]]] = [
                ("smoothness", "FLCI", [0.0, 0.2 * size, size]),
                ("smoothness", "Conditional", [0.2 * size, size]),
                ("relative_magnitude", "Conditional", [0.0, 0.5, 1.0]),
                ("relative_magnitude", "C-LF", [0.5, 1.0]),
            ]
            for restriction, method, bounds in cases:
                centre = float(weights @ b[before:])
                window = (
                    {} if method == "FLCI" else {"grid_lb": centre - 40 * size, "grid_ub": centre + 40 * size}
                )
                table = sp.honest_did_from_moments(
                    b, v, num_pre_periods=before, m_grid=bounds, method=restriction, honestdid_method=method,
                    l_vec=weights, grid_points=POINTS, **window,
                )  # fmt: skip
                found.append(
                    {
                        "before": before,
                        "estimates": b.tolist(),
                        "covariance": v.tolist(),
                        "target": target,
                        "restriction": restriction,
                        "method": method,
                        "bounds": bounds,
                        "conf_low": table["ci_lower"].tolist(),
                        "conf_high": table["ci_upper"].tolist(),
                        "step": 0.0 if method == "FLCI" else 80 * size / (POINTS - 1),
                    }
                )
    return found


def conley() -> dict[str, Any]:
    import pandas as pd
    import statspai as sp

    rng = np.random.default_rng(8)
    places, years = 14, 6
    latitude, longitude = np.round(rng.uniform(25, 40, places), 4), np.round(rng.uniform(105, 120, places), 4)
    place, year = np.repeat(np.arange(places), years), np.tile(np.arange(years), places)
    kept = np.sort(rng.choice(places * years, size=77, replace=False))
    place, year = place[kept], year[kept]
    x, z = np.round(rng.normal(size=77), 6), np.round(rng.normal(size=77), 6)
    y = np.round(0.5 * x - 0.3 * z + 0.2 * place + 0.1 * year + rng.normal(size=77), 6)
    data = pd.DataFrame({"place": place, "year": year, "x": x, "z": z, "y": y})
    data["lat"], data["lon"] = latitude[place], longitude[place]
    dummies = [f"p{one}" for one in range(1, places)] + [f"t{one}" for one in range(1, years)]
    for one in range(1, places):
        data[f"p{one}"] = (place == one).astype(float)
    for one in range(1, years):
        data[f"t{one}"] = (year == one).astype(float)
    fit = sp.regress(f"y ~ x + z + {' + '.join(dummies)}", data=data)
    cases = []
    for kernel in ("bartlett", "uniform"):
        for cutoff in (300.0, 800.0):
            for lags in (0, 2):
                one = sp.conley(
                    fit, data, "lat", "lon", cutoff, kernel=kernel, time="year", lag_cutoff=lags, unit="place"
                )
                errors = [float(one.std_errors[name]) for name in ("x", "z")]
                cases.append({"kernel": kernel, "cutoff": cutoff, "lags": lags, "std_errors": errors})
    columns = {name: data[name].tolist() for name in ("place", "year", "x", "z", "y", "lat", "lon")}
    return {"data": columns, "parameters": 2 + places + years - 1, "cases": cases}


def paths() -> dict[str, Any]:
    import pandas as pd
    import statspai as sp

    rng = np.random.default_rng(9)
    n = 160
    w = rng.normal(size=n)
    a = (rng.random(n) < 1 / (1 + np.exp(-0.7 * w))).astype(float)
    m1 = 0.6 * a + 0.3 * w + rng.normal(size=n)
    m2 = 0.5 * a + 0.7 * m1 + rng.normal(size=n)
    y = 0.4 * a + 0.5 * m1 + 0.8 * m2 + 0.3 * w + rng.normal(size=n)
    q = (y + rng.normal(size=n) > 0.8).astype(float)
    data = pd.DataFrame({"a": a, "w": w, "m1": m1, "m2": m2, "y": y, "q": q}).round(6)
    cases = []
    for outcome, model in (("y", "linear"), ("q", "logistic")):
        for crossed in (False, True):
            for weighted in (False, True):
                one = sp.mediate_paths(
                    data, outcome, "a", ["m1", "m2"], covariates=["w"], interaction=crossed,
                    outcome_model=model, ps=weighted, n_boot=2,
                )  # fmt: skip
                told = {kind: one.model_info[kind] for kind in ("type1", "type2")}
                cases.append({"outcome": outcome, "interactions": crossed, "weighting": weighted, **told})
    return {"data": {name: data[name].tolist() for name in data}, "cases": cases}


def main() -> None:
    warnings.simplefilter("ignore")
    numbers = {
        "statspai": importlib.metadata.version("statspai"),
        "honest": honest(),
        "conley": conley(),
        "paths": paths(),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(numbers) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
