"""The one way in: any registered model, from its specification, a formula or a table of settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from patentmetrics.core.errors import SettingError, near_names
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.checks import check_treatment_panel, named_columns
from patentmetrics.estimate.formula import FormulaSpec, apply_formula
from patentmetrics.estimate.formula_reading import parse_formula
from patentmetrics.estimate.model_list import MODELS, Model
from patentmetrics.estimate.reading import check_keys, read_spec, settings_of


def fit(panel: Panel, spec: object) -> Result:
    """Estimate any registered model (估计模型): the one way in.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : specification, FormulaSpec or mapping
        A frozen specification of a registered model; a formula; or a mapping with ``model``, its name,
        and the keys of its specification, or ``formula`` and the keys that it does not say.

    Returns
    -------
    Result
        What the model's function gives, with what makes the panel doubtful for it as ``warnings`` and the
        whole specification as ``settings``.

    Raises
    ------
    SettingError
        No such model, an unknown key, a value of the wrong type.
    PatentmetricsError
        What is wrong with the panel for this model.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> one = fit(panel, {"model": "did", "name": "(1)", "outcome": "outcome", "controls": ["control"]})
    >>> same = fit(panel, {"name": "(1)", "formula": "outcome ~ treated + control | place + year"})
    >>> one.estimates.equals(same.estimates), one.settings["model"], same.settings["model"]
    (True, 'did', 'fixed_effects')
    """
    results = fit_all(panel, spec)
    if len(results) != 1:
        raise SettingError(
            "this model gives several columns",
            where="model",
            got=", ".join(result.name for result in results),
            hint="fit_all gives them all",
        )
    return results[0]


def fit_all(panel: Panel, spec: object) -> tuple[Result, ...]:
    """Estimate any registered model, also one that gives several columns, as a stepwise table.

    As `fit`, but always a tuple: of one result for most models.

    Raises
    ------
    PatentmetricsError
        As in `fit`.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> table = {"model": "stepwise", "name": "m", "outcome": "outcome", "controls": ["control"]}
    >>> [one.name for one in fit_all(panel, table)]
    ['m (1)', 'm (2)']
    """
    request = read_model(spec) if isinstance(spec, Mapping) else spec
    if isinstance(request, FormulaSpec):
        panel, request = resolve_formula(panel, request)
    model = model_of(request)
    warnings: tuple[str, ...] = ()
    if model.treatment != "none":
        may_end = model.treatment == "may_end"
        warnings = check_treatment_panel(panel, may_end=may_end, **named_columns(request, panel))
    made = model.fit_function()(panel, request)
    settings: dict[str, object] = {"model": model.name, "specification": settings_of(request)}
    return tuple(
        replace(
            result,
            warnings=(*warnings, *(one for one in result.warnings if one not in warnings)),
            settings=settings,
        )
        for result in (made if isinstance(made, tuple) else (made,))
    )


def read_model(table: Mapping[str, Any], *, where: str = "model") -> object:
    """Read a model from a mapping: a frozen specification, or a `FormulaSpec` where it has a formula.

    The model's name is under ``model`` or ``kind``, see `named_model`.

    Raises
    ------
    SettingError
        No such model, an unknown key with the near names, a value of the wrong type.

    Examples
    --------
    >>> read_model({"model": "did", "name": "(1)", "outcome": "patents"}).treatment
    'treated'
    """
    name, rest = named_model(table, where=where)
    if "formula" in rest:
        return _formula(name, rest, where)
    if name is None:
        raise SettingError("a model needs its kind", where=where, allowed=MODELS)
    return read_spec(find_model(name, where=where).spec_class(), rest, where=where)


def named_model(table: Mapping[str, Any], *, where: str = "model") -> tuple[str | None, dict[str, Any]]:
    """Part the name of a model from its settings.

    It is under ``model`` or ``kind``: some specifications have a setting of their own of one of these
    names, and then the model's name is under the other.

    Raises
    ------
    SettingError
        Neither is the name of a model.

    Examples
    --------
    >>> named_model({"model": "placebo", "kind": "unit", "draws": 99})
    ('placebo', {'kind': 'unit', 'draws': 99})
    >>> named_model({"kind": "double_ml", "model": "plr"})
    ('double_ml', {'model': 'plr'})
    """
    rest = dict(table)
    for key in ("model", "kind"):
        value = rest.get(key)
        if isinstance(value, str) and value.replace("-", "_") in MODELS:
            return str(rest.pop(key)).replace("-", "_"), rest
    for key in ("kind", "model"):
        if key in rest:
            find_model(rest[key], where=where)  # raises
    return None, rest


def _formula(name: str | None, rest: dict[str, Any], where: str) -> FormulaSpec:
    text = rest.pop("formula")
    head = rest.pop("name", "(1)")
    if not isinstance(text, str) or not isinstance(head, str):
        raise SettingError("a formula and a name are text", where=where, got=f"{text}, {head}")
    model = name or _default_model(text)
    check_keys(rest, find_model(model, where=where).spec_class(), where=where)
    parse_formula(text)
    return FormulaSpec(name=head, formula=text, model=model, settings=rest)


def resolve_formula(panel: Panel, request: FormulaSpec) -> tuple[Panel, object]:
    """Give the specification that a formula stands for, and the panel with the columns that it makes.

    Raises
    ------
    SettingError
        A setting is said by the formula and beside it; or a fault named in ``apply_formula``.
    """
    kind = find_model(request.model or _default_model(request.formula)).spec_class()
    made, values = apply_formula(panel, parse_formula(request.formula), kind)
    twice = [key for key in request.settings if key in values]
    if twice:
        raise SettingError(
            f"{twice[0]} is said by the formula and beside it", where="formula", got=request.formula
        )
    return made, read_spec(kind, {"name": request.name, **values, **request.settings})


def find_model(name: object, *, where: str = "model") -> Model:
    """Find a registered model by name; ``-`` stands for ``_``.

    Raises
    ------
    SettingError
        No such model, with the near names.

    Examples
    --------
    >>> find_model("event-study").spec
    'EventStudySpec'
    """
    found = MODELS.get(name.replace("-", "_")) if isinstance(name, str) else None
    if found is None:
        raise SettingError(
            "unknown kind of model", where=where, got=name, allowed=MODELS, hint=near_names(str(name), MODELS)
        )
    return found


def model_of(spec: object) -> Model:
    """Find the registered model of a specification.

    Raises
    ------
    SettingError
        It is no specification of a registered model.
    """
    kind = type(spec)
    for model in MODELS.values():
        if kind.__name__ == model.spec and kind.__module__ == f"patentmetrics.estimate.{model.module}":
            return model
    raise SettingError(
        "this is no specification of a model",
        where="spec",
        got=kind.__name__,
        allowed=[model.spec for model in MODELS.values()],
    )


def _default_model(text: str) -> str:
    formula = parse_formula(text)
    if formula.endogenous:
        return "iv"
    return "event_study" if formula.event is not None else "fixed_effects"
