"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# no test is timed: the first example of a kernel compiles it, and machines are shared
settings.register_profile("untimed", deadline=None)
# where a change is judged, the same change gets the same examples; everybody else looks for new ones
settings.register_profile("judged", deadline=None, derandomize=True)
settings.load_profile("judged" if os.environ.get("CI") else "untimed")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def larger_data() -> Path:
    """Folder of the larger real data, for tests marked `larger`.

    It stands beside the checkout (../shared/data) or where PATENTMETRICS_DATA says; tests skip without it.
    """
    folder = Path(os.environ.get("PATENTMETRICS_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the larger real data is not at {folder}; set PATENTMETRICS_DATA to its folder")
    return folder
