"""Cutting alphabetic text: the kernel gives what its slow twin gives, character by character."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patentmetrics.core.utf8 import utf8_of
from patentmetrics.kernels.english import BREAK, SPLIT, cut_words
from patentmetrics.kernels.words import make_words
from patentmetrics.text.english import EnglishRules, english_ids, english_tokens, word_strings
from tests.reference import english_tokens as twin

# what cuts, what joins, and what only looks like a letter
ALPHABET = "abz AZ09-.,'_\t\n\u00e9\u03b1\u0660\u3000\u2010大数😀"
texts = st.text(st.sampled_from(ALPHABET)) | st.text()
choices = {"letters": ["ascii", "unicode"], "hyphens": ["split", "keep", "both"], "digits": ["cut", "keep"]}


@settings(deadline=None)
@given(
    st.lists(texts, max_size=5),
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in choices.items()}),
)
@example(["solar-cell--array -a- b-"], {"letters": "ascii", "hyphens": "both", "digits": "cut"})
@example(["é-h2o", "", "2-3a"], {"letters": "unicode", "hyphens": "keep", "digits": "keep"})
def test_tokens_and_breaks_are_those_of_the_slow_twin(documents, chosen):
    rules = EnglishRules(**chosen)
    expected = [twin.tokens(text, **chosen) for text in documents]
    assert english_tokens(documents, rules=rules) == [[t for t in one if t != "|"] for one in expected]
    if rules.hyphens != "both":
        found = english_ids(documents, rules=rules, breaks=True)
        names = [*word_strings(found.words), "|"]  # −1 is the last
        cut = [[names[one] for one in found.ids[a:b]] for a, b in pairwise(found.offsets.tolist())]
        assert cut == expected


@settings(deadline=None)
@given(st.lists(texts, max_size=4))
def test_the_compiled_loop_does_what_its_python_source_does(documents):
    data, offsets = utf8_of(documents)
    kinds = np.zeros(0x20000, np.uint8)
    kinds[[ord(one) for one in "abzé大"]] = 1
    kinds[ord("-")], kinds[ord(" ")] = 2, 3
    outcomes = []
    for run in (cut_words, cut_words.py_func):
        ids, tokens, words = (
            np.zeros(len(data), np.int32),
            np.zeros(len(documents) + 1, np.int64),
            make_words(),
        )
        done = run(data, offsets, 0, kinds, SPLIT, True, words, ids, tokens)
        outcomes.append((done, ids.tolist(), tokens.tolist(), word_strings(words)))
    assert outcomes[0] == outcomes[1]


def test_a_small_table_grows_between_documents_and_no_token_is_lost():
    documents = [
        " ".join(f"w{'ab'[i % 2] * (i % 50)}x{chr(97 + i % 26)}" for i in range(n)) for n in range(400)
    ]
    found = english_ids(documents)
    names = word_strings(found.words)
    assert len(names) == len(set(names))
    cut = [[names[one] for one in found.ids[a:b]] for a, b in pairwise(found.offsets.tolist())]
    assert cut == [[one for one in text.split() if one] for text in documents]


def test_words_that_are_given_keep_their_numbers_and_are_not_changed():
    given_words = english_ids(["cell solar"]).words
    before = word_strings(given_words)
    found = english_ids(["solar panel"], words=given_words)
    assert found.ids.tolist() == [1, 2]
    assert word_strings(given_words) == before == ["cell", "solar"]


def test_breaks_stand_between_tokens_only():
    found = english_ids([", a, b ,", "", "...", "c"], breaks=True)
    assert found.ids.tolist() == [0, BREAK, 1, 2]
    assert found.offsets.tolist() == [0, 3, 3, 3, 4]


@pytest.mark.parametrize("documents", [[], [""], ["", ""], [None, "a"], ["-", "--", " - "]])
def test_documents_without_tokens_stay_documents(documents):
    found = english_ids(documents)
    assert len(found.offsets) == len(documents) + 1
    assert found.offsets[-1] == len(found.ids) == sum(text == "a" for text in documents)
