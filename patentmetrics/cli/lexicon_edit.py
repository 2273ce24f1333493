"""`patentmetrics lexicon diff | merge | import | format`: lexicons compared, joined, made, tidied."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    import polars as pl

SIGNS = {"added": "+", "removed": "-", "moved": ">", "changed": "~", "head": "*"}


@click.command()
@click.argument("before", metavar="NAME|FILE")
@click.argument("after", metavar="NAME|FILE")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the differences, CSV.")
@reporting
def diff(console: Console, before: str, after: str, *, output: Path | None) -> None:
    """List what changed from one lexicon to another: terms added, removed, moved, changed.

    A term is the same term when it is the same once normalised: ５Ｇ and 5G are one.

    Example: patentmetrics lexicon diff my_terms_v1.yml my_terms_v2.yml
    """
    from patentmetrics.lexicon.differences import CHANGES, diff_lexicons
    from patentmetrics.lexicon.format import read_lexicon_file
    from patentmetrics.lexicon.load import find_lexicon

    found = diff_lexicons(*(read_lexicon_file(find_lexicon(name)) for name in (before, after)))
    if output:
        write_csv(found, output)
    for change, term, attribute, was, now in found.iter_rows():
        words = [
            SIGNS[change],
            *([term] if term else []),
            *([] if attribute == "group" else [f"{attribute}:"]),
        ]
        if was is not None and now is not None:
            words.append(f"{_short(was)} -> {_short(now)}")
        else:
            words.append(_short(now if was is None else f"({was})"))
        console.say(" ".join(words))
    number = Counter(found["change"])
    console.finish(
        {
            **{change: number[change] for change in CHANGES},
            **({"differences": str(output)} if output else {}),
            **({"changes": found.to_dicts()} if console.as_json else {}),
        }
    )


@click.command()
@click.argument("first", metavar="NAME|FILE")
@click.argument("second", metavar="NAME|FILE")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="YAML file to write.")
@click.option("--conflicts", type=click.Path(path_type=Path), help="Write the conflicts, CSV.")
@reporting
def merge(console: Console, first: str, second: str, *, output: Path, conflicts: Path | None) -> None:
    """Merge two lexicons with the same levels: each term once, with the lexicons that it was in.

    Where the two contradict each other the FIRST wins, and the conflict is listed. The id is the output's
    name.

    Example: patentmetrics lexicon merge my_terms.yml digital_technology -o both.yml
    """
    from patentmetrics.lexicon.format import read_lexicon_file
    from patentmetrics.lexicon.load import find_lexicon
    from patentmetrics.lexicon.merge import merge_lexicons
    from patentmetrics.lexicon.write import write_lexicon

    files = [read_lexicon_file(find_lexicon(name)) for name in (first, second)]
    merged = merge_lexicons(*files, id=output.stem)
    write_lexicon(merged.file, output)
    if conflicts:
        write_csv(merged.conflicts, conflicts)
    for term, attribute, ours, theirs, kept in merged.conflicts.iter_rows():
        console.say(f"conflict: {term or 'the file'}, {attribute}: {ours} or {theirs}; kept {kept}")
    console.finish(
        {
            "lexicon": str(output),
            "terms": sum(1 for _ in merged.file.terms()),
            **{
                f"terms of {name}": sum(1 for _ in file.terms())
                for name, file in zip((first, second), files, strict=True)
            },
            "conflicts": merged.conflicts.to_dicts() if console.as_json else merged.conflicts.height,
        }
    )


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="YAML file to write.")
@click.option("--term", metavar="COLUMN", help="The column of terms  [default: term, 关键词 and the like]")
@click.option(
    "--level",
    "levels",
    metavar="COLUMN",
    multiple=True,
    help="A column of groups, outermost first  [default: layer, dimension, 维度 and the like]",
)
@click.option("--name", "names", metavar="LABEL=NAME", multiple=True, help="The English name of a group.")
@click.option("--sheet", help="Of an Excel file with several.")
@reporting
def import_(
    console: Console,
    path: Path,
    *,
    output: Path,
    term: str | None,
    levels: tuple[str, ...],
    names: tuple[str, ...],
    sheet: str | None,
) -> None:
    """Make a lexicon of a sheet (CSV, Excel: term, dimension, layer) or of a dictionary of cntext (YAML).

    A group becomes a column of results, so it needs a name in small ASCII letters: give one with --name,
    else Chinese groups are numbered. Then write the source into the file, and `lexicon lint` it.

    Example: patentmetrics lexicon import words.xlsx -o my_terms.yml --term 关键词 --level 维度
    --name 人工智能技术=artificial_intelligence
    """
    from patentmetrics.lexicon.importing import import_lexicon
    from patentmetrics.lexicon.write import write_lexicon

    named = dict(one.partition("=")[::2] for one in names)
    if not all(named.values()):
        raise click.UsageError("--name is written as LABEL=NAME")
    imported = import_lexicon(
        path, id=output.stem, term=term, levels=levels or None, names=named, sheet=sheet
    )
    write_lexicon(imported.file, output)
    groups = {
        " > ".join(name or value for name, value in zip(group.names_zh, group.path, strict=True)): " > ".join(
            group.path
        )
        for group in imported.file.groups
    }
    console.finish(
        {
            "lexicon": str(output),
            **imported.counts,
            **({"columns": imported.columns} if imported.columns else {}),
            **({"ignored columns": list(imported.ignored)} if imported.ignored else {}),
            "groups": groups,
        }
    )


@click.command("format")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@reporting
def format_(console: Console, paths: tuple[Path, ...]) -> None:
    """Put lexicon files into the form that the package writes: sorted, quoted; comments are lost.

    Example: patentmetrics lexicon format my_terms.yml
    """
    from patentmetrics.core.files import existing_file
    from patentmetrics.lexicon.format import read_lexicon_file
    from patentmetrics.lexicon.write import lexicon_yaml, write_lexicon

    changed = []
    for path in paths:
        file = read_lexicon_file(existing_file(path))
        if path.read_bytes() != lexicon_yaml(file).encode():
            write_lexicon(file, path)
            changed.append(str(path))
    console.finish({"files": len(paths), "changed": changed})


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    """Write a table that a spreadsheet can open, whole or not at all."""
    from patentmetrics.core.files import written_whole
    from patentmetrics.core.spreadsheet import quoted_cells

    with written_whole(path) as temporary:
        quoted_cells(frame).write_csv(temporary, include_bom=True)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
