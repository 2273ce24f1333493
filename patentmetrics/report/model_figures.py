"""The figure of a model: each registered model's own, or its event study, or its coefficients."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from patentmetrics.core.types import Result
from patentmetrics.report.figures import plot_event_study
from patentmetrics.report.forest_figures import plot_all_coefficients
from patentmetrics.report.staggered_figures import plot_event_studies
from patentmetrics.report.wording import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# model: (module of the report, function of a result and a language, settings of the model that it needs)
FIGURES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "bacon": ("staggered_figures", "plot_bacon", ()),
    "synthetic": ("staggered_figures", "plot_synthetic_trends", ()),
    "psm_did": ("matching_figures", "plot_balance", ()),
    "placebo": ("placebo_figures", "plot_placebo", ()),
    "fixed_placebo": ("placebo_figures", "plot_fixed_placebo", ("kind",)),
    "group_difference": ("placebo_figures", "plot_group_difference", ()),
    "leave_out": ("placebo_figures", "plot_leave_out", ()),
    "wild": ("sensitivity_figures", "plot_wild", ()),
    "honest": ("sensitivity_figures", "plot_honest", ()),
    "causal_paths": ("sensitivity_figures", "plot_causal_paths", ()),
}

STAGGERED = (
    *("callaway_santanna", "sun_abraham", "extended_twfe", "imputation", "two_stage", "stacked"),
    "chaisemartin",
)


def plot_model(result: Result, *, language: Language = "en") -> Figure:
    """Draw a model in the way that is its own (模型图).

    A decomposition's scatter, trends of synthetic places, balance of a matched sample, density of placebo
    draws …; otherwise the event study, where there are estimates by event time; otherwise all coefficients.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.models.fit`, which says which model it is.
    language : {"en", "zh"}
        Of the words.
    """
    own = FIGURES.get(str(result.settings.get("model")))
    if own is not None:
        draw: Callable[..., Figure] = getattr(
            importlib.import_module(f"patentmetrics.report.{own[0]}"), own[1]
        )
        specification = result.settings.get("specification")
        told = specification if isinstance(specification, dict) else {}
        return draw(result, language=language, **{name: told[name] for name in own[2]})
    events = result.estimates
    if "event_time" in events.columns and events["event_time"].count() > 0:
        if result.settings.get("model") in STAGGERED:
            # they need not be relative to the year before treatment
            return plot_event_studies([result], language=language)
        return plot_event_study(result, language=language, binned_ends=has_binned_ends(result))
    known = events.filter(pl.col("estimate").is_finite())
    return plot_all_coefficients(replace(result, estimates=known), language=language)


def has_binned_ends(result: Result) -> bool:
    """Say whether the first and last event time of a result stand for all years beyond them."""
    specification = result.settings.get("specification")
    return isinstance(specification, dict) and specification.get("bins") is True
