"""What a model's settings are, with their types, defaults and meaning: read from its specification."""

from __future__ import annotations

import dataclasses
import inspect
import re

import polars as pl

from patentmetrics.estimate.did import DidSpec
from patentmetrics.estimate.model_list import MODELS
from patentmetrics.estimate.models import find_model


def list_models() -> pl.DataFrame:
    """List the registered models (模型列表): ``model, chinese, what, extra, method``.

    Examples
    --------
    >>> list_models().filter(model="did")["what"].item()
    'Difference in differences by two-way fixed effects.'
    """
    return pl.DataFrame(
        [
            {
                "model": one.name,
                "chinese": one.chinese,
                "what": one.help,
                "extra": one.extra,
                "method": one.citation,
            }
            for one in MODELS.values()
        ]
    )


def list_settings(model: str) -> pl.DataFrame:
    """List the settings of a model (模型设定): ``setting, type, default, what``; no default is null.

    Raises
    ------
    SettingError
        No such model.

    Examples
    --------
    >>> list_settings("did").filter(setting="cluster").row(0)
    ('cluster', 'str', "'place'", 'Column of the clusters, with ``errors="cluster"``.')
    """
    kind = find_model(model).spec_class()
    told = _documented(inspect.getdoc(DidSpec) or "")  # others say "as in DidSpec"
    for base in reversed(kind.__mro__):
        if dataclasses.is_dataclass(base):
            told |= _documented(inspect.getdoc(base) or "")
    return pl.DataFrame(
        [
            {
                "setting": one.name,
                "type": str(one.type),
                "default": None if one.default is dataclasses.MISSING else repr(one.default),
                "what": told.get(one.name, ""),
            }
            for one in dataclasses.fields(kind)
        ],
        schema=dict.fromkeys(("setting", "type", "default", "what"), pl.String),
    )


def _documented(text: str) -> dict[str, str]:
    # the section Parameters of a numpy docstring: "a, b : type" or "a, b", then what they mean, indented
    found: dict[str, str] = {}
    names: list[str] = []
    section = text.partition("Parameters\n----------\n")[2]
    for line in section.splitlines():
        if re.match(r"\S", line):
            if set(line) == {"-"}:  # the next section
                break
            names = [name.strip() for name in line.partition(" :")[0].split(",")]
        elif line.strip():
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return {name: what for name, what in found.items() if not what.startswith(("As in", "The model, as in"))}
