"""Where the reviewed data that ships with the package lies: ``lexicons/``, and the demo's inputs."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def lexicon_folder() -> Path:
    """Give the folder of lexicons, concordances and stop words.

    In a checkout it stands beside the package, where reviewers look; in a wheel, inside it.
    """
    installed = _PACKAGE / "_lexicons"
    return installed if installed.is_dir() else _PACKAGE.parent / "lexicons"


def demo_folder() -> Path:
    """Give the folder of the demo study and its inputs."""
    return _PACKAGE / "studies" / "demo"
