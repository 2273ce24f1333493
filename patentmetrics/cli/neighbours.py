"""`patentmetrics score neighbours`: the most similar earlier and later patents of given patents."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting


@click.command()
@click.argument("counts", type=click.Path(path_type=Path))
@click.argument("patent_ids", nargs=-1, required=True, metavar="PATENT_ID...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Parquet file to write.")
@click.option("--top", default=10, show_default=True, help="Neighbours in each direction.")
@click.option("--backward", default=5, show_default=True, help="Years back.")
@click.option("--forward", default=5, show_default=True, help="Years ahead.")
@click.option("--threads", type=int, help="Blocks in work at a time  [default: all cores]")
@reporting
def command(
    console: Console,
    counts: Path,
    patent_ids: tuple[str, ...],
    output: Path,
    top: int,
    backward: int,
    forward: int,
    threads: int | None,
) -> None:
    """Find the patents most similar to given ones (最相似专利), earlier and later, for reading.

    COUNTS is a counted corpus, made by `patentmetrics count`.

    Example: patentmetrics score neighbours counts/ US7388146 US8258395 --top 10 -o neighbours.parquet
    """
    from patentmetrics.core.provenance import provenance, write_frame
    from patentmetrics.counted.format import open_counts
    from patentmetrics.score.neighbours import neighbours

    corpus = open_counts(counts)
    found = neighbours(
        corpus,
        patent_ids,
        backward=backward,
        forward=forward,
        top=top,
        threads=threads,
        progress=console.progress,
    )
    settings: dict[str, object] = {
        "patent_ids": list(patent_ids),
        "backward": backward,
        "forward": forward,
        "top": top,
        "date": corpus.date,
    }
    made_by = provenance(
        "neighbours",
        settings=settings,
        inputs={"counts": corpus.made_by},
        counts={"neighbours": found.height},
    )
    write_frame(found, output, made_by)
    for patent_id, direction, rank, neighbour_id, year, _, similarity in found.rows():
        if rank == 1:
            console.say(f"{patent_id}, {direction}:")
        console.say(f"  {rank:>3}  {neighbour_id}  {year}  {similarity:.4f}")
    console.finish({"neighbours": str(output), "pairs": found.height})
