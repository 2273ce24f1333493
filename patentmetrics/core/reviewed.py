"""Reviewed data files: YAML, read strictly, so that a slip of the pen is an error, not a wrong number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from patentmetrics.core.errors import LexiconError, near_names
from patentmetrics.core.files import existing_file

YAML_ENDINGS = (".yml", ".yaml")


def read_reviewed(path: Path | str) -> dict[str, object]:
    r"""Read one reviewed YAML file: UTF-8, one mapping, no key twice at any depth.

    Raises
    ------
    InputError
        There is no such file, or it is empty.
    LexiconError
        It is not UTF-8, not YAML, not a mapping, or a key occurs twice (YAML would keep the last and
        lose the rest in silence).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.yml"
    ...     _ = path.write_text("id: mine\nlevels: []\n", encoding="utf-8")
    ...     read_reviewed(path)
    {'id': 'mine', 'levels': []}
    """
    path = existing_file(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LexiconError(
            "the file is not UTF-8", where=f"{path}, byte {error.start}", hint="save it as UTF-8"
        ) from error
    try:
        content = yaml.safe_load(text)
        doubled = next(_doubled_keys(yaml.compose(text, Loader=yaml.SafeLoader)), None)
    except yaml.YAMLError as error:
        raise LexiconError("the file is not YAML", where=str(path), got=str(error)) from error
    if not isinstance(content, dict):
        raise LexiconError("the file holds no keys", where=str(path), got=type(content).__name__)
    if doubled:
        raise LexiconError("a key occurs twice", where=f"{path}, line {doubled[1]}", got=doubled[0])
    return {str(key): value for key, value in content.items()}


def check_keys(
    content: Mapping[str, object], *, required: Iterable[str], optional: Iterable[str] = (), where: str
) -> None:
    """Raise `LexiconError` unless the keys are the required ones and, at will, the optional ones.

    Examples
    --------
    >>> check_keys({"id": "mine"}, required=["id"], optional=["note"], where="mine.yml")
    """
    required, optional = list(required), list(optional)
    for key in content:
        if key not in [*required, *optional]:
            raise LexiconError(
                f"the key {key!r} is unknown",
                where=where,
                allowed=[*required, *optional],
                hint=near_names(str(key), [*required, *optional]),
            )
    for key in required:
        if key not in content:
            raise LexiconError(f"the key {key!r} is missing", where=where, allowed=[*required, *optional])


def text_of(content: Mapping[str, object], key: str, *, where: str) -> str:
    """Give a value that must be text with something in it.

    Examples
    --------
    >>> text_of({"version": "1.0"}, "version", where="mine.yml")
    '1.0'
    """
    value = content[key]
    if not isinstance(value, str) or not value.strip():
        raise LexiconError(f"{key} must be text", where=where, got=repr(value), hint="write it, in quotes")
    return value.strip()


def texts_of(content: Mapping[str, object], key: str, *, where: str, empty: bool = False) -> list[str]:
    """Give a value that must be a list of texts, as they are written.

    Examples
    --------
    >>> texts_of({"terms": ["大数据"]}, "terms", where="mine.yml")
    ['大数据']
    """
    value = content[key]
    if not isinstance(value, list) or not (value or empty):
        raise LexiconError(f"{key} must be a list with something in it", where=where, got=repr(value)[:80])
    for one in value:
        # YAML reads a bare no, on or 1 as a truth value or a number
        if not isinstance(one, str) or not one.strip():
            raise LexiconError(f"{key} must hold text", where=where, got=repr(one), hint="write it in quotes")
    return value


def mappings_of(content: Mapping[str, object], key: str, *, where: str) -> list[dict[str, object]]:
    """Give a value that must be a list of mappings.

    Examples
    --------
    >>> mappings_of({"groups": [{"terms": ["大数据"]}]}, "groups", where="mine.yml")
    [{'terms': ['大数据']}]
    """
    value = content[key]
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise LexiconError(f"{key} must be a list of entries", where=where, got=repr(value)[:80])
    return value


def find_reviewed(name_or_path: Path | str, *, folder: Path, kind: str, deep: bool = False) -> Path:
    """Find a file by its shipped name, or by its path; ``deep`` looks in the folders inside too.

    Raises
    ------
    LexiconError
        It is neither a shipped name nor a path that ends in .yml.
    InputError
        There is no such file.
    """
    shipped = {path.stem: path for path in sorted(folder.rglob("*.yml") if deep else folder.glob("*.yml"))}
    name = str(name_or_path)
    if name in shipped:
        return shipped[name]
    if Path(name).suffix in YAML_ENDINGS:
        return existing_file(name)
    raise LexiconError(
        f"there is no {kind} of this name",
        got=name,
        allowed=[*shipped, "a path ending in .yml"],
        hint=near_names(name, shipped),
    )


def _doubled_keys(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield str(key.value), key.start_mark.line + 1
            seen.add(key.value)
            yield from _doubled_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            yield from _doubled_keys(one)
