"""`patentmetrics score`: similarity and breakthrough scores of a counted corpus."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.memory import half_of_the_machine, size_in_bytes

if TYPE_CHECKING:
    from patentmetrics.execute.local import Executor


def _windows(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(one) for one in text.split(","))
    except ValueError:
        raise click.BadParameter("give whole years, e.g. 1,5,10") from None


def _names(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(one.strip() for one in text.split(",") if one.strip())


_DATE = click.Choice(["filing", "issue"])
_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("counts", type=_FILE)
@click.option("-o", "--output", required=True, type=_FILE, help="Parquet file to write.")
@click.option("--preset", help="Settings of a paper: kpst2021 or shi2025; other options change them.")
@click.option("--backward", type=int, help="Years of the backward window  [default: 5]")
@click.option("--forward", callback=_windows, help="Years of the forward windows  [default: 1,5,10]")
@click.option("--weighting", help="Term weights: bidf, cumulative, idf or none  [default: bidf]")
@click.option("--pair-weights", help="Weigh a pair in the period of the earlier patent, or each in its own.")
@click.option("--freeze", help="How long weights stay the same: year, quarter or month  [default: year]")
@click.option("--date", type=_DATE, help="Date that decides the year of the windows  [default: as counted]")
@click.option("--weight-date", type=_DATE, help="Date that orders patents for the weights.")
@click.option("--effect-date", type=_DATE, help="Date of the year effects.")
@click.option("--threshold", type=float, help="Similarities below it are zero, e.g. 0.05: another measure.")
@click.option("--sample", type=int, help="With --threshold: estimate from so many comparators drawn a year.")
@click.option("--seed", type=int, help="Which comparators are drawn  [default: 0]")
@click.option("--within", help="Compare within the same group only: a column, e.g. ipc_subclass.")
@click.option("--across", "--exclude-self", "across", help="Compare with other groups only, e.g. applicants.")
@click.option("--backward-compare", help="all, within or across, where the two sides differ.")
@click.option("--forward-compare", help="all, within or across, where the two sides differ.")
@click.option("--effects", callback=_names, help="Effects taken out, e.g. year^ipc_subclass  [default: year]")
@click.option("--top-within", callback=_names, help="Columns within which the top share is taken.")
@click.option("--partial-windows", is_flag=True, default=None, help="Sums over incomplete windows too.")
@click.option("--keep-lags", is_flag=True, default=None, help="Sums of each lag too.")
@click.option("--first-year", type=int, help="First year that the sample covers  [default: of the data]")
@click.option("--last-year", type=int, help="Last year that the sample covers  [default: of the data]")
@click.option("--top-share", type=float, help="Share of breakthrough patents  [default: 0.1]")
@click.option(
    "--columns",
    type=click.Choice(["ours", "kpst"]),
    default="ours",
    show_default=True,
    help="Names of the columns: ours, or those of the file that Kelly et al. released.",
)
@click.option(
    "--memory", callback=size_in_bytes, help="Memory to use, e.g. 4GB  [default: half of the machine]"
)
@click.option("--threads", type=int, help="Blocks in work at a time  [default: all cores]")
@click.option(
    "--work", type=_FILE, help="Folder for intermediate results, kept  [default: OUTPUT.work, removed]"
)
@click.option("--executor", help="Address of a Dask scheduler, tcp://…, in place of threads.")
@click.option("--plot", type=_FILE, help="Draw breakthrough by year into a .png, .svg or .pdf file.")
@reporting
def command(
    console: Console,
    counts: Path,
    output: Path,
    *,
    preset: str | None,
    memory: int | None,
    threads: int | None,
    work: Path | None,
    executor: str | None,
    plot: Path | None,
    within: str | None,
    across: str | None,
    columns: str,
    **changes: Any,  # noqa: ANN401 - the fields of ScoreSettings
) -> None:
    """Score patents: backward and forward similarity, breakthrough (突破性).

    COUNTS is a counted corpus, made by `patentmetrics count`. Incomplete windows are null and counted.
    A run that was killed goes on where it stopped when the command is given again.

    Example: patentmetrics score counts/ -o scores.parquet --backward 5 --forward 1,5,10
    """
    from patentmetrics.core.files import check_output
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.counted.format import open_counts
    from patentmetrics.score.patents import score_patents
    from patentmetrics.score.released_names import released_names
    from patentmetrics.score.settings import ScoreSettings
    from patentmetrics.score.settings import preset as settings_of

    check_output(output)
    if changes["sample"] is not None and changes["threshold"] is None:
        raise click.UsageError("--sample goes with --threshold: without one the sums are exact")
    if changes["seed"] is not None and changes["sample"] is None:
        raise click.UsageError("--seed goes with --sample")
    settings = ScoreSettings() if preset is None else settings_of(preset)
    changes |= _groups(within, across, changes)
    if columns == "kpst":
        changes |= {"keep_lags": True, "forward": (1, 5, 10, 20)}
    settings = dataclasses.replace(
        settings, **{name: value for name, value in changes.items() if value is not None}
    )
    folder = work or output.with_name(f".{output.name}.work")
    if executor is not None:
        # workers have a current folder of their own
        counts, folder = counts.absolute(), folder.absolute()
    corpus = open_counts(counts)
    with _runner(executor) as run:
        scores = score_patents(
            corpus,
            settings,
            memory=memory or half_of_the_machine(),
            threads=threads,
            work=folder,
            executor=run,
            progress=console.progress,
        )
        effects = ["year" if settings.effect_date is None else "effect_year"]
        frame = released_names(scores.frame, effects=effects) if columns == "kpst" else scores.frame
        for left in output.parent.glob(f".{glob.escape(output.name)}.*.part"):
            left.unlink(missing_ok=True)  # of a run that was killed while it wrote
        write_frame(frame, output, scores.made_by)
        if work is None:
            shutil.rmtree(folder, ignore_errors=True)
    if plot is not None:
        from patentmetrics.report.canvas import save_figure
        from patentmetrics.report.figures import plot_breakthrough

        # the middle window: long enough to mean something, short enough to be known for most patents
        window = settings.forward[len(settings.forward) // 2]
        save_figure(plot_breakthrough(scores, window=window), plot)
    console.finish(
        {
            "scores": str(output),
            "settings": scores.made_by["settings"],
            **dict(scores.made_by["counts"]),  # type: ignore[call-overload]  # a JSON object
        }
    )


def _groups(within: str | None, across: str | None, changes: dict[str, Any]) -> dict[str, Any]:
    """Say which patents are compared: --within and --across name the group and set both sides."""
    if within is not None and across is not None and within != across:
        raise click.UsageError("--within and --across name one group")
    if within is None and across is None:
        return {}
    both = "within" if within is not None else "across"
    sides = {name: changes[name] or both for name in ("backward_compare", "forward_compare")}
    return {"group": within or across, **sides}


@contextlib.contextmanager
def _runner(address: str | None) -> Iterator[Executor | None]:
    if address is None:
        yield None
        return
    from patentmetrics.execute.dask_ import connected

    with connected(address) as run:
        yield run
