"""The segmentation kernels equal jieba and plain dicts, compiled and not, on inputs that break kernels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patentmetrics.kernels import chunks, segmentation, trie, unknown_words
from patentmetrics.kernels import words as words_module
from patentmetrics.text import dictionary as dictionary_module
from patentmetrics.text import jieba_package, token_ids, user_words
from patentmetrics.text.dictionary import compile_dictionary, load_dictionary
from patentmetrics.text.segmenters import segment
from patentmetrics.text.token_ids import segment_ids, token_strings
from patentmetrics.text.user_word import UserWord
from patentmetrics.text.user_words import dictionary_with

MODULES = [chunks, segmentation, trie, unknown_words, words_module, dictionary_module, token_ids, user_words]
TEXTS = {
    "no documents": [],
    "empty documents": ["", "", ""],
    "one character": ["太"],
    "only signs": ["，。", "\r\n\r", "😀"],
    "words, new words, ASCII": ["太阳能5G网络", "杭研大厦的FT-IR", "3.14%和a.5b+-", "嚐嚐嚐施不忘"],
    "half of a character": ["太\ud83d阳\udc00"],
    "longer than a chunk": ["太阳能电池，" * 200, "丆" * 1100, "x1" * 600],
    "many documents in a chunk": ["电池", "", "数据", "a"] * 100,
}


@pytest.fixture(params=["jit", "plain"])
def compiled_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every kernel compiled, and with all of them, those inside others too, as plain Python."""
    if request.param == "plain":
        load_dictionary()
        for module in MODULES:
            for name, value in list(vars(module).items()):
                if hasattr(value, "py_func"):
                    monkeypatch.setattr(module, name, value.py_func)


@pytest.mark.parametrize("hmm", [True, False])
@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.usefixtures("compiled_or_not")
def test_tokens_are_those_of_jieba(texts, hmm):
    added = [UserWord("太阳能电"), UserWord("杭研", 0), UserWord("电池，"), UserWord("嚐施", 9)]
    for terms in ([], added):
        dictionary = dictionary_with.__wrapped__(tuple(terms))
        found = segment_ids(texts, dictionary=dictionary, hmm=hmm)
        tokens = token_strings(found.ids, dictionary=dictionary, words=found.words)
        expected = list(segment(texts, segmenter="jieba-reference", hmm=hmm, user_terms=terms))
        assert tokens == [token for one in expected for token in one]
        assert np.diff(found.offsets).tolist() == [len(one) for one in expected]


@pytest.mark.parametrize("longest", [2, 3, 4])
def test_of_routes_of_equal_sum_that_with_the_longer_word_first_is_taken(tmp_path, longest):
    # every string is a word, and all are equally frequent: routes of as many words have the same sum
    strings = ["".join(one) for size in range(1, 9) for one in itertools.product("甲乙", repeat=size)]
    path = tmp_path / "dict.txt"
    path.write_text("".join(f"{word} 3\n" for word in strings if len(word) <= longest), "utf-8")
    assert_tokens_are_those_of_a_tokenizer_with(path, strings)


@settings(deadline=None, max_examples=60)
@given(
    # few letters and frequencies: many routes have the same sum
    listed=st.dictionaries(
        st.text("甲乙a", min_size=1, max_size=5), st.sampled_from([1, 1, 2, 4]), min_size=1, max_size=12
    ),
    texts=st.lists(st.text("甲乙a", max_size=14), min_size=5, max_size=15),
)
def test_of_equal_routes_jiebas_is_taken(tmp_path_factory, listed, texts):
    path = tmp_path_factory.mktemp("dictionary") / "dict.txt"
    path.write_text("".join(f"{word} {frequency}\n" for word, frequency in listed.items()), "utf-8")
    assert_tokens_are_those_of_a_tokenizer_with(path, texts)


def assert_tokens_are_those_of_a_tokenizer_with(path, texts):
    jieba = jieba_package.import_jieba()
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(path.open("rb"))
    tokenizer.initialized = True
    dictionary = compile_dictionary(path)
    for hmm in (True, False):
        found = segment_ids(texts, dictionary=dictionary, hmm=hmm)
        tokens = token_strings(found.ids, dictionary=dictionary, words=found.words)
        assert tokens == [token for text in texts for token in tokenizer.lcut(text, HMM=hmm)]


@pytest.mark.usefixtures("compiled_or_not")
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    listed=st.dictionaries(
        st.text("甲乙丙丁戊己aB1", min_size=1, max_size=4), st.integers(1, 9), min_size=1, max_size=25
    ),
    added=st.dictionaries(
        st.text("甲乙丙丁戊己庚aB1", min_size=1, max_size=4), st.integers(1, 9), max_size=8
    ),
)
def test_the_trie_holds_the_words_of_a_dict_and_their_beginnings_and_spells_them(
    tmp_path_factory, listed, added
):
    path = tmp_path_factory.mktemp("dictionary") / "dict.txt"
    path.write_text("".join(f"{word} {frequency}\n" for word, frequency in listed.items()), "utf-8")
    dictionary = compile_dictionary(path)
    symbols = [dictionary.symbols(word) for word in added]
    entry, slots = user_words._inserted(dictionary.lexicon.entry, symbols, chunks.OUTSIDE)
    assert len(set(slots)) == len(added)
    both = {**listed, **dict.fromkeys(added, 0)}
    inside = {word[:stop] for word in both for stop in range(1, len(word) + 1)}
    for word in {*inside, *(word + "甲" for word in both), *(word[1:] for word in both if word[1:])}:
        letters = np.array(dictionary.symbols(word), np.uint16)
        slot = trie.find(entry, letters, 0, len(letters))
        assert bool(slot) == (len(word) == 1 or word in inside)
        if slot and word not in added:
            assert dictionary.frequencies[entry[slot] >> 40] == max(listed.get(word, 0), len(word) == 1)
    spelled = token_strings(
        np.array(slots, np.int64) + chunks.FIRST_SLOT,
        dictionary=token_ids.replace(dictionary, lexicon=dictionary.lexicon._replace(entry=entry)),
        words=words_module.make_words(1, 1),
    )
    assert spelled == list(added)


@pytest.mark.usefixtures("compiled_or_not")
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=1, max_size=6), max_size=60), st.lists(st.binary(min_size=1, max_size=3)))
def test_the_table_of_words_numbers_them_as_a_dict_does(ours, theirs):
    def filled(words):
        table, numbers = words_module.make_words(1, 1), []
        for word in words:
            table = words_module.with_room(table, 1, len(word))
            assert words_module.has_room(table, 1, len(word))
            numbers.append(
                words_module.number_of(table, np.frombuffer(b"." + word, np.uint8), 1, 1 + len(word))
            )
        return table, numbers

    slow: dict[bytes, int] = {}
    table, numbers = filled(ours)
    assert numbers == [slow.setdefault(word, len(slow)) for word in ours]
    more, _ = filled(theirs)
    distinct = list(dict.fromkeys(theirs))
    table = words_module.with_room(table, len(distinct), sum(map(len, distinct)))
    renumbered = np.full(len(distinct), -1, np.int64)
    words_module.adopt(table, more, renumbered)
    assert renumbered.tolist() == [slow.setdefault(word, len(slow)) for word in distinct]
    assert int(table.number[0]) == len(slow)
    letters = table.letters.tobytes()
    assert [letters[table.start[i] : table.start[i + 1]] for i in range(len(slow))] == list(slow)
    ids = np.array([5, *range(100, 100 + len(distinct))], np.int32)
    words_module.renumber(ids, 100, renumbered)
    assert ids.tolist() == [5, *(100 + renumbered).tolist()]
