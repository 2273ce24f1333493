"""The one home of the options that all kernels are compiled with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a loop: cached on disk, without the interpreter lock, without reordering of sums.

    No ``fastmath`` and no ``parallel``: a sum has one order, so the same input gives the same bytes;
    threads run whole blocks (`patentmetrics.execute`). The plain function stays at ``.py_func``.
    """
    return cast("F", numba.njit(cache=True, nogil=True)(function))
