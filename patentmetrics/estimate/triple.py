"""Triple differences: a second comparison, within or between places, takes out what the first leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.degrees import nested
from patentmetrics.estimate.did import DidSpec
from patentmetrics.estimate.fixed_effects import ERRORS, as_result
from patentmetrics.estimate.sample import Codes, Sample, estimation_sample
from patentmetrics.estimate.within import Fit, fit_within
from patentmetrics.panel.keys import require_numeric
from patentmetrics.panel.treatment import checked_cohort


@dataclass(frozen=True, kw_only=True)
class TripleSpec(DidSpec):
    """A triple-differences model (三重差分模型).

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`. A panel of, say, city × industry × year has
        ``place`` for city and industry together, and the city as a column: absorb ``("place",
        "city^year", "industry^year")``.
    group : str
        Column with 1 for those that the policy should move, and 0 for those that it should not.
    lower : {"absorbed", "kept"}
        What becomes of group × year: ``absorbed`` puts the effect ``group^year`` in the place of ``year``;
        ``kept`` puts the regressor ``group × after`` in, which needs a single year of treatment.
    cohort : str
        With ``kept``: column with the first year of treatment.
    """

    group: str
    lower: Literal["absorbed", "kept"] = "absorbed"
    cohort: str = "cohort"


def fit_triple(panel: Panel, spec: TripleSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate triple differences (三重差分法, DDD).

    ``y_it = β₁·treated_it·g_i + β₂·treated_it + β₃·g_i·after_t + γ'x_it + effects + ε_it``: β₁ is how much
    more the treated gained on the untreated within the group than outside it. All lower-order terms are in
    the model, as regressors or absorbed, and the result says which.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : TripleSpec
        The model.
    truth : mapping, optional
        Known answers by term; none by default, for those of a simulated panel mean another model.

    Returns
    -------
    Result
        The first term is ``treated × group``, then the lower-order terms that are kept, then the controls.
        Frame ``lower_order``: ``term`` (ever treated, after, group and their products), ``how`` (``kept`` or
        ``absorbed``), ``by`` (the regressor or the effect). The statistics add the
        places in the four cells ``places_treated_group, places_treated_other, places_untreated_group,
        places_untreated_other``.

    Raises
    ------
    DataError
        The group or the treatment is not 0 and 1; one of the four cells is empty; the product is absorbed;
        with ``kept`` there are several cohorts; or a fault named in ``estimation_sample``.
    SettingError
        An option has an unknown value; the effects leave a lower-order term out.

    Source: Gruber (1994), American Economic Review 84; Olden & Møen (2022), doi:10.1093/ectj/utac010.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, seed=3).panel
    >>> odd = pl.col("place").str.tail(1).is_in(["1", "3", "5", "7", "9"]).cast(pl.Int8).alias("odd")
    >>> panel = Panel(frame=panel.frame.with_columns(odd))
    >>> result = fit_triple(panel, TripleSpec(name="(1)", outcome="outcome", group="odd"))
    >>> result.estimates["term"].to_list(), result.fixed_effects
    (['treated × odd', 'treated'], ('place', 'odd^year'))
    """
    check_choice(spec.errors, ERRORS, argument="errors")
    check_choice(spec.lower, ["absorbed", "kept"], argument="lower")
    require_numeric(panel.frame, [spec.group, spec.treatment], where="panel")
    product, after = f"{spec.treatment} × {spec.group}", f"{spec.group} × after"
    made = {product: pl.col(spec.treatment).cast(pl.Float64) * pl.col(spec.group).cast(pl.Float64)}
    effects = spec.fixed_effects
    year = _adoption(panel, spec) if spec.lower == "kept" else None
    if year is not None:
        made[after] = pl.col(spec.group).cast(pl.Float64) * (pl.col("year") >= year).cast(pl.Float64)
    elif f"{spec.group}^year" not in effects:
        effects = tuple(f"{spec.group}^year" if one == "year" else one for one in effects)
        if f"{spec.group}^year" not in effects:
            effects = (*effects, f"{spec.group}^year")
    spec = replace(spec, fixed_effects=effects)
    panel = replace(panel, frame=panel.frame.with_columns(**made))
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(product, spec.treatment, spec.group, *list(made)[1:], *spec.controls),
        fixed_effects=effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )
    cells = _cells(sample, spec)
    fit = fit_within(sample, errors=spec.errors)
    if product in fit.collinear:
        raise DataError(
            f"the product {product!r} is {fit.collinear[product]}",
            where="model",
            got=f"absorbed effects: {', '.join(effects)}",
            hint="are there treated and untreated places within the group and outside it?",
        )
    result = as_result(panel, spec, sample, fit, method="Triple differences", truth=truth or {})
    lower = _lower_order(sample, spec, fit, year)
    said = [f"{term}: {how} {'by' if how == 'absorbed' else 'as'} {by}" for term, how, by in lower.rows()]
    return replace(
        result,
        citation=f"Gruber (1994), AER 84; Olden & Møen (2022), doi:10.1093/ectj/utac010; {result.citation}",
        statistics=result.statistics | cells,
        notes=(*result.notes, f"lower-order terms: {'; '.join(said)}"),
        frames={"lower_order": lower},
    )


def _adoption(panel: Panel, spec: TripleSpec) -> int:
    first = panel.frame.select(checked_cohort(panel.frame, spec.cohort).alias("first"))["first"]
    years = first.drop_nulls().unique().sort().to_list()
    if len(years) != 1:
        raise DataError(
            "'after' has a meaning only where all places are treated from the same year on",
            where=f"panel: {spec.cohort}",
            got=", ".join(str(one) for one in years) or "no cohort",
            hint='choose lower="absorbed"',
        )
    return int(years[0])


def _cells(sample: Sample, spec: TripleSpec) -> dict[str, float | int | str | None]:
    for at, name in ((1, spec.treatment), (2, spec.group)):
        values = np.unique(sample.regressors[:, at])
        if not set(values.tolist()) <= {0.0, 1.0}:
            raise DataError(
                f"{name!r} is not 0 and 1",
                where=f"panel: {name}",
                got=", ".join(f"{value:g}" for value in values[:5]),
            )
    rows = sample.frame.select("place", spec.group, spec.treatment)
    places = rows.group_by("place").agg(pl.col(spec.group).max(), pl.col(spec.treatment).max())
    counts: dict[str, float | int | str | None] = {}
    for treated, name in ((1, "treated"), (0, "untreated")):
        for group, of in ((1, "group"), (0, "other")):
            cell = places.filter(pl.col(spec.treatment) == treated, pl.col(spec.group) == group).height
            counts[f"places_{name}_{of}"] = cell
            if not cell:
                where = f"{name} places {'within' if group else 'outside'} the group"
                raise DataError(
                    f"there are no {where}: a difference is missing", where=f"panel: {spec.group}"
                )
    return counts


def _lower_order(sample: Sample, spec: TripleSpec, fit: Fit, year: int | None) -> pl.DataFrame:
    # a term is absorbed by an effect if it is the same in all rows of each of its levels
    frame = sample.frame
    group, when = sample.regressors[:, 2], frame["year"].to_numpy()
    ever = frame.select(pl.col(spec.treatment).max().over("place")).to_series().to_numpy()
    after = f"{spec.group} × after"
    terms: dict[str, tuple[Codes, str]] = {
        "ever treated": (_codes(ever), ""),
        "after": (_codes(when), ""),
        spec.group: (_codes(group), spec.group),
        f"ever treated × {spec.group}": (_codes(ever, group), ""),
        f"after × {spec.group}": (_codes(when, group), after),
        f"ever treated × after ({spec.treatment})": (_codes(sample.regressors[:, 1]), spec.treatment),
    }
    rows = []
    for name, (codes, regressor) in terms.items():
        levels = zip(sample.effect_names, sample.effects.T, strict=True)
        by = next((effect for effect, level in levels if nested(level, codes)), None)
        if by is None and regressor in fit.collinear:
            by = "the effects together"
        if by is None and regressor not in fit.terms:
            raise SettingError(
                f"the lower-order term {name!r} is neither kept nor absorbed",
                where="fixed_effects",
                got=", ".join(sample.effect_names),
                hint='absorb "place" and "year" too',
            )
        kept = f"{regressor}, from {year}" if regressor == after else regressor
        rows.append((name, "absorbed" if by else "kept", by or kept))
    return pl.DataFrame(rows, schema=["term", "how", "by"], orient="row")


def _codes(*columns: np.ndarray) -> Codes:
    _, codes = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    return np.asarray(codes, dtype=np.int64).ravel()
