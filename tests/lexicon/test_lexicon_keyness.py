"""Keyness and mutual information: published numbers, and slow twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import SettingError
from patentmetrics.lexicon.keyness import log_likelihood_keyness, pointwise_mutual_information
from tests.reference import keyness as twin

# Dunning 1993, Table 1: −2 log λ, then the four cells A B, A ~B, ~A B, ~A ~B of bigrams A B
DUNNING = [
    (270.72, 110, 2442, 111, 29114),
    (263.90, 29, 13, 123, 31612),
    (256.84, 31, 23, 139, 31584),
    (167.23, 10, 0, 3, 31764),
]

# Church & Hanks 1990, Table 2: I(x, y), f(x, y), f(x), f(y), of 15 million words, printed to one decimal
CHURCH_HANKS = [
    (11.3, 12, 111, 621),  # honorary doctor
    (11.3, 8, 1105, 44),  # doctors dentists
    (10.7, 30, 1105, 241),  # doctors nurses
    (9.4, 8, 1105, 154),  # doctors treating
]


@pytest.mark.parametrize(("published", "both", "first", "second", "neither"), DUNNING)
def test_keyness_is_that_of_dunnings_table(
    published: float, both: int, first: int, second: int, neither: int
) -> None:
    found = log_likelihood_keyness(both, both + second, first, first + neither)
    assert found == pytest.approx(published, abs=0.005)


@pytest.mark.parametrize(("published", "both", "first", "second"), CHURCH_HANKS)
def test_mutual_information_is_that_of_church_and_hanks(
    published: float, both: int, first: int, second: int
) -> None:
    # the corpus is "15 million" words, so the last digit may be off by one
    assert pointwise_mutual_information(both, first, second, 15_000_000) == pytest.approx(published, abs=0.07)


@given(st.integers(1, 200), st.integers(1, 5000), st.data())
def test_keyness_equals_its_slow_twin(total: int, others: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    reference = data.draw(st.integers(0, others))
    expected = twin.log_likelihood(hits, total, reference, others)
    assert log_likelihood_keyness(hits, total, reference, others) == pytest.approx(expected, abs=1e-7)


def test_keyness_is_negative_for_what_the_reference_has_more_of_and_zero_for_equal_shares() -> None:
    found = log_likelihood_keyness([1, 10, 5], 100, [50, 10, 5], 100)
    assert found[0] < 0
    assert found[1:].tolist() == [0, 0]


def test_what_cannot_be_is_refused_or_not_a_number() -> None:
    assert math.isnan(log_likelihood_keyness(0, 0, 1, 10))
    assert pointwise_mutual_information(0, 5, 5, 10) == -np.inf
    assert math.isnan(pointwise_mutual_information(0, 0, 5, 10))
    for hits, total in ((11, 10), (-1, 10)):
        with pytest.raises(SettingError, match="between 0 and its total"):
            log_likelihood_keyness(hits, total, 1, 10)
