"""The format of a lexicon as a JSON schema: editors check a file against it while it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from patentmetrics.core.resources import lexicon_folder
from patentmetrics.lexicon.format import GROUP_KEY, HEAD_KEYS, RESERVED, TERM_KEYS, VALUE, Key
from patentmetrics.lexicon.rules import RULES

SCHEMA_FILE = "lexicon.schema.json"

_TEXT: dict[str, object] = {"type": "string", "pattern": r"\S"}
_NAME: dict[str, object] = {"type": "string", "pattern": f"^{VALUE.pattern}$"}
_TEXTS: dict[str, object] = {"type": "array", "minItems": 1, "items": _TEXT}


def lexicon_schema() -> dict[str, object]:
    """Give the JSON schema of lexicon files (词典格式的 JSON Schema), draft 2020-12.

    It says what one file must look like. What needs the whole file is left to loading and to
    `patentmetrics.lexicon.lint.lint_lexicon`: terms that are the same once normalised, a group's name that
    stands twice, a source that is not there.

    Examples
    --------
    >>> lexicon_schema()["required"][:3]
    ['id', 'version', 'title_en']
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A lexicon of patentmetrics (词典)",
        **_object(HEAD_KEYS),
    }


def schema_file() -> Path:
    """Give the schema that ships beside the lexicons, for editors.

    Examples
    --------
    >>> schema_file().name
    'lexicon.schema.json'
    """
    return lexicon_folder() / SCHEMA_FILE


def schema_text() -> str:
    """Give the schema as it is written to its file.

    Examples
    --------
    >>> schema_text() == schema_file().read_text("utf-8")
    True
    """
    return json.dumps(lexicon_schema(), ensure_ascii=False, indent=2) + "\n"


def _object(keys: Iterable[Key]) -> dict[str, object]:
    keys = list(keys)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [key.name for key in keys if key.required],
        "properties": {key.name: {"description": key.meaning, **_value(key)} for key in keys},
    }


def _value(key: Key) -> dict[str, object]:
    if key.kind == "texts":
        # one source may stand by itself
        return {"anyOf": [_TEXT, _TEXTS]} if key.name == "source" else _TEXTS
    if key.kind == "groups":
        value: dict[str, object] = {"not": {"enum": list(RESERVED)}, **_NAME}
        group = {
            "type": "object",
            "required": [GROUP_KEY.name],
            "properties": {
                GROUP_KEY.name: {"description": GROUP_KEY.meaning, **_value(GROUP_KEY)},
            },
            # the names of levels are the file's own
            "patternProperties": {"^(?!terms$)(?!.*_zh$)[a-z][a-z0-9_]*$": value, "_zh$": _TEXT},
            "additionalProperties": False,
        }
        return {"type": "array", "minItems": 1, "items": group}
    if key.kind == "terms":
        return {"type": "array", "minItems": 1, "items": {"anyOf": [_TEXT, _object(TERM_KEYS)]}}
    simple: dict[str, dict[str, object]] = {
        "text": _TEXT,
        "rule": {"enum": list(RULES)},
        "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "number": {"type": "integer", "minimum": 1},
        "names": {"type": "array", "uniqueItems": True, "items": _NAME},
        "citations": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": _NAME,
            "additionalProperties": _TEXT,
        },
    }
    return simple[key.kind]
