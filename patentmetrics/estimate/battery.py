"""The robustness section of a paper in one call: a baseline, and every check that holds it to account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import polars as pl

from patentmetrics.core.errors import PatentmetricsError, SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.models import find_model, fit_all
from patentmetrics.estimate.selections import Selection, select_rows
from patentmetrics.panel.winsorise import winsorise

Check = Literal[
    "baseline",
    "stepwise",
    "event_study",
    "bacon",
    "callaway_santanna",
    "two_stage",
    "imputation",
    "stacked",
    "synthetic",
    "psm_did",
    "placebo",
    "winsorised",
    "subsample",
    "other_policy",
]
CHECKS: tuple[Check, ...] = get_args(Check)
# what each of these tells is not an effect beside the baseline's, but a test of it
TESTS: dict[Check, tuple[str, ...]] = {
    "event_study": ("pretrend_f", "pretrend_p"),
    "bacon": ("weight_treated_untreated", "weight_earlier_later", "weight_later_earlier"),
    "placebo": ("p_left", "p_right", "p_two_sided", "draws"),
}
_EFFECT = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n")


@dataclass(frozen=True, kw_only=True)
class BatterySpec:
    """A baseline difference in differences and its checks (稳健性检验组).

    Parameters
    ----------
    outcome, treatment, controls, fixed_effects, cluster
        The baseline, as in `patentmetrics.estimate.did.DidSpec`.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    leads, lags : int
        Window of the event study and of stacked differences in differences.
    comparison : {"never", "not_yet"}
        Whom Callaway and Sant'Anna's estimator and the stacks compare with.
    incomplete_places : {"refuse", "drop"}
        What estimators that need a balanced panel do with places that lack a year.
    covariates : tuple of str
        What places are matched on; the controls by default.
    draws, seed : int
        Of the placebo test and of synthetic differences in differences.
    synthetic_errors : {"placebo", "bootstrap", "jackknife"}
        Of synthetic differences in differences; a placebo needs more never-treated than treated places.
    winsorise : tuple of float
        Quantiles at which outcome and controls are winsorised.
    subsamples : tuple of Selection
        The baseline again on each.
    other_policies : tuple of str
        Columns of other policies: the baseline again with each of them, and with all, as controls.
    leave_out : tuple of str
        Checks that are not wanted; they are listed as such.
    """

    outcome: str
    treatment: str = "treated"
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ("place", "year")
    cluster: str = "place"
    leads: int = 4
    lags: int = 4
    comparison: Literal["never", "not_yet"] = "never"
    incomplete_places: Literal["refuse", "drop"] = "refuse"
    covariates: tuple[str, ...] = ()
    draws: int = 500
    seed: int = 1
    synthetic_errors: Literal["placebo", "bootstrap", "jackknife"] = "placebo"
    winsorise: tuple[float, float] = (0.01, 0.99)
    subsamples: tuple[Selection, ...] = ()
    other_policies: tuple[str, ...] = ()
    leave_out: tuple[Check, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Battery:
    """What a battery found (稳健性检验结果).

    Parameters
    ----------
    results : tuple of Result
        Every model that was estimated; the baseline first. Names are the check, with its part behind a
        colon: ``subsample: East``.
    effects : polars.DataFrame
        One row an effect to hold beside the baseline's: ``check, part, model, term, estimate, std_error,
        statistic, p_value, conf_low, conf_high, n, note``; the note says where a model cannot absorb
        an effect that the baseline absorbs.
    tests : polars.DataFrame
        ``check, statistic, value``: pre-trends, weights of the Bacon decomposition, placebo p values.
    not_run : polars.DataFrame
        ``check, part, reason``: what could not be estimated, and why.
    outcome : str
        The dependent variable.
    simulated : bool
        True when the panel was simulated.
    """

    results: tuple[Result, ...]
    effects: pl.DataFrame
    tests: pl.DataFrame
    not_run: pl.DataFrame
    outcome: str
    simulated: bool = False


@dataclass(frozen=True, kw_only=True)
class _Step:
    check: Check
    part: str
    run: Callable[[], tuple[Result, ...]]


def run_battery(panel: Panel, spec: BatterySpec, *, progress: Progress = silent) -> Battery:
    """Estimate a baseline and every check of it in one call (一次运行全部稳健性检验).

    Baseline; controls one at a time; event study; Bacon decomposition; Callaway–Sant'Anna; two-stage;
    imputation; stacked; synthetic differences in differences; matching; placebo places; winsorised;
    sub-samples; other policies. What cannot run is listed with its reason; only a baseline that cannot be
    estimated ends the whole.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : BatterySpec
        The baseline and the checks.
    progress : Progress
        Told after each check.

    Raises
    ------
    SettingError
        An option has an unknown value.
    PatentmetricsError
        Whatever is wrong with the baseline.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> most = tuple(one for one in CHECKS if one not in {"baseline", "stepwise", "winsorised"})
    >>> spec = BatterySpec(outcome="outcome", controls=("control",), leave_out=most)
    >>> battery = run_battery(panel, spec)
    >>> battery.effects["check"].to_list(), battery.not_run.height
    (['baseline', 'stepwise', 'stepwise', 'winsorised'], 11)
    """
    for one in spec.leave_out:
        check_choice(one, CHECKS[1:], argument="leave_out")
    steps = list(_steps(panel, spec))
    results: list[Result] = []
    effects: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    not_run: list[dict[str, str]] = []
    for done, step in enumerate(steps, start=1):
        try:
            found = step.run()
        except PatentmetricsError as error:
            if step.check == "baseline":
                raise
            not_run.append({"check": step.check, "part": step.part, "reason": _reason(error)})
            found = ()
        except np.linalg.LinAlgError as error:
            not_run.append({"check": step.check, "part": step.part, "reason": str(error)})
            found = ()
        results += found
        for result in found:
            if step.check in TESTS:
                tests += [
                    {"check": step.check, "statistic": name, "value": result.statistics[name]}
                    for name in TESTS[step.check]
                    if result.statistics.get(name) is not None
                ]
            else:
                effects.append(_effect(result, step, spec))
        progress("checks", done, len(steps))
    return Battery(
        results=tuple(results),
        effects=pl.DataFrame(
            effects, schema_overrides={**dict.fromkeys(_EFFECT[:-1], pl.Float64), "note": pl.String}
        ),
        tests=pl.DataFrame(tests, schema={"check": pl.String, "statistic": pl.String, "value": pl.Float64}),
        not_run=pl.DataFrame(not_run, schema=dict.fromkeys(("check", "part", "reason"), pl.String)),
        outcome=spec.outcome,
        simulated=panel.simulated,
    )


def _steps(panel: Panel, spec: BatterySpec) -> Iterator[_Step]:
    did = {
        "model": "did",
        "outcome": spec.outcome,
        "treatment": spec.treatment,
        "controls": spec.controls,
        "fixed_effects": spec.fixed_effects,
        "cluster": spec.cluster,
    }
    cohorts = {
        "outcome": spec.outcome,
        "cohort": spec.cohort,
        "controls": spec.controls,
        "cluster": spec.cluster,
        "incomplete_places": spec.incomplete_places,
        "leads": spec.leads,
        "lags": spec.lags,
        "comparison": spec.comparison,
        "draws": spec.draws,
        "seed": spec.seed,
        "fixed_effects": spec.fixed_effects,
    }
    synthetic = _known_settings("synthetic", cohorts) | {"errors": spec.synthetic_errors}
    own: dict[Check, dict[str, Any]] = {
        "synthetic": synthetic,
        "baseline": did,
        "stepwise": {**did, "model": "stepwise"},
        "psm_did": {
            **did,
            "model": "psm_did",
            "matching": {"covariates": spec.covariates or spec.controls},
        },
        "placebo": {
            **did,
            "model": "placebo",
            "kind": "unit",
            "cohort": spec.cohort,
            "draws": spec.draws,
            "seed": spec.seed,
        },
    }

    def step(check: Check, part: str, run: Callable[[], tuple[Result, ...]]) -> _Step:
        return _Step(check=check, part=part, run=_unwanted if check in spec.leave_out else run)

    for check in CHECKS[: CHECKS.index("winsorised")]:
        settings = own.get(check) or _known_settings(check, cohorts)
        yield step(check, "", partial(_estimated, panel, settings, check))
    yield step("winsorised", "", lambda: _estimated(_winsorised(panel, spec), did, "winsorised"))
    for selection in spec.subsamples or (None,):
        part = selection.name if selection is not None else ""
        yield step("subsample", part, partial(_on_subsample, panel, did, selection))
    for part, policies in _policies(spec):
        more = {**did, "controls": (*spec.controls, *policies)}
        yield step("other_policy", part, partial(_with_policies, panel, more, policies))


def _estimated(panel: Panel, settings: Mapping[str, Any], name: str) -> tuple[Result, ...]:
    return fit_all(panel, {"name": name, **settings})


def _known_settings(check: Check, settings: Mapping[str, Any]) -> dict[str, Any]:
    # of the common settings those that the model has
    names = find_model(check).fields()
    return {"model": check} | {key: value for key, value in settings.items() if key in names}


def _unwanted() -> tuple[Result, ...]:
    raise SettingError("left out on request", where="leave_out")


def _winsorised(panel: Panel, spec: BatterySpec) -> Panel:
    low, high = spec.winsorise
    return winsorise(panel, [spec.outcome, *spec.controls], lower=low, upper=high)


def _on_subsample(
    panel: Panel, settings: Mapping[str, Any], selection: Selection | None
) -> tuple[Result, ...]:
    if selection is None:
        raise SettingError("no sub-sample is named", where="subsamples")
    return _estimated(select_rows(panel, selection)[0], settings, f"subsample: {selection.name}")


def _policies(spec: BatterySpec) -> list[tuple[str, tuple[str, ...]]]:
    each = [(name, (name,)) for name in spec.other_policies]
    together = [(" + ".join(spec.other_policies), spec.other_policies)] if len(each) > 1 else []
    return [*each, *together] or [("", ())]


def _with_policies(panel: Panel, settings: Mapping[str, Any], policies: Sequence[str]) -> tuple[Result, ...]:
    if not policies:
        raise SettingError("no other policy is named", where="other_policies")
    return _estimated(panel, settings, f"other_policy: {' + '.join(policies)}")


def _effect(result: Result, step: _Step, spec: BatterySpec) -> dict[str, Any]:
    terms = result.estimates["term"].to_list()
    term = spec.treatment if spec.treatment in terms else terms[0]
    row = result.estimates.row(terms.index(term), named=True)
    part = step.part or (result.name.removeprefix(step.check).strip() if step.check == "stepwise" else "")
    return {
        "check": step.check,
        "part": part,
        "model": result.name,
        "term": term,
        **{key: row[key] for key in _EFFECT},
        "note": _other_effects(result, spec),
    }


def _other_effects(result: Result, spec: BatterySpec) -> str | None:
    # estimators for cohorts have place and year effects of their own making, and take no others
    lost = [one for one in spec.fixed_effects if one not in {"place", "year", *result.fixed_effects}]
    return f"without the effects {', '.join(lost)} of the baseline" if lost else None


def _reason(error: PatentmetricsError) -> str:
    parts = error.details()
    told = parts["what"]
    if "got" in parts:
        told += f" ({parts['got']})"
    return f"{told}; {parts['hint']}" if "hint" in parts else told
