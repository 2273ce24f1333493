"""Blocks come back in order, a few at a time, and an error in one is not lost."""

from __future__ import annotations

import threading
import time

import pytest

from patentmetrics.core.errors import SettingError
from patentmetrics.execute.local import map_blocks


@pytest.mark.parametrize("threads", [1, 2, 4, None])
def test_results_come_in_the_order_of_the_blocks(threads: int | None) -> None:
    def slow_for_the_first(block: int) -> int:
        time.sleep(0.02 if block == 0 else 0)
        return block

    assert list(map_blocks(slow_for_the_first, range(20), threads=threads)) == list(range(20))


def test_no_more_blocks_are_in_work_than_there_are_threads() -> None:
    lock = threading.Lock()
    running, most = 0, 0

    def watched(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1

    list(map_blocks(watched, range(30), threads=3))
    assert 1 <= most <= 3


def test_an_error_in_a_block_reaches_the_caller() -> None:
    def fails(block: int) -> int:
        if block == 3:
            raise ValueError("block 3")
        return block

    with pytest.raises(ValueError, match="block 3"):
        list(map_blocks(fails, range(10), threads=2))


def test_less_than_one_thread_is_refused() -> None:
    with pytest.raises(SettingError):
        list(map_blocks(str, [1], threads=0))
