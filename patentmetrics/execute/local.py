"""Run a function over blocks on threads of this machine.

Kernels release the interpreter lock, so threads are enough. Results come back in the order of the
blocks whatever the number of threads, and at most ``threads`` blocks are in work at a time, so that a
caller who merges them in order gets the same bytes and holds few of them in memory.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from patentmetrics.core.errors import SettingError

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Executor(Protocol):
    """Runs a function over blocks, somewhere, and yields the results in the order of the blocks."""

    def __call__(self, function: Callable[[Item], Outcome], items: Iterable[Item], /) -> Iterator[Outcome]:
        """Apply ``function`` to each of ``items``."""


def map_blocks(
    function: Callable[[Item], Outcome], items: Iterable[Item], *, threads: int | None = None
) -> Iterator[Outcome]:
    """Apply ``function`` to each block; yield the results in order.

    Parameters
    ----------
    threads : int, optional
        How many blocks are in work at a time; all cores by default.

    Raises
    ------
    SettingError
        ``threads`` is less than one.

    Examples
    --------
    >>> list(map_blocks(lambda block: block * 2, [1, 2, 3], threads=2))
    [2, 4, 6]
    """
    if threads is not None and threads < 1:
        raise SettingError("the number of threads must be one or more", where="threads", got=threads)
    workers = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(max_workers=workers) as pool:
        pending: deque[Future[Outcome]] = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
