"""Count further patents into a counted corpus, by the settings that it was counted with."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.files import check_output_folder, sha256_of, write_json
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Corpus, TermCounts
from patentmetrics.counted.extend import extend_counts, ids_in, require_another_folder
from patentmetrics.counted.format import open_counts, read_batches
from patentmetrics.counted.unfinished import RUN, claim, refusals_explained
from patentmetrics.read.rejected import (
    check_rejected_path,
    read_rejected,
    rejected_path,
    write_rejected,
)
from patentmetrics.text.changes import change_settings, settings_from
from patentmetrics.text.counts import Counting, count_settings, count_source, identity_of
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.source import Source, source_of, text_columns
from patentmetrics.text.vocabulary import Vocabulary, build_vocabulary

_STEPS = ("count", "extend")
_REMEDIES = {"segmenter_version": "install that version"}


def count_further(
    patents: Corpus | Path | str,
    counts: TermCounts,
    output: Path | str,
    *,
    settings: TextSettings | None = None,
    date: Literal["filing", "issue"] | None = None,
    text: Sequence[str] | None = None,
    memory: int | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> TermCounts:
    """Count further patents into a counted corpus (向已计数语料库追加新专利).

    The settings are those of the corpus; one that is given must be the same. A corpus that was counted with
    lists of the user's, of stop words or openings, knows only their hashes: then settings must be given, say
    by `settings_of`.

    Patents whose id is in the corpus already are rejected, and listed. The years of the new ones may be
    in the corpus or not. Terms of the corpus stay, whatever their document frequency becomes. A term that it
    does not have becomes one of it when it passes ``min_documents`` and ``max_share`` *among the new
    patents*, is no stop word, and was not dropped for being too frequent; such terms come behind the others.

    With ``min_documents=1`` and ``max_share=1`` the counts are those of counting all patents at once; only
    the ids of the terms differ. With other limits they are not: a term too rare among the old patents is not
    counted in them when it enters later, one too rare among the new ones does not enter even where both
    together would suffice, and a term of the corpus is never dropped. Count everything at once when that
    matters.

    Parameters
    ----------
    patents : Corpus or Path
        The further patents, with the text columns and the columns of documents that the corpus has.
    counts : TermCounts
        Made by `patentmetrics.count_terms`, or by this function. It is left as it is.
    output : Path
        The folder to make, another one. Blocks that stay are shared as hard links where there are links.
        Until it is whole, the work is in ``<output>.added`` beside it: a run that was killed goes on there.
    settings, date, text
        See `patentmetrics.count_terms`; those of the corpus by default.
    memory, threads, progress
        See `patentmetrics.count_terms`.

    Returns
    -------
    TermCounts
        Its ``made_by["counts"]`` are of the new patents; ``documents_already_counted`` are among the
        ``documents_rejected``; ``documents_before`` and ``terms_before`` are of the old ones.

    Raises
    ------
    SettingError
        A setting contradicts the corpus, a list must be given again, a library has another version,
        or the corpus was not made from texts.
    ColumnError
        A column is missing, or of another type.
    DataError
        No patent is new, or the corpus was changed.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import datetime, tempfile
    >>> from patentmetrics.text.counts import count_terms
    >>> def patents(year: int, abstract: str) -> Corpus:
    ...     day = datetime.date(year, 5, 1)
    ...     frame = pl.DataFrame({"patent_id": [f"US{year}"], "issue_date": [day], "abstract": [abstract]})
    ...     return Corpus(frame=frame, key="patent_id", text=("abstract",))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     old = count_terms(
    ...         patents(2012, "A solar cell."), Path(folder) / "to2012", segmenter="english", date="issue"
    ...     )
    ...     new = count_further(patents(2013, "A solar roof."), old, Path(folder) / "to2013")
    >>> new.vocabulary.rows()
    [('a', 2, 2), ('cell', 1, 1), ('solar', 2, 2), ('roof', 1, 1)]
    """
    output = Path(output)
    record = _record_of(counts)
    settings = settings or settings_of(counts)
    columns = tuple(record["text"] if text is None else text)
    date = date or cast("Literal['filing', 'issue']", record["date"])
    _require_agreement(record, count_settings(settings, text=columns, date=date))
    require_another_folder(output, counts)
    check_output_folder(output)
    check_rejected_path(rejected_path(output))
    source = source_of(patents)
    text_columns(source, columns)
    again = ids_in(counts, _ids(source))
    if len(again) == source.rows:
        raise DataError(
            "all patents are in the corpus already", where=str(counts.folder), got=f"{len(again)} patents"
        )
    counting = Counting(
        source=source,
        # with all terms: those of the corpus are counted however rare they are among the new patents
        settings=change_settings(settings, {"min_documents": 1, "max_share": 1.0}),
        date=date,
        columns=columns,
        without=frozenset(again),
    )
    work = output.with_name(f"{output.name}.added")
    try:
        added = _added(work, counting, counts, memory=memory, threads=threads, progress=progress)
        chosen = _new_terms(counts, added, record)
        rejected = read_rejected(rejected_path(added.folder))
        extended = extend_counts(
            counts,
            added,
            output,
            new_terms=chosen.frame["term"].to_list(),
            made_by=provenance(
                "extend",
                settings=record
                | {"too_frequent": sorted({*record.get("too_frequent", []), *chosen.too_frequent})},
                inputs={"counts": counts.made_by, "patents": source.made_by},
                counts={
                    "documents_before": counts.documents,
                    "documents_in": source.rows,
                    "documents_out": added.documents,
                    "documents_rejected": rejected.height,
                    "documents_already_counted": len(again),
                    **_counts_of_terms(counts, added, chosen),
                },
            ),
            threads=threads,
            progress=progress,
        )
    except DataError:
        # the next run would find the same
        shutil.rmtree(work, ignore_errors=True)
        raise
    write_rejected(rejected, rejected_path(output))
    shutil.rmtree(work)
    return extended


def _added(
    work: Path,
    counting: Counting,
    counts: TermCounts,
    *,
    memory: int | None,
    threads: int | None,
    progress: Progress,
) -> TermCounts:
    """Count the new patents for themselves, or take what an earlier run counted."""
    folder = work / "added"
    with refusals_explained(work):
        identity = {"corpus": sha256_of(counts.folder / "manifest.json"), **identity_of(counting)}
        if not claim(work, identity):
            work.mkdir(parents=True)
            write_json(work / RUN, identity)
    if (folder / "manifest.json").is_file():
        return open_counts(folder)
    return count_source(counting, folder, memory=memory, threads=threads, progress=progress)


def settings_of(counts: TermCounts, changes: Mapping[str, object] | None = None) -> TextSettings:
    """Give the settings that a corpus was counted with (语料库的词频设定).

    Parameters
    ----------
    counts : TermCounts
        Counted from texts.
    changes : mapping, optional
        See `patentmetrics.text.changes.settings_from`: lists that are no part of the package must be given.

    Raises
    ------
    SettingError
        The corpus was not counted from texts, or a list must be given.
    """
    return settings_from(_record_of(counts), changes)


def _ids(source: Source) -> pl.Series:
    """Give the ids of the patents, each of which must be there once."""
    batches = [batch["patent_id"] for batch in source.batches(["patent_id"], 0)]
    return pl.concat(batches) if batches else pl.Series("patent_id", [], dtype=pl.String)


def _record_of(counts: TermCounts) -> dict[str, Any]:
    """Give the settings of a corpus that was counted from texts."""
    settings = counts.made_by.get("settings")
    if counts.made_by.get("step") not in _STEPS or not isinstance(settings, dict) or "text" not in settings:
        raise SettingError(
            "the corpus was not counted from texts, so its settings are not known",
            where=str(counts.folder),
            got=counts.made_by.get("step"),
            allowed=_STEPS,
        )
    if settings["max_share"] < 1 and "too_frequent" not in settings:
        raise SettingError(
            "the corpus does not say which terms were dropped as too frequent",
            where=str(counts.folder),
            hint="count it again with this version",
        )
    return dict(settings)


def _require_agreement(record: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise unless the new patents will be counted as the old ones were."""
    before, now = _flat(record), _flat(wanted)
    for name in [*now, *(name for name in before if name not in now and name != "too_frequent")]:
        if now.get(name) == before.get(name):
            continue
        remedy = _REMEDIES.get(name, "leave it out: that of the corpus is taken")
        raise SettingError(
            f"the corpus was counted with another {name}",
            where=name,
            got=_said(now.get(name)),
            allowed=_said(before.get(name)),
            hint=f"{remedy}; or count all patents again",
        )


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings of groups beside the others: each by its own name."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if name == "text_rules":
            flat |= {rule["rule"]: rule["setting"] for rule in value}
        elif name.endswith("_rules"):
            flat |= value or {}
        else:
            flat[name] = value
    return flat


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value) or "none"
    if isinstance(value, dict):
        return " ".join(str(one) for one in value.values())
    return "none" if value is None else str(value)


def _new_terms(counts: TermCounts, added: TermCounts, settings: dict[str, Any]) -> Vocabulary:
    """Choose the terms that enter: by their documents among the new patents."""
    unknown = added.vocabulary.join(counts.vocabulary, on="term", how="anti", maintain_order="left")
    return build_vocabulary(
        unknown["term"].to_list(),
        documents=unknown["documents"].to_numpy(),
        occurrences=unknown["occurrences"].to_numpy(),
        corpus_documents=added.documents,
        min_documents=settings["min_documents"],
        max_share=settings["max_share"],
        stopwords=frozenset(settings.get("too_frequent", ())),
    )


def _counts_of_terms(counts: TermCounts, added: TermCounts, chosen: Vocabulary) -> dict[str, int]:
    """Count the terms of the new patents by what became of them, and the patents left without any."""
    made = cast("dict[str, int]", added.made_by["counts"])
    kept = _occurs(added, counts.vocabulary["term"]) | _occurs(added, chosen.frame["term"])
    without, nonzeros = 0, counts.nonzeros
    for block in added.blocks:
        for batch in read_batches(added, block):
            postings = np.repeat(kept[batch.term], np.diff(batch.offset))
            without += batch.documents - len(np.unique(batch.document[postings]))
            nonzeros += int(postings.sum())
    return {
        "documents_without_text": made["documents_without_text"],
        "documents_without_terms": without,
        "terms_before": counts.vocabulary.height,
        "terms_seen": made["terms_seen"],
        "terms_known": int(_occurs(added, counts.vocabulary["term"]).sum()),
        "terms_new": chosen.frame.height,
        "terms_stopwords": made["terms_stopwords"],
        "terms_too_rare": chosen.counts["terms_too_rare"],
        "terms_too_frequent": chosen.counts["terms_stopwords"] + chosen.counts["terms_too_frequent"],
        "nonzeros": nonzeros,
    }


def _occurs(added: TermCounts, terms: pl.Series) -> NDArray[np.bool_]:
    """Say of each term of the new patents whether it is one of these."""
    found: NDArray[np.bool_] = added.vocabulary["term"].is_in(terms.implode()).to_numpy()
    return found
