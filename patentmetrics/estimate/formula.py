"""Formulas in the style of fixest: ``y ~ x1 + x2 | place + year | d ~ z``, read into a specification.

A formula says what a specification says, in fewer words; it is read into the same frozen specification,
and nothing is estimated here.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError, near_names
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.estimate.formula_reading import EVENT_TIME, Formula, Indicators


@dataclass(frozen=True, kw_only=True)
class FormulaSpec:
    """A model that is told by a formula (公式设定): it becomes a specification when the panel is there.

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    formula : str
        See `patentmetrics.estimate.formula_reading.parse_formula`.
    model : str or None
        Name of a registered model; None: ``iv`` with instruments, ``event_study`` with
        ``i(event_time, ref=-1)``, otherwise ``fixed_effects``.
    settings : dict
        Further settings of the model, that the formula does not say.
    """

    name: str
    formula: str
    model: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def apply_formula(panel: Panel, formula: Formula, kind: type) -> tuple[Panel, dict[str, Any]]:
    """Give what a formula says as fields of a specification, and the panel with the columns it makes.

    A made column is null, and its row not used, where one of its sources is null.

    Parameters
    ----------
    panel : Panel
        The panel.
    formula : Formula
        From `patentmetrics.estimate.formula_reading.parse_formula`.
    kind : type
        The specification's class: its fields say what it can take.

    Raises
    ------
    ColumnError, DataError
        A column is missing; a product is not of numbers; a reference is no level.
    SettingError
        The formula says something that the specification cannot take, or not what it needs.

    Examples
    --------
    >>> from patentmetrics.estimate.did import DidSpec
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2000], "y": [1.0], "treated": [1], "x": [3]})
    >>> from patentmetrics.estimate.formula_reading import parse_formula
    >>> formula = parse_formula("y ~ treated + x:treated | place + year")
    >>> made, values = apply_formula(Panel(frame=frame), formula, DidSpec)
    >>> values["treatment"], values["controls"], made.frame["x:treated"].to_list()
    ('treated', ('x:treated',), [3.0])
    """
    fields = {one.name for one in dataclasses.fields(kind)}
    _need(fields, "outcome", formula, "outcome", "fixed_effects")
    if formula.endogenous:
        _need(fields, "instruments", formula, "instruments", "iv")
    values: dict[str, Any] = {"outcome": formula.outcome}
    event = formula.event if {"leads", "lags", "base"} <= fields else None
    columns: list[str] = []
    frame = panel.frame
    for term in formula.terms:
        if term is event:
            continue
        frame, names = _made(frame, term)
        columns += [name for name in names if name not in columns]
    if event is not None:
        values |= _window(frame, event)
    if formula.endogenous:
        values |= {"endogenous": formula.endogenous, "instruments": formula.instruments}
    values |= _regressors(formula, fields, tuple(columns), event=event is not None)
    values |= _effects(formula, fields)
    return replace(panel, frame=frame), values


def _effects(formula: Formula, fields: set[str]) -> dict[str, Any]:
    if "fixed_effects" in fields:
        if not formula.fixed_effects:
            raise SettingError(
                "a formula names its fixed effects",
                where="formula",
                got=formula.text,
                hint="usually `| place + year` behind the regressors",
            )
        return {"fixed_effects": formula.fixed_effects}
    if formula.fixed_effects and set(formula.fixed_effects) != {"place", "year"}:
        raise SettingError(
            "this model has place and year effects of its own, and takes no others",
            where="formula",
            got=", ".join(formula.fixed_effects),
            hint="leave the effects out, or write `| place + year`",
        )
    return {}


def _regressors(
    formula: Formula, fields: set[str], columns: tuple[str, ...], *, event: bool
) -> dict[str, Any]:
    if "regressors" in fields:
        return {"regressors": columns}
    if "treatment" in fields and not event:
        if not columns:
            raise SettingError(
                "the formula names no treatment", where="formula", got=formula.text, hint="y ~ treated | …"
            )
        rest = columns[1:]
        if rest:
            _need(fields, "controls", formula, "controls", "fixed_effects")
        return {"treatment": columns[0]} | ({"controls": rest} if rest else {})
    if columns:
        _need(fields, "controls", formula, "regressors", "fixed_effects")
        return {"controls": columns}
    return {}


def _need(fields: set[str], name: str, formula: Formula, what: str, other: str) -> None:
    if name not in fields:
        raise SettingError(
            f"this model takes no {what} by formula",
            where="formula",
            got=formula.text,
            hint=f'model = "{other}" does',
        )


def _made(frame: pl.DataFrame, term: tuple[str, ...] | Indicators) -> tuple[pl.DataFrame, list[str]]:
    if isinstance(term, Indicators):
        return _indicators(frame, term)
    require_columns(frame, list(term), where="formula")
    if len(term) == 1:
        return frame, list(term)
    name = ":".join(term)
    product = pl.lit(1.0)
    for column in term:
        product = product * _number(frame, column)
    return _with(frame, {name: product})


def _indicators(frame: pl.DataFrame, term: Indicators) -> tuple[pl.DataFrame, list[str]]:
    require_columns(frame, [term.column], where="formula")
    levels = [str(one) for one in frame[term.column].drop_nulls().unique().sort()]
    reference = term.reference
    if reference is None and term.times is None:
        reference = levels[0] if levels else None
    if reference is not None and reference not in levels:
        raise DataError(
            f"the reference is no level of {term.column!r}",
            where="formula",
            got=reference,
            allowed=levels[:20],
            hint=near_names(reference, levels),
        )
    text = pl.col(term.column).cast(pl.String)
    times = pl.lit(1.0) if term.times is None else _number(frame, term.times)
    ending = "" if term.times is None else f":{term.times}"
    columns = {
        f"{term.column}::{level}{ending}": (text == level).cast(pl.Float64) * times
        for level in levels
        if level != reference
    }
    return _with(frame, columns)


def _with(frame: pl.DataFrame, columns: dict[str, pl.Expr]) -> tuple[pl.DataFrame, list[str]]:
    taken = [name for name in columns if name in frame.columns]
    if taken:
        raise ColumnError(f"the panel already has the column {taken[0]!r}", where="formula")
    return frame.with_columns(**columns), list(columns)


def _number(frame: pl.DataFrame, column: str) -> pl.Expr:
    require_columns(frame, [column], where="formula")
    kind = frame.schema[column]
    if not (kind.is_numeric() or kind == pl.Boolean):
        raise ColumnError(
            f"the column {column!r} does not hold numbers",
            where="formula",
            got=str(kind),
            hint=f"an indicator for each level: i({column}, ref=…)",
        )
    return pl.col(column).cast(pl.Float64)


def _window(frame: pl.DataFrame, event: Indicators) -> dict[str, int]:
    base = -1
    if event.reference is not None:
        try:
            base = int(event.reference)
        except ValueError as error:
            raise SettingError(
                "the reference of an event time is a whole number", where="formula", got=event.reference
            ) from error
    if event.window is not None:
        return {"leads": event.window[0], "lags": event.window[1], "base": base}
    require_columns(frame, [EVENT_TIME], where="formula")
    times = frame[EVENT_TIME].drop_nulls()
    if times.is_empty():
        raise DataError("no row has an event time", where="formula", hint="null is never treated")
    return {"leads": max(1, -int(times.min())), "lags": max(0, int(times.max())), "base": base}  # type: ignore[arg-type]
