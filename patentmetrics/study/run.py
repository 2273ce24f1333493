"""Run a study: from inputs to a folder of results, written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.match import Matches, match_classes
from patentmetrics.core.errors import StudyError
from patentmetrics.core.files import (
    check_output_folder,
    existing_folder,
    folder_written_whole,
    inside,
    sha256_of,
    write_json,
)
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import file_identity, library_versions, provenance, write_frame
from patentmetrics.core.types import Panel, Result, Scores, TermCounts
from patentmetrics.estimate.files import write_results
from patentmetrics.estimate.models import fit_all
from patentmetrics.lexicon.frequencies import Frequencies, keyword_frequencies
from patentmetrics.lexicon.load import load_lexicon
from patentmetrics.panel.aggregate import aggregate_frequencies, aggregate_scores
from patentmetrics.panel.files import read_panel, write_panel
from patentmetrics.panel.logs import add_log
from patentmetrics.panel.merge import merge_panel, outer_panel
from patentmetrics.panel.winsorise import winsorise
from patentmetrics.read.patents import Ingested, ingest_patents
from patentmetrics.read.policy import DEFAULT_PATTERN, PolicyDocuments, read_policy_folder
from patentmetrics.read.rejections import write_rejections
from patentmetrics.score.patents import score_patents
from patentmetrics.simulate.panel import deal_places, simulate_panel
from patentmetrics.study.findings import Findings
from patentmetrics.study.page import write_pages
from patentmetrics.study.specification import Study, as_json, read_study
from patentmetrics.text.counts import count_terms


@dataclass(frozen=True, kw_only=True)
class StudyRun:
    """A finished study: its folder, what it found, and the manifest that was written."""

    folder: Path
    findings: Findings
    manifest: dict[str, Any]


def run_study(
    path: Path | str, output: Path | str, *, threads: int | None = None, progress: Progress = silent
) -> StudyRun:
    """Run a study file from inputs to report (运行研究).

    Writes the canonical patents, their rejections, the counted corpus, scores, matches, keyword
    frequencies, panel and estimates; tables in Markdown, LaTeX and CSV; figures; ``report.html``; and
    ``manifest.json`` with settings, versions and hashes. The same study gives the same bytes.

    Parameters
    ----------
    path : Path or str
        The study file; its paths are relative to its folder and may not leave it.
    output : Path or str
        The folder to make; an earlier run's folder is replaced, another's is not.
    threads : int, optional
        Blocks in work at a time.

    Raises
    ------
    PatentmetricsError
        Whatever is wrong in the study file, the inputs or the results; nothing is written then.

    Examples
    --------
    ::

        import patentmetrics as pm
        run = pm.run_study("study.toml", "results")
        run.findings.scores.frame
    """
    study = read_study(path)
    output = Path(output)
    check_output_folder(output)
    with folder_written_whole(output) as folder:
        findings = _findings(study, folder, threads=threads, progress=progress)
        manifest = _manifest(study, Path(path), findings)
        write_pages(study, findings, folder, made_by=manifest)
        files = sorted(one for one in folder.rglob("*") if one.is_file())
        manifest["outputs"] = {one.relative_to(folder).as_posix(): sha256_of(one) for one in files}
        write_json(folder / "manifest.json", manifest)
    return StudyRun(folder=output, findings=findings, manifest=manifest)


def _findings(study: Study, folder: Path, *, threads: int | None, progress: Progress) -> Findings:
    ingested, counts, scores, matches = _patents(study, folder, threads=threads, progress=progress)
    documents, frequencies = _policy(study, folder, progress=progress)
    panel = _panel(study, ingested, scores, frequencies)
    results: tuple[Result, ...] = ()
    if panel is not None:
        write_panel(panel, folder / "panel.parquet")
        results = _results(study.models, panel, progress=progress)
    if results and panel is not None:
        write_results(results, folder / "estimates.parquet", inputs={"panel": panel.made_by})
    return Findings(
        ingested=ingested,
        counts=counts,
        scores=scores,
        matches=matches,
        documents=documents,
        frequencies=frequencies,
        panel=panel,
        results=results,
    )


def _patents(
    study: Study, folder: Path, *, threads: int | None, progress: Progress
) -> tuple[Ingested | None, TermCounts | None, Scores | None, Matches | None]:
    if study.patents is None:
        return None, None, None, None
    files = study.patents
    ingested = ingest_patents(
        [inside(study.folder, name) for name in files.files],
        columns=files.columns,
        encoding=files.encoding,
        sheet=files.sheet,
        date_order=files.date_order,
        progress=progress,
    )
    write_frame(ingested.corpus.frame, folder / "patents.parquet", ingested.corpus.made_by)
    write_rejections(ingested.rejected, folder / "patents.rejected.csv")
    counts = scores = matches = None
    if study.count is not None:
        counts = count_terms(
            ingested.corpus,
            folder / "counts",
            segmenter=study.count.segmenter,
            date=study.count.date,
            text=study.count.text,
            min_documents=study.count.min_documents,
            max_share=study.count.max_share,
            stopwords=study.count.stopwords,
            hmm=study.count.hmm,
            progress=progress,
        )
    if study.score is not None and counts is not None:
        scores = score_patents(counts, study.score, threads=threads, progress=progress)
        write_frame(scores.frame, folder / "scores.parquet", scores.made_by)
    if study.match is not None:
        # keywords of a concordance are looked for in title and abstract, not in the claims
        text = tuple(one for one in ("title", "abstract") if one in ingested.corpus.frame.columns)
        matches = match_classes(
            replace(ingested.corpus, text=text),
            load_concordance(study.match.concordance),
            level=study.match.level,
            progress=progress,
        )
        write_frame(matches.frame, folder / "matches.parquet", matches.made_by)
    return ingested, counts, scores, matches


def _policy(
    study: Study, folder: Path, *, progress: Progress
) -> tuple[PolicyDocuments | None, Frequencies | None]:
    if study.policy is None:
        return None, None
    policy = study.policy
    documents = read_policy_folder(
        existing_folder(inside(study.folder, policy.folder)),
        pattern=policy.pattern or DEFAULT_PATTERN,
        encoding=policy.encoding,
        year=policy.year,
        recursive=policy.recursive,
        table=inside(study.folder, policy.table) if policy.table else None,
        columns=policy.columns,
        places=policy.places,
        rules=policy.clean,
        duplicates=policy.duplicates,
        progress=progress,
    )
    frequencies = keyword_frequencies(
        documents.corpus,
        load_lexicon(policy.lexicon),
        rule=policy.rule,
        negation=policy.negation,
        progress=progress,
    )
    write_rejections(documents.rejected, folder / "policy.rejected.csv")
    write_frame(frequencies.documents, folder / "frequencies.parquet", frequencies.made_by)
    write_frame(frequencies.terms, folder / "frequencies_by_term.parquet", frequencies.made_by)
    return documents, frequencies


def _panel(
    study: Study, ingested: Ingested | None, scores: Scores | None, frequencies: Frequencies | None
) -> Panel | None:
    building = study.panel
    if building is None:
        return None
    base, places = None, None
    if building.simulate is not None:
        simulate = building.simulate
        base = simulate_panel(
            places=simulate.places,
            first_year=simulate.first_year,
            last_year=simulate.last_year,
            effect=simulate.effect,
            cohorts=simulate.cohorts,
            seed=study.seed,
        ).panel
        if simulate.deal_patents and ingested is not None:
            names = base.frame["place"].unique().to_list()
            places = deal_places(ingested.corpus.frame["patent_id"], names, seed=study.seed)
    elif building.base is not None:
        base = read_panel(inside(study.folder, building.base))
    if places is None and ingested is not None:
        places = ingested.corpus.frame.select("patent_id", "place")
    parts: dict[str, pl.DataFrame] = {}
    if "patents" in building.parts and scores is not None and places is not None:
        parts["patents"] = aggregate_scores(scores, places, windows=[study.window]).frame
    if "policy" in building.parts and frequencies is not None:
        parts["policy"] = aggregate_frequencies(frequencies.documents).frame
    if base is None and not parts:
        raise StudyError(
            "[panel] has nothing to be made of",
            where="panel",
            hint="give a base, or [score] or [policy] for its parts",
        )
    panel = (
        outer_panel(parts, zero=building.zero)
        if base is None
        else merge_panel(base, parts, how=building.how, zero=building.zero)
    )
    if building.winsorise:
        lower, upper = building.limits
        panel = winsorise(panel, building.winsorise, lower=lower, upper=upper)
    return add_log(panel, building.logs) if building.logs else panel


def _results(models: Sequence[object], panel: Panel, *, progress: Progress) -> tuple[Result, ...]:
    results: list[Result] = []
    for done, spec in enumerate(models, start=1):
        results += fit_all(panel, spec)
        progress("models", done, len(models))
    return tuple(results)


def _manifest(study: Study, path: Path, findings: Findings) -> dict[str, Any]:
    inputs: dict[str, object] = {"study": file_identity(path)}
    steps: dict[str, object] = {}
    for name, step in [
        ("patents", findings.ingested and findings.ingested.corpus),
        ("counts", findings.counts),
        ("scores", findings.scores),
        ("matches", findings.matches),
        ("policy", findings.documents and findings.documents.corpus),
        ("frequencies", findings.frequencies),
        ("panel", findings.panel),
    ]:
        if step:
            steps[name] = step.made_by
    if study.panel is not None and study.panel.base is not None:
        inputs["panel base"] = file_identity(inside(study.folder, study.panel.base))
    made_by = provenance("study", settings=as_json(study), inputs=inputs)
    return {**made_by, "versions": library_versions(), "steps": steps}
