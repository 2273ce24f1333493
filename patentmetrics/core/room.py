"""Arrays that are used again: memory that is new costs more to touch than most kernels take to fill it."""

from __future__ import annotations

import threading
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=np.generic)


class Room(threading.local):
    """Working memory (工作内存) that lasts from one block of work to the next, for each thread its own.

    What `array` gives holds until the same thread asks for the same name again. So results that are kept
    are copies, or come from a room of their own.

    Examples
    --------
    >>> room = Room()
    >>> first = room.array("ids", 3, np.int32)
    >>> np.shares_memory(first, room.array("ids", 2, np.int32))
    True
    """

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.uint8]] = {}

    def array(self, name: str, size: int, kind: type[Kind]) -> NDArray[Kind]:
        """Give an array of this size with any content."""
        wanted = size * np.dtype(kind).itemsize
        kept = self._kept.get(name)
        if kept is None or len(kept) < wanted:
            # a little more, so that sizes that vary do not make a new one each time; what is never
            # written takes no memory
            self._kept[name] = kept = np.empty(wanted + wanted // 4, np.uint8)
        return kept[:wanted].view(kind)
