"""The compiled dictionary is jieba's, word by word, with user words as jieba adds them; its cache is safe."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import InputError
from patentmetrics.text import dictionary as module
from patentmetrics.text.dictionary import cache_folder, compile_dictionary, load_dictionary
from patentmetrics.text.segmenters import segment
from patentmetrics.text.user_word import UserWord
from patentmetrics.text.user_words import dictionary_with, read_user_dictionary

SAMPLES = [
    "太阳能电池组件的大数据中心",
    "AT&T在5G和C++里，嚐嚐 3.14%",
    "杭研大厦区块链工业互联网",
    "能能数据太γ射线",
]

word = st.one_of(
    st.sampled_from(
        [
            "太阳能",
            "太",
            "嚐",
            "嚐嚐",
            "数据中心",
            "大数据",
            "区块链",
            "5G",
            "c++",
            "γ射线",
            "a b",
            "杭研",
            "·",
        ]
    ),
    st.text("太阳能电池大数据中心嚐施忘杭研厦5Gab+.·γ", min_size=1, max_size=7),
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5), min_size=1, max_size=4),
)
frequency = st.one_of(st.none(), st.sampled_from([0, 1, 2, 3, 10**12]), st.integers(0, 10**6))
user_words = st.lists(st.builds(UserWord, word, frequency), max_size=8)


@pytest.fixture(scope="module")
def jieba():
    return pytest.importorskip("jieba")


@pytest.fixture(scope="module")
def plain(jieba):
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return tokenizer


@pytest.fixture
def taught(jieba, plain):
    """Give a function that copies jieba's tokenizer; what it learns to split is forgotten afterwards."""

    def copied():
        jieba.finalseg.Force_Split_Words.clear()
        tokenizer = jieba.Tokenizer()
        tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(plain.FREQ), plain.total, True
        return tokenizer

    yield copied
    jieba.finalseg.Force_Split_Words.clear()


def test_every_entry_of_jiebas_dictionary_has_its_frequency(plain):
    dictionary = load_dictionary()
    assert dictionary.total == plain.total
    assert all(dictionary.frequency(word) == frequency for word, frequency in plain.FREQ.items())
    assert [dictionary.frequency(word) for word in ["", "区块链", "嚐嚐嚐", "😀", "\ud800", "γx"]] == [
        None
    ] * 6


@settings(deadline=None, max_examples=60)
@given(
    words=user_words,
    texts=st.lists(st.text("太阳能电池大数据中心嚐施忘杭研厦5Gab+.，", max_size=20), max_size=3),
)
def test_words_are_added_as_jieba_adds_them_in_the_same_order(jieba, plain, words, texts):
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(plain.FREQ), plain.total, True
    jieba.finalseg.Force_Split_Words.clear()
    try:
        for one, given_frequency in words:
            tokenizer.add_word(one, given_frequency)
        dictionary = dictionary_with(tuple(words))
        assert dictionary.total == tokenizer.total
        for part in {one.word[:stop] for one in words for stop in range(1, len(one.word) + 1)}:
            assert dictionary.frequency(part) == tokenizer.FREQ[part]
        texts = [*texts, *SAMPLES, "".join(one.word for one in words)]
        for hmm in (True, False):
            expected = [tokenizer.lcut(text, HMM=hmm) for text in texts]
            for segmenter in ("jieba", "jieba-reference"):
                assert list(segment(texts, segmenter=segmenter, hmm=hmm, user_terms=words)) == expected
    finally:
        jieba.finalseg.Force_Split_Words.clear()


def test_many_words_move_nodes_of_the_trie_and_none_is_lost(taught, plain):
    tokenizer = taught()
    heads = ["太", "太阳", "一", "区块", "嚐", "A", "5"]
    words = [UserWord(head + chr(code), code) for code in range(0x4E00, 0x9FD6, 97) for head in heads]
    for one, given_frequency in words:
        tokenizer.add_word(one, given_frequency)
    dictionary = dictionary_with(tuple(words))
    assert all(dictionary.frequency(one.word) == one.frequency for one in words)
    unchanged = {word: number for word, number in plain.FREQ.items() if tokenizer.FREQ[word] == number}
    assert len(unchanged) > 490_000
    assert all(dictionary.frequency(word) == number for word, number in unchanged.items())


LINES = st.lists(
    st.one_of(
        st.builds(
            "{}{}{}".format,
            word,
            st.sampled_from(["", " 5", " 0", "  7", " 12x", " 007"]),
            st.sampled_from(["", " n", " N", "  v", " n v"]),
        ),
        st.sampled_from(
            [
                "",
                "  ",
                "\ufeff",
                "\ufeff大数据",
                " 大数据\t",
                "大\u2028数据 3",
                "\x85",
                "5",
                "5 n",
                "12 34 n",
                "大 数据 9 nz\r",
            ]
        ),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(lines=LINES, ending=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_user_dictionaries_are_read_as_jieba_reads_them(jieba, tmp_path_factory, lines, ending, mark):
    content = ("\ufeff" * mark + ending.join(["能源", *lines])).encode()
    added = []
    tokenizer = jieba.Tokenizer()
    tokenizer.initialized = True
    tokenizer.add_word = lambda *parts: added.append(parts[:2])
    tokenizer.load_userdict(io.BytesIO(content))
    path = tmp_path_factory.mktemp("words") / "words.txt"
    path.write_bytes(content)
    expected = [(one, None if frequency is None else int(frequency)) for one, frequency in added]
    assert [tuple(one) for one in read_user_dictionary(path)] == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("大数据 5\n数".encode("gb18030"), "line 1"),
        ("能\n大数据 1234567890123456789".encode(), "line 2"),
        (b"", "empty"),
    ],
)
def test_a_user_dictionary_that_cannot_be_read_is_refused(tmp_path, content, message):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_user_dictionary(path)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small dictionary in place of jieba's, and an empty cache folder that does not exist yet."""
    path = tmp_path / "dict.txt"
    path.write_text("太阳 3 n\n太阳能 5 n\n能 2\n太阳 4 n\nγ线 1\n", "utf-8")
    model = module._jieba_files()[1:]
    monkeypatch.setattr(module, "_jieba_files", lambda: [path, *model])
    monkeypatch.setenv(module.CACHE_VARIABLE, str(tmp_path / "cache" / "ours"))
    return path


def load_again():
    return load_dictionary.__wrapped__()


def same(one, other):
    assert (one.total, one.others) == (other.total, other.others) == (15, {"γ": 0, "γ线": 1})
    for ours, theirs in zip(
        [*one.lexicon, *one.model, one.frequencies],
        [*other.lexicon, *other.model, other.frequencies],
        strict=True,
    ):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_a_compiled_dictionary_comes_back_from_the_cache_as_it_was(small, monkeypatch, caplog):
    compiled = load_again()
    assert [compiled.frequency(word) for word in ["太阳", "太阳能", "太", "能", "阳"]] == [4, 5, 0, 2, None]
    monkeypatch.setattr(module, "compile_dictionary", lambda _: pytest.fail("compiled again"))
    same(load_again(), compiled)
    assert not caplog.records


def test_another_dictionary_or_model_has_another_file_in_the_cache(small):
    load_again()
    small.write_text(small.read_text("utf-8").replace("能 2", "能 1"), "utf-8")
    assert load_again().frequency("能") == 1
    assert len(list(cache_folder().iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut off", "one byte", "empty", "text", "other arrays", "folder"])
def test_a_damaged_cache_is_said_and_made_anew(small, caplog, damage):
    compiled = load_again()
    (path,) = cache_folder().iterdir()
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "other arrays":
        with np.load(path) as kept:
            arrays = dict(kept)
        arrays["entry"] = arrays["entry"][:-1] | (1 << 39)  # a base beyond the end
        with path.open("wb") as handle:
            np.savez(handle, **arrays)
    else:
        middle = len(content) // 2
        changed = {
            "cut off": content[:middle],
            "one byte": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "empty": b"",
            "text": b"dictionary",
        }
        path.write_bytes(changed[damage])
    with caplog.at_level(logging.WARNING, "patentmetrics"):
        same(load_again(), compiled)
    assert "compiled anew" in caplog.text
    if damage != "folder":
        caplog.clear()
        same(load_again(), compiled)
        assert not caplog.records


def test_without_a_cache_folder_the_dictionary_is_kept_in_memory(small, monkeypatch, caplog, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(module.CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    with caplog.at_level(logging.WARNING, "patentmetrics"):
        assert load_again().frequency("太阳能") == 5
    assert "cannot be kept" in caplog.text


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/patentmetrics"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/someone/.cache/patentmetrics"),
        ("linux", {}, "/home/someone/.cache/patentmetrics"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, "/home/someone/Library/Caches/patentmetrics"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/patentmetrics"),
        ("win32", {}, "/home/someone/AppData/Local/patentmetrics"),
        ("linux", {"XDG_CACHE_HOME": "/x", "PATENTMETRICS_CACHE": "/named"}, "/named"),
    ],
)
def test_the_cache_is_where_the_system_keeps_such_files(monkeypatch, platform, variables, expected):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", module.CACHE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module.sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/someone"))
    assert cache_folder().as_posix() == expected


@pytest.mark.parametrize("line", ["太阳", "太阳 x n", "太阳  3"])
def test_a_line_of_a_dictionary_without_frequency_is_refused_with_its_number(tmp_path, line):
    path = tmp_path / "dict.txt"
    path.write_text(f"能 1\n{line}\n", "utf-8")
    with pytest.raises(InputError, match="line 2"):
        compile_dictionary(path)
