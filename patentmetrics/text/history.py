"""A word's history: in how many patents a term is, year by year, and where it was first used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, near_names
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segmenters import WITH_DICTIONARY

COLUMNS = {
    "term": pl.String,
    "year": pl.Int32,
    "patents_with_term": pl.Int64,
    "patents_counted": pl.Int64,
    "share_with_term": pl.Float64,
    "first_year": pl.Int32,
    "first_patent_id": pl.String,
}
# names that are compared with a wrong one; among millions all would take minutes
_SEARCHED = 5000
_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class _InBlock:
    """Of a block: how many patents have each term, and the earliest of these: date, place, id."""

    patents: list[int]
    first: list[tuple[date, int, str] | None]


def term_history(
    counts: TermCounts, terms: Sequence[str], *, threads: int | None = None, progress: Progress = silent
) -> pl.DataFrame:
    """Follow terms through the years (词的历史): document frequency, its share, and the first use.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus.
    terms : sequence of str
        Terms as the corpus has them; they are normalised (NFKC, lower case). A pair is written with a
        space between, a term of several words that was listed with ``_``.
    threads : int, optional
        Blocks in work at a time, all cores by default.
    progress : callable, optional
        Told the blocks that are done.

    Returns
    -------
    polars.DataFrame
        ``term, year, patents_with_term, patents_counted`` (all of the year), ``share_with_term``,
        ``first_year, first_patent_id``: terms in the order given, and every calendar year from the
        first to the last of the corpus. The share of a year without patents is null. The first use is
        the earliest by the date that the corpus was counted by; of several on a day the first in the
        corpus.

    Raises
    ------
    SettingError
        No term is given.
    DataError
        A term is not in the vocabulary; near ones are named.

    Examples
    --------
    >>> import tempfile
    >>> import patentmetrics as pm
    >>> frame = pl.DataFrame(
    ...     {
    ...         "patent_id": ["US1", "US2", "US3"],
    ...         "issue_date": [date(2001, 5, 1), date(2001, 2, 6), date(2003, 7, 2)],
    ...         "title": ["Solar cell", "Solar panel", "Lamp"],
    ...     }
    ... )
    >>> corpus = pm.Corpus(frame=frame, key="patent_id", text=("title",))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = pm.count_terms(corpus, folder + "/counts", segmenter="english", date="issue")
    ...     history = term_history(counts, ["Solar"])
    >>> history.select("year", "patents_with_term", "share_with_term", "first_patent_id").rows()
    [(2001, 2, 1.0, 'US2'), (2002, 0, None, 'US2'), (2003, 0, 0.0, 'US2')]
    """
    wanted = list(dict.fromkeys(normalise(term).strip() for term in terms))
    if not wanted:
        raise SettingError("give one term or more", where="terms")
    ids = _ids(counts, wanted)
    found: list[_InBlock] = []
    for in_block in map_blocks(lambda block: _in_block(counts, block, ids), counts.blocks, threads=threads):
        found.append(in_block)
        progress("following terms", len(found), len(counts.blocks))
    patents: dict[int, int] = {}
    with_term: dict[tuple[int, int], int] = {}
    firsts: list[tuple[date, int, str, int] | None] = [None] * len(ids)
    for at, (block, in_block) in enumerate(zip(counts.blocks, found, strict=True)):
        patents[block.year] = patents.get(block.year, 0) + block.documents
        for term, number in enumerate(in_block.patents):
            with_term[term, block.year] = with_term.get((term, block.year), 0) + number
            use = in_block.first[term]
            if use is not None:
                day, _, patent = use
                firsts[term] = min(
                    firsts[term] or (day, at, patent, block.year), (day, at, patent, block.year)
                )
    rows = []
    for term, name in enumerate(wanted):
        use_ever = firsts[term]
        for year in range(min(patents), max(patents) + 1):
            number, of_year = with_term.get((term, year), 0), patents.get(year, 0)
            share = number / of_year if of_year else None
            first = (use_ever[3], use_ever[2]) if use_ever else (None, None)
            rows.append((name, year, number, of_year, share, *first))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _in_block(counts: TermCounts, block: Block, ids: list[int]) -> _InBlock:
    patents = [0] * len(ids)
    first: list[tuple[date, int, str] | None] = [None] * len(ids)
    before = 0
    for batch in read_batches(counts, block):
        dates: Any = None
        for at, one in enumerate(ids):
            place = int(np.searchsorted(batch.term, one))
            if place == len(batch.term) or batch.term[place] != one:
                continue
            documents = batch.document[int(batch.offset[place]) : int(batch.offset[place + 1])]
            patents[at] += len(documents)
            if dates is None:
                dates = pl.Series(batch.columns.column(f"{counts.date}_date")).cast(pl.Date)
            days = dates.gather(documents)
            row = int(documents[days.arg_min()])
            patent = str(batch.columns.column("patent_id")[row].as_py())
            use = (dates[row], before + row, patent)
            first[at] = min(first[at] or use, use)
        before += batch.documents
    return _InBlock(patents=patents, first=first)


def _ids(counts: TermCounts, wanted: list[str]) -> list[int]:
    """Give the ids of terms; raise with near ones where one is not in the vocabulary."""
    names = counts.vocabulary["term"]
    frame = counts.vocabulary.select("term").with_row_index("id")
    known = dict(frame.filter(names.is_in(pl.Series(wanted).implode())).select("term", "id").iter_rows())
    for term in wanted:
        if term not in known:
            raise DataError(
                f"the term {term!r} is not in the vocabulary",
                where=str(counts.folder),
                got=term,
                hint=_hint(counts, term, names),
            )
    return [known[term] for term in wanted]


def _hint(counts: TermCounts, term: str, names: pl.Series) -> str | None:
    settings = counts.made_by.get("settings")
    settings = settings if isinstance(settings, Mapping) else {}
    if term in settings.get("too_frequent", ()):
        return "it was dropped because it is in too many patents: count with a larger --max-share"
    hints = []
    longer = names.filter(names.str.contains(term, literal=True)).head(_SHOWN).to_list() if term else []
    if longer:
        hints.append(f"did you mean {' or '.join(map(repr, longer))}?")
    elif term:
        near = near_names(term, names.filter(names.str.starts_with(term[0])).head(_SEARCHED))
        hints += [near] if near else []
    if settings.get("segmenter") in WITH_DICTIONARY and term not in (settings.get("user_terms") or ()):
        hints.append("a word that jieba's dictionary lacks is counted whole with --user-terms")
    return "; ".join(hints) or None
