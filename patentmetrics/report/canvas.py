"""Make a figure in the house style, and save it: the same figure gives the same bytes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from patentmetrics.core.errors import SettingError
from patentmetrics.core.files import written_whole
from patentmetrics.report.fonts import drawable, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# what a format would write of its own accord about when and by what it was made
METADATA: dict[str, dict[str, None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextlib.contextmanager
def drawing(*, width: float = 6.5, height: float = 3.8) -> Iterator[Figure]:
    """Give an empty figure to draw on, in inches; it is laid out when the block ends.

    Examples
    --------
    >>> with drawing(width=4, height=3) as figure:
    ...     axes = figure.subplots()
    >>> bool(axes.get_position().width > 0.8)
    True
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        # lay out once and keep it: each further draw would move things by a hair
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def legend_below(figure: Figure, axes: Axes) -> None:
    """Put the legend of the axes below them, where it covers no data."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)


def save_figure(figure: Figure, path: Path | str) -> None:
    """Write a figure whole or not at all, in the format of the file's ending: .png, .svg, .pdf.

    No date, no name of software; the same figure gives the same bytes.

    Raises
    ------
    SettingError
        The ending is not among the formats.
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, drawing() as figure:
    ...     save_figure(figure, Path(folder) / "empty.png")
    """
    path = Path(path)
    if path.suffix not in METADATA:
        raise SettingError("figures are not written in this format", got=path.name, allowed=METADATA)
    with style(), written_whole(path) as temporary:
        figure.savefig(temporary, format=path.suffix[1:], metadata=METADATA[path.suffix])


def whole_ticks(axes: Axes, *, most: int = 12) -> None:
    """Put the ticks of the horizontal axis at whole numbers: years, event times."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=most))


def count_ticks(axes: Axes) -> None:
    """Put the ticks of the horizontal axis at whole numbers, written with thousands."""
    from matplotlib.ticker import StrMethodFormatter

    whole_ticks(axes, most=8)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def name_rows(axes: Axes, names: Sequence[str], *, at_most: int = 44) -> None:
    """Name the rows of a chart of bars, the first on top; longer names are cut."""
    shown = [name if len(name) <= at_most else name[: at_most - 1] + "…" for name in names]
    axes.set_yticks(range(len(names)), [drawable(name) for name in shown])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def height_of_rows(rows: int) -> float:
    """Give the height in inches of a chart with so many rows."""
    return 1.2 + 0.235 * max(rows, 3)
