"""Working memory is given again to the same thread, and to no other."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from patentmetrics.core.room import Room


def test_the_same_memory_is_given_again_where_it_suffices() -> None:
    room = Room()
    first = room.array("ids", 100, np.int32)
    first[:] = 7
    again = room.array("ids", 40, np.int32)
    assert np.shares_memory(first, again)
    assert (len(again), again.dtype, again.tolist()) == (40, np.int32, [7] * 40)


def test_a_larger_array_is_new_and_then_kept() -> None:
    room = Room()
    first = room.array("ids", 10, np.int64)
    larger = room.array("ids", 10_000, np.int64)
    assert len(larger) == 10_000
    assert not np.shares_memory(first, larger)
    assert np.shares_memory(larger, room.array("ids", 10_000, np.int64))


def test_names_do_not_share_and_kinds_of_one_name_do() -> None:
    room = Room()
    ids = room.array("ids", 8, np.int32)
    assert not np.shares_memory(ids, room.array("texts", 8, np.int32))
    assert np.shares_memory(ids, room.array("ids", 32, np.uint8))


@pytest.mark.parametrize("size", [0, 1])
def test_an_empty_array_is_an_array(size: int) -> None:
    assert len(Room().array("ids", size, np.float64)) == size


def test_threads_have_memory_of_their_own() -> None:
    room = Room()
    here = room.array("ids", 10, np.int32)
    there: list[np.ndarray] = []
    worker = threading.Thread(target=lambda: there.append(room.array("ids", 10, np.int32)))
    worker.start()
    worker.join()
    assert not np.shares_memory(here, there[0])
