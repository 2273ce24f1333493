"""`patentmetrics validate`: repeat the published checks of the breakthrough score on one's own scores."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl
    from matplotlib.figure import Figure

    from patentmetrics.report.wording import Language
    from patentmetrics.score.validate import Validation

_FILE = click.Path(path_type=Path)


def _windows(_: click.Context, __: click.Parameter, text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(one) for one in text.split(",")]
    except ValueError:
        raise click.BadParameter("give whole years, e.g. 1,5,10") from None


def _span(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    try:
        if text is None:
            return None
        first, last = text.split("-")
        return int(first), int(last)
    except ValueError:
        raise click.BadParameter("give the first and last year, e.g. 1976-2022") from None


@click.command()
@click.argument("scores", type=_FILE)
@click.option("-o", "--output", required=True, type=_FILE, help="Folder to write.")
@click.option(
    "--citations",
    type=_FILE,
    help="Table with citing_id, cited_id and, where citing patents are not scored, citing_year.",
)
@click.option(
    "--citation-window",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Years within which citations count.",
)
@click.option(
    "--citing-years",
    callback=_span,
    help="Years that the citing data cover, e.g. 1976-2022  [default: found]",
)
@click.option(
    "--applicants", type=_FILE, help="Table with patent_id, applicants: citations within one are dropped."
)
@click.option("--landmarks", type=_FILE, help="Text file of patent ids, one a line; # begins a comment.")
@click.option("--windows", callback=_windows, help="Forward windows to check  [default: all of the scores]")
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Of tables and figures.",
)
@reporting
def command(
    console: Console,
    *,
    scores: Path,
    output: Path,
    citations: Path | None,
    citation_window: int,
    citing_years: tuple[int, int] | None,
    applicants: Path | None,
    landmarks: Path | None,
    windows: list[int] | None,
    language: Language,
) -> None:
    """Check breakthrough scores (突破性检验): distribution, persistence, citations, landmark patents.

    SCORES is made by `patentmetrics score`. Writes tables (.md, .csv), figures (.png) and manifest.json.
    Patents whose citation window the citing years do not cover are left out and counted.

    Example: patentmetrics validate scores.parquet --citations citations.csv --landmarks famous.txt
    -o validation/
    """
    from patentmetrics.core.files import check_output_folder, folder_written_whole, sha256_of, write_json
    from patentmetrics.core.provenance import file_identity, read_frame
    from patentmetrics.core.types import Scores
    from patentmetrics.report.canvas import save_figure
    from patentmetrics.report.formats import write_table
    from patentmetrics.report.validation_tables import validation_tables
    from patentmetrics.score.validate import scored_windows, validate_scores

    check_output_folder(output)
    frame, made_by = read_frame(scores)
    given = {"citations": citations, "applicants": applicants, "landmarks": landmarks}
    validation = validate_scores(
        Scores(frame=frame, key="patent_id", made_by=made_by or file_identity(scores)),
        windows=scored_windows(frame) if windows is None else windows,
        citations=None if citations is None else _citations(citations),
        citation_window=citation_window,
        citing_years=citing_years,
        applicants=None if applicants is None else _table(applicants),
        landmarks=None if landmarks is None else _lines(landmarks),
        inputs={name: file_identity(path) for name, path in given.items() if path is not None},
    )
    with folder_written_whole(output) as folder:
        (folder / "tables").mkdir()
        (folder / "figures").mkdir()
        for name, table in validation_tables(validation, language=language).items():
            for ending in (".md", ".csv"):
                write_table(table, folder / "tables" / f"{name}{ending}")
        skipped = {}
        for name, figure in _figures(validation, language):
            if isinstance(figure, str):
                skipped[name] = figure
            else:
                save_figure(figure, folder / "figures" / f"{name}.png")
        files = sorted(one for one in folder.rglob("*") if one.is_file())
        outputs = {one.relative_to(folder).as_posix(): sha256_of(one) for one in files}
        write_json(
            folder / "manifest.json", {**validation.made_by, "figures_left_out": skipped, "outputs": outputs}
        )
    _report(console, validation, output=output, skipped=skipped)


def _citations(path: Path) -> pl.DataFrame:
    import polars as pl

    from patentmetrics.core.errors import DataError

    frame = _table(path)
    if "citing_year" not in frame.columns:
        return frame
    years = frame["citing_year"].cast(pl.Int64, strict=False)
    wrong = frame.filter(years.is_null() & pl.col("citing_year").is_not_null())
    if wrong.height:
        raise DataError(
            f"{wrong.height} citing years are no whole numbers", where=str(path), got=wrong["citing_year"][0]
        )
    return frame.with_columns(years.alias("citing_year"))


def _table(path: Path) -> pl.DataFrame:
    """Read a table as it is; rows with too few or too many fields are an error, not left out."""
    from patentmetrics.core.errors import DataError
    from patentmetrics.read.table import read_table

    table = read_table(path)
    if table.rejected.height:
        first = table.rejected.row(0, named=True)
        raise DataError(
            f"{table.rejected.height} rows have too few or too many fields",
            where=f"{path}, row {first['row']}",
            got=first["value"],
        )
    return table.frame


def _lines(path: Path) -> list[str]:
    from patentmetrics.core.errors import DataError
    from patentmetrics.read.encoding import decode_file

    lines = [line.partition("#")[0].strip() for line in decode_file(path).text.splitlines()]
    found = [line for line in lines if line]
    if not found:
        raise DataError("the file names no patent", where=str(path), allowed="one id a line")
    return found


def _figures(validation: Validation, language: Language) -> list[tuple[str, Figure | str]]:
    """Draw what can be drawn; the rest with the reason why not."""
    from patentmetrics.core.errors import DataError
    from patentmetrics.report.validation import (
        plot_citations,
        plot_distribution,
        plot_landmarks,
        plot_persistence,
    )

    by_window: list[tuple[str, Callable[..., Figure]]] = [("distribution", plot_distribution)]
    if validation.correlations is not None:
        by_window.append(("citations", plot_citations))
    if validation.landmarks is not None:
        by_window.append(("landmarks", plot_landmarks))
    plots = [
        (f"{name}_{window}", partial(plot, validation, window=window, language=language))
        for name, plot in by_window
        for window in validation.windows
    ]
    if len(validation.windows) > 1:
        plots.append(("persistence", partial(plot_persistence, validation, language=language)))
    drawn: list[tuple[str, Figure | str]] = []
    for name, draw in plots:
        try:
            drawn.append((name, draw()))
        except DataError as error:
            drawn.append((name, error.what))
    return drawn


def _report(console: Console, validation: Validation, *, output: Path, skipped: dict[str, str]) -> None:
    result: dict[str, object] = {"validation": str(output), "windows": list(validation.windows)}
    for row in validation.kept.iter_rows(named=True):
        result[f"scored_{row['window']}"] = row["scored"]
        result[f"share_kept_{row['window']}"] = row["share"]
    for row in validation.persistence.iter_rows(named=True):
        result[f"persistence_{row['window']}_{row['other']}"] = row["spearman_net"]
    if validation.correlations is not None:
        result["citing_years"] = "{}-{}".format(*validation.citing_years or ("", ""))
        for row in validation.correlations.iter_rows(named=True):
            result[f"{row['method']}_{row['window']}"] = row["estimate"]
            result[f"n_{row['window']}"] = row["n"]
    if validation.landmark_summary is not None:
        for row in validation.landmark_summary.iter_rows(named=True):
            result[f"landmark_median_percentile_{row['window']}"] = row["median_percentile"]
        result["unknown_landmarks"] = list(validation.unknown_landmarks)
    result |= validation.counts
    if skipped:
        result["figures_left_out"] = skipped
    if not console.as_json:
        result = {name: "not known" if value is None else value for name, value in result.items()}
    console.finish(result)
