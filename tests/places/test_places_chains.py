"""The kernel that picks the chain of names equals trying all chains, on addresses and on nonsense."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import polars as pl

from patentmetrics.core.utf8 import utf8_of
from patentmetrics.kernels.address_chains import ABROAD, FOREIGN, GENERIC, SHORT, SKIPPED, find_chains
from patentmetrics.kernels.automaton import find_terms
from patentmetrics.places import gazetteer
from patentmetrics.places.gazetteer import names_of_places
from tests.reference import address_chains as twin

NAMES = names_of_places()
SAMPLE = pl.read_csv(Path(__file__).with_name("labelled_addresses.csv"))


def words() -> twin.Words:
    places = NAMES.places
    names = {}
    for i, term in enumerate(NAMES.terms):
        inside = range(places.first[i], places.first[i + 1])
        kind = int(places.kind[i])
        names[term] = twin.Name(
            province=int(places.province[i]),
            cities=frozenset(int(places.city[m]) for m in inside if not places.county[m]),
            counties=frozenset(int(places.city[m]) for m in inside if places.county[m]),
            short=bool(kind & SHORT),
            generic=bool(kind & GENERIC),
            skipped=bool(kind & SKIPPED),
            foreign=bool(kind & FOREIGN),
        )
    return twin.Words(names, gazetteer._STREETS, gazetteer._SITES, gazetteer._BETWEEN)


def chains(texts: list[str]) -> list[object]:
    data, offset = utf8_of(texts)
    first, term, place = find_terms(data, offset, NAMES.automaton, False)
    found = find_chains(data, offset, first, term, place, NAMES.places)
    return [
        "abroad" if row[0] == ABROAD else tuple(NAMES.terms[one] if one >= 0 else None for one in row)
        for row in found.tolist()
    ]


def test_the_kernel_equals_the_twin_on_the_sample() -> None:
    texts = ["".join(address.split()) for address in SAMPLE["address"]]
    known = words()
    assert chains(texts) == [twin.find_chain(text, known) for text in texts]


def test_the_kernel_equals_the_twin_on_names_put_together_at_random() -> None:
    draw = random.Random(7)
    pieces = [
        *(address for address in SAMPLE["address"]),
        *draw.sample(NAMES.terms, 300),
        *(
            "吉林",
            "吉林市",
            "海南",
            "海南州",
            "朝阳",
            "朝阳区",
            "巢湖市",
            "市中区",
            "中区",
            "城区",
            "重庆市",
            "北京",
        ),
        *(
            "路",
            "东路",
            "大街",
            "门",
            "山",
            "湖",
            "，",
            "(",
            "—",
            "·",
            "、",
            "12",
            "A",
            "x号",
            "é",
            "𠀀",
            "市辖区",
            "中国",
            "日本",
        ),
    ]
    texts = []
    for _ in range(3000):
        parts = [draw.choice(pieces) for _ in range(draw.randint(0, 5))]
        texts.append(
            "".join(part[: draw.randint(1, len(part))] if draw.random() < 0.1 else part for part in parts)
        )
    known = words()
    for text, got in zip(texts, chains(texts), strict=True):
        assert got == twin.find_chain(text, known), text


def test_chains_of_a_real_hierarchy_put_together_equal_the_twin() -> None:
    draw = random.Random(11)
    codes = sorted({area.code for meant in NAMES.meanings for area in meant if area.level == "county"})
    by_code: dict[str, list[str]] = {}
    for term, meant in zip(NAMES.terms, NAMES.meanings, strict=True):
        for area in meant:
            by_code.setdefault(area.code, []).append(term)
    texts = []
    for _ in range(3000):
        code = draw.choice(codes)
        parts = [
            draw.choice(by_code.get(one, [""]))
            for one in (f"{code[:2]}0000", f"{code[:4]}00", code)
            if draw.random() < 0.8
        ]
        texts.append("".join(parts) + draw.choice(["", "路1号", "人民路", "东大街", "门", "高新区"]))
    known = words()
    for text, got in zip(texts, chains(texts), strict=True):
        assert got == twin.find_chain(text, known), text


def test_nothing_at_all_is_no_chain() -> None:
    assert chains([]) == []
    assert chains(["", "!!", "123", "。"]) == [(None,) * 4] * 4
    assert np.array_equal(NAMES.places.first[[0, -1]], [0, len(NAMES.places.city)])
