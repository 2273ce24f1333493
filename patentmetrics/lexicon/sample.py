"""The sample of policy documents that ships with the package: what assertions of hits are about."""

from __future__ import annotations

import functools

from patentmetrics.core.resources import demo_folder
from patentmetrics.core.types import Corpus
from patentmetrics.read.policy import read_policy_folder


@functools.cache
def sample_corpus() -> Corpus:
    """Read the government work reports (政府工作报告) that ship with the package: thirteen, of 2024 and 2025.

    Examples
    --------
    >>> sample_corpus().frame.height
    13
    """
    return read_policy_folder(demo_folder() / "policy").corpus
