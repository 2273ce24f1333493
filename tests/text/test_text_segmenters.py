"""Segmentation is jieba's, or the stated rule, token by token; normalisation does two things only."""

from __future__ import annotations

import io
import logging
import marshal
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import SettingError
from patentmetrics.lexicon.load import load_lexicon
from patentmetrics.read.policy import read_policy_folder
from patentmetrics.text import dictionary as dictionary_module
from patentmetrics.text import jieba_package
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segmenters import is_word, segment, segmenter_version
from patentmetrics.text.user_word import UserWord
from tests.reference.term_counts import english_tokens
from tests.reference.term_counts import is_word as is_word_slowly

# jieba loads its dictionary in the first example
no_deadline = settings(deadline=None)

# characters at which jieba's rules differ: Han, letters, digits, signs it joins, white space, others
MIXED = st.text(
    st.sampled_from([*"太阳能电池大数据中心的和在研究生命起源杭研大厦abTx059.%+#&_-，。 \r\n\t（）é½😀"]),
    max_size=40,
)
ANY = st.text(st.characters(), max_size=60)  # with halves of surrogate pairs
HAN = st.characters(min_codepoint=0x4DF0, max_codepoint=0x9FE0)  # a little beyond jieba's range
UNSEEN = "嚐丆丏鿕鿖㐀𠀀"  # no word alone, unknown to the model, the last of the range, outside it
SIGNS = [*UNSEEN, *"0Aa9z.%+#&_-\r\n\x85\u2028\u3000 \t\x00é̈Ⅳ½😀\ud83d\udc00", "\r\n", "３", "Ａ", "，"]
RUNS = st.lists(st.one_of(HAN, st.sampled_from(SIGNS), st.sampled_from("0123456789abXY.%+#&_-"))).map("".join)
# two characters for each set of states in which the model knows them: equal sums at every state
PARTLY_KNOWN = "一丁丂丆丄丅丕亶丟丢乂乇亓仉亟亩伋倢佴怃円咲婨媞嬿嶌揶舢苠醐蒺踯"
TIES = st.text(PARTLY_KNOWN, max_size=20)
TEXTS = st.lists(st.one_of(RUNS, MIXED, ANY, TIES), max_size=5)
USER_TERMS = ["大数据", "区块链", "工业互联网", "数字经济", "太阳能电池组件", "ai+", "大数据"]


@pytest.fixture(scope="module")
def jieba():
    return pytest.importorskip("jieba")


@pytest.fixture(scope="module")
def plain(jieba):
    """A tokenizer made by jieba alone."""
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return tokenizer


@pytest.fixture(scope="module")
def with_user_terms(jieba):
    """A tokenizer that jieba itself has taught the user terms, from a file of words alone."""
    tokenizer = jieba.Tokenizer()
    tokenizer.load_userdict(io.BytesIO("\n".join(USER_TERMS).encode()))
    return tokenizer


@no_deadline
@given(TEXTS, st.booleans())
def test_the_tokens_of_jieba_joined_are_the_text_again(texts, hmm):
    segmented = list(segment(texts, segmenter="jieba", hmm=hmm))
    assert ["".join(tokens) for tokens in segmented] == texts


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.booleans())
def test_tokens_equal_those_of_jieba_with_and_without_the_hidden_markov_model(plain, texts, hmm):
    expected = [plain.lcut(text, HMM=hmm) for text in texts]
    assert list(segment(texts, segmenter="jieba", hmm=hmm)) == expected
    assert list(segment(texts, segmenter="jieba-reference", hmm=hmm)) == expected


@pytest.mark.parametrize("hmm", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "嚐嚐嚐施不忘",  # a character that is no word by itself is a way only where no word begins
        "丆丏丆丏，嶌乩怃咲醐，咲舢乂伋醐妩，伋嬿妩怃，婨丢丌亩，丢丟舢乩亓廼",  # equal sums in the model
        "FT-IR 0.05 3.14.15 5.% 12% a.5b 5.a 3.x4 9.. +- C++ c#",
        "\r\n\r\r\n\n\x85\u2028\u2029\u3000\x1c",
        "\ud83d\ude00太\ud83d阳",
        "太阳能" * 2000,
        "Ab9" * 3000,
        "丆" * 1500 + "，" + "a" * 1100 + "．",
    ],
)
def test_tokens_equal_those_of_jieba_where_its_rules_meet(plain, text, hmm):
    assert list(segment([text, "", text], segmenter="jieba", hmm=hmm)) == [
        plain.lcut(text, HMM=hmm),
        [],
        plain.lcut(text, HMM=hmm),
    ]


@no_deadline
@given(st.lists(st.one_of(st.sampled_from(USER_TERMS), MIXED), max_size=8).map("".join), st.booleans())
def test_user_terms_act_as_jieba_loads_them_from_a_file(with_user_terms, text, hmm):
    ours = next(segment([text], segmenter="jieba", hmm=hmm, user_terms=USER_TERMS))
    assert ours == with_user_terms.lcut(text, HMM=hmm)


def test_the_hidden_markov_model_and_user_terms_change_tokens():
    assert next(segment(["杭研大厦"], segmenter="jieba")) == ["杭研", "大厦"]
    assert next(segment(["杭研大厦"], segmenter="jieba", hmm=False)) == ["杭", "研", "大厦"]
    assert next(segment(["区块链"], segmenter="jieba", hmm=False)) == ["区块", "链"]
    assert next(segment(["区块链"], segmenter="jieba", hmm=False, user_terms=["区块链"])) == ["区块链"]


def test_user_terms_reach_neither_the_next_call_nor_the_global_tokenizer(jieba, plain):
    assert next(segment(["工业互联网"], segmenter="jieba", user_terms=["工业互联网"])) == ["工业互联网"]
    assert next(segment(["工业互联网"], segmenter="jieba")) == plain.lcut("工业互联网")
    assert not jieba.dt.FREQ.get("工业互联网")


@pytest.mark.parametrize("segmenter", ["jieba", "jieba-reference"])
def test_words_added_to_the_global_tokenizer_change_nothing_here(jieba, segmenter):
    texts = ["数字经济核心产业", "杭研大厦"]
    before = list(segment(texts, segmenter=segmenter))
    jieba.add_word("数字经济核心产业")
    jieba.del_word("杭研")
    try:
        assert list(segment(texts, segmenter=segmenter)) == before
    finally:
        jieba.finalseg.Force_Split_Words.clear()


def test_words_removed_here_are_not_removed_from_jieba(jieba):
    removed = [UserWord("杭研", 0), UserWord("太阳能", 0)]
    for segmenter in ("jieba", "jieba-reference"):
        assert list(segment(["杭研大厦", "太阳能"], segmenter=segmenter, user_terms=removed)) == [
            ["杭", "研", "大厦"],
            ["太阳", "能"],
        ]
    assert not jieba.finalseg.Force_Split_Words


def test_a_user_term_that_can_never_be_a_token_is_named_in_the_log(caplog):
    with caplog.at_level(logging.WARNING, "patentmetrics"):
        segment([], segmenter="jieba", user_terms=["大 数据", "区块链"])
    assert "大 数据" in caplog.text
    assert "区块链" not in caplog.text


def test_a_cache_file_of_jieba_with_another_dictionary_is_not_believed(monkeypatch, jieba, plain, tmp_path):
    (tmp_path / "jieba.cache").write_bytes(marshal.dumps(({"太阳": 5, "太": 0}, 5)))
    monkeypatch.setattr(jieba.tempfile, "gettempdir", lambda: str(tmp_path))
    jieba_package._base_tokenizer.cache_clear()
    try:
        assert next(segment(["太阳能电池"], segmenter="jieba-reference")) == plain.lcut("太阳能电池")
    finally:
        jieba_package._base_tokenizer.cache_clear()


@given(st.one_of(MIXED, ANY, st.text("aBc dE-1ſK", max_size=20)))
def test_english_tokens_are_the_maximal_runs_of_ascii_letters(text):
    assert next(segment([text], segmenter="english")) == english_tokens(text)


@given(ANY)
def test_white_space_tokens_are_those_of_split(text):
    assert next(segment([text], segmenter="whitespace")) == text.split()


@pytest.mark.parametrize("segmenter", ["jieba-reference", "english", "whitespace"])
def test_there_is_one_list_a_text_in_order_and_lazily(segmenter):
    def texts():
        yield ""
        yield "cell 电池"
        raise AssertionError("asked for too much")

    segmented = segment(texts(), segmenter=segmenter)
    assert next(segmented) == []
    assert "cell" in next(segmented)


def test_no_more_texts_are_read_ahead_than_were_given():
    read = 0

    def texts():
        nonlocal read
        for number in range(5000):
            read += 1
            yield f"第{number}项"

    for given_, tokens in enumerate(segment(texts(), segmenter="jieba")):
        assert read <= 2 * given_ + 1
        assert read <= given_ + 1024
        assert tokens == ["第", str(given_), "项"]
    assert read == 5000


def test_long_texts_are_not_read_ahead():
    read = 0

    def texts():
        nonlocal read
        for _ in range(6):
            read += 1
            yield "太阳能，" * (1 << 18)

    for given_, _ in enumerate(segment(texts(), segmenter="jieba")):
        assert read == given_ + 1


@given(st.text(max_size=10))
def test_a_word_holds_a_letter_a_number_or_a_han_character(token):
    assert is_word(token) == is_word_slowly(token)


def test_normalising_maps_compatibility_forms_and_case_and_nothing_else():
    assert normalise("５Ｇ ＡＩ＋ ﬁlm Straße") == "5g ai+ film straße"
    assert normalise("大 数据\r\n\t“x”—a  b") == "大 数据\r\n\t“x”—a  b"
    assert normalise("") == ""


@pytest.mark.parametrize(
    "options",
    [
        {"segmenter": "Jieba"},
        {"segmenter": "english", "user_terms": ["大数据"]},
        {"segmenter": "jieba", "user_terms": "大数据"},
        {"segmenter": "jieba", "user_terms": UserWord("大数据")},
        {"segmenter": "jieba", "user_terms": [UserWord("大数据", -1)]},
        {"segmenter": "jieba-reference", "user_terms": [UserWord("大数据", 10**18)]},
    ],
)
def test_a_wrong_option_is_refused_before_any_text_is_read(options):
    with pytest.raises(SettingError):
        segment(iter(()), **options)


def test_one_text_in_place_of_a_list_is_refused():
    with pytest.raises(SettingError, match="one text"):
        segment("大数据", segmenter="jieba")


def test_versions_are_named():
    assert segmenter_version("jieba") == segmenter_version("jieba-reference") == "jieba 0.42.1"
    assert segmenter_version("english") is None


def test_jieba_is_not_imported_for_a_dictionary_that_is_compiled(tmp_path):
    path = tmp_path / f"jieba-{dictionary_module._hash(dictionary_module._jieba_files())}.npz"
    dictionary_module._write(path, dictionary_module.load_dictionary())
    code = (
        "import sys, pkgutil, importlib, patentmetrics.text as text\n"
        "for one in pkgutil.iter_modules(text.__path__):\n"
        "    importlib.import_module(f'patentmetrics.text.{one.name}')\n"
        "import patentmetrics.cli.count\n"
        "from patentmetrics.text.segmenters import segment, segmenter_version\n"
        "assert next(segment(['太阳能'], segmenter='jieba', user_terms=['能'])) == ['太阳能']\n"
        "assert segmenter_version('jieba')\n"
        "assert 'jieba' not in sys.modules\n"
        "assert next(segment(['太阳能'], segmenter='jieba-reference')) == ['太阳能']\n"
        "assert 'jieba' in sys.modules\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, dictionary_module.CACHE_VARIABLE: str(tmp_path)},
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(scope="module")
def taught(jieba):
    """jieba taught a whole lexicon, and that lexicon."""
    terms = load_lexicon("digital_transformation_wu2021").entries["term"].to_list()
    tokenizer = jieba.Tokenizer()
    tokenizer.load_userdict(io.BytesIO("\n".join(terms).encode()))
    return tokenizer, terms


@pytest.mark.larger
@pytest.mark.parametrize("hmm", [True, False])
def test_all_real_texts_get_the_tokens_of_jieba(larger_data: Path, plain, hmm):
    texts = real_texts(larger_data)
    assert len(texts) > 5000
    differing = [
        text[:80]
        for text, tokens in zip(texts, segment(texts, segmenter="jieba", hmm=hmm), strict=True)
        if tokens != plain.lcut(text, HMM=hmm)
    ]
    assert not differing


@pytest.mark.larger
def test_real_reports_get_the_tokens_of_jieba_with_the_terms_of_a_lexicon(larger_data: Path, taught):
    tokenizer, terms = taught
    texts = [text for text in real_texts(larger_data) if len(text) > 1000][::8]
    for hmm in (True, False):
        for text, tokens in zip(
            texts, segment(texts, segmenter="jieba", hmm=hmm, user_terms=terms), strict=True
        ):
            assert tokens == tokenizer.lcut(text, HMM=hmm), text[:80]


def real_texts(folder: Path) -> list[str]:
    """Every Chinese text of the larger data: as it is, for rare characters must pass too."""
    titles = pl.read_csv(folder / "patents" / "cn_titles_ipc.csv", infer_schema=False)
    policy = read_policy_folder(folder / "policy" / "province_2025_docx").corpus.frame
    return [
        *(path.read_text("utf-8") for path in sorted((folder / "policy" / "city_2024").glob("*.txt"))),
        *policy["text"].drop_nulls(),
        *(folder / "patents" / "zh_patent_sentences.txt").read_text("utf-8").splitlines(),
        *titles["title"].drop_nulls(),
    ]
