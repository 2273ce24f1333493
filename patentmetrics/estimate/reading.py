"""Read a frozen specification strictly: from TOML tables, from mappings, from ``key=value`` words."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from patentmetrics.core.errors import SettingError, near_names
from patentmetrics.core.files import existing_file

S = TypeVar("S")


def read_spec(kind: type[S], table: Mapping[str, Any], *, where: str = "model") -> S:
    """Read a frozen specification from a mapping (读取模型设定): no unknown key, no value of another type.

    Parameters
    ----------
    kind : type
        A frozen dataclass; fields that are dataclasses, or tuples of them, are read the same way.
    table : mapping
        By field a value as TOML gives it. A value that is already of the field's type is kept.
    where : str
        For messages.

    Raises
    ------
    SettingError
        An unknown key, with the near names; a value that is missing or of the wrong type.

    Examples
    --------
    >>> from patentmetrics.estimate.did import DidSpec
    >>> read_spec(DidSpec, {"name": "(1)", "outcome": "patents", "controls": ["gdp"]}).controls
    ('gdp',)
    """
    check_keys(table, kind, where=where)
    missing = [
        one.name
        for one in dataclasses.fields(kind)  # type: ignore[arg-type]
        if one.default is one.default_factory is dataclasses.MISSING and one.name not in table
    ]
    if missing:
        raise SettingError(
            "a setting is missing", where=where, got=", ".join(table) or "nothing", allowed=missing,
            hint=f"say {missing[0]}",
        )  # fmt: skip
    hints = typing.get_type_hints(kind)
    try:
        values = {key: _converted(value, hints[key], f"{where}.{key}") for key, value in table.items()}
        return kind(**values)
    except TypeError as error:
        raise SettingError("a setting has the wrong type", where=where, got=str(error)) from error


def check_keys(table: Mapping[str, Any], kind: type, *, where: str, hidden: Sequence[str] = ()) -> None:
    """Compare the keys of a table with the fields of a dataclass, section by section.

    ``hidden`` fields are set by other means: they are no keys.

    Raises
    ------
    SettingError
        An unknown key, with the near names.

    Examples
    --------
    >>> from patentmetrics.estimate.did import DidSpec
    >>> check_keys({"outcom": "patents"}, DidSpec, where="models[1]")
    Traceback (most recent call last):
        ...
    patentmetrics.core.errors.SettingError: unknown key
      where: models[1]
      got: 'outcom'
      allowed: name, outcome, treatment, controls, fixed_effects, cluster, errors
      hint: did you mean 'outcome'?
    """
    hints = typing.get_type_hints(kind)
    names = [name for name in hints if name not in hidden]
    for key, value in table.items():
        if key not in names:
            raise SettingError(
                "unknown key", where=where, got=key, allowed=names, hint=near_names(str(key), names)
            )
        section = _section(hints[key])
        if section is not None and isinstance(value, Mapping):
            check_keys(value, section, where=f"{where}.{key}")


def read_settings_file(path: Path | str) -> dict[str, Any]:
    """Read a TOML file of settings (设定文件).

    Raises
    ------
    InputError
        The file is missing or empty.
    SettingError
        It is not TOML in UTF-8.
    """
    path = existing_file(path)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError("the file is not TOML in UTF-8", where=str(path), got=str(error)) from error


def settings_of(spec: object) -> dict[str, Any]:
    """Give a specification as JSON values.

    Examples
    --------
    >>> from patentmetrics.estimate.did import DidSpec
    >>> settings_of(DidSpec(name="(1)", outcome="patents"))["fixed_effects"]
    ['place', 'year']
    """
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(spec, enc_hook=str))
    return made


def read_words(kind: type, words: Sequence[str], *, where: str = "--set") -> dict[str, Any]:
    """Read ``key=value`` words into a table for `read_spec`: what the command line gives.

    A value has the type of its field: lists are separated by commas, ``true`` and ``false`` are truth
    values, nothing behind ``=`` is None or an empty list; tables and lists may be TOML. ``a.b=c`` sets
    the field b of the specification a.

    Raises
    ------
    SettingError
        No ``=``; a key twice; an unknown key; a value that cannot have the type.

    Examples
    --------
    >>> from patentmetrics.estimate.event_study import EventStudySpec
    >>> read_words(EventStudySpec, ["leads=3", "controls=gdp,population", "bins=false"])
    {'leads': 3, 'controls': ('gdp', 'population'), 'bins': False}
    """
    table: dict[str, Any] = {}
    for word in words:
        key, sign, text = word.partition("=")
        if not sign:
            raise SettingError("a setting is key=value", where=where, got=word)
        *outer, last = key.strip().split(".")
        inner, section, place = table, kind, where
        for name in outer:
            check_keys({name: None}, section, where=place)
            section = _section(typing.get_type_hints(section)[name]) or object
            place = f"{place}.{name}"
            inner = inner.setdefault(name, {})
        check_keys({last: None}, section, where=place)
        if last in inner:
            raise SettingError("a setting is given twice", where=place, got=key)
        inner[last] = _from_text(text.strip(), typing.get_type_hints(section)[last], f"{place}: {key}")
    return table


def _converted(value: Any, hint: Any, where: str) -> Any:  # noqa: ANN401 - of the field's type
    section = _section(hint)
    if section is not None:
        if isinstance(value, Mapping):
            return read_spec(section, value, where=where)
        if isinstance(value, section):
            return value
    item = _item(hint)
    member = None if item is None else _section(item)
    if member is not None and isinstance(value, list | tuple):
        return tuple(_converted(one, item, f"{where}[{at}]") for at, one in enumerate(value, start=1))
    try:
        return msgspec.convert(value, hint, strict=True)
    except msgspec.ValidationError as error:
        raise SettingError("a setting has the wrong type", where=where, got=str(error)) from error


def _from_text(text: str, hint: Any, where: str) -> Any:  # noqa: ANN401 - of the field's type
    options = _options(hint)
    item = _item(hint)
    if not text:
        if type(None) in options:
            return None
        if item is not None:
            return ()
    if _section(hint) is not None or (text[:1] in "[{" and str not in options):
        return _toml(text, where)
    if item is not None:
        texts = [part.strip() for part in text.split(",")]
        return tuple(_from_text(part, item, where) for part in texts if part)
    if str in options or hint is object:
        return text
    try:
        return msgspec.convert(text, hint, strict=False)
    except msgspec.ValidationError as error:
        raise SettingError("a setting has the wrong type", where=where, got=str(error)) from error


def _toml(text: str, where: str) -> Any:  # noqa: ANN401 - any TOML value
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise SettingError("the value is not TOML", where=where, got=text) from error


def _options(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type
    union = isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
    return typing.get_args(hint) if union else (hint,)


def _section(hint: Any) -> type | None:  # noqa: ANN401 - a type
    # the one dataclass among the options of a field
    return next(
        (one for one in _options(hint) if isinstance(one, type) and dataclasses.is_dataclass(one)), None
    )


def _item(hint: Any) -> Any:  # noqa: ANN401 - a type
    # of tuple[X, ...] the X
    for one in _options(hint):
        if typing.get_origin(one) is tuple:
            return typing.get_args(one)[0]
    return None
