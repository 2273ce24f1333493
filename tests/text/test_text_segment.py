"""Segmentation is jieba's, or the stated rule, token by token; normalisation does two things only."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import SettingError
from patentmetrics.text import segment as segment_module
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segment import is_word, segment, segmenter_version
from tests.reference.term_counts import english_tokens
from tests.reference.term_counts import is_word as is_word_slowly

# jieba loads its dictionary in the first example
no_deadline = settings(deadline=None)

# characters at which jieba's rules differ: Han, letters, digits, signs it joins, white space, others
MIXED = st.text(
    st.sampled_from([*"太阳能电池大数据中心的和在研究生命起源杭研大厦abTx059.%+#&_-，。 \r\n\t（）é½😀"]),
    max_size=40,
)
ANY = st.text(max_size=60)
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
@given(st.lists(st.one_of(MIXED, ANY), max_size=5), st.booleans())
def test_the_tokens_of_jieba_joined_are_the_text_again(texts, hmm):
    segmented = list(segment(texts, segmenter="jieba", hmm=hmm))
    assert ["".join(tokens) for tokens in segmented] == texts


@no_deadline
@given(st.one_of(MIXED, ANY), st.booleans())
def test_tokens_equal_those_of_jieba_with_and_without_the_hidden_markov_model(plain, text, hmm):
    assert next(segment([text], segmenter="jieba", hmm=hmm)) == plain.lcut(text, HMM=hmm)


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


def test_words_added_to_the_global_tokenizer_change_nothing_here(jieba):
    before = next(segment(["数字经济核心产业"], segmenter="jieba"))
    jieba.add_word("数字经济核心产业")
    assert next(segment(["数字经济核心产业"], segmenter="jieba")) == before


def test_a_user_term_that_can_never_be_a_token_is_named_in_the_log(caplog):
    with caplog.at_level(logging.WARNING, "patentmetrics"):
        segment([], segmenter="jieba", user_terms=["大 数据", "区块链"])
    assert "大 数据" in caplog.text
    assert "区块链" not in caplog.text


def test_a_cache_file_with_another_dictionary_is_not_believed(monkeypatch, jieba, plain, tmp_path):
    import marshal

    (tmp_path / "jieba.cache").write_bytes(marshal.dumps(({"太阳": 5, "太": 0}, 5)))
    monkeypatch.setattr(jieba.tempfile, "gettempdir", lambda: str(tmp_path))
    segment_module._base_tokenizer.cache_clear()
    try:
        assert next(segment(["太阳能电池"], segmenter="jieba")) == plain.lcut("太阳能电池")
    finally:
        segment_module._base_tokenizer.cache_clear()


@given(st.one_of(MIXED, ANY, st.text("aBc dE-1ſK", max_size=20)))
def test_english_tokens_are_the_maximal_runs_of_ascii_letters(text):
    assert next(segment([text], segmenter="english")) == english_tokens(text)


@given(ANY)
def test_white_space_tokens_are_those_of_split(text):
    assert next(segment([text], segmenter="whitespace")) == text.split()


@pytest.mark.parametrize("segmenter", ["jieba", "english", "whitespace"])
def test_there_is_one_list_a_text_in_order_and_lazily(segmenter):
    def texts():
        yield ""
        yield "cell 电池"
        raise AssertionError("asked for too much")

    segmented = segment(texts(), segmenter=segmenter)
    assert next(segmented) == []
    assert "cell" in next(segmented)


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
    ],
)
def test_a_wrong_option_is_refused_before_any_text_is_read(options):
    with pytest.raises(SettingError):
        segment(iter(()), **options)


def test_one_text_in_place_of_a_list_is_refused():
    with pytest.raises(SettingError, match="one text"):
        segment("大数据", segmenter="jieba")


def test_versions_are_named():
    assert segmenter_version("jieba") == "jieba 0.42.1"
    assert segmenter_version("english") is None


def test_the_modules_of_text_do_not_import_jieba_until_it_is_used():
    code = (
        "import sys, pkgutil, importlib, patentmetrics.text as text\n"
        "for one in pkgutil.iter_modules(text.__path__):\n"
        "    importlib.import_module(f'patentmetrics.text.{one.name}')\n"
        "import patentmetrics.cli.count\n"
        "assert 'jieba' not in sys.modules\n"
        "from patentmetrics.text.segment import segment\n"
        "assert next(segment(['太阳能'], segmenter='jieba'))\n"
        "assert 'jieba' in sys.modules\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.larger
@pytest.mark.parametrize("hmm", [True, False])
def test_real_work_reports_get_the_tokens_of_jieba(larger_data: Path, plain, with_user_terms, hmm):
    reports = sorted((larger_data / "policy" / "city_2024").glob("*.txt"))[:60:15]
    texts = [normalise(path.read_text("utf-8")) for path in reports]
    assert len(texts) == 4
    ours = list(segment(texts, segmenter="jieba", hmm=hmm))
    assert ours == [plain.lcut(text, HMM=hmm) for text in texts]
    assert ["".join(tokens) for tokens in ours] == texts
    taught = next(segment(texts, segmenter="jieba", hmm=hmm, user_terms=USER_TERMS))
    assert taught == with_user_terms.lcut(texts[0], HMM=hmm)


@pytest.mark.larger
def test_real_patent_sentences_get_the_tokens_of_jieba(larger_data: Path, plain):
    sentences = (larger_data / "patents" / "zh_patent_sentences.txt").read_text("utf-8").splitlines()
    assert list(segment(sentences, segmenter="jieba")) == [plain.lcut(one) for one in sentences]
