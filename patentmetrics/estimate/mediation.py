"""Mechanisms: what of an effect goes through mediators, in two steps of regressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import stats

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.degrees import absorbed_degrees
from patentmetrics.estimate.did import DidSpec
from patentmetrics.estimate.fixed_effects import ERRORS, as_result, joint_test
from patentmetrics.estimate.projection import Floats, indicators, orthonormal, project_out, sweep
from patentmetrics.estimate.reweighting import bootstrap_weights, samples, unit_products
from patentmetrics.estimate.sample import Codes, Sample, estimation_sample
from patentmetrics.estimate.within import Fit, fit_within
from patentmetrics.panel.files import known_answers

CITATION = (
    "Baron & Kenny (1986), doi:10.1037/0022-3514.51.6.1173; Sobel (1982), doi:10.2307/270723; "
    "Preacher & Hayes (2008), doi:10.3758/BRM.40.3.879"
)


@dataclass(frozen=True, kw_only=True)
class MediationSpec(DidSpec):
    """Mechanism regressions (中介效应, 机制检验) of a difference-in-differences model.

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`.
    mediators : tuple of str
        What the policy may work through; one or several, jointly.
    draws : int
        Samples of the bootstrap; 0 for none. Clusters are drawn, or places where errors are not clustered.
    seed : int
        The same seed gives the same draws.
    """

    mediators: tuple[str, ...]
    seed: int
    draws: int = 500


def fit_mediation(panel: Panel, spec: MediationSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Split an effect into a direct one and those through mediators (中介效应分解).

    All on the rows that have every mediator: the total effect c from ``y`` on treatment and controls; for
    each mediator a_j from ``m_j`` on the same; and b_j and the direct effect c′ from ``y`` on treatment, all
    mediators and controls. Indirect: ``a_j·b_j``; ``c = c′ + Σ a_j·b_j`` exactly. It is a causal effect only
    if nothing else moves a mediator and the outcome together, which no regression can show.

    Standard errors of products are Sobel's: ``√(b²·var(a) + a²·var(b))``, of their sum
    ``√(b′·Var(a)·b + a′·Var(b)·a)`` with the covariances between the mediators' equations; p values are
    normal. Products are skewed: the percentile intervals of the bootstrap are the better ones.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : MediationSpec
        The model.
    truth : mapping, optional
        Known answers by term of the estimates.

    Returns
    -------
    Result
        Terms ``total, direct, indirect: m`` for each mediator, and ``indirect`` (their sum). Frames:
        ``paths`` (``mediator``, then estimate, standard error and p value of a and b: ``a, a_se, a_p, b,
        b_se, b_p``, ``indirect``, ``share`` of the total); ``bootstrap`` (``term, estimate, std_error,
        conf_low, conf_high, p_value, draws``) and ``draws`` (``draw``, a column a term). The statistics add
        ``share_indirect`` and joint tests: ``mediators_a_f, mediators_a_p`` (the policy moves no mediator),
        ``mediators_b_f, mediators_b_p`` (no mediator moves the outcome). ``native``: the regressions, as
        results: total, one a mediator, outcome.

    Raises
    ------
    SettingError
        No mediator is named, or an option is out of range.
    DataError
        The treatment or a mediator is absorbed or collinear; or a fault named in ``estimation_sample`` and
        ``fit_within``.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> noise = pl.Series(np.random.default_rng(1).normal(size=560))
    >>> panel = Panel(frame=panel.frame.with_columns(talent=0.5 * pl.col("treated") + noise))
    >>> spec = MediationSpec(name="(1)", outcome="outcome", mediators=("talent",), draws=50, seed=1)
    >>> result = fit_mediation(panel, spec)
    >>> total, direct, indirect, _ = result.estimates["estimate"]
    >>> result.estimates["term"].to_list(), abs(total - direct - indirect) < 1e-12
    (['total', 'direct', 'indirect: talent', 'indirect'], True)
    """
    _check(spec)
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(spec.treatment, *spec.controls, *spec.mediators),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )
    k, found = 1 + len(spec.controls), len(spec.mediators)
    short = replace(sample, regressors=sample.regressors[:, :k], terms=sample.terms[:k])
    fits = {"total": fit_within(short, errors=spec.errors)}
    for j, mediator in enumerate(spec.mediators):
        one = replace(short, outcome=sample.regressors[:, k + j])
        fits[mediator] = fit_within(one, errors=spec.errors)
    fits["outcome"] = fit_within(sample, errors=spec.errors)
    for fit in (fits["total"], fits["outcome"]):
        _check_kept(fit, spec)

    a = np.array([fits[one].coefficients[0] for one in spec.mediators])
    at = [fits["outcome"].terms.index(one) for one in spec.mediators]
    b = fits["outcome"].coefficients[at]
    var_b = fits["outcome"].covariance[np.ix_(at, at)]
    var_a = _across(short, sample.regressors[:, k:], a, errors=spec.errors)
    estimates = _estimates(fits, spec, a, b, var_a, var_b, sample.n)
    draws = _bootstrapped(sample, spec) if spec.draws else None
    f_a = float(a @ np.linalg.pinv(var_a) @ a) / found
    f_b, p_b = joint_test(fits["outcome"], list(spec.mediators))
    total = estimates["estimate"][0]
    known = known_answers(panel, spec.outcome) if truth is None else {}
    models = tuple(
        as_result(
            panel,
            replace(
                spec, name=f"{spec.name}: {step}", outcome=step if step in spec.mediators else spec.outcome
            ),
            short if step != "outcome" else sample,
            fit,
            method="Linear model with fixed effects",
            truth=known if step == "total" else {},
        )
        for step, fit in fits.items()
    )
    whole = models[-1]
    frames = {"paths": _paths(fits, spec, a, b, total)}
    notes = [*whole.notes, f"all regressions on the {sample.n} rows that have every mediator"]
    notes.append("standard errors of indirect effects: Sobel, p values normal")
    if draws is not None:
        frames |= {"bootstrap": _summed_up(draws, estimates), "draws": draws}
        unit = spec.cluster if spec.errors == "cluster" else "place"
        notes.append(f"bootstrap: {spec.draws} samples of whole {unit} units, seed {spec.seed}, percentiles")
    return replace(
        whole,
        name=spec.name,
        method="Mediation in two steps, products of coefficients",
        citation=CITATION,
        estimates=estimates,
        statistics=whole.statistics
        | {
            "share_indirect": float(a @ b) / total if total else None,
            "mediators_a_f": f_a,
            "mediators_a_p": float(stats.f.sf(f_a, found, fits["total"].t_degrees)),
            "mediators_b_f": f_b,
            "mediators_b_p": p_b,
        },
        notes=tuple(notes),
        truth={term: truth[term] for term in estimates["term"] if term in truth} if truth else {},
        frames=frames,
        native=models,
    )


def _check(spec: MediationSpec) -> None:
    check_choice(spec.errors, ERRORS, argument="errors")
    if not spec.mediators:
        raise SettingError("no mediator is named", where="mediators")
    for name, value in [("draws", spec.draws), ("seed", spec.seed)]:
        if value < 0:
            raise SettingError(f"{name} is out of range", where=name, got=value, allowed="0 or more")


def _check_kept(fit: Fit, spec: MediationSpec) -> None:
    for term in (spec.treatment, *spec.mediators):
        if term in fit.collinear:
            raise DataError(
                f"{term!r} is {fit.collinear[term]}",
                where="model",
                hint="a mediator must vary beside the treatment and the other mediators",
            )


def _across(sample: Sample, mediators: Floats, a: Floats, *, errors: str) -> Floats:
    # covariance of the treatment's coefficients in the mediators' equations, which have the same regressors
    controls = orthonormal(sample.regressors[:, 1:], sample.effects)
    out = project_out(sample.effects, controls)
    d = out.residuals(out.residuals(sample.regressors[:, :1]))
    u = out.residuals(out.residuals(mediators)) - d * a
    n, k = sample.n, controls.shape[1] + 1
    clusters = sample.clusters if errors == "cluster" else None
    free = n - k - absorbed_degrees(sample.effects, clusters)
    own = float(np.sum(d**2))
    if errors == "iid":
        return np.asarray(np.einsum("ni,nj->ij", u, u) / free / own)
    scores = d * u
    factor = n / free
    if clusters is not None:
        scores = indicators(clusters).T.tocsr() @ scores
        factor = len(scores) / (len(scores) - 1) * (n - 1) / free
    return np.asarray(factor * np.einsum("gi,gj->ij", scores, scores) / own**2)


def _estimates(
    fits: Mapping[str, Fit], spec: MediationSpec, a: Floats, b: Floats, var_a: Floats, var_b: Floats, n: int
) -> pl.DataFrame:
    single = np.sqrt(b**2 * np.diag(var_a) + a**2 * np.diag(var_b))
    whole = float(np.sqrt(b @ var_a @ b + a @ var_b @ a))
    regressions = [fits["total"], fits["outcome"]]
    estimate = np.array([*(fit.coefficients[0] for fit in regressions), *(a * b), float(a @ b)])
    error = np.array([*(np.sqrt(fit.covariance[0, 0]) for fit in regressions), *single, whole])
    statistic = estimate / error
    degrees = np.array([*(float(fit.t_degrees) for fit in regressions), *([np.inf] * (len(a) + 1))])
    reach = stats.t.ppf(0.975, degrees) * error
    return pl.DataFrame(
        {
            "model": [spec.name] * len(estimate),
            "term": _terms(spec),
            "estimate": estimate,
            "std_error": error,
            "statistic": statistic,
            "p_value": 2 * stats.t.sf(np.abs(statistic), degrees),
            "conf_low": estimate - reach,
            "conf_high": estimate + reach,
            "n": np.full(len(estimate), n),
        }
    )


def _terms(spec: MediationSpec) -> list[str]:
    return ["total", "direct", *(f"indirect: {one}" for one in spec.mediators), "indirect"]


def _paths(fits: Mapping[str, Fit], spec: MediationSpec, a: Floats, b: Floats, total: float) -> pl.DataFrame:
    rows = []
    for j, mediator in enumerate(spec.mediators):
        row: dict[str, object] = {"mediator": mediator}
        places = [("a", fits[mediator], spec.treatment), ("b", fits["outcome"], mediator)]
        for path, fit, term in places:
            at = fit.terms.index(term)
            error = float(np.sqrt(fit.covariance[at, at]))
            row |= {path: fit.coefficients[at], f"{path}_se": error}
            row[f"{path}_p"] = 2 * stats.t.sf(abs(fit.coefficients[at] / error), fit.t_degrees)
        rows.append(row | {"indirect": a[j] * b[j], "share": a[j] * b[j] / total if total else None})
    return pl.DataFrame(rows, schema_overrides={"share": pl.Float64})


def _bootstrapped(sample: Sample, spec: MediationSpec) -> pl.DataFrame:
    # the columns of the products: dummies, controls, treatment, mediators, outcome
    k, found = 1 + len(spec.controls), len(spec.mediators)
    order = [*range(1, k), 0, *range(k, k + found)]
    sample = replace(sample, regressors=sample.regressors[:, order])
    places = sample.frame["place"].rank("dense").to_numpy().astype(np.int64) - 1
    units: Codes = sample.clusters if sample.clusters is not None else places
    products = unit_products(sample, units)
    weights = bootstrap_weights(int(units.max()) + 1, spec.draws, spec.seed)
    d, first = products.size - 2 - found, products.size - 1 - found
    drawn: list[Floats] = []
    for block in samples(products, weights):
        swept, kept = sweep(block, range(d + 1))
        steps = swept[:, d, first:]  # of the treatment, on each mediator and on the outcome: a and c
        final, known = sweep(swept, range(first, first + found))
        values = np.column_stack([steps, final[:, d, -1], final[:, first:-1, -1]])
        values[~(kept[:, -1] & known.all(axis=1))] = np.nan
        drawn.append(values)
    made = np.concatenate(drawn)
    scale = products.scales
    a = made[:, :found] * scale[-1 - found : -1] / scale[-2 - found]
    total, direct = made[:, found] * scale[-1] / scale[-2 - found], made[:, found + 1]
    direct = direct * scale[-1] / scale[-2 - found]
    b = made[:, found + 2 :] * scale[-1] / scale[-1 - found : -1]
    columns = [total, direct, *(a * b).T, (a * b).sum(axis=1)]
    frame = pl.DataFrame(dict(zip(_terms(spec), columns, strict=True))).fill_nan(None)
    return frame.with_row_index("draw", offset=1).with_columns(pl.col("draw").cast(pl.Int64))


def _summed_up(draws: pl.DataFrame, estimates: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for term, estimate in estimates.select("term", "estimate").rows():
        values = draws[term].drop_nulls().to_numpy()
        m = len(values)
        row: dict[str, object] = {"term": term, "estimate": estimate, "draws": m}
        if m > 1:
            low, high = np.quantile(values, [0.025, 0.975]).tolist()
            beyond = min(int((values <= 0).sum()), int((values >= 0).sum()))
            p_value = min(1.0, 2 * (1 + beyond) / (1 + m))
            row |= {"std_error": float(values.std(ddof=1)), "conf_low": low, "conf_high": high}
            row["p_value"] = p_value
        rows.append(row)
    names = ["term", "estimate", "std_error", "conf_low", "conf_high", "p_value", "draws"]
    kinds = {"term": pl.String, "draws": pl.Int64}
    return pl.DataFrame(rows, schema={name: kinds.get(name, pl.Float64) for name in names})
