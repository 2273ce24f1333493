"""The specification curve: one estimate under every combination of choices, of model and of measurement.

Where measurement and estimation are in one place, the choices that made a variable (window, threshold,
lexicon, counting rule, index weights) are dimensions of the curve as controls and fixed effects are.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from patentmetrics.core.errors import PatentmetricsError, SettingError, near_names
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.models import find_model, fit, named_model
from patentmetrics.estimate.reading import check_keys
from patentmetrics.estimate.selections import Selection, select_rows

MOST = 10_000
_BLANK = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One choice of a dimension: what it changes in the model (一项设定选择).

    Parameters
    ----------
    name : str
        Its label: ``10 years``.
    fill : str, optional
        What the dimension's blank stands for in the names of columns: the outcome ``breakthroughs_{window}``
        is ``breakthroughs_10`` with ``fill="10"`` in the dimension ``window``. By default the name.
    panel : str, optional
        Another panel, by name: measured with another lexicon, say.
    set : dict
        Settings of the model that it changes: ``controls``, ``fixed_effects``, ``errors``, ``outcome`` …
    sample : Selection, optional
        Estimate on this sub-sample.
    """

    name: str
    fill: str | None = None
    panel: str | None = None
    set: dict[str, Any] = field(default_factory=dict)
    sample: Selection | None = None


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """Choices of which each specification takes one (设定维度).

    Parameters
    ----------
    name : str
        ``window``, ``lexicon``, ``controls`` …
    choices : tuple of Choice
        The first is the baseline.
    measurement : bool
        True for choices of how a variable is measured; False for choices of the model.
    """

    name: str
    choices: tuple[Choice, ...]
    measurement: bool = False


@dataclass(frozen=True, kw_only=True)
class CurveSpec:
    """A specification curve (设定曲线).

    Parameters
    ----------
    base : dict
        The model: its name in the registry as ``model``, and its settings; ``name`` may be left out. Names
        of columns may hold blanks that stand for dimensions: ``breakthroughs_{window}``.
    dimensions : tuple of Dimension
        Every combination of their choices is estimated.
    term : str
        The coefficient that is compared; ``treatment`` is the treatment of the specification at hand.
    level : float
        Of significance.
    """

    base: dict[str, Any]
    dimensions: tuple[Dimension, ...]
    term: str = "treatment"
    level: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A specification curve as estimated (设定曲线结果).

    Parameters
    ----------
    specifications : polars.DataFrame
        One row a specification, in order of the choices: ``specification`` (from 1; 1 is the baseline), one
        column each dimension with the name of the choice, ``panel, outcome, term, estimate, std_error,
        statistic, p_value, conf_low, conf_high, n``, and ``reason`` where it could not be estimated;
        its numbers are null then.
    choices : polars.DataFrame
        One row a choice: ``dimension, choice, measurement, specifications, median, share_positive,
        share_significant``, over the specifications with that choice.
    shares : polars.DataFrame
        One row a dimension: ``dimension, measurement, share``: of the variation of the estimates that its
        choices alone explain (η², each dimension by itself); ``range`` between its choices' means.
    statistics : dict
        ``specifications, estimated, not_estimated, baseline, median, low, high`` (of the estimates),
        ``share_positive, share_significant, share_positive_significant, share_negative_significant``.
    dimensions : tuple of str
        Their names.
    outcome : str
        The outcome as the specification names it, blanks and all.
    term : str
        The coefficient.
    level : float
        Of significance.
    simulated : bool
        True when a panel was simulated.
    """

    specifications: pl.DataFrame
    choices: pl.DataFrame
    shares: pl.DataFrame
    statistics: dict[str, float | int | None]
    dimensions: tuple[str, ...]
    outcome: str
    term: str
    level: float
    simulated: bool = False


def run_curve(panels: Panel | Mapping[str, Panel], spec: CurveSpec, *, progress: Progress = silent) -> Curve:
    """Estimate a model under every combination of choices (设定曲线分析).

    What cannot be estimated stays in the table with its reason. Estimates of outcomes in different units
    are not comparable: give standardised columns where a dimension changes the outcome's unit.

    Parameters
    ----------
    panels : Panel or mapping
        One panel, or panels by name; the first is the one of specifications that name none.
    spec : CurveSpec
        The model and the dimensions.
    progress : Progress
        Told after each specification.

    Returns
    -------
    Curve
        Estimates, what each choice and each dimension makes of them, and their spread.

    Raises
    ------
    SettingError
        No dimension, two of one name, a dimension without choices, an unknown panel or setting, a blank
        that is no dimension, more than 10,000 specifications; none of them can be estimated.

    Source: Simonsohn, Simmons & Nelson 2020, doi:10.1038/s41562-020-0912-z.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> controls = Dimension(name="controls", choices=(
    ...     Choice(name="none"), Choice(name="control", set={"controls": ("control",)})))
    >>> spec = CurveSpec(base={"model": "did", "outcome": "outcome"}, dimensions=(controls,))
    >>> curve = run_curve(panel, spec)
    >>> curve.specifications.select("specification", "controls", "n").rows()
    [(1, 'none', 560), (2, 'control', 560)]
    """
    known = {"panel": panels} if isinstance(panels, Panel) else dict(panels)
    _check(known, spec)
    combinations = list(itertools.product(*(one.choices for one in spec.dimensions)))
    rows = []
    for number, chosen in enumerate(combinations, start=1):
        rows.append(_estimated(known, spec, number, chosen))
        progress("specifications", number, len(combinations))
    names = [one.name for one in spec.dimensions]
    frame = pl.DataFrame(rows, schema=_schema(names), orient="row")
    if frame["estimate"].count() == 0:
        raise SettingError(
            "no specification can be estimated", where="curve", got=frame["reason"].drop_nulls()[0]
        )
    return Curve(
        specifications=frame,
        choices=_by_choice(frame, spec),
        shares=_by_dimension(frame, spec),
        statistics=_statistics(frame, spec.level),
        dimensions=tuple(names),
        outcome=str(spec.base.get("outcome", "")),
        term=spec.term,
        level=spec.level,
        simulated=any(panel.simulated for panel in known.values()),
    )


def _check(panels: Mapping[str, Panel], spec: CurveSpec) -> None:
    names = [one.name for one in spec.dimensions]
    if not panels or not names:
        raise SettingError("a curve needs a panel and a dimension", where="curve")
    taken = {"specification", *_NUMBERS, "panel", "outcome", "term", "n", "reason"}
    doubled = [name for at, name in enumerate(names) if name in names[:at] or name in taken]
    if doubled:
        raise SettingError(
            "a dimension needs a name of its own", where="dimensions", got=doubled[0], hint="other than "
            + ", ".join(sorted(taken)),
        )  # fmt: skip
    size = math.prod(len(one.choices) for one in spec.dimensions)
    if not 1 <= size <= MOST:
        raise SettingError(
            "a dimension has no choices, or there are too many combinations",
            where="dimensions",
            got=f"{size} specifications",
            allowed=f"1 to {MOST:,}",
        )
    name, settings = named_model(spec.base, where="base")
    if name is None:
        raise SettingError("the base of a curve names its model", where="base", hint='model = "did"')
    kind = find_model(name).spec_class()
    check_keys(settings, kind, where="base")
    for dimension in spec.dimensions:
        _check_choices(dimension, panels, kind)
    for value in [spec.base, *(choice.set for one in spec.dimensions for choice in one.choices)]:
        for blank in _blanks(value):
            if blank not in names:
                raise SettingError(
                    "a blank is no dimension",
                    where="base",
                    got=blank,
                    allowed=names,
                    hint=near_names(blank, names),
                )


def _check_choices(dimension: Dimension, panels: Mapping[str, Panel], kind: type) -> None:
    labels = [one.name for one in dimension.choices]
    where = f"dimension {dimension.name}"
    if len(set(labels)) < len(labels):
        raise SettingError("two choices have one name", where=where, got=", ".join(labels))
    for choice in dimension.choices:
        check_keys(dict.fromkeys(choice.set), kind, where=f"{where}: {choice.name}")
        if choice.panel is not None and choice.panel not in panels:
            raise SettingError(
                "there is no such panel",
                where=f"{where}: {choice.name}",
                got=choice.panel,
                allowed=panels,
                hint=near_names(choice.panel, panels),
            )


_NUMBERS = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")


def _schema(names: Sequence[str]) -> dict[str, Any]:
    return {
        "specification": pl.Int32,
        **dict.fromkeys(names, pl.String),
        **dict.fromkeys(("panel", "outcome", "term"), pl.String),
        **dict.fromkeys(_NUMBERS, pl.Float64),
        "n": pl.Int64,
        "reason": pl.String,
    }


def _estimated(
    panels: Mapping[str, Panel], spec: CurveSpec, number: int, chosen: Sequence[Choice]
) -> list[Any]:
    blanks = {
        one.name: choice.name if choice.fill is None else choice.fill
        for one, choice in zip(spec.dimensions, chosen, strict=True)
    }
    settings = {"name": str(number), **spec.base}
    name = next((one.panel for one in reversed(chosen) if one.panel is not None), next(iter(panels)))
    for choice in chosen:
        settings |= choice.set
    settings = {key: _filled(value, blanks) for key, value in settings.items()}
    head = [number, *(choice.name for choice in chosen), name, settings.get("outcome")]
    panel = panels[name]
    try:
        for choice in chosen:
            if choice.sample is not None:
                panel, _ = select_rows(panel, choice.sample)
        result = fit(panel, settings)
        row = _row(result, spec, settings)
    except PatentmetricsError as error:
        return [
            *head,
            None,
            *(None for _ in _NUMBERS),
            None,
            f"{error.what}" + (f" ({error.got})" if error.got else ""),
        ]
    return [*head, row["term"], *(row[key] for key in _NUMBERS), row["n"], None]


def _row(result: Result, spec: CurveSpec, settings: Mapping[str, Any]) -> dict[str, Any]:
    term = spec.term
    if term == "treatment":
        wanted = settings.get("treatment", "treated")
        term = wanted if wanted in result.estimates["term"].to_list() else result.estimates["term"][0]
    rows = result.estimates.filter(pl.col("term") == term)
    if rows.is_empty():
        raise SettingError("the model has no such coefficient", where="term", got=term)
    return rows.row(0, named=True)


def _filled(value: Any, blanks: Mapping[str, str]) -> Any:  # noqa: ANN401 - any setting
    if isinstance(value, str):
        return _BLANK.sub(lambda found: blanks.get(found[1], found[0]), value)
    if isinstance(value, list | tuple):
        return tuple(_filled(one, blanks) for one in value)
    if isinstance(value, dict):
        return {key: _filled(one, blanks) for key, one in value.items()}
    return value


def _blanks(value: Any) -> list[str]:  # noqa: ANN401 - any setting
    if isinstance(value, str):
        return _BLANK.findall(value)
    if isinstance(value, dict):
        value = list(value.values())
    return [blank for one in value for blank in _blanks(one)] if isinstance(value, list | tuple) else []


def _by_choice(frame: pl.DataFrame, spec: CurveSpec) -> pl.DataFrame:
    rows = []
    for dimension in spec.dimensions:
        for choice in dimension.choices:
            own = frame.filter(pl.col(dimension.name) == choice.name, pl.col("estimate").is_not_null())
            rows.append(
                {
                    "dimension": dimension.name,
                    "choice": choice.name,
                    "measurement": dimension.measurement,
                    "specifications": own.height,
                    "median": own["estimate"].median(),
                    "share_positive": (own["estimate"] > 0).mean(),
                    "share_significant": (own["p_value"] < spec.level).mean(),
                }
            )
    return pl.DataFrame(rows, schema_overrides={"median": pl.Float64, "share_positive": pl.Float64,
                                                "share_significant": pl.Float64})  # fmt: skip


def _by_dimension(frame: pl.DataFrame, spec: CurveSpec) -> pl.DataFrame:
    known = frame.filter(pl.col("estimate").is_not_null())
    centre = known["estimate"].mean()
    total = float(((known["estimate"] - centre) ** 2).sum())
    rows = []
    for dimension in spec.dimensions:
        means = known.group_by(dimension.name).agg(pl.col("estimate").mean().alias("mean"), pl.len())
        means = means.sort(dimension.name)
        between = float((means["len"] * (means["mean"] - centre) ** 2).sum())
        spread = float(np.ptp(means["mean"].to_numpy()))
        rows.append(
            {
                "dimension": dimension.name,
                "measurement": dimension.measurement,
                "share": between / total if total > 0 else None,
                "range": spread,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"share": pl.Float64, "range": pl.Float64})


def _statistics(frame: pl.DataFrame, level: float) -> dict[str, float | int | None]:
    known = frame.filter(pl.col("estimate").is_not_null())
    estimates = known["estimate"]
    significant = (known["p_value"] < level).fill_null(value=False)

    def number(value: object) -> float | None:
        return float(value) if isinstance(value, int | float) else None

    return {
        "specifications": frame.height,
        "estimated": known.height,
        "not_estimated": frame.height - known.height,
        "baseline": number(frame["estimate"][0]),
        "median": number(estimates.median()),
        "low": number(estimates.min()),
        "high": number(estimates.max()),
        "share_positive": number((estimates > 0).mean()),
        "share_significant": number(significant.mean()),
        "share_positive_significant": number((significant & (estimates > 0)).mean()),
        "share_negative_significant": number((significant & (estimates < 0)).mean()),
    }
