"""Exclusions, ranges, keywords, main symbols and weights: equal to the slow twin on random concordances."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.keywords import find_keywords, keyword_search
from patentmetrics.classes.match import Matches, class_indicators, match_classes
from patentmetrics.classes.patterns import interval, standard_pattern, subclass_pattern
from patentmetrics.core.errors import ColumnError, LexiconError, SettingError
from patentmetrics.core.types import Concordance, Corpus
from tests.reference import class_matching as twin
from tests.reference.class_matching import Entry

WORDS = ["GPU", "芯片", "大数据", "5G", "数据"]


def concordance_of(entries: list[Entry]) -> Concordance:
    rows = [
        {
            "entry_id": entry.name,
            "field": f"field {entry.name}",
            "pattern": pattern,
            "secondary": False,
            "excluded": entry.excluded or None,
            "keywords": entry.keywords or None,
        }
        for entry in entries
        for pattern in entry.patterns
    ]
    schema = {
        **dict.fromkeys(["entry_id", "field", "pattern"], pl.String),
        "secondary": pl.Boolean,
        "excluded": pl.List(pl.String),
        "keywords": pl.List(pl.String),
    }
    return Concordance(
        id="mine", version="1", title_en="", title_zh="", source="", licence="", status="made up",
        levels=("field",), entries=pl.DataFrame(rows, schema=schema), sha256="0",
    )  # fmt: skip


def corpus_of(patents: list[tuple[list[str] | None, str | None]]) -> Corpus:
    frame = pl.DataFrame(
        {
            "patent_id": [f"p{n}" for n in range(len(patents))],
            "ipc": pl.Series([ipc for ipc, _ in patents], dtype=pl.List(pl.String)),
            "title": pl.Series([text for _, text in patents], dtype=pl.String),
        }
    )
    return Corpus(frame=frame, key="patent_id", text=("title",))


SYMBOLS = st.sampled_from(
    ["G06F", "G06F1", "G06F17", "G06F1/00", "G06F1/16", "G06F3/048", "G06F17/30", "G06F17/305", "G06N3/08",
     "H04L9/32", "H04L9/40", "H04N", "A61K8/02"]
)  # fmt: skip
PATTERNS = st.sampled_from(
    ["G", "G06", "G06F", "G06F1/*", "G06F1/1*", "G06F1/16", "G06F17/*", "G06F17/3*", "G06F17/30", "H04L9/*",
     "G06F1/*-G06F3/*", "G06F1/16-G06F17/30", "G06F-G06N", "H04L9/10-H04L9/32", "A-G", "G06F17/30-G06F17/305"]
)  # fmt: skip
# a keyword asks for what stands beside the exclusions, so both come and go
ENTRIES = st.lists(
    st.tuples(
        st.lists(PATTERNS, min_size=1, max_size=4, unique=True),
        st.lists(PATTERNS, max_size=2, unique=True),
        st.lists(st.sampled_from(WORDS), max_size=2, unique=True),
    ),
    min_size=1,
    max_size=5,
).map(lambda drawn: [Entry(f"e{n}", *parts) for n, parts in enumerate(drawn)])
TEXTS = st.none() | st.text("GPU芯片大数据5G x", max_size=12)
PATENTS = st.lists(st.tuples(st.lists(SYMBOLS, max_size=4), TEXTS), max_size=5)


@settings(deadline=None, max_examples=60)
@given(
    patents=PATENTS,
    entries=ENTRIES,
    overlap=st.sampled_from(["all", "longest"]),
    conditions=st.sampled_from(["entry", "codes", "keywords", "either"]),
)
def test_matches_weights_and_keywords_equal_the_slow_twin(
    patents: list[tuple[list[str], str | None]], entries: list[Entry], overlap: str, conditions: str
) -> None:
    has_keywords = any(entry.keywords for entry in entries)
    by_words = conditions in ("keywords", "either")
    if by_words and not has_keywords:
        return
    found = match_classes(
        corpus_of(patents),  # type: ignore[arg-type]  # a list of str is one of str | None
        concordance_of(entries),
        overlap=overlap,  # type: ignore[arg-type]
        conditions=conditions,  # type: ignore[arg-type]
        weights="whole" if by_words else "fractional",
        threads=1,
    )
    for number, (symbols, text) in enumerate(patents):
        expected = twin.full_matches(symbols, text, entries, overlap=overlap, conditions=conditions)
        own = found.frame.filter(patent_id=f"p{number}")
        rows = own.select("symbol", "entry_id", "pattern").rows()
        assert len(rows) == len(set(rows))
        assert set(rows) == set(expected)
        if not by_words:
            weights = dict(zip(rows, own["weight"].to_list(), strict=True))
            assert weights == pytest.approx(expected)
        if conditions != "codes":
            words = {entry.name: entry.keywords for entry in entries}
            for entry, keywords in own.select("entry_id", "keywords").rows():
                assert set(keywords or []) == set(twin.has_keyword(text, words[entry]))
        matched = found.patents["matched"][number]
        assert (matched is True) == bool(expected)
        if conditions == "codes":
            assert (matched is None) == (not symbols)


def test_a_patent_is_unknown_only_where_what_would_decide_is_missing() -> None:
    entries = [Entry("a", ["G06F"], [], ["GPU"]), Entry("b", ["H04L"], [], [])]
    patents = [
        (["G06F1/00"], None),
        (["G06F1/00"], "CPU"),
        (["A61K"], None),
        (["H04L9/32"], None),
        ([], "GPU"),
    ]
    found = match_classes(corpus_of(patents), concordance_of(entries))
    assert found.patents["matched"].to_list() == [None, False, False, True, None]
    assert found.counts["patents_unknown"] == 2
    assert found.counts["patents_without_text"] == 3
    assert ("G06F1/00", "no keyword of the entries", 2) in found.unmatched.rows()
    either = match_classes(corpus_of(patents), concordance_of(entries), conditions="either")
    assert either.patents["matched"].to_list() == [True, True, None, True, True]
    words = match_classes(corpus_of(patents), concordance_of(entries), conditions="keywords")
    assert words.patents["matched"].to_list() == [None, False, None, None, True]
    assert words.patents["symbols"].null_count() == 5


def test_an_exclusion_is_of_its_entry_alone_and_below_a_subclass_says_nothing_there() -> None:
    table = concordance_of([Entry("a", ["H04L9/*"], ["H04L9/40"], []), Entry("b", ["H04L"], [], [])])
    corpus = corpus_of([(["H04L9/40", "H04L9/32"], None)])
    pairs = match_classes(corpus, table).frame.select("symbol", "entry_id").rows()
    assert pairs == [("H04L9/40", "b"), ("H04L9/32", "a"), ("H04L9/32", "b")]
    narrow = match_classes(corpus, table, overlap="longest").frame.select("symbol", "entry_id").rows()
    assert narrow == [("H04L9/40", "b"), ("H04L9/32", "a")]
    assert match_classes(corpus, table, level="subclass").frame.height == 4


def test_the_main_symbol_is_the_first_listed_and_none_when_that_is_none() -> None:
    table = concordance_of([Entry("a", ["H04L"], [], []), Entry("b", ["G06F"], [], [])])
    corpus = corpus_of(
        [(["G06F1/00; H04L9/32", "H04L9/40"], None), (["14-02", "H04L9/32"], None), (None, None)]
    )
    found = match_classes(corpus, table, symbols="main")
    assert found.frame.select("patent_id", "entry_id").rows() == [("p0", "b")]
    assert found.patents["matched"].to_list() == [True, None, None]
    assert found.counts["symbols_not_main"] == 3
    assert found.rejected.rows() == [(2, "p1", "14-02", "a Locarno class of a design")]


def test_fractional_weights_leave_out_what_is_unmatched() -> None:
    table = concordance_of([Entry("a", ["H04L", "H04L9/*"], [], []), Entry("b", ["H04L"], [], [])])
    corpus = corpus_of([(["H04L9/32", "A61K", "H04L9/32"], None), (["H04L12/00"], None)])
    found = match_classes(corpus, table, weights="fractional")
    assert found.frame["weight"].to_list() == [0.125, 0.125, 0.25, 0.5, 0.5]
    wide = class_indicators(found, of="field", weighted=True)
    assert wide.rows() == [("p0", True, 0.25, 0.25), ("p1", True, 0.5, 0.5)]


def test_indicators_have_a_row_for_each_patent_and_null_for_the_unknown() -> None:
    table = concordance_of([Entry("a", ["H04L"], [], []), Entry("b", ["G06F"], [], [])])
    found = match_classes(corpus_of([(["H04L9/32"], None), (["A61K"], None), (None, None)]), table)
    wide = class_indicators(found, of="field", name="digital")
    assert wide.columns == ["patent_id", "digital", "field a"]
    assert wide.rows() == [("p0", True, True), ("p1", False, False), ("p2", None, None)]
    none = match_classes(corpus_of([(["A61K"], None)]), table)
    assert class_indicators(none, of="field").rows() == [("p0", False)]
    with pytest.raises(SettingError, match="one name"):
        class_indicators(found, of="field", name="field a")
    with pytest.raises(SettingError, match="of has a value"):
        class_indicators(found, of="symbol")


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    patents = [
        ([["G06F1/00", "x"], ["H04L9/32; G06N3/08"], []][n % 3], ["GPU", None][n % 2]) for n in range(50)
    ]
    table = concordance_of([Entry("a", ["G06F", "H04L9/*"], [], ["gpu"]), Entry("b", ["G06N"], [], [])])
    corpus = corpus_of(patents)  # type: ignore[arg-type]

    def run() -> Matches:
        return match_classes(corpus, table, threads=2)

    whole = run()
    for module in ("blocks", "match"):
        monkeypatch.setattr(f"patentmetrics.classes.{module}.BLOCK", 7)
    parts = run()
    assert whole.counts == parts.counts
    for name in ("frame", "patents", "unmatched", "rejected"):
        assert getattr(whole, name).equals(getattr(parts, name))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"conditions": "both"}, SettingError, "conditions"),
        ({"symbols": "first"}, SettingError, "symbols"),
        ({"weights": "half"}, SettingError, "weights"),
        ({"conditions": "keywords", "weights": "fractional"}, SettingError, "fractional"),
        ({"conditions": "entry"}, ColumnError, "names no text column"),
    ],
)
def test_wrong_options_say_what_is_wrong(
    options: dict[str, str], error: type[Exception], message: str
) -> None:
    corpus = Corpus(frame=pl.DataFrame({"patent_id": ["a"], "ipc": ["G06F"]}), key="patent_id", text=())
    with pytest.raises(error, match=message):
        match_classes(corpus, concordance_of([Entry("a", ["G06F"], [], ["GPU"])]), **options)  # type: ignore[arg-type]


def test_keywords_of_a_table_without_any_cannot_be_asked_for() -> None:
    corpus = corpus_of([(["G06F"], "x")])
    with pytest.raises(SettingError, match="no keywords"):
        match_classes(corpus, concordance_of([Entry("a", ["G06F"], [], [])]), conditions="either")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("basic 35GHz", []),
        ("ASIC,5G", ["ASIC", "5G"]),
        ("ａｓｉｃ芯片用５Ｇ网络", ["ASIC", "5G"]),
        ("asics", []),
        ("移动大数据", ["大数据"]),
        (None, []),
    ],
)
def test_keywords_of_letters_are_not_found_inside_longer_ones(text: str | None, found: list[str]) -> None:
    words = ["ASIC", "5G", "大数据"]
    search = keyword_search({word: [n] for n, word in enumerate(words)}, entries=3)
    assert [words[n] for n in find_keywords(pl.Series([text], dtype=pl.String), search).entry] == found


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("G06F3/00-13/00", "G06F3/*-G06F13/*"),
        ("H01L31-33", "H01L31/*-H01L33/*"),
        ("H01L31/02～/04", "H01L31/02-H01L31/04"),
        ("G06F3/00-G06F3/16", "G06F3/00-G06F3/16"),
        ("a01b － a01h", "A01B-A01H"),
        ("G06F3/01至3/048", "G06F3/01-G06F3/048"),
    ],
)
def test_ranges_have_one_standard_form(written: str, standard: str) -> None:
    assert standard_pattern(written) == standard
    assert standard_pattern(standard) == standard
    low, high = interval(standard)
    assert low < high


@pytest.mark.parametrize(
    "written", ["G06F9-3", "G06F-3", "G06F3/10-16", "A-G06F", "G06F3-", "-G06F", "A-B-C"]
)
def test_what_is_no_range_is_refused(written: str) -> None:
    with pytest.raises(LexiconError):
        standard_pattern(written)


def test_a_range_widens_to_the_subclasses_of_its_ends() -> None:
    assert subclass_pattern("G06F3/*-G06F9/*") == "G06F"
    assert subclass_pattern("A01B1/*-A01D3/*") == "A01B-A01D"


@pytest.mark.larger
def test_real_chinese_patents_under_the_key_digital_technologies_equal_the_slow_twin(
    larger_data: Path,
) -> None:
    titles = pl.read_csv(larger_data / "patents" / "cn_titles_ipc.csv")
    frame = titles.select(patent_id="publication_number", ipc="ipc_subclasses", title="title")
    corpus = Corpus(frame=frame, key="patent_id", text=("title",))
    table = load_concordance("key_digital_technology_2023")
    entries = [
        Entry(
            str(part["entry_id"][0]),
            part["pattern"].str.slice(0, 4).unique().to_list(),
            [],
            part["keywords"][0].to_list(),
        )
        for part in table.entries.partition_by("entry_id", maintain_order=True)
    ]
    codes = match_classes(corpus, table, level="subclass", conditions="codes")
    both = match_classes(corpus, table, level="subclass")
    owners: dict[str, set[str]] = {}
    for entry in entries:
        for pattern in entry.patterns:
            owners.setdefault(pattern, set()).add(entry.name)
    by_code = {
        (patent, symbol, entry)
        for patent, symbols, _ in frame.rows()
        for symbol in symbols.split("|")
        for entry in owners.get(symbol, ())
    }
    assert set(codes.frame.select("patent_id", "symbol", "entry_id").rows()) == by_code
    assert codes.frame.height == len(by_code)
    words = sorted({word for entry in entries for word in entry.keywords})
    holding = {patent: set(twin.has_keyword(title, words)) for patent, _, title in frame.rows()[:400]}
    keywords = {entry.name: set(entry.keywords) for entry in entries}
    expected = {row for row in by_code if row[0] in holding and holding[row[0]] & keywords[row[2]]}
    first = both.frame.filter(pl.col("patent_id").is_in(list(holding)))
    assert set(first.select("patent_id", "symbol", "entry_id").rows()) == expected
    assert codes.counts["patents_matched"] == 2905
    assert both.counts["patents_matched"] == 239


@pytest.mark.larger
def test_symbols_of_the_solar_records_match_their_wipo_fields(larger_data: Path) -> None:
    records = pl.read_csv(
        larger_data / "patents" / "us_solar_records.csv", infer_schema=False, encoding="utf8-lossy"
    )
    frame = records.select(patent_id="id", ipc="ipc").unique("patent_id", keep="first", maintain_order=True)
    found = match_classes(Corpus(frame=frame, key="patent_id", text=()), load_concordance("wipo35"))
    # 18 records have no symbol but a slash
    assert found.unmatched.rows() == [("/", "not a symbol", 18), ("G08D23/00", "no pattern", 1)]
    counts = {"patents": 1068, "patents_matched": 1049, "symbols": 1856, "symbols_matched": 1837}
    assert {name: found.counts[name] for name in counts} == counts
    solar = found.frame.filter(symbol="H01L31/042")["field"].unique().to_list()
    assert solar == ["Semiconductors"]
