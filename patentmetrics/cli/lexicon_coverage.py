"""`patentmetrics lexicon coverage`: what a lexicon hits in a corpus, and how much each term decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.lexicon_search import documents

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from patentmetrics.lexicon.coverage import Coverage
    from patentmetrics.lexicon.frequencies import Counting
    from patentmetrics.report.wording import Language

RULES = ("substring", "longest", "token", "own")
FRAMES = (
    "terms", "forms", "groups", "years", "places", "term_years", "term_places", "units", "concentration",
    "without_terms", "without_groups", "rules", "rule_units", "rule_terms",
)  # fmt: skip


@click.command()
@click.argument("folder", metavar="CORPUS", type=click.Path(path_type=Path))
@click.argument("lexicon_name", metavar="LEXICON")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option(
    "--rule",
    type=click.Choice(RULES),
    default="substring",
    show_default=True,
    help="As in `patentmetrics policy`; the three are compared in any case.",
)
@click.option(
    "--variable",
    default="total_count",
    show_default=True,
    help="The final variable: also log_count, share_of_tokens, share_of_characters, or the count of a "
    "dimension, as big_data_count.",
)
@click.option(
    "--most",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    help="Count the terms that make this share.",
)
@click.option(
    "--negation", type=click.IntRange(min=1), help="Drop hits with 非, 未, 无 … so many characters before."
)
@click.option("--year", type=int, help="For documents whose name holds no year.")
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Of the page and the figures.",
)
@reporting
def coverage(
    console: Console,
    folder: Path,
    lexicon_name: str,
    *,
    output: Path,
    rule: Counting,
    variable: str,
    most: float,
    negation: int | None,
    year: int | None,
    language: Language,
) -> None:
    """Show what LEXICON hits in CORPUS, which terms make the variable, and what it is without them.

    Writes coverage.md, figures (.png), all rows (.csv) and manifest.json: hits by term, dimension, year and
    place; how many terms make 80 %; how the ranks of places change without each term and each dimension; how
    the three counting rules agree. Documents of a place and year are summed before ranks are taken.

    Example: patentmetrics lexicon coverage reports/ digital_technology --rule longest -o coverage/
    """
    from patentmetrics.core.files import (
        check_output_folder,
        folder_written_whole,
        sha256_of,
        write_json,
        write_text,
    )
    from patentmetrics.lexicon.coverage import lexicon_coverage
    from patentmetrics.lexicon.load import load_lexicon
    from patentmetrics.report.coverage import coverage_page, coverage_sentences

    check_output_folder(output)
    lexicon = load_lexicon(lexicon_name)
    found = lexicon_coverage(
        documents(folder, year=year, console=console),
        lexicon,
        rule=rule,
        variable=variable,
        most=most,
        negation=negation,
        progress=console.progress,
    )
    with folder_written_whole(output) as inside:
        for name in FRAMES:
            _write(getattr(found, name), inside / f"{name}.csv")
        figures = _draw(found, inside, language)
        title = f"{lexicon.id} {lexicon.version}"
        page = coverage_page(found, lexicon=title, figures=figures, language=language)
        write_text(inside / "coverage.md", page)
        outputs = {one.name: sha256_of(one) for one in sorted(inside.iterdir())}
        write_json(inside / "manifest.json", {**found.made_by, "outputs": outputs})
    sentences = coverage_sentences(found, language=language)
    for line in sentences:
        console.say(line)
    console.finish(
        {
            "coverage": str(output),
            "lexicon": title,
            "rule": rule,
            "variable": variable,
            **found.counts,
            "figures": list(figures),
            **({"sentences": sentences} if console.as_json else {}),
        }
    )


def _write(frame: pl.DataFrame, path: Path) -> None:
    from patentmetrics.core.spreadsheet import quoted_cells

    quoted_cells(frame).write_csv(path, include_bom=True)


def _draw(found: Coverage, folder: Path, language: Language) -> dict[str, str]:
    """Draw what there is to draw; give captions by file name."""
    from patentmetrics.core.errors import DataError
    from patentmetrics.report.canvas import save_figure
    from patentmetrics.report.coverage_figures import plot_heat, plot_leave_one_out, plot_rules, plot_terms
    from patentmetrics.report.coverage_wording import word

    several_years = found.term_years["year"].n_unique() > 1
    drawings: dict[str, Callable[[], Figure | None]] = {
        "terms": lambda: plot_terms(found, language=language),
        "years": lambda: plot_heat(found, by="year", language=language) if several_years else None,
        "places": lambda: plot_heat(found, by="place", language=language),
        "without_terms": lambda: plot_leave_one_out(found, language=language),
        "without_groups": lambda: plot_leave_one_out(found, of="group", language=language),
        "rules": lambda: plot_rules(found, language=language),
    }
    captions = {}
    for name, draw in drawings.items():
        try:
            figure = draw()
        except DataError:
            continue  # nothing to draw, which the sentences say
        if figure is not None:
            save_figure(figure, folder / f"{name}.png")
            captions[f"{name}.png"] = word(f"figure_{name}", language, variable=found.variable)
    return captions
