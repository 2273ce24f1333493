"""The kernels of symbols and of matching as plain Python give what they give compiled."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from patentmetrics.classes import blocks, compiled, keywords, symbols
from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.match import match_classes
from patentmetrics.core.types import Corpus
from patentmetrics.kernels import ipc, matching

MODULES = [ipc, matching, blocks, compiled, keywords, symbols]
WRITTEN = [
    "G06F 17/30；Ｈ０４Ｌ29/06(2006.01)I, a61k；GO6N3/O8 | 14-02",
    "",
    None,
    "G 06 F 17/30 20060101AFI20051220RMJP H04L-012/28、x / y; 😀 é",
    "G06F0017300000 G06F1730 G06F17/3 I06F1/00 G06F17/30 [7,8] G06 A00B1/00 G06F17/30/40",
]
TEXTS = ["basic", "５Ｇ", None, "GPU", "asic gpu 大数据"]


def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in MODULES:
        for name, value in list(vars(module).items()):
            if hasattr(value, "py_func"):
                monkeypatch.setattr(module, name, value.py_func)


def everything() -> list[pl.DataFrame]:
    listed = symbols.read_symbol_lists(pl.Series(WRITTEN))
    single = symbols.parse_symbols(pl.Series(WRITTEN))
    frame = pl.DataFrame({"patent_id": list("abcde"), "ipc": WRITTEN, "title": TEXTS})
    corpus = Corpus(frame=frame, key="patent_id", text=("title",))
    table = load_concordance("key_digital_technology_2023")
    by_code = match_classes(corpus, table, conditions="codes", weights="fractional", threads=1)
    by_both = match_classes(corpus, table, conditions="either", threads=1)
    return [
        pl.DataFrame({"row": listed.row, "code": listed.code, "status": listed.status, "at": listed.written}),
        single,
        by_code.frame,
        by_code.unmatched,
        by_both.frame,
        by_both.patents,
    ]


def test_plain_and_compiled_kernels_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = everything()
    assert expected[2].height > 100
    assert expected[4]["symbol"].null_count() > 0
    with monkeypatch.context() as patched:
        plain(patched)
        found = everything()
    for one, other in zip(found, expected, strict=True):
        assert one.equals(other, null_equal=True)


def test_numbers_of_symbols_sort_as_symbols_stand() -> None:
    written = ["A61K", "A61K8/02", "A61K8/022", "A61K8/04", "A61K8/042", "A61K8/05", "A61K31/00", "A61P1/00"]
    code = symbols.read_symbol_lists(pl.Series(written)).code
    assert code.tolist() == sorted(code.tolist())
    assert len(set(code.tolist())) == len(written)
    assert symbols.symbol_texts(code).to_list() == written


def test_the_room_for_pieces_always_suffices() -> None:
    data = np.frombuffer("A61K;A61P,A61Q|B01D A61K\u3000A61K、A61K".encode(), np.uint8)
    offset = np.array([0, len(data)], np.int64)
    assert ipc.pieces_at_most(data, offset, False) >= 7
    assert ipc.pieces_at_most(data, offset, True) == 1
