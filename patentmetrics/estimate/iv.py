"""Instrumental variables: two-stage least squares with absorbed fixed effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.degrees import absorbed_degrees
from patentmetrics.estimate.fixed_effects import ERRORS, as_result, joint_test
from patentmetrics.estimate.projection import project_out, standardised
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.estimate.stock_yogo import stock_yogo
from patentmetrics.estimate.weak_instruments import (
    AndersonRubin,
    Partialled,
    RankTests,
    anderson_rubin,
    hansen_j,
    rank_tests,
    summed,
)
from patentmetrics.estimate.within import Errors, Fit, fit_within
from patentmetrics.panel.files import known_answers

Floats = npt.NDArray[np.float64]
METHOD = "Two-stage least squares with fixed effects"
CITATION = (
    "Baum, C. F., Schaffer, M. E. and Stillman, S. (2007). Enhanced routines for instrumental variables/"
    "generalized method of moments estimation and testing, Stata Journal 7(4); Kleibergen, F. and Paap, R. "
    "(2006), Journal of Econometrics 133(1)"
)


@dataclass(frozen=True, kw_only=True)
class IvSpec:
    """A model with endogenous regressors and instruments (工具变量模型).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    endogenous : tuple of str
        Regressors that are correlated with the error.
    instruments : tuple of str
        Excluded instruments, at least as many.
    controls : tuple of str
        Exogenous regressors.
    fixed_effects : tuple of str
        Absorbed effects; ``"province^year"`` is an interaction.
    cluster : str
        Column of the clusters, with ``errors="cluster"``.
    errors : {"cluster", "robust", "iid"}
        Cluster-robust, heteroskedasticity-robust, or classical standard errors; the tests follow them.
    """

    name: str
    outcome: str
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    controls: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ("place", "year")
    cluster: str = "place"
    errors: Errors = "cluster"


def fit_iv(panel: Panel, spec: IvSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate by two-stage least squares with absorbed fixed effects (两阶段最小二乘法).

    ``β̂ = (X̂′X̂)⁻¹X̂′y`` on columns demeaned by the effects, X̂ the projection of the regressors on
    instruments and controls. Standard errors, tests and degrees of freedom follow Stata's ``ivreghdfe``,
    that is ``ivreg2, small partial()``: singletons are dropped, effects nested in the clusters cost no
    degrees, t has G − 1 degrees with clusters.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : IvSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The endogenous regressors first, then the controls. The statistics add ``instruments``,
        ``kp_lm, kp_lm_p, kp_lm_df`` (not identified?), ``kp_f`` and ``cragg_donald_f`` (weak?),
        ``stock_yogo_size_10`` and ``stock_yogo_bias_5`` where printed, ``hansen_j, hansen_j_p,
        hansen_j_df`` (null where exactly identified), ``ar_f, ar_p, ar_conf_low, ar_conf_high, ar_set``
        (infinite ends are null; ``ar_set`` says the shape). The frames are ``first_stage`` (tidy, with
        ``endogenous``), ``first_stage_f`` (endogenous, f, p_value, partial_r2), ``reduced_form``,
        ``least_squares`` (the same regressors, not instrumented), ``stock_yogo`` and ``anderson_rubin``
        (the pieces of the confidence set, ``conf_low, conf_high``).

    Raises
    ------
    ColumnError, SettingError
        A column is missing, used twice or no number; an option has an unknown value; nothing is endogenous.
    DataError
        The model is not identified: fewer instruments than endogenous regressors once the absorbed and
        collinear ones are gone; an endogenous regressor is absorbed; or a fault named in
        ``estimation_sample`` and ``fit_within``.
    ExtraError
        pyfixest or linearmodels is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> z, shock = rng.normal(size=(2, 600))
    >>> x = z + shock
    >>> frame = pl.DataFrame({"place": np.repeat([f"P{i:02d}" for i in range(60)], 10).tolist(),
    ...     "year": np.tile(np.arange(2010, 2020), 60), "z": z, "x": x, "y": 2 * x - shock})
    >>> spec = IvSpec(name="(1)", outcome="y", endogenous=("x",), instruments=("z",))
    >>> result = fit_iv(Panel(frame=frame), spec)
    >>> row = result.estimates.row(0, named=True)
    >>> row["conf_low"] < 2 < row["conf_high"], result.statistics["kp_f"] > 16.38
    (True, True)
    """
    check_choice(spec.errors, ERRORS, argument="errors")
    if not spec.endogenous:
        raise SettingError(
            "no regressor is endogenous", where="endogenous", hint="for least squares use fit_fixed_effects"
        )
    m = len(spec.endogenous)
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(*spec.endogenous, *spec.controls, *spec.instruments),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )
    # least squares names the columns that are absorbed or collinear; controls go first
    exogenous = _least_squares(sample, [*spec.controls, *spec.instruments], spec.errors).collinear
    instruments = [name for name in spec.instruments if name not in exogenous]
    if len(instruments) < m:
        raise DataError(
            "the model is not identified: fewer instruments than endogenous regressors",
            where="instruments",
            got="; ".join(f"{name} is {exogenous[name]}" for name in spec.instruments if name in exogenous)
            or f"{len(instruments)} for {m}",
            hint="an instrument must vary within the absorbed effects: what is constant in a place needs "
            "an interaction with something that changes by year",
        )
    naive = _least_squares(sample, [*spec.controls, *spec.endogenous], spec.errors)
    for name in spec.endogenous:
        if name in naive.collinear:
            raise DataError(
                f"the endogenous regressor {name!r} is {naive.collinear[name]}",
                where="endogenous",
                hint="leave it out",
            )
    controls = [name for name in spec.controls if name not in exogenous]
    terms = (*spec.endogenous, *controls, *instruments)
    sample = _with_regressors(sample, terms)
    fit, columns = _two_stage(sample, m, len(controls), spec.errors, exogenous)
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    result = as_result(panel, spec, sample, fit, method=METHOD, truth=known)

    rank, rubin, overidentified = rank_tests(columns), anderson_rubin(columns), hansen_j(columns)
    values = stock_yogo(endogenous=m, instruments=len(instruments))
    stages = _stages(panel, spec, sample, instruments, m)
    least_squares = as_result(panel, spec, sample, naive, method=METHOD, truth={})
    return replace(
        result,
        citation=CITATION,
        statistics=result.statistics
        | {"instruments": len(instruments)}
        | _rank_statistics(rank, values)
        | dict(zip(["hansen_j", "hansen_j_p", "hansen_j_df"], overidentified or [None] * 3, strict=True))
        | _rubin_statistics(rubin),
        notes=(*result.notes, *_notes(spec, instruments, rank, rubin, overidentified is None)),
        frames={
            **stages,
            "least_squares": least_squares.estimates,
            "stock_yogo": values,
            "anderson_rubin": pl.DataFrame(
                list(rubin.pieces) if rubin is not None else [],
                schema={"conf_low": pl.Float64, "conf_high": pl.Float64},
                orient="row",
            ),
        },
    )


def _two_stage(
    sample: Sample, m: int, c: int, errors: Errors, dropped: dict[str, str]
) -> tuple[Fit, Partialled]:
    # the coefficients of the m endogenous regressors and c controls, and what the tests need
    centred, scales = standardised(np.column_stack([sample.outcome, sample.regressors]))
    out = project_out(sample.effects)
    inside = out.residuals(out.residuals(centred))  # the second pass takes out the rounding of the first
    y, x, exogenous = inside[:, 0], inside[:, 1 : 1 + m + c], inside[:, 1 + m :]
    q, _ = np.linalg.qr(exogenous)
    projected = q.T @ x
    if np.linalg.matrix_rank(projected) < m + c:
        raise DataError(
            "the model is not identified: the instruments do not tell the endogenous regressors apart",
            where="instruments",
            got=", ".join(sample.terms[m + c :]),
        )
    beta = np.linalg.lstsq(projected, q.T @ y, rcond=None)[0]
    residual = y - x @ beta
    bread = np.linalg.inv(projected.T @ projected)
    scores = (q @ projected) * residual[:, None]

    clusters = sample.clusters if errors == "cluster" else None
    full = absorbed_degrees(sample.effects)
    counted = full if clusters is None else absorbed_degrees(sample.effects, clusters)
    n, k = sample.n, m + c
    if clusters is None:
        middle = scores.T @ scores if errors == "robust" else projected.T @ projected * (residual @ residual)
        factor = n / (n - k - full) if errors == "robust" else 1 / (n - k - full)
        degrees = n - k - full
    else:
        by_cluster = summed(scores, clusters)
        groups = len(by_cluster)
        middle = by_cluster.T @ by_cluster
        factor = groups / (groups - 1) * (n - 1) / (n - k - counted)
        degrees = groups - 1
    back = scales[0] / scales[1 : 1 + k]
    rss, total = float(residual @ residual), float(centred[:, 0] @ centred[:, 0])
    fit = Fit(
        terms=sample.terms[:k],
        coefficients=beta * back,
        covariance=bread @ middle @ bread * factor * np.outer(back, back),
        collinear=dropped,
        t_degrees=degrees,
        parameters=k + counted,
        r2=1 - rss / total,
        r2_adjusted=1 - (rss / (n - k - full)) / (total / (n - 1)),
        r2_within=1 - rss / float(y @ y),
        rmse=float(np.sqrt(rss / n) * scales[0]),
        native=None,
        scales=scales[1 : 1 + k],
    )
    # in the units of the data, so that the confidence set is in those of the estimate
    left = _without(np.column_stack([inside[:, : 1 + m], exogenous[:, c:]]), exogenous[:, :c])
    left *= np.concatenate([scales[: 1 + m], scales[1 + m + c :]])
    return fit, Partialled(
        outcome=left[:, 0],
        endogenous=left[:, 1 : 1 + m],
        instruments=left[:, 1 + m :] / np.sqrt((left[:, 1 + m :] ** 2).mean(axis=0)),
        clusters=clusters,
        errors=errors,
        used=c + counted,
    )


def _without(columns: Floats, controls: Floats) -> Floats:
    if not controls.shape[1]:
        return columns.copy()
    q, _ = np.linalg.qr(controls)
    return np.asarray(columns - q @ (q.T @ columns))


def _with_regressors(sample: Sample, names: Sequence[str]) -> Sample:
    at = [sample.terms.index(name) for name in names]
    return replace(sample, regressors=sample.regressors[:, at], terms=tuple(names))


def _least_squares(sample: Sample, names: Sequence[str], errors: Errors) -> Fit:
    return fit_within(_with_regressors(sample, names), errors=errors)


def _stages(
    panel: Panel, spec: IvSpec, sample: Sample, instruments: list[str], m: int
) -> dict[str, pl.DataFrame]:
    # the first stages and the reduced form: least squares on controls and instruments
    exogenous = _with_regressors(sample, sample.terms[m:])
    tables, tests = [], []
    for position, name in enumerate(spec.endogenous):
        one = replace(exogenous, outcome=sample.regressors[:, position])
        fit = fit_within(one, errors=spec.errors)
        table = as_result(panel, replace(spec, outcome=name), one, fit, method=METHOD, truth={}).estimates
        tables.append(table.insert_column(1, pl.lit(name).alias("endogenous")))
        f, p = joint_test(fit, instruments)
        tests.append((name, f, p, _partial_r2(one, fit, len(instruments))))
    schema = {"endogenous": pl.String, "f": pl.Float64, "p_value": pl.Float64, "partial_r2": pl.Float64}
    reduced = fit_within(exogenous, errors=spec.errors)
    return {
        "first_stage": pl.concat(tables),
        "first_stage_f": pl.DataFrame(tests, schema=schema, orient="row"),
        "reduced_form": as_result(panel, spec, exogenous, reduced, method=METHOD, truth={}).estimates,
    }


def _partial_r2(sample: Sample, fit: Fit, instruments: int) -> float:
    # the share of what controls and effects leave that the instruments explain
    controls = len(sample.terms) - instruments
    if not controls:
        return fit.r2_within
    without = _least_squares(sample, sample.terms[:controls], "iid")
    return 1 - (1 - fit.r2_within) / (1 - without.r2_within)


def _rank_statistics(rank: RankTests, values: pl.DataFrame) -> dict[str, float | int | str | None]:
    printed = {f"{kind}_{round(100 * level)}": value for kind, level, value in values.rows()}
    return {
        "kp_lm": rank.lm,
        "kp_lm_p": rank.lm_p,
        "kp_lm_df": rank.lm_df,
        "kp_f": rank.f,
        "cragg_donald_f": rank.cragg_donald,
        "stock_yogo_size_10": printed.get("size_10"),
        "stock_yogo_bias_5": printed.get("relative_bias_5"),
    }


def _rubin_statistics(rubin: AndersonRubin | None) -> dict[str, float | int | str | None]:
    if rubin is None:
        return dict.fromkeys(["ar_f", "ar_p", "ar_conf_low", "ar_conf_high", "ar_set"])
    ends = rubin.pieces[0] if rubin.shape == "interval" else (np.inf, np.inf)
    low, high = (float(end) if np.isfinite(end) else None for end in ends)
    return {
        "ar_f": rubin.f,
        "ar_p": rubin.p_value,
        "ar_conf_low": low,
        "ar_conf_high": high,
        "ar_set": rubin.shape,
    }


def _notes(
    spec: IvSpec, instruments: list[str], rank: RankTests, rubin: AndersonRubin | None, no_j: bool
) -> list[str]:
    allowed = {
        "cluster": f"allow for clusters of {spec.cluster}",
        "robust": "allow for heteroskedasticity",
        "iid": "take errors as independent and alike",
    }[spec.errors]
    notes = [
        f"endogenous: {', '.join(spec.endogenous)}; instruments: {', '.join(instruments)}",
        f"tests of the instruments {allowed}: Kleibergen–Paap rk LM and Wald F, Cragg–Donald Wald F, "
        "Hansen J (Sargan with iid errors), Anderson–Rubin F, with the degrees of freedom of Stata's "
        "ivreghdfe",
        "Stock–Yogo critical values hold for independent, identical errors and belong to the Cragg–Donald F",
    ]
    notes += [f"rank test: {remark}" for remark in rank.remarks]
    if no_j and len(instruments) > len(spec.endogenous):
        notes.append("Hansen J is not defined: fewer clusters than instruments")
    if rubin is None:
        notes.append("Anderson–Rubin is not defined: not more clusters than instruments")
    elif rubin.shape is None:
        notes.append("Anderson–Rubin tests all endogenous regressors together; it has no interval for each")
    elif rubin.shape != "interval":
        notes.append(f"the 95 % Anderson–Rubin confidence set is {rubin.shape}: see the frame anderson_rubin")
    return notes
