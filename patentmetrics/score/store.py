"""Where intermediate results are kept: in memory, or in a folder that outlives the run.

A result has a name that says what it was made from, so one that is there is right. In a folder it is one
file, written whole, of arrays one after the other in numpy's own format, and a mark at its end; no pickle.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, OutputError
from patentmetrics.core.files import check_output, written_whole

if sys.platform != "win32":
    import fcntl

Arrays = dict[str, NDArray[Any]]
END = b"whole"
LOCK = "in-use.lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
ZEROS = 1 << 20  # written at a time

logger = logging.getLogger(__name__)


class Store(Protocol):
    """Keeps arrays under names."""

    def has(self, name: str) -> bool:
        """Say whether a result is there, whole."""

    def save(self, name: str, arrays: Arrays) -> None:
        """Keep a result."""

    def load(self, name: str, *only: str) -> Arrays:
        """Give a result, or ``only`` some of its arrays."""

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

    def load(self, name: str, *only: str) -> Arrays:
        """Give a result, or ``only`` some of its arrays."""
        kept = self.kept[name]
        return {one: kept[one] for one in only or kept}

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
        """Say whether the file is there and whole; one that was cut off is logged, and made anew."""
        path = self._path(name)
        try:
            with path.open("rb") as handle:
                size = handle.seek(0, 2)
                handle.seek(max(size - len(_end(size)), 0))
                whole = handle.read() == _end(size)
        except FileNotFoundError:
            return False
        if not whole:
            logger.warning("%s is damaged and is made anew", path)
        return whole

    def save(self, name: str, arrays: Arrays) -> None:
        """Write a file."""
        with written_whole(self._path(name)) as temporary, temporary.open("wb") as handle:
            handle.write((" ".join(arrays) + "\n").encode())
            for array in arrays.values():
                _write(handle, array)
            handle.write(_end(handle.tell() + len(_end(0))))

    def load(self, name: str, *only: str) -> Arrays:
        """Read a file, or ``only`` some of its arrays.

        Raises
        ------
        DataError
            The file is damaged (it is removed, so that the next run makes it anew), or is gone.
        """
        path = self._path(name)
        try:
            with path.open("rb") as handle:
                names = handle.readline().decode().split()
                found = {one: _read(handle, wanted=not only or one in only) for one in names}
        except (ValueError, EOFError) as error:
            path.unlink(missing_ok=True)
            raise _unreadable(path, "damaged") from error
        except FileNotFoundError as error:
            raise _unreadable(path, "gone") from error
        return {one: array for one, array in found.items() if array is not None}

    @contextlib.contextmanager
    def created(self, name: str, shape: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        """Give a memory-mapped array of zeros to fill."""
        with written_whole(self._run_path(name)) as temporary:
            _write_zeros(temporary, shape)
            array = np.load(temporary, mmap_mode="r+")
            yield array
            array.flush()

    def opened(self, name: str) -> NDArray[np.float64]:
        """Give a memory-mapped array, to read."""
        path = self._run_path(name)
        try:
            array: NDArray[np.float64] = np.load(path, mmap_mode="r")
        except FileNotFoundError as error:
            raise _unreadable(path, "gone") from error
        return array

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"

    def _run_path(self, name: str) -> Path:
        return self.folder / f"{name}.run.npy"


@contextlib.contextmanager
def opened_store(work: Path | None, *, on_disk: bool) -> Iterator[Store]:
    """Open the folder of intermediate results; without one they are in memory, or in a folder for the run."""
    if work is not None:
        work.mkdir(exist_ok=True)
        yield FolderStore(work)
    elif on_disk:
        with tempfile.TemporaryDirectory() as folder:
            yield FolderStore(Path(folder))
    else:
        yield MemoryStore()


@contextlib.contextmanager
def work_folder(folder: Path) -> Iterator[None]:
    """Take a folder for the results of one run, and clear what runs that were killed left half done.

    The system gives a lock back when its holder dies, so a killed run leaves none behind. Where there
    are no locks (Windows, some network file systems), nothing is cleared.

    Raises
    ------
    OutputError
        The folder cannot be made, or another run is using it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with work_folder(Path(parent) / "work"):
    ...         FolderStore(Path(parent) / "work").save("a", {"x": np.arange(2)})
    """
    check_output(folder)
    if folder.exists() and not folder.is_dir():
        raise OutputError("the work folder is a file", where=str(folder), hint="name another")
    folder.mkdir(exist_ok=True)
    try:
        with _locked(folder) as locked:
            if locked:
                for left in [*folder.glob(".*.part"), *folder.glob("*.run.npy")]:
                    left.unlink(missing_ok=True)
            yield
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # where nothing came of the run


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder; False where there are none."""
    if sys.platform == "win32":
        yield False
        return
    with (folder / LOCK).open("wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                "another run is using the work folder",
                where=str(folder),
                hint="wait until it ends, or name another folder with --work",
            ) from error
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            yield False
            return
        try:
            yield True
        finally:
            (folder / LOCK).unlink(missing_ok=True)


def _end(size: int) -> bytes:
    """Give the last bytes of a file of so many bytes: a file that was cut off ends otherwise."""
    return END + size.to_bytes(8, "little")


def _write(handle: IO[bytes], array: NDArray[Any]) -> None:
    """Write as `numpy.save` does, which would not say why the system refused."""
    array = np.require(array, requirements="C")
    np.lib.format.write_array_header_1_0(handle, np.lib.format.header_data_from_array_1_0(array))
    handle.write(array.data)


def _write_zeros(path: Path, shape: tuple[int, ...]) -> None:
    """Write an array of zeros: a full disk is noticed here; it would kill the run while a hole is filled."""
    size = 8 * int(np.prod(shape))
    with path.open("wb") as handle:
        header = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(handle, header)
        for begin in range(0, size, ZEROS):
            handle.write(bytes(min(ZEROS, size - begin)))


def _read(handle: IO[bytes], *, wanted: bool) -> NDArray[Any] | None:
    """Read the next array of a file, or step over it."""
    if wanted:
        array: NDArray[Any] = np.load(handle, allow_pickle=False)
        return array
    np.lib.format.read_magic(handle)
    shape, _, kind = np.lib.format.read_array_header_1_0(handle)
    handle.seek(int(np.prod(shape)) * kind.itemsize, 1)
    return None


def _unreadable(path: Path, state: str) -> DataError:
    return DataError(
        f"an intermediate result is {state}",
        where=str(path.parent),
        got=path.name,
        hint="run the same command again: it goes on where it stopped",
    )
