"""Run a function over blocks on a Dask cluster (集群): the same function, the same blocks, the same bytes.

Workers read the blocks and write their results under the same paths as threads would, so the corpus and
the work folder must lie on a file system that all of them see under the same absolute paths. What travels
is the function, with the vocabulary and the names of the results, once to each worker; no result does.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from patentmetrics.core.errors import ExtraError, InputError, PatentmetricsError
from patentmetrics.execute.local import Executor

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

PATIENCE = 5  # seconds to find the scheduler
RETRIES = 3  # a network file system may show a file late

logger = logging.getLogger(__name__)


def on_dask(client: Client) -> Executor:
    """Run blocks on the workers of a `distributed.Client`; results come in the order of the blocks.

    A worker that dies is replaced by another: its blocks are done again, and a result that it had
    written whole is used.

    Raises
    ------
    PatentmetricsError
        The scheduler went away, or workers died again and again over one block.

    Examples
    --------
    ::

        from distributed import Client
        import patentmetrics as pm

        with Client("tcp://scheduler:8786") as client:
            pm.score_patents(counts, work=shared_folder, executor=pm.on_dask(client))
    """

    def run(function: Callable[[Item], Outcome], items: Iterable[Item], /) -> Iterator[Outcome]:
        with _losses_explained():
            # the function comes as the result of a task: it travels once to each worker, not with each block,
            # and unlike scattered data is there again when a worker dies.
            # pure=False: a file that was written by an earlier call is not a result that Dask may reuse
            shared = client.submit(_given, function, pure=False)
            futures = client.map(_applied, list(items), function=shared, pure=False, retries=RETRIES)
        for future in futures:
            with _losses_explained():
                outcome = future.result()
            yield outcome

    return run


@contextlib.contextmanager
def _losses_explained() -> Iterator[None]:
    from distributed.client import ClosedClientError
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    try:
        yield
    except KilledWorker as error:
        raise PatentmetricsError(
            "workers died again and again over the same block",
            got=str(error).split(" For more")[0],
            hint="give each worker more memory or fewer threads, then run the same command again",
        ) from error
    except (CancelledError, ClosedClientError, CommClosedError) as error:
        raise PatentmetricsError(
            "the Dask scheduler went away",
            got=str(error).splitlines()[0],
            hint="start it, then run the same command again: it goes on where it stopped",
        ) from error


def _given(function: Callable[[Item], Outcome]) -> Callable[[Item], Outcome]:
    return function


def _applied(item: Item, function: Callable[[Item], Outcome]) -> Outcome:
    return function(item)


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
    _find(address)
    # what it would log, with a traceback, is told by the errors here
    for name in ("distributed.client", "distributed.utils"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]  # distributed has no types
    # a server of another kind is taken to announce a message of absurd length: MemoryError
    except (OSError, MemoryError) as error:
        raise _no_scheduler(address, str(error)) from error
    with client:
        with _losses_explained():
            workers = client.nthreads()  # type: ignore[no-untyped-call]  # distributed's
        if not workers:
            logger.warning("the scheduler at %s has no workers yet: waiting for some", address)
        yield on_dask(client)


def _find(address: str) -> None:
    """Knock at the port: a `Client` tries on for long, and one that failed may hang the process later."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _no_scheduler(address, str(error)) from error
    if parts.scheme not in ("tcp", "tls") or host is None or port is None:
        raise _no_scheduler(address)
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError as error:
        raise _no_scheduler(address, error.strerror or str(error)) from error


def _no_scheduler(address: str, got: str | None = None) -> InputError:
    return InputError(
        "no Dask scheduler answers",
        where=address,
        got=got,
        allowed="an address such as tcp://host:8786",
        hint="start one: dask scheduler",
    )
