"""Where the parts of a lexicon file stand: lines of its YAML, so that some can change and the rest stay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

import yaml

from patentmetrics.core.errors import LexiconError

# what YAML takes for the end of a line; its marks count these
_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|$)")
_BEFORE_ITEM = re.compile(r"\s*-\s+")
_NOTHING = re.compile(r"\s*(?:#.*)?")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of a list or mapping: its lines from ``first`` to before ``stop``, how far it is indented."""

    name: str
    first: int
    stop: int
    indent: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The lines of a lexicon file and where its parts stand.

    Parameters
    ----------
    lines : tuple of str
        With their ends.
    version : tuple of int
        Line, first column and column behind the value of ``version``.
    levels : int
        The line of the key ``levels``.
    sources : tuple of Item
        Empty where the file has none.
    groups : tuple of tuple of Item
        The terms of each group.
    """

    lines: tuple[str, ...]
    version: tuple[int, int, int]
    levels: int
    sources: tuple[Item, ...]
    groups: tuple[tuple[Item, ...], ...]

    @property
    def line_end(self) -> str:
        r"""How the file ends its lines: ``\n`` or ``\r\n``."""
        return "\r\n" if self.lines[0].endswith("\r\n") else "\n"


def layout_of(text: str) -> Layout:
    r"""Find where the parts of a lexicon file stand (词典文件的行).

    Parameters
    ----------
    text : str
        Of a file that `patentmetrics.lexicon.format.read_lexicon_file` has read, without byte order mark.

    Raises
    ------
    LexiconError
        Terms or sources are written in braces or brackets, or in another way that has not its own lines.

    Examples
    --------
    >>> head = "version: '1'\nlevels: []\ngroups:\n- terms:\n"
    >>> text = head + "  - '5G'\n  # a comment\n  - term: a\n    note: b\n"
    >>> [(item.name, item.first, item.stop) for item in layout_of(text).groups[0]]
    [('5G', 4, 5), ('a', 6, 8)]
    """
    lines = tuple(_LINE.findall(text)[:-1])
    # composing builds nodes with their places and no objects: nothing of the file can run
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    keys = _keys(root)
    version = keys["version"][1]
    if version.start_mark.line != version.end_mark.line:
        _refuse(version)
    groups = keys["groups"][1]
    if not isinstance(groups, yaml.SequenceNode) or groups.flow_style:
        _refuse(groups)
    return Layout(
        lines=lines,
        version=(version.start_mark.line, version.start_mark.column, version.end_mark.column),
        levels=keys["levels"][0].start_mark.line,
        sources=_sources(keys["sources"][1], lines) if "sources" in keys else (),
        groups=tuple(_items(_keys(group)["terms"][1], lines) for group in groups.value),
    )


def _keys(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        _refuse(node)
    return {str(key.value): (key, value) for key, value in node.value}


def _items(node: yaml.Node, lines: tuple[str, ...]) -> tuple[Item, ...]:
    if not isinstance(node, yaml.SequenceNode) or node.flow_style:
        _refuse(node)
    return tuple(_item(one, lines) for one in node.value)


def _item(node: yaml.Node, lines: tuple[str, ...]) -> Item:
    first, column = node.start_mark.line, node.start_mark.column
    before = lines[first][:column]
    if not _BEFORE_ITEM.fullmatch(before):
        _refuse(node)
    named = node if isinstance(node, yaml.ScalarNode) else _keys(node)["term"][1]
    return Item(name=str(named.value).strip(), first=first, stop=_stop(node, lines), indent=before.index("-"))


def _sources(node: yaml.Node, lines: tuple[str, ...]) -> tuple[Item, ...]:
    return tuple(
        Item(name=name, first=key.start_mark.line, stop=_stop(value, lines), indent=key.start_mark.column)
        for name, (key, value) in _keys(node).items()
    )


def _stop(node: yaml.Node, lines: tuple[str, ...]) -> int:
    """Give the line behind a value: the mark of a block stands behind the comments that follow it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    stop = int(node.end_mark.line) + (node.end_mark.column > 0)
    while stop - 1 > node.start_mark.line and _NOTHING.fullmatch(lines[stop - 1].rstrip()):
        stop -= 1
    return stop


def _refuse(node: yaml.Node | None) -> NoReturn:
    raise LexiconError(
        "this part of the file does not stand on lines of its own, so no term can be put in or taken out",
        where=f"line {node.start_mark.line + 1}" if node else "line 1",
        hint="bring it into the usual form: `patentmetrics lexicon format FILE` (comments are lost)",
    )
