"""Run a function over blocks on a Dask cluster (集群): the same function, the same blocks, the same bytes.

Workers read the blocks and write their results under the same paths as threads would, so the corpus and
the work folder must lie on a file system that all of them see. Nothing but paths and numbers travels.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from patentmetrics.core.errors import ExtraError, InputError
from patentmetrics.execute.local import Executor

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def on_dask(client: Client) -> Executor:
    """Run blocks on the workers of a `distributed.Client`; results come in the order of the blocks.

    A worker that dies is replaced by another: its blocks are done again, and a result that it had
    written whole is used.

    Examples
    --------
    ::

        from distributed import Client
        import patentmetrics as pm

        with Client("tcp://scheduler:8786") as client:
            pm.score_patents(counts, work=shared_folder, executor=pm.on_dask(client))
    """

    def run(function: Callable[[Item], Outcome], items: Iterable[Item], /) -> Iterator[Outcome]:
        # pure=False: a file that was written by an earlier call is not a result that Dask may reuse
        futures = client.map(function, list(items), pure=False, retries=3)
        for future in futures:
            yield future.result()

    return run


@contextlib.contextmanager
def connected(address: str) -> Iterator[Executor]:
    """Connect to a scheduler for the length of a block.

    Raises
    ------
    ExtraError
        Dask is not installed.
    InputError
        No scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ExtraError("Dask is not installed", hint='pip install "patentmetrics[dask]"') from error
    try:
        client = Client(address, timeout="10s")  # type: ignore[no-untyped-call]  # distributed has no types
    except OSError as error:
        raise InputError(
            "no Dask scheduler answers", where=address, got=str(error), hint="start one: dask scheduler"
        ) from error
    with client:
        yield on_dask(client)
