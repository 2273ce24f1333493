"""A simulated panel with the columns that every registered model needs, and settings for each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from patentmetrics.core.types import Panel
from patentmetrics.simulate.panel import simulate_panel

_COMMON: dict[str, Any] = {"outcome": "outcome", "controls": ["control"]}

SETTINGS: dict[str, dict[str, Any]] = {
    "fixed_effects": {"outcome": "outcome", "regressors": ["treated", "control"]},
    "did": _COMMON,
    "stepwise": _COMMON,
    "event_study": {**_COMMON, "leads": 3, "lags": 3},
    "bacon": {"outcome": "outcome"},
    "callaway_santanna": {**_COMMON, "draws": 100},
    "sun_abraham": _COMMON,
    "imputation": _COMMON,
    "two_stage": _COMMON,
    "extended_twfe": {"outcome": "outcome"},
    "stacked": {**_COMMON, "leads": 2, "lags": 2},
    "synthetic": {"outcome": "outcome", "draws": 50},
    "chaisemartin": {"outcome": "outcome", "effects": 2, "placebos": 1},
    "triple": {**_COMMON, "group": "industrial"},
    "psm_did": {**_COMMON, "matching": {"covariates": ["control"]}},
    "placebo": {**_COMMON, "kind": "unit", "seed": 1, "draws": 39},
    "fixed_placebo": {**_COMMON, "kind": "earlier", "shifts": [2]},
    "interaction": {**_COMMON, "moderator": "industrial"},
    "group_difference": {**_COMMON, "group": "industrial", "seed": 1, "draws": 39},
    "leave_out": {"outcome": "outcome", "group": "region"},
    "synergy": {"outcome": "outcome", "first": "a", "second": "b", "keep": "all"},
    "iv": {"outcome": "outcome", "endogenous": ["control"], "instruments": ["slope"]},
    "wild": {**_COMMON, "seed": 1, "draws": 99},
    "conley": {"outcome": "outcome", "regressors": ["treated"], "cutoff_km": 200.0},
    "honest": {
        "event_study": {"name": "es", "outcome": "outcome", "leads": 2, "lags": 1},
        "restriction": "smoothness",
        "bounds": [0.0],
    },
    "mediation": {**_COMMON, "mediators": ["slope"], "seed": 1, "draws": 9},
    "causal_paths": {
        "outcome": "outcome",
        "mediators": ["slope"],
        "covariates": ["control"],
        "seed": 1,
        "model": "linear",
        "draws": 5,
    },
    "double_ml": {**_COMMON, "seed": 1, "learner": "lasso", "folds": 2},
}


def table_of(model: str) -> dict[str, Any]:
    """Give the mapping that `fit` reads, for any registered model."""
    key = "model" if "model" not in SETTINGS[model] else "kind"
    return {key: model, "name": "m", **SETTINGS[model]}


def panel_for_all(*, places: int = 40, seed: int = 5) -> Panel:
    """Make a panel on which every model of `SETTINGS` can be estimated; a third of the places are treated."""
    made = simulate_panel(places=places, share_treated=0.35, seed=seed).panel
    rng = np.random.default_rng(seed)
    number = made.frame["place"].rank("dense").to_numpy() - 1
    effects = rng.normal(size=(places, 2))
    frame = made.frame.with_columns(
        pl.Series("industrial", number % 2).cast(pl.Int8),
        pl.Series("region", np.array(["East", "Central", "West"])[number % 3]),
        pl.Series("latitude", 30 + 5 * effects[number, 0]),
        pl.Series("longitude", 110 + 5 * effects[number, 1]),
        pl.Series("noise", rng.normal(size=len(number))),
        pl.Series("_second", number % 5 < 2),
    ).with_columns(
        slope=pl.col("control") + 0.3 * pl.col("treated") + pl.col("noise"),
        cohort_a=pl.col("cohort"),
        treated_a=pl.col("treated"),
        cohort_b=pl.when("_second").then(2015).cast(pl.Int32),
        treated_b=(pl.col("_second") & (pl.col("year") >= 2015)).cast(pl.Int8),
    )
    return replace(made, frame=frame.drop("_second"))
