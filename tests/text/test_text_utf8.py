"""Texts as bytes in memory that is used again: the same bytes as without."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import as_series, utf8_of
from patentmetrics.kernels.views import gather_views
from patentmetrics.text.utf8 import are_blank, gathered

# twelve bytes stand in the view of a text, thirteen do not
TEXTS = st.lists(
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["", "a" * 12, "a" * 13, "光伏" * 2, "光伏" * 2 + "a", " \u3000"]),
    max_size=8,
)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.randoms(use_true_random=False))
@example([["a" * 13, None], ["b" * 14], []], None)
def test_texts_of_any_buffers_and_order_are_the_bytes_of_each(chunks, random):
    series = pl.concat([pl.Series("text", chunk, dtype=pl.String) for chunk in chunks], rechunk=False)
    order = list(range(len(series)))
    if random is not None:
        random.shuffle(order)
    room = Room()
    # what an earlier block left behind must not show
    room.array("texts", 1000, np.uint8)[:] = 255
    for texts in (series, series.gather(order), series[1:]):
        found, expected = gathered(texts, room), utf8_of(texts)
        assert found[0].tobytes() == expected[0][expected[1][0] : expected[1][-1]].tobytes()
        assert found[1].tolist() == (expected[1] - expected[1][0]).tolist()
        assert as_series(found).to_list() == [text or "" for text in texts]


def test_the_compiled_loop_does_what_its_python_source_does():
    texts = pl.concat([pl.Series(["a" * 30, "b"]), pl.Series(["c" * 20, ""])], rechunk=False)
    array = texts.to_arrow(compat_level=pl.CompatLevel.newest())
    _, views, *buffers = array.buffers()
    inside = np.frombuffer(views, np.uint8).reshape(-1, 16)
    outcomes = []
    for kernel in (gather_views, gather_views.py_func):
        out = np.zeros(51, np.uint8)
        for number, buffer in enumerate(buffers):
            content = np.frombuffer(buffer, np.uint8)
            kernel(inside.view(np.uint32), inside, number, content, np.array([0, 30, 31, 51, 51]), out)
        outcomes.append(out.tobytes())
    assert outcomes[0] == outcomes[1] == b"a" * 30 + b"b" + b"c" * 20


@settings(deadline=None)
@given(TEXTS)
@example(["\u0085", "\u00a0a", "\u2003", "\u205f", "\u3000", "\u180e", "\u1680", "é", "\u200b", "\x1f"])
def test_a_text_is_blank_where_stripping_leaves_nothing(texts):
    series = pl.Series("text", texts, dtype=pl.String)
    expected = (series.fill_null("").str.strip_chars() == "").to_list()
    assert are_blank(gathered(series, Room())).tolist() == expected


@pytest.mark.parametrize("dtype", [pl.String, pl.Null])
def test_a_column_of_nulls_is_empty_texts(dtype):
    texts = pl.Series("text", [None, None], dtype=dtype).cast(pl.String)
    assert gathered(texts, Room())[1].tolist() == [0, 0, 0]
