"""Counts equal the Counter twin, and no document is lost."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.cli.count import command
from patentmetrics.core.errors import ColumnError, DataError, LexiconError, OutputError, SettingError
from patentmetrics.core.provenance import write_frame
from patentmetrics.core.types import Corpus, TermCounts
from patentmetrics.counted.csr import to_csr
from patentmetrics.counted.format import open_counts
from patentmetrics.read.patents import PATENT_SCHEMA
from patentmetrics.read.rejected import rejected_path
from patentmetrics.text.counts import count_terms
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.stopwords import load_stopwords
from patentmetrics.text.vocabulary import build_vocabulary
from tests.reference.term_counts import counted, english_tokens

SCHEMA = {
    "patent_id": pl.String,
    "filing_date": pl.Date,
    "issue_date": pl.Date,
    "title": pl.String,
    "abstract": pl.String,
    "ipc": pl.List(pl.String),
}
WORDS = [
    "a",
    "A",
    "cell",
    "Cell",
    "The",
    "don't",
    "ﬁlm",
    "X-ray",
    "2nd",
    "，",
    "-",
    "太阳能",
    "电池",
    "５Ｇ",
    "é",
]
TEXT = st.one_of(
    st.none(),
    st.just("  "),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map("".join),
)


def corpus_of(texts: list[tuple[str | None, str | None]], years: list[int | None] | None = None) -> Corpus:
    rows = [
        {
            "patent_id": f"P{i:03d}",
            "filing_date": None if years and years[i] is None else dt.date((years or [2000] * 99)[i], 5, 1),
            "issue_date": dt.date(2010, 1, 1),
            "title": title,
            "abstract": abstract,
            "ipc": ["H01L31/04"],
        }
        for i, (title, abstract) in enumerate(texts)
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA)
    return Corpus(frame=frame, key="patent_id", text=("title", "abstract"), made_by={"step": "ingest"})


def read_back(counts: TermCounts) -> dict[str, Counter[str]]:
    matrix, documents = to_csr(counts)
    matrix = matrix.tocsr()
    terms = counts.vocabulary["term"].to_list()
    found = {}
    for i, name in enumerate(documents["patent_id"]):
        row = matrix[i]
        found[name] = Counter({terms[j]: int(n) for j, n in zip(row.indices, row.data, strict=True)})
    return found


def tokens_of(segmenter: str):
    if segmenter == "english":
        return english_tokens
    if segmenter == "whitespace":
        return str.split
    return pytest.importorskip("jieba").Tokenizer().lcut


@pytest.mark.parametrize("segmenter", ["jieba", "english", "whitespace"])
def test_counts_equal_the_counter_twin_on_random_corpora(segmenter):
    slow_tokens = tokens_of(segmenter)

    # no deadline: jieba loads its dictionary in the first example
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8),
        st.sampled_from([1, 2, 3]),
        st.sampled_from(["1.0", "0.5", "0.29"]),
        st.sampled_from(["none", "english_common"]),
        st.data(),
    )
    def check(texts, min_documents, max_share, stopwords, data):
        years = data.draw(
            st.lists(st.sampled_from([1999, 2000, 2003]), min_size=len(texts), max_size=len(texts))
        )
        stop = frozenset() if stopwords == "none" else load_stopwords(stopwords).terms
        if segmenter == "english":
            stop = frozenset(part for term in stop for part in english_tokens(term))
        expected, vocabulary = counted(
            [list(row) for row in texts],
            slow_tokens,
            min_documents=min_documents,
            max_share=max_share,
            stop=stop,
        )
        with tempfile.TemporaryDirectory() as folder:
            options = {
                "segmenter": segmenter,
                "date": "filing",
                "min_documents": min_documents,
                "max_share": float(max_share),
                "stopwords": stopwords,
            }
            output = Path(folder) / "counts"
            if not vocabulary:
                with pytest.raises(DataError):
                    count_terms(corpus_of(texts, years), output, **options)
                assert not list(Path(folder).iterdir())
                return
            counts = count_terms(corpus_of(texts, years), output, **options)
            found = read_back(counts)
        assert counts.vocabulary.rows() == vocabulary
        assert found == {f"P{i:03d}": row for i, row in enumerate(expected)}
        numbers = counts.made_by["counts"]
        assert numbers["nonzeros"] == counts.nonzeros == sum(map(len, expected))
        assert numbers["terms_kept"] == len(vocabulary)
        assert numbers["documents_without_terms"] == sum(not row for row in expected)
        assert numbers["documents_without_text"] == sum(
            all(text is None or not text.strip() for text in row) for row in texts
        )
        dropped = sum(numbers[f"terms_{why}"] for why in ("stopwords", "too_rare", "too_frequent"))
        assert numbers["terms_seen"] == numbers["terms_kept"] + dropped

    check()


def test_no_token_crosses_from_one_column_into_the_next(tmp_path):
    counts = count_terms(
        corpus_of([("太阳", "能电池")]), tmp_path / "counts", segmenter="jieba", date="filing"
    )
    assert "太阳能" not in counts.vocabulary["term"].to_list()


def test_a_null_column_is_skipped_and_an_empty_document_stays(tmp_path):
    texts = [("cell", None), (None, None), ("", "  "), (None, "cell layer"), ("。", "，")]
    counts = count_terms(corpus_of(texts), tmp_path / "counts", segmenter="jieba", date="filing")
    found = read_back(counts)
    assert found["P000"] == {"cell": 1}
    assert found["P003"] == {"cell": 1, "layer": 1}
    assert [name for name, row in found.items() if not row] == ["P001", "P002", "P004"]
    numbers = counts.made_by["counts"]
    assert (numbers["documents_without_text"], numbers["documents_without_terms"]) == (2, 3)
    assert (counts.documents, numbers["documents_rejected"]) == (5, 0)
    assert not rejected_path(tmp_path / "counts").exists()


def test_a_document_without_the_date_is_named_in_the_rejected_file_and_none_is_lost(tmp_path):
    corpus = corpus_of([("cell", None), ("panel", None), ("cell", None)], [2001, None, 2002])
    counts = count_terms(corpus, tmp_path / "counts", segmenter="english", date="filing")
    numbers = counts.made_by["counts"]
    assert (numbers["documents_in"], numbers["documents_out"], numbers["documents_rejected"]) == (3, 2, 1)
    rejected = pl.read_csv(tmp_path / "counts.rejected.csv")
    assert rejected.select("patent_id", "reason", "column").rows() == [
        ("P001", "the date that decides the year is missing", "filing_date")
    ]
    assert set(read_back(counts)) | set(rejected["patent_id"]) == set(corpus.frame["patent_id"])
    # a rejected document has no part in the vocabulary
    assert counts.vocabulary["term"].to_list() == ["cell"]
    # a later run without rejected documents takes the list away
    again = count_terms(corpus, tmp_path / "counts", segmenter="english", date="issue")
    assert again.documents == 3
    assert not rejected_path(tmp_path / "counts").exists()


@pytest.mark.parametrize(
    "content",
    [
        "row,reason\n1,bad\n",
        "file,row,patent_id,reason,column,value\na.csv,2,P1,bad date,filing_date,x\n",
        "",
    ],
)
def test_a_rejected_file_of_another_step_or_the_user_is_not_touched(tmp_path, content):
    path = tmp_path / "counts.rejected.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(OutputError):
        count_terms(corpus_of([("cell", None)]), tmp_path / "counts", segmenter="english", date="filing")
    assert path.read_text("utf-8") == content
    assert not (tmp_path / "counts").exists()


def test_documents_keep_their_dates_year_and_groups(tmp_path):
    corpus = corpus_of([("cell", None), ("cell", None)], [2003, 2001])
    _, documents = to_csr(count_terms(corpus, tmp_path / "c", segmenter="english", date="filing"))
    assert documents["patent_id"].to_list() == ["P001", "P000"]
    assert documents["year"].to_list() == [2001, 2003]
    assert documents["filing_date"].to_list() == [dt.date(2001, 5, 1), dt.date(2003, 5, 1)]
    assert documents["ipc"].to_list() == [["H01L31/04"]] * 2


def test_a_corpus_without_the_other_date_gets_it_as_null(tmp_path):
    corpus = corpus_of([("cell", None)])
    bare = Corpus(
        frame=corpus.frame.select("patent_id", "issue_date", "title"), key="patent_id", text=("title",)
    )
    _, documents = to_csr(count_terms(bare, tmp_path / "c", segmenter="english", date="issue"))
    assert documents.schema["filing_date"] == pl.Date
    assert documents["filing_date"].to_list() == [None]
    with pytest.raises(ColumnError):
        count_terms(bare, tmp_path / "d", segmenter="english", date="filing")


def test_the_vocabulary_does_not_depend_on_the_order_of_the_documents(tmp_path):
    texts = [("cell layer", None), ("layer panel", "x"), ("zeta cell", None), ("alpha", "beta")]
    corpus = corpus_of(texts, [2000, 2001, 2001, 2002])
    shuffled = Corpus(frame=corpus.frame.reverse(), key="patent_id", text=corpus.text)
    one = count_terms(corpus, tmp_path / "one", segmenter="english", date="filing")
    two = count_terms(shuffled, tmp_path / "two", segmenter="english", date="filing")
    assert one.vocabulary.rows() == two.vocabulary.rows()
    assert one.vocabulary["term"].to_list() == ["cell", "layer", "alpha", "beta", "panel", "x", "zeta"]
    assert read_back(one) == read_back(two)


def test_twice_the_same_run_writes_the_same_bytes(tmp_path):
    corpus = corpus_of([("太阳能电池", "a cell"), (None, None), ("电池 layer", "b")], [2000, 2001, None])
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        count_terms(
            corpus,
            folder,
            segmenter="jieba",
            date="filing",
            stopwords="english_common",
            user_terms=["电池组"],
        )
    one, two = (
        {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        for folder in folders
    )
    assert one == two


def test_user_terms_are_normalised_as_the_texts_are(tmp_path):
    counts = count_terms(
        corpus_of([("基于ＡＩ大模型的方法", None)]),
        tmp_path / "counts",
        segmenter="jieba",
        date="filing",
        user_terms=["AI大模型"],
    )
    assert "ai大模型" in counts.vocabulary["term"].to_list()


def test_a_stop_word_meets_the_english_tokens_by_its_runs_of_letters(tmp_path):
    (tmp_path / "own.txt").write_text("don't\nX-ray\n", "utf-8")
    options = {"date": "filing", "stopwords": str(tmp_path / "own.txt")}
    corpus = corpus_of([("Don't x-ray cells", None)])
    counts = count_terms(corpus, tmp_path / "english", segmenter="english", **options)
    assert counts.vocabulary["term"].to_list() == ["cells"]
    counts = count_terms(
        corpus_of([("Don't ray cells", None)]), tmp_path / "white", segmenter="whitespace", **options
    )
    assert counts.vocabulary["term"].to_list() == ["cells", "ray"]


def test_provenance_names_all_that_decides_the_counts(tmp_path):
    counts = count_terms(
        corpus_of([("太阳能 cell", None)]),
        tmp_path / "counts",
        segmenter="jieba",
        date="filing",
        text=["title"],
        stopwords=["chinese_common", "english_patents"],
        hmm=False,
        user_terms=["电池组"],
    )
    made_by = open_counts(tmp_path / "counts").made_by
    assert made_by == counts.made_by
    settings_ = made_by["settings"]
    assert settings_["segmenter_version"] == "jieba 0.42.1"
    assert (settings_["text"], settings_["date"], settings_["hmm"]) == (["title"], "filing", False)
    lists = settings_["term_rules"]["stopwords"]
    assert [one["id"] for one in lists] == ["chinese_common", "english_patents"]
    assert lists[0]["sha256"] == load_stopwords("chinese_common").sha256
    assert settings_["user_terms"] == ["电池组"]
    assert made_by["inputs"] == {"patents": {"step": "ingest"}}
    assert str(tmp_path) not in json.dumps(made_by)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"segmenter": "stanza"}, SettingError),
        ({"date": "priority"}, SettingError),
        ({"min_documents": 0}, SettingError),
        ({"max_share": 0.0}, SettingError),
        ({"max_share": 1.5}, SettingError),
        ({"max_share": float("nan")}, SettingError),
        ({"text": "title"}, SettingError),
        ({"text": []}, SettingError),
        ({"text": ["title", "title"]}, SettingError),
        ({"text": ["titel"]}, ColumnError),
        ({"text": ["ipc"]}, ColumnError),
        ({"stopwords": "english"}, LexiconError),
        ({"stopwords": ["none", "english_common"]}, SettingError),
        ({"segmenter": "whitespace", "user_terms": ["cell"]}, SettingError),
        ({"segmenter": None}, SettingError),
        ({"settings": TextSettings(segmenter="english", weights={"claims": 2})}, SettingError),
        ({"threads": 0}, SettingError),
        ({"memory": 1000}, SettingError),
        ({"min_documents": 2}, DataError),
    ],
)
def test_a_wrong_option_ends_in_one_error_and_nothing_written(tmp_path, options, error):
    chosen = {"segmenter": "english", "date": "filing", **options}
    with pytest.raises(error):
        count_terms(corpus_of([("cell", "layer")]), tmp_path / "counts", **chosen)
    assert not list(tmp_path.iterdir())


def test_a_corpus_without_dates_or_words_is_refused_with_a_hint(tmp_path):
    with pytest.raises(DataError) as caught:
        count_terms(corpus_of([("cell", None)], [None]), tmp_path / "c", segmenter="english", date="filing")
    assert caught.value.hint == "issue_date is known: choose date=issue"
    with pytest.raises(DataError, match="hold no words"):
        count_terms(corpus_of([("太阳", None)]), tmp_path / "c", segmenter="english", date="filing")
    with pytest.raises(DataError):
        count_terms(corpus_of([]), tmp_path / "c", segmenter="english", date="filing")
    assert not list(tmp_path.iterdir())


def test_the_largest_share_is_the_decimal_number_that_was_written():
    # 0.29 × 100 is 28.999999999999996 in floating point
    options = {"documents": np.array([29, 30]), "occurrences": np.array([29, 30]), "corpus_documents": 100}
    vocabulary = build_vocabulary(["a", "b"], max_share=0.29, **options)
    assert vocabulary.frame["term"].to_list() == ["a"]
    assert vocabulary.counts["terms_too_frequent"] == 1


@pytest.mark.larger
def test_real_solar_patents_are_counted_as_the_twin_counts_them(larger_data: Path, tmp_path):
    frame = pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet").sort("patent_id")[::13][:200]
    corpus = Corpus(frame=frame, key="patent_id", text=("title", "text"))
    stop = load_stopwords("english_common").terms | load_stopwords("english_patents").terms
    expected, vocabulary = counted(
        [list(row) for row in frame.select("title", "text").rows()],
        english_tokens,
        min_documents=3,
        max_share="0.8",
        stop=stop,
    )
    counts = count_terms(
        corpus,
        tmp_path / "counts",
        segmenter="english",
        date="issue",
        min_documents=3,
        max_share=0.8,
        stopwords=["english_common", "english_patents"],
    )
    assert counts.documents == 200
    assert counts.vocabulary.rows() == vocabulary
    assert read_back(counts) == dict(zip(frame["patent_id"], expected, strict=True))


@pytest.mark.larger
def test_real_work_reports_are_counted_as_the_twin_counts_them(larger_data: Path, tmp_path):
    paths = sorted((larger_data / "policy" / "city_2024").glob("*.txt"))[:3]
    texts = [(path.read_text("utf-8"), path.stem) for path in paths]
    expected, vocabulary = counted([list(row) for row in texts], tokens_of("jieba"))
    counts = count_terms(corpus_of(texts), tmp_path / "counts", segmenter="jieba", date="filing")
    assert counts.vocabulary.rows() == vocabulary
    assert list(read_back(counts).values()) == expected


def write_patents(path: Path) -> None:
    corpus = corpus_of([("Solar cell", "a cell"), ("Panel", None), ("cell", None)], [2001, None, 2002])
    frame = pl.DataFrame(schema=PATENT_SCHEMA)
    write_frame(pl.concat([frame, corpus.frame], how="diagonal"), path, {"step": "ingest"})


def test_the_command_prints_counts_terms_and_excluded_documents(tmp_path):
    write_patents(tmp_path / "patents.parquet")
    arguments = [str(tmp_path / "patents.parquet"), "-o", str(tmp_path / "counts")]
    options = ["--text", "title, abstract", "--segmenter", "english", "--stopwords", "english_common"]
    ran = CliRunner().invoke(command, [*arguments, *options, "--json"])
    assert ran.exit_code == 0, ran.output
    result = json.loads(ran.output)
    assert (result["documents_in"], result["documents_out"], result["documents_rejected"]) == (3, 2, 1)
    assert result["most frequent terms"] == {"cell": 2, "solar": 1}
    assert result["rejected"] == str(tmp_path / "counts.rejected.csv")
    assert open_counts(tmp_path / "counts").documents == 2
    words = CliRunner().invoke(command, [*arguments, *options])
    assert words.exit_code == 0
    assert "cell 2" in words.output


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--segmenter", "english", "--text", "titel"], 1),
        (["--segmenter", "english", "--stopwords", "english"], 1),
        (["--segmenter", "english", "--no-hmm"], 2),
        (["--segmenter", "stanza"], 2),
        (["--segmenter", "jieba", "--max-share", "0"], 2),
        (["--segmenter", "jieba", "--user-terms", "nowhere.txt"], 1),
        ([], 2),
    ],
)
def test_the_command_ends_with_1_on_bad_data_and_2_on_wrong_usage(tmp_path, options, status):
    write_patents(tmp_path / "patents.parquet")
    ran = CliRunner().invoke(
        command, [str(tmp_path / "patents.parquet"), "-o", str(tmp_path / "counts"), *options]
    )
    assert ran.exit_code == status, ran.output
    assert isinstance(ran.exception, SystemExit)
    assert "rror: " in ran.output
    assert not (tmp_path / "counts").exists()
