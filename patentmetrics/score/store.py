"""Where intermediate results are kept: in memory, or in a folder that outlives the run.

A result has a name that says what it was made from, so one that is there is right. In a folder it is one
file, written whole, of arrays one after the other in numpy's own format; no pickle.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.files import written_whole

Arrays = dict[str, NDArray[Any]]


class Store(Protocol):
    """Keeps arrays under names."""

    def has(self, name: str) -> bool:
        """Say whether a result is there, whole."""

    def save(self, name: str, arrays: Arrays) -> None:
        """Keep a result."""

    def load(self, name: str) -> Arrays:
        """Give a result."""

    def created(self, name: str, shape: tuple[int, ...]) -> contextlib.AbstractContextManager[NDArray[Any]]:
        """Give an array of zeros to fill; it is kept when the block ends well."""

    def opened(self, name: str) -> NDArray[np.float64]:
        """Give a filled array, to read."""


@dataclass(frozen=True)
class MemoryStore:
    """Keeps everything in memory, for the length of a run.

    Examples
    --------
    >>> store = MemoryStore()
    >>> store.save("a", {"x": np.arange(2)})
    >>> store.has("a"), store.load("a")["x"].tolist()
    (True, [0, 1])
    """

    kept: dict[str, Arrays] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Say whether a result is there."""
        return name in self.kept

    def save(self, name: str, arrays: Arrays) -> None:
        """Keep a result."""
        self.kept[name] = arrays

    def load(self, name: str) -> Arrays:
        """Give a result."""
        return self.kept[name]

    @contextlib.contextmanager
    def created(self, name: str, shape: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        """Give an array of zeros to fill."""
        array = np.zeros(shape)
        yield array
        self.kept[name] = {"": array}

    def opened(self, name: str) -> NDArray[np.float64]:
        """Give a filled array."""
        return self.kept[name][""]


@dataclass(frozen=True)
class FolderStore:
    """Keeps results as files of a folder: a run that was killed goes on with those that are there.

    Other processes and machines that see the folder read and write the same results.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     FolderStore(Path(folder)).save("a", {"x": np.arange(2)})
    ...     FolderStore(Path(folder)).load("a")["x"].tolist()
    [0, 1]
    """

    folder: Path

    def has(self, name: str) -> bool:
        """Say whether the file is there; a file that is there was written whole."""
        return self._path(name).exists()

    def save(self, name: str, arrays: Arrays) -> None:
        """Write a file."""
        with written_whole(self._path(name)) as temporary, temporary.open("wb") as handle:
            handle.write((" ".join(arrays) + "\n").encode())
            for array in arrays.values():
                np.save(handle, array, allow_pickle=False)

    def load(self, name: str) -> Arrays:
        """Read a file."""
        with self._path(name).open("rb") as handle:
            names = handle.readline().decode().split()
            return {one: np.load(handle, allow_pickle=False) for one in names}

    @contextlib.contextmanager
    def created(self, name: str, shape: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        """Give a memory-mapped array of zeros to fill."""
        with written_whole(self._path(name)) as temporary:
            array = np.lib.format.open_memmap(temporary, "w+", np.float64, shape)
            yield array
            array.flush()

    def opened(self, name: str) -> NDArray[np.float64]:
        """Give a memory-mapped array, to read."""
        array: NDArray[np.float64] = np.load(self._path(name), mmap_mode="r")
        return array

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"
