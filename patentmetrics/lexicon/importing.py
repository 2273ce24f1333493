"""Word lists as people have them, a sheet or a dictionary of cntext, into the format of this package."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ColumnError, LexiconError, near_names
from patentmetrics.core.files import sha256_of
from patentmetrics.core.reviewed import YAML_ENDINGS, read_reviewed, texts_of
from patentmetrics.lexicon.format import RESERVED, VALUE, LexiconFile, LexiconGroup, LexiconTerm, checked
from patentmetrics.read.table import read_table
from patentmetrics.text.normalise import normalise

# headers that are known without being named, compared in lower case
_TERM_HEADERS = ("term", "keyword", "word", "关键词", "特征词", "词语", "术语", "词")
_LEVEL_HEADERS = (
    ("layer", ("layer", "level", "层面", "层级", "一级维度", "一级指标")),
    ("dimension", ("dimension", "category", "class", "维度", "类别", "分类", "二级维度", "二级指标")),
)
_NOTE_HEADERS = ("note", "备注", "说明")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What came of importing a word list.

    Parameters
    ----------
    file : LexiconFile
        Its ``source``, ``licence`` and titles are what the sheet says about itself; ``status`` says that
        nobody has reviewed it.
    counts : dict of str to int
        ``rows`` (or words), ``terms``, ``doubled`` (the same term in the same group again), ``empty``.
        They add up.
    columns : dict of str to str
        Which column was taken for what; none for a dictionary of cntext.
    ignored : tuple of str
        Columns that were not taken.
    """

    file: LexiconFile
    counts: dict[str, int]
    columns: dict[str, str]
    ignored: tuple[str, ...]


def import_lexicon(
    path: Path | str,
    *,
    id: str,  # noqa: A002 - the key of the format
    term: str | None = None,
    levels: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> Imported:
    r"""Import a word list (导入词表): a sheet of terms and groups, or a dictionary of cntext.

    Parameters
    ----------
    path : Path or str
        ``.csv .tsv .txt .xlsx .parquet``: one row a term, with a column of terms and one for each level;
        or ``.yaml .yml`` as cntext has them (``Name, Desc, Refer, Category, Dictionary``).
    id : str
        Of the new lexicon: the name of its file.
    term : str, optional
        The column of terms. Known without being named: term, keyword, 关键词, 词语 and the like.
    levels : sequence of str, optional
        The columns of groups, outermost first. Known without being named: layer, 层面; dimension, 维度,
        类别 and the like. A list without groups has no such column, and no level.
    names : mapping of str to str, optional
        A name for each group: ``{"人工智能技术": "artificial_intelligence"}``; it becomes the name of the
        column ``artificial_intelligence_count``. Without it an ASCII name is spelled in small letters, and
        Chinese ones are numbered, ``dimension_1`` and so on, with the Chinese beside.
    sheet : str, optional
        Of an Excel file.

    Raises
    ------
    ColumnError
        The column of terms, or one that is named, is not there.
    LexiconError
        A term stands in two groups, or a group's name cannot be one.
    InputError
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "words.csv"
    ...     _ = path.write_text("关键词,维度\n大数据,数据\n5G,网络\n5G,网络\n", encoding="utf-8")
    ...     done = import_lexicon(path, id="mine", names={"网络": "network"})
    >>> [(group.path, group.names_zh) for group in done.file.groups]
    [(('dimension_1',), ('数据',)), (('network',), ('网络',))]
    >>> done.counts
    {'rows': 3, 'terms': 2, 'doubled': 1, 'empty': 0}
    """
    path = Path(path)
    if path.suffix.lower() in YAML_ENDINGS:
        return _from_cntext(path, id, names or {})
    return _from_sheet(path, id, term, levels, names or {}, sheet)


def _from_sheet(
    path: Path,
    id: str,  # noqa: A002 - the key of the format
    term: str | None,
    levels: Sequence[str] | None,
    names: Mapping[str, str],
    sheet: str | None,
) -> Imported:
    frame = read_table(path, sheet=sheet).frame
    taken = {"term": _column(frame, term, _TERM_HEADERS, where=path.name)}
    if levels is None:
        for level, headers in _LEVEL_HEADERS:
            found = _found(frame, headers)
            if found:
                taken[level] = found
    else:
        for number, column in enumerate(levels, 1):
            level = _slug(column) or (
                "dimension" if number == len(levels) else "layer" if number == 1 else f"level_{number}"
            )
            taken[level] = _column(frame, column, (), where=path.name)
    level_names = [name for name in taken if name != "term"]
    note = _found(frame, _NOTE_HEADERS)
    if note:
        taken["note"] = note
    rows = [
        (
            tuple((row[taken[level]] or "").strip() for level in level_names),
            (row[taken["term"]] or "").strip(),
            ((row[note] or "").strip() or None) if note else None,
        )
        for row in frame.iter_rows(named=True)
    ]
    for number, (labels, word, _) in enumerate(rows, 1):
        if word and not all(labels):
            raise LexiconError(
                "a term has no group", where=f"{path.name}, row {number} of the terms", got=word
            )
    groups, counts = _groups(rows, level_names, names)
    file = LexiconFile(
        id=id,
        version="1",
        title_en=id,
        title_zh=id,
        language="zh" if any(not word.isascii() for _, word, _ in rows) else "en",
        source=f"imported from {path.name} (sha256 {sha256_of(path)[:16]}); write here where it comes from",
        licence="not stated",
        status="imported, not reviewed",
        levels=tuple(level_names),
        groups=groups,
    )
    return Imported(
        file=checked(file),
        counts=counts,
        columns=taken,
        ignored=tuple(name for name in frame.columns if name not in taken.values()),
    )


def _from_cntext(path: Path, id: str, names: Mapping[str, str]) -> Imported:  # noqa: A002 - the key
    content = read_reviewed(path)
    dictionary = content.get("Dictionary")
    if not isinstance(dictionary, dict) or not dictionary:
        raise LexiconError(
            "the file has no mapping Dictionary, so it is no dictionary of cntext",
            where=str(path),
            got=", ".join(content),
            allowed="Name, Desc, Refer, Category, Dictionary",
        )
    lists = {str(key): value for key, value in dictionary.items()}
    rows = [
        ((category,), word.strip(), None)
        for category in lists
        for word in texts_of(lists, category, where=f"{path}, Dictionary")
    ]
    groups, counts = _groups(rows, ["dimension"], names)
    title = str(content.get("Name") or id).strip()
    refer = str(content.get("Refer") or "").strip()
    file = LexiconFile(
        id=id,
        version="1",
        title_en=id,
        title_zh=title,
        language="zh" if any(not word.isascii() for _, word, _ in rows) else "en",
        source=f"{refer or 'no reference in the file'}; imported from {path.name} of cntext",
        licence="not stated",
        status="imported, not reviewed",
        note=str(content.get("Desc") or "").strip() or None,
        levels=("dimension",),
        groups=groups,
    )
    return Imported(file=checked(file), counts=counts, columns={}, ignored=())


def _found(frame: pl.DataFrame, headers: Sequence[str]) -> str | None:
    by_name = {normalise(name).strip(): name for name in frame.columns}
    return next((by_name[header] for header in headers if header in by_name), None)


def _column(frame: pl.DataFrame, name: str | None, headers: Sequence[str], *, where: str) -> str:
    found = _found(frame, headers) if name is None else name if name in frame.columns else None
    if found is None:
        raise ColumnError(
            "the column of terms is not known" if name is None else "there is no such column",
            where=where,
            got=name,
            allowed=frame.columns,
            hint=near_names(name, frame.columns) if name else "name it: --term COLUMN, and --level COLUMN",
        )
    return found


def _groups(
    rows: Sequence[tuple[tuple[str, ...], str, str | None]], levels: Sequence[str], names: Mapping[str, str]
) -> tuple[tuple[LexiconGroup, ...], dict[str, int]]:
    counts = Counter({"rows": len(rows), "terms": 0, "doubled": 0, "empty": 0})
    value_of = _values([labels for labels, word, _ in rows if word], levels, names)
    by_path: dict[tuple[str, ...], dict[str, LexiconTerm]] = {}
    for labels, word, note in rows:
        form = normalise(word)
        group = by_path.setdefault(labels, {}) if word else {}
        counts["empty" if not word else "doubled" if form in group else "terms"] += 1
        if word:
            group.setdefault(form, LexiconTerm(term=word, note=note))
    groups = tuple(
        LexiconGroup(
            path=tuple(value_of[depth][label] for depth, label in enumerate(labels)),
            names_zh=tuple(None if _slug(label) else label for label in labels),
            terms=tuple(sorted(terms.values(), key=lambda term: term.term)),
        )
        # groups of one outer value stand together, in the order in which each first came
        for labels, terms in sorted(by_path.items(), key=lambda item: _first_places(item[0], by_path))
    )
    return groups, dict(counts)


def _first_places(labels: tuple[str, ...], paths: Mapping[tuple[str, ...], object]) -> tuple[int, ...]:
    listed = list(paths)
    return tuple(
        next(place for place, one in enumerate(listed) if one[: depth + 1] == labels[: depth + 1])
        for depth in range(len(labels))
    )


def _values(
    paths: Sequence[tuple[str, ...]], levels: Sequence[str], names: Mapping[str, str]
) -> list[dict[str, str]]:
    """Give each label of each level the name that its column can have."""
    value_of: list[dict[str, str]] = []
    taken: dict[str, tuple[str, str]] = {}
    for depth, level in enumerate(levels):
        value_of.append({})
        for number, label in enumerate(dict.fromkeys(path[depth] for path in paths), 1):
            value = names.get(label) or _slug(label) or f"{level}_{number}"
            if not VALUE.fullmatch(value) or value in RESERVED:
                raise LexiconError(
                    "a group cannot have this name: it becomes the name of a column",
                    where=label,
                    got=value,
                    allowed="small letters, digits and _, beginning with a letter; not total or log",
                )
            if taken.setdefault(value, (level, label)) != (level, label):
                raise LexiconError(
                    "two groups would have one name",
                    where=f"{taken[value][1]}, {label}",
                    got=value,
                    hint="name them yourself: --name LABEL=NAME",
                )
            value_of[depth][label] = value
    return value_of


def _slug(label: str) -> str:
    """Spell an ASCII label as the name of a column; nothing where that cannot be."""
    if not label.isascii():
        return ""
    spelled = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    return spelled if VALUE.fullmatch(spelled) and spelled not in RESERVED else ""
