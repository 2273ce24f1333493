"""The format of a lexicon file (词典格式): its keys, and a file read into frozen data, strictly.

`KEYS` is the one list of keys: the reader, the JSON schema and the table in ``docs/lexicons.md`` follow it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

from patentmetrics.core.errors import LexiconError
from patentmetrics.core.reviewed import check_keys, mappings_of, read_reviewed, text_of, texts_of
from patentmetrics.lexicon.lines import line_of
from patentmetrics.lexicon.rules import RULES, Rule
from patentmetrics.text.normalise import normalise

# a level's value becomes the name of an output column, <value>_count
VALUE = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = ("total", "log")


class Key(NamedTuple):
    """One key of the format.

    Parameters
    ----------
    name : str
        As it is written.
    kind : str
        What its value is.
    required : bool
        Whether a file, group or term without it is refused.
    meaning : str
        One sentence, for the schema and the docs.
    """

    name: str
    kind: Literal["text", "name", "rule", "date", "number", "texts", "names", "citations", "groups", "terms"]
    required: bool
    meaning: str


HEAD_KEYS = (
    Key("id", "text", True, "The file's name without its ending."),
    Key("version", "text", True, "In quotes; it goes into every output, and any change of a term raises it."),
    Key("title_en", "text", True, "What the list is, in English."),
    Key("title_zh", "text", True, "What the list is, in Chinese."),
    Key("language", "text", True, "Of the terms: zh, en, or mul for several."),
    Key("source", "text", True, "Full citation, and where the file was taken from; a list of ours says so."),
    Key("licence", "text", True, "Under which the file may be passed on."),
    Key("status", "text", False, "How far the list can be trusted: complete, partial, proofed or not."),
    Key("note", "text", False, "What a user must know."),
    Key("match", "rule", False, "The counting rule that the list was made for; a term may have its own."),
    Key("sources", "citations", False, "Short names of sources, each with its citation; terms name them."),
    Key("levels", "names", True, "Names of the grouping levels, outermost first; may be empty."),
    Key("groups", "groups", True, "The terms by group."),
)
TERM_KEYS = (
    Key("term", "text", True, "The word or phrase."),
    Key("variants", "texts", False, "Other spellings of the same thing, counted too."),
    Key("match", "rule", False, "The counting rule for this term, where it is not that of the file."),
    Key("source", "texts", False, "One or several short names from sources."),
    Key("added", "date", False, "The day on which it came in, YYYY-MM-DD, in quotes."),
    Key("note", "text", False, "Why it is in, or what it means."),
    Key("example", "text", False, "A text in which it is meant."),
    Key("counterexample", "text", False, "A text that holds its characters, and does not mean it."),
    Key("at_least", "number", False, "Hits it must have in the sample that ships with the package."),
)
GROUP_KEY = Key("terms", "terms", True, "A text for a bare term, or a mapping with the keys of a term.")

# columns of outputs, and keys of a group or a term: no level can have these names
_LEVELS_RESERVED = frozenset(
    ["terms", "count", "hits", "divergence", "variant_of", "key", *RULES, *(key.name for key in TERM_KEYS)]
)


@dataclass(frozen=True, kw_only=True)
class LexiconTerm:
    """One term of a lexicon file (词条), with what was written about it; see `TERM_KEYS`."""

    term: str
    variants: tuple[str, ...] = ()
    match: Rule | None = None
    source: tuple[str, ...] = ()
    added: str | None = None
    note: str | None = None
    example: str | None = None
    counterexample: str | None = None
    at_least: int | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """The term and its variants."""
        return (self.term, *self.variants)


@dataclass(frozen=True, kw_only=True)
class LexiconGroup:
    """The terms of one innermost group (词组).

    Parameters
    ----------
    path : tuple of str
        Its value on each level, outermost first.
    names_zh : tuple of str or None
        The Chinese name of each value, where the file has it.
    terms : tuple of LexiconTerm
        Sorted by code point.
    """

    path: tuple[str, ...]
    names_zh: tuple[str | None, ...]
    terms: tuple[LexiconTerm, ...]


@dataclass(frozen=True, kw_only=True)
class LexiconFile:
    """All that a lexicon file says (词典文件); see `HEAD_KEYS`. The groups keep the order of the file."""

    id: str
    version: str
    title_en: str
    title_zh: str
    language: str
    source: str
    licence: str
    status: str | None = None
    note: str | None = None
    match: Rule | None = None
    sources: tuple[tuple[str, str], ...] = ()
    levels: tuple[str, ...] = ()
    groups: tuple[LexiconGroup, ...]

    def terms(self) -> Iterator[tuple[LexiconGroup, LexiconTerm]]:
        """Give each term with its group, in the order of the file."""
        for group in self.groups:
            for term in group.terms:
                yield group, term


def read_lexicon_file(path: Path | str) -> LexiconFile:
    """Read all that a lexicon file says (读取词典文件), strictly.

    Raises
    ------
    LexiconError
        The file is malformed; the message names the line.
    InputError
        There is no such file, or it is empty.

    Examples
    --------
    >>> from patentmetrics.core.resources import lexicon_folder
    >>> file = read_lexicon_file(lexicon_folder() / "digital_transformation_wu2021.yml")
    >>> file.levels, file.groups[1].names_zh, file.groups[1].terms[1].term
    (('dimension',), ('大数据技术',), '大数据')
    """
    path = Path(path)
    content = read_reviewed(path)
    try:
        return _file(content)
    except LexiconError as error:
        # the line is looked for only now: a second reading of the file would double the time of all others
        line = line_of(path, (error.where or "").split("/"))
        raise LexiconError(
            error.what,
            where=f"{path}, line {line}" if line else str(path),
            got=error.got,
            allowed=error.allowed,
            hint=error.hint,
        ) from None


def checked(file: LexiconFile) -> LexiconFile:
    """Give a file that was put together by a program, sorted, once nothing is wrong with it.

    Raises
    ------
    LexiconError
        Two forms are the same once normalised, a group's name stands for two groups, or a term names a
        source that the file does not have.

    Examples
    --------
    >>> group = LexiconGroup(path=(), names_zh=(), terms=(LexiconTerm(term="互联网"), LexiconTerm(term="5G")))
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> [term.term for _, term in checked(LexiconFile(**head, groups=(group,))).terms()]
    ['5G', '互联网']
    """
    _check_forms(file)
    _check_values(file)
    _check_sources(file)
    groups = tuple(
        replace(group, terms=tuple(sorted(group.terms, key=lambda term: term.term))) for group in file.groups
    )
    return replace(file, groups=groups)


def _file(content: dict[str, object]) -> LexiconFile:
    names = [key.name for key in HEAD_KEYS if key.required]
    others = [key.name for key in HEAD_KEYS if not key.required]
    check_keys(content, required=names, optional=others, where="")
    head = {key.name: _text(content, key.name) for key in HEAD_KEYS if key.kind == "text" and key.required}
    levels = tuple(texts_of(content, "levels", where="levels", empty=True))
    for number, level in enumerate(levels):
        if not _may_be_a_level(level) or levels.index(level) < number:
            raise LexiconError("a level cannot have this name", where=f"levels/{number}", got=level)
    groups = [
        _group(group, levels, where=f"groups/{number}")
        for number, group in enumerate(mappings_of(content, "groups", where="groups"))
    ]
    return checked(
        LexiconFile(
            **head,
            status=_optional(content, "status"),
            note=_optional(content, "note"),
            match=_rule(content, where=""),
            sources=_citations(content),
            levels=levels,
            groups=tuple(groups),
        )
    )


def _may_be_a_level(name: str) -> bool:
    return bool(VALUE.fullmatch(name)) and name not in _LEVELS_RESERVED and not name.endswith("_zh")


def _group(content: dict[str, object], levels: Sequence[str], *, where: str) -> LexiconGroup:
    chinese = [f"{level}_zh" for level in levels]
    check_keys(content, required=[*levels, "terms"], optional=chinese, where=where)
    path = tuple(_text(content, level, where=where) for level in levels)
    for level, value in zip(levels, path, strict=True):
        if not VALUE.fullmatch(value) or value in RESERVED:
            raise LexiconError(
                f"a {level} cannot have this name: it becomes the name of a column",
                where=f"{where}/{level}",
                got=value,
                allowed="small letters, digits and _, beginning with a letter; not total or log",
            )
    listed = content["terms"]
    if not isinstance(listed, list) or not listed:
        _refuse("terms must be a list with something in it", f"{where}/terms", listed)
    return LexiconGroup(
        path=path,
        names_zh=tuple(_optional(content, name, where=where) for name in chinese),
        terms=tuple(_term(one, where=f"{where}/terms/{number}") for number, one in enumerate(listed)),
    )


def _term(content: object, *, where: str) -> LexiconTerm:
    if isinstance(content, str) and content.strip():
        return LexiconTerm(term=content.strip())
    if not isinstance(content, dict):
        # YAML reads a bare no, on or 1 as a truth value or a number
        _refuse("terms must hold text, or entries with the key term", where, content)
    content = {str(key): value for key, value in content.items()}
    check_keys(
        content,
        required=[key.name for key in TERM_KEYS if key.required],
        optional=[key.name for key in TERM_KEYS if not key.required],
        where=where,
    )
    return LexiconTerm(
        term=_text(content, "term", where=where),
        variants=_list(content, "variants", where=where),
        match=_rule(content, where=where),
        source=_list(content, "source", where=where, one=True),
        added=_date(content, where=where),
        note=_optional(content, "note", where=where),
        example=_optional(content, "example", where=where),
        counterexample=_optional(content, "counterexample", where=where),
        at_least=_number(content, where=where),
    )


def _text(content: dict[str, object], key: str, *, where: str = "") -> str:
    return text_of(content, key, where=f"{where}/{key}".lstrip("/"))


def _optional(content: dict[str, object], key: str, *, where: str = "") -> str | None:
    return _text(content, key, where=where) if key in content else None


def _list(content: dict[str, object], key: str, *, where: str, one: bool = False) -> tuple[str, ...]:
    if key not in content:
        return ()
    if one and isinstance(content[key], str):
        return (_text(content, key, where=where),)
    return tuple(sorted(text.strip() for text in texts_of(content, key, where=f"{where}/{key}")))


def _rule(content: dict[str, object], *, where: str) -> Rule | None:
    value = _optional(content, "match", where=where)
    if value is None:
        return None
    for rule in RULES:
        if value == rule:
            return rule
    raise LexiconError(
        "there is no such counting rule", where=f"{where}/match".lstrip("/"), got=value, allowed=RULES
    )


def _date(content: dict[str, object], *, where: str) -> str | None:
    if isinstance(content.get("added"), dt.date):
        _refuse("added must be text", f"{where}/added", content["added"], hint="write the date in quotes")
    value = _optional(content, "added", where=where)
    try:
        right = value is None or dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        right = False
    if not right:
        _refuse("added is no date", f"{where}/added", value, hint='write it as "2026-01-31"')
    return value


def _number(content: dict[str, object], *, where: str) -> int | None:
    value = content.get("at_least")
    if value is None and "at_least" not in content:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        _refuse("at_least must be a whole number from 1", f"{where}/at_least", value)
    return value


def _citations(content: dict[str, object]) -> tuple[tuple[str, str], ...]:
    if "sources" not in content:
        return ()
    value = content["sources"]
    if not isinstance(value, dict) or not value:
        _refuse("sources must be a mapping of short names to citations", "sources", value)
    named = {str(key): citation for key, citation in value.items()}
    for name in named:
        if not VALUE.fullmatch(name):
            _refuse("a source cannot have this short name", f"sources/{name}", name, hint="as wu2021")
    return tuple(sorted((name, _text(named, name, where="sources")) for name in named))


def _refuse(what: str, where: str, got: object, *, hint: str = "") -> NoReturn:
    raise LexiconError(what, where=where, got=str(got)[:80] or repr(got), hint=hint or "write it in quotes")


def _check_forms(file: LexiconFile) -> None:
    """Refuse two forms that are the same once normalised: they would be counted twice."""
    seen: dict[str, str] = {}
    for place, group in enumerate(file.groups):
        for number, term in enumerate(group.terms):
            for form in term.forms:
                if (key := normalise(form)) in seen:
                    raise LexiconError(
                        "terms are the same once normalised, and would be counted twice",
                        where=f"groups/{place}/terms/{number}",
                        got=f"{seen[key]} and {form}",
                        hint="keep one of each",
                    )
                seen[key] = form


def _check_values(file: LexiconFile) -> None:
    """Refuse a value that stands in two places, or has two names: two sums would have one name."""
    above: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for place, group in enumerate(file.groups):
        for depth, value in enumerate(group.path):
            path = group.path[: depth + 1]
            if above.setdefault(value, path) != path:
                raise LexiconError(
                    "a group's name stands for two groups",
                    where=f"groups/{place}",
                    got=f"{' > '.join(above[value])} and {' > '.join(path)}",
                )
            name = group.names_zh[depth]
            if name is not None and names.setdefault(value, name) != name:
                raise LexiconError(
                    "a group has two Chinese names",
                    where=f"groups/{place}",
                    got=f"{value}: {names[value]} and {name}",
                )


def _check_sources(file: LexiconFile) -> None:
    known = [name for name, _ in file.sources]
    for place, group in enumerate(file.groups):
        for number, term in enumerate(group.terms):
            for name in term.source:
                if name not in known:
                    raise LexiconError(
                        "a term names a source that the file does not have",
                        where=f"groups/{place}/terms/{number}",
                        got=f"{term.term}: {name}",
                        allowed=known,
                        hint="write its citation under sources",
                    )
