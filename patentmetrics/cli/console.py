"""What all commands share: progress, logging, the printed result, errors and exit status."""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from patentmetrics.core.errors import OutputError, PatentmetricsError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Console:
    """One run of a command: draws progress on a terminal, prints the result, nothing else.

    The result goes to standard output, as words or, with ``--json``, as one JSON object; progress,
    warnings and errors go to standard error.
    """

    def __init__(self, *, as_json: bool, quiet: bool, verbose: bool) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.verbose = verbose
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        level = logging.DEBUG if self.verbose else logging.ERROR if self.quiet else logging.WARNING
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
        logger = logging.getLogger("patentmetrics")
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop_bars()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Draw a bar for a stage, on a terminal only."""
        if self.quiet or self.as_json or not sys.stderr.isatty():
            return
        if self._bars is None:
            self._bars = _new_bars()
            self._bars.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)

    def say(self, line: str) -> None:
        """Print a line of the result in words; nothing with ``--json`` or ``--quiet``."""
        self._stop_bars()
        if not (self.as_json or self.quiet):
            click.echo(line)

    def finish(self, result: Mapping[str, object]) -> None:
        """Print the result: aligned lines, or one JSON object."""
        self._stop_bars()
        if self.as_json:
            click.echo(json.dumps(result, ensure_ascii=False, default=str))
        elif not self.quiet:
            width = max((len(name) for name in result), default=0)
            for name, value in result.items():
                click.echo(f"{name:<{width}}  {_in_words(value, name)}")

    def fail(self, error: PatentmetricsError) -> None:
        """Print an error; the caller ends the run with status 1."""
        self._stop_bars()
        if self.as_json:
            details = {"type": type(error).__name__, **error.details()}
            click.echo(json.dumps({"error": details}, ensure_ascii=False))
        else:
            click.echo(f"error: {error}", err=True)

    def _stop_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
            self._tasks = {}


def reporting(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command its `Console`, the options ``--json --quiet --verbose``, and status 1 on bad data."""

    @click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
    @click.option("--quiet", is_flag=True, help="Print errors only.")
    @click.option("--verbose", is_flag=True, help="Print what is being done.")
    @functools.wraps(function)
    def run(*args: object, as_json: bool, quiet: bool, verbose: bool, **options: object) -> None:
        with Console(as_json=as_json, quiet=quiet, verbose=verbose) as console:
            try:
                function(console, *args, **options)
            except PatentmetricsError as error:
                console.fail(error)
                sys.exit(1)
            except BrokenPipeError:
                # the reader, say `head`, has seen enough; keep the interpreter from flushing into the pipe
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            except OSError as error:
                console.fail(OutputError("the system refused", where=error.filename, got=error.strerror))
                sys.exit(1)

    return run


def _new_bars() -> Progress:
    from rich.console import Console as Terminal
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        """How many a second: of documents, blocks or whatever the stage counts."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        TimeRemainingColumn(),
        console=Terminal(stderr=True),
        transient=True,
    )


def _in_words(value: object, name: str = "") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        # a year is a name, not an amount
        return str(value) if name.endswith("year") else f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{part} {_in_words(one, part)}" for part, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_in_words(one) for one in value) or "none"
    return str(value)
