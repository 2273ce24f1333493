"""The one home of the options that all kernels are compiled with."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a loop: cached on disk, without the interpreter lock, without reordering of sums.

    No ``fastmath`` and no ``parallel``: a sum has one order, so the same input gives the same bytes;
    threads run whole blocks (`patentmetrics.execute`). The plain function stays at ``.py_func``.
    """
    dispatcher = numba.njit(cache=True, nogil=True)(function)
    # numba looks at the kernel's own file only, but kernels call kernels of other files: without this a
    # change there would leave the old machine code in use
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache_file is not None:
        cache_file._source_stamp = _stamp_of_all_kernels()  # noqa: SLF001 - there is no public way
        # numba numbers the files of machine code from 1 and writes the list of them first: between the two,
        # or after a kill there, another process would take an older file of that number for the new one
        cache_file._data_name = lambda _: f"{function.__name__}-{uuid.uuid4().hex}.nbc"  # noqa: SLF001 - likewise
    return cast("F", dispatcher)


@functools.cache
def _stamp_of_all_kernels() -> tuple[tuple[str, float, int], ...]:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((one.name, one.stat().st_mtime, one.stat().st_size) for one in files)
