"""Placebo tests without chance: treatment moved to earlier years, other outcomes, fake treated by rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.panel.keys import require_numeric
from patentmetrics.panel.treatment import checked_cohort

FixedKind = Literal["earlier", "outcome", "rank"]


@dataclass(frozen=True, kw_only=True)
class FixedPlaceboSpec(DidSpec):
    """Placebo tests without chance (安慰剂检验) of a difference-in-differences model.

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`.
    kind : {"earlier", "outcome", "rank"}
        ``earlier``: treatment begins so many years before it really does, and rows from the real beginning
        on are left out (政策时间提前). ``outcome``: outcomes that the policy should not move
        (虚构被解释变量).
        ``rank``: of each cohort's year, the places that rank first by the outcome are taken for treated, as
        many as really were (反事实模拟).
    shifts : tuple of int
        With ``earlier``: years.
    untreated_after : {"keep", "drop"}
        With ``earlier``: whether untreated places keep their rows from the first real treatment on.
    outcomes : tuple of str
        With ``outcome``: the columns.
    among : {"all", "never_treated"}
        With ``rank``: whether places that are really treated can rank.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    """

    kind: FixedKind
    shifts: tuple[int, ...] = (1, 2, 3)
    untreated_after: Literal["keep", "drop"] = "keep"
    outcomes: tuple[str, ...] = ()
    among: Literal["all", "never_treated"] = "all"
    cohort: str = "cohort"


def fit_fixed_placebo(
    panel: Panel, spec: FixedPlaceboSpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Estimate a model again where the policy should have no effect (安慰剂检验).

    Ranking (``rank``): in the year of each cohort, places are ordered by the outcome, largest first, equals
    by name; a place without outcome in that year cannot rank. One model for each cohort, and, where there
    are several, one for all: then each year, in order, takes the next places that are not taken yet. Places
    that are chosen by the outcome itself were also lucky in that year: where shocks last, the estimate is
    not zero even without any policy, so read it with care.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : FixedPlaceboSpec
        The model and the tests.
    truth : mapping, optional
        Known answers by term, as for ``fit_did``.

    Returns
    -------
    Result
        The estimates are those of the real model. Frame ``placebos``: ``placebo`` (years earlier, name of the
        outcome, or year of the cohort and ``all``), ``estimate, std_error, statistic, p_value, conf_low,
        conf_high, n, places_treated``. ``native`` holds the models, a `Result` a placebo, in that order.
        The statistics add ``placebos`` and ``placebos_rejected``: those that reject zero at 5 %.

    Raises
    ------
    SettingError
        There is nothing to do: no shift, no outcome, or shifts below one.
    DataError
        No place is treated; or a fault named in ``fit_did``, in one of the models.

    Source: ``earlier``: Chen, Qi & Yan (2023), ``didplacebo``; ``rank``: Shi, Yang & Qian 2025, section on
    endogeneity.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> spec = FixedPlaceboSpec(name="(1)", outcome="outcome", kind="earlier", shifts=(2, 3))
    >>> fit_fixed_placebo(panel, spec).frames["placebos"].select("placebo", "n").rows()
    [('2', 420), ('3', 420)]
    """
    check_choice(spec.kind, ["earlier", "outcome", "rank"], argument="kind")
    check_choice(spec.untreated_after, ["keep", "drop"], argument="untreated_after")
    check_choice(spec.among, ["all", "never_treated"], argument="among")
    real = fit_did(panel, spec, truth=truth)
    made = {"earlier": _earlier, "outcome": _other_outcomes, "rank": _ranked}[spec.kind]
    models, notes = made(panel, spec)
    rows = [
        model.estimates.head(1)
        .select("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n")
        .select(
            pl.lit(label).alias("placebo"),
            pl.all(),
            pl.lit(model.statistics["places_treated"]).cast(pl.Int64).alias("places_treated"),
        )
        for label, model in models.items()
    ]
    placebos = pl.concat(rows)
    return replace(
        real,
        method=f"Placebo test by {spec.kind}; {real.method}",
        statistics=real.statistics
        | {
            "placebos": placebos.height,
            "placebos_rejected": placebos.filter(pl.col("p_value") < 0.05).height,
        },
        notes=(*real.notes, *notes),
        frames={"placebos": placebos},
        native=tuple(models.values()),
    )


Models = tuple[dict[str, Result], list[str]]


def _earlier(panel: Panel, spec: FixedPlaceboSpec) -> Models:
    if not spec.shifts or min(spec.shifts) < 1:
        raise SettingError(
            "treatment is moved to earlier years", where="shifts", got=spec.shifts, allowed="1, 2, …"
        )
    first = checked_cohort(panel.frame, spec.cohort)
    before = first.is_null() | (pl.col("year") < first)
    note = "rows from treatment on are left out"
    if spec.untreated_after == "drop":
        before &= pl.col("year") < first.min()
        note = "rows from the first treatment of any place on are left out"
    models = {}
    for shift in spec.shifts:
        fake = (pl.col("year") >= first - shift).fill_null(value=False).cast(pl.Int8)
        frame = panel.frame.filter(before).with_columns(fake.alias(spec.treatment))
        models[str(shift)] = _fit(panel, frame, spec, f"{shift} years earlier")
    return models, [f"fake treatment: so many years before the real one; {note}"]


def _other_outcomes(panel: Panel, spec: FixedPlaceboSpec) -> Models:
    if not spec.outcomes:
        raise SettingError("no outcome is named", where="outcomes", hint="what should the policy not move?")
    models = {
        name: fit_did(panel, replace(spec, name=f"{spec.name}: {name}", outcome=name), truth={})
        for name in spec.outcomes
    }
    return models, ["fake outcomes: those that the policy should not move"]


def _ranked(panel: Panel, spec: FixedPlaceboSpec) -> Models:
    first = checked_cohort(panel.frame, spec.cohort)
    require_numeric(panel.frame, [spec.outcome], where="panel")
    real = panel.frame.select("place", first.alias("first")).unique()
    found = real.drop_nulls().group_by("first").len().sort("first")
    sizes = {int(year): int(size) for year, size in found.rows()}
    if not sizes:
        raise DataError("no place is treated", where=f"panel: {spec.cohort}")
    frame = panel.frame
    if spec.among == "never_treated":
        frame = frame.filter(first.is_null())
    orders = {year: _order(frame, spec.outcome, year) for year in sizes}
    taken = {str(year): dict.fromkeys(orders[year][:size], year) for year, size in sizes.items()}
    if len(sizes) > 1:
        together: dict[str, int] = {}
        for year, size in sizes.items():
            free = [place for place in orders[year] if place not in together]
            together |= dict.fromkeys(free[:size], year)
        taken["all"] = together
    models = {}
    for label, start in taken.items():
        fake = pl.col("place").cast(pl.String).replace_strict(start, default=None, return_dtype=pl.Int32)
        treated = (pl.col("year") >= fake).fill_null(value=False).cast(pl.Int8)
        models[label] = _fit(panel, frame.with_columns(treated.alias(spec.treatment)), spec, f"rank {label}")
    return models, [
        "fake treatment: in the year of each cohort the places of the largest outcome, as many as were "
        "really treated, equals by name; chosen by the outcome itself, so shocks that last move it from zero"
        + ("; places that are really treated left out" if spec.among == "never_treated" else "")
    ]


def _order(frame: pl.DataFrame, outcome: str, year: int) -> list[str]:
    rows = frame.filter(pl.col("year") == year).select(
        pl.col("place").cast(pl.String), pl.col(outcome).cast(pl.Float64).fill_nan(None).alias("value")
    )
    return rows.drop_nulls().sort("value", "place", descending=[True, False])["place"].to_list()


def _fit(panel: Panel, frame: pl.DataFrame, spec: FixedPlaceboSpec, label: str) -> Result:
    return fit_did(replace(panel, frame=frame), replace(spec, name=f"{spec.name}: {label}"), truth={})
