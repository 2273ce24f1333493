"""One font and one style for all pictures, so that they are the same on every machine and draw Chinese.

The font is a subset of Noto Sans SC (SIL Open Font License, ``fonts/OFL.txt``): Latin, Greek, signs, and
the characters of GB 2312. It is registered under a name of its own, so that an installed font of another
version is never taken instead. What it lacks comes from DejaVu Sans, which matplotlib brings; what
neither has is drawn as 〓, the printer's sign for a sort that is not in the case.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib import RcParams

FONT = Path(__file__).resolve().parent / "fonts" / "NotoSansSC-subset.otf"
FAMILY = "patentmetrics Noto Sans SC"
FALLBACK = "DejaVu Sans"
GETA = "〓"

# Okabe & Ito: told apart with any colour vision, and by lightness in a grey print
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
INK, GREY, LIGHT, SHADE = "#222222", "#6B6B6B", "#D9D9D9", "#ECECEC"

SETTINGS: dict[Any, Any] = {
    "font.family": [FAMILY, FALLBACK],
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a name is a dollar
    "text.hinting": "none",
    "text.usetex": False,
    "axes.unicode_minus": True,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 9.0,
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": LIGHT,
    "grid.linewidth": 0.6,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "figure.dpi": 100.0,
    "figure.constrained_layout.w_pad": 0.09,  # inches
    "figure.constrained_layout.h_pad": 0.09,
    "savefig.dpi": 200.0,
    "savefig.facecolor": "white",
    "savefig.bbox": None,
    "svg.fonttype": "path",  # text as outlines: no font is needed to look at it
    "svg.hashsalt": "patentmetrics",
    "pdf.fonttype": 42,
    "path.simplify": False,
}


@functools.cache
def register_font() -> str:
    """Make the bundled font known to matplotlib, once, and give its family name.

    Examples
    --------
    >>> register_font()
    'patentmetrics Noto Sans SC'
    """
    from matplotlib import font_manager

    manager = font_manager.fontManager
    manager.addfont(FONT)
    entry = next(one for one in reversed(manager.ttflist) if Path(one.fname) == FONT)
    manager.ttflist.append(dataclasses.replace(entry, name=FAMILY))
    return FAMILY


@contextlib.contextmanager
def style() -> Iterator[RcParams]:
    """Draw inside this block: matplotlib's defaults, our font and style, whatever the user has set.

    Examples
    --------
    >>> with style() as settings:
    ...     settings["svg.hashsalt"]
    'patentmetrics'
    """
    import matplotlib as mpl

    register_font()
    # the backend is no matter of style: figures are drawn through their own canvas
    defaults = {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}
    with mpl.rc_context({**defaults, **SETTINGS}):
        yield mpl.rcParams


@functools.cache
def known_characters() -> frozenset[str]:
    """Give the characters that the bundled font and its fallback have together."""
    from matplotlib import font_manager, ft2font

    fallback = font_manager.findfont(FALLBACK, fallback_to_default=False)
    codes = set(ft2font.FT2Font(FONT).get_charmap()) | set(ft2font.FT2Font(fallback).get_charmap())
    return frozenset(map(chr, codes))


def drawable(text: str) -> str:
    """Replace the characters that no font at hand has with 〓, and line ends with spaces.

    Examples
    --------
    >>> drawable("北京 \U0002a6a5")
    '北京 〓'
    """
    known = known_characters()
    return "".join(one if one in known else GETA for one in " ".join(text.split()))
