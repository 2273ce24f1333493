"""Matching: equal to the slow twin; nothing is lost in silence; the real table and real patents."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.match import Matches, match_classes
from patentmetrics.classes.patterns import standard_pattern
from patentmetrics.classes.symbols import parse_symbols
from patentmetrics.core.errors import ColumnError, LexiconError, SettingError
from patentmetrics.core.types import Concordance, Corpus
from tests.reference import class_matching as twin

COLUMNS = ["symbol", "entry_id", "pattern"]


def concordance_of(*patterns: tuple[str, str]) -> Concordance:
    """Make a concordance of (entry, pattern)."""
    rows = [{"entry_id": entry, "field": f"field {entry}", "pattern": one} for entry, one in patterns]
    return Concordance(
        id="mine",
        version="1",
        title_en="",
        title_zh="",
        source="",
        licence="",
        status="made up",
        levels=("field",),
        entries=pl.DataFrame(rows),
        sha256="0",
    )


def corpus_of(*ipc: list[str] | str | None) -> Corpus:
    dtype = pl.String if any(isinstance(one, str) for one in ipc) else pl.List(pl.String)
    frame = pl.DataFrame(
        {"patent_id": [f"p{n}" for n in range(len(ipc))], "ipc": pl.Series(ipc, dtype=dtype)}
    )
    return Corpus(frame=frame, key="patent_id", text=())


def check_sums(found: Matches) -> None:
    counts = found.counts
    assert counts["patents"] == counts["patents_without_symbols"] + counts["patents_with_symbols"]
    parts = ("patents_matched", "patents_unmatched", "patents_unknown")
    assert counts["patents"] == sum(counts[name] for name in parts)
    assert found.patents.height == counts["patents"]
    assert found.patents["matched"].null_count() == counts["patents_unknown"]
    assert found.rejected.height == counts["symbols_invalid"]
    parts = ("symbols_matched", "symbols_unmatched", "symbols_invalid", "symbols_repeated")
    assert counts["symbols"] == sum(counts[name] for name in parts)


@pytest.mark.parametrize(
    ("symbol", "field"),
    [
        ("H01L31/042", "Semiconductors"),
        ("G06F17/30", "Computer technology"),
        ("G06Q", "IT methods for management"),
        ("G06Q10/06", "IT methods for management"),
        ("A61K8/02", "Organic fine chemistry"),
        ("A61K0008020000", "Organic fine chemistry"),
        ("A61Q19/00", "Organic fine chemistry"),
        ("A61K31/00", "Pharmaceuticals"),
        ("A61K103/00", "Pharmaceuticals"),
        ("G01N33/50", "Analysis of biological materials"),
        ("G01N3/08", "Measurement"),
        ("H04N1/00", "Telecommunications"),
        ("H04N19/00", "Audio-visual technology"),
        ("H04N21/00", "Digital communication"),
        ("B01D5/00", "Chemical engineering"),
        ("B01D53/04", "Environmental technology"),
        ("E01F8/00", "Environmental technology"),
        ("H02S40/00", "Electrical machinery, apparatus, energy"),
    ],
)
def test_wipo_gives_known_symbols_their_field(symbol: str, field: str) -> None:
    found = match_classes(corpus_of([symbol]), load_concordance("wipo35"))
    assert found.frame["field"].to_list() == [field]


def test_wipo_covers_each_symbol_once_at_most() -> None:
    entries = load_concordance("wipo35").entries
    samples = [one.replace("/*", "/00") if "/" in one else f"{one}1/00" for one in entries["pattern"]]
    found = match_classes(corpus_of(*([one] for one in samples)), load_concordance("wipo35"), overlap="all")
    assert found.frame["pattern"].to_list() == entries["pattern"].to_list()
    assert found.frame["entry_id"].to_list() == entries["entry_id"].to_list()
    assert len(samples) == 764


@pytest.mark.larger
def test_wipo_is_the_source_file_pattern_by_pattern(larger_data: Path) -> None:
    source = pl.read_csv(larger_data / "concordances" / "wipo35.csv", infer_schema=False)
    theirs = {
        (row["Field_number"], row["Sector_en"], row["Field_en"], standard_pattern(row["IPC_code"]))
        for row in source.iter_rows(named=True)
    }
    ours = set(load_concordance("wipo35").entries.select("entry_id", "sector", "field", "pattern").rows())
    assert len(theirs) == source.height == 764
    assert ours == theirs


def test_a_symbol_less_precise_than_the_patterns_is_named_as_such() -> None:
    found = match_classes(corpus_of(["A61K", "G06V10/00", "14-02", "A61P"]), load_concordance("wipo35"))
    assert found.frame["symbol"].to_list() == ["A61P"]
    assert sorted(found.unmatched.rows()) == [
        ("14-02", "a Locarno class of a design", 1),
        ("A61K", "less precise than the patterns", 1),
        ("G06V10/00", "no pattern", 1),
    ]
    check_sums(found)


def test_at_the_subclass_level_a_divided_subclass_matches_all_its_fields() -> None:
    found = match_classes(corpus_of(["A61K31/00"], ["A61K"]), load_concordance("wipo35"), level="subclass")
    fields = ["Organic fine chemistry", "Pharmaceuticals"]
    assert found.frame["field"].to_list() == fields * 2
    assert found.frame["symbol"].to_list() == ["A61K31/00"] * 2 + ["A61K"] * 2
    assert found.counts["symbols_in_several_entries"] == 2


def test_a_main_group_never_matches_a_longer_number() -> None:
    table = concordance_of(("a", "G06F1/*"))
    found = match_classes(corpus_of(["G06F17/30", "G06F1/16", "G06F1"]), table)
    assert found.frame["symbol"].to_list() == ["G06F1/16", "G06F1"]


def test_a_group_without_a_star_is_that_group_alone() -> None:
    table = concordance_of(("a", "H01L31/04"), ("b", "H01L31/04*"))
    found = match_classes(corpus_of(["H01L31/042"], ["H01L31/04"]), table, overlap="longest")
    assert found.frame.select("patent_id", "entry_id").rows() == [("p0", "b"), ("p1", "a")]


def test_patents_without_symbols_are_counted_and_have_no_row() -> None:
    found = match_classes(
        corpus_of(None, [], ["H01L31/042", "H01L 31/042"], ["", None]), load_concordance("wipo35")
    )
    assert found.frame["patent_id"].to_list() == ["p2"]
    assert found.counts["patents_without_symbols"] == 3
    assert found.counts["symbols_repeated"] == 1
    check_sums(found)


def test_a_corpus_without_any_symbol_gives_an_empty_frame_with_all_columns() -> None:
    found = match_classes(corpus_of(None, None), load_concordance("wipo35"))
    beside = ["patent_id", "symbol", "weight", "keywords"]
    assert found.frame.columns == [*beside, "entry_id", "sector", "field", "pattern"]
    assert found.frame.height == 0
    assert found.patents["matched"].to_list() == [None, None]
    check_sums(found)


def test_joined_symbols_in_one_text_are_split() -> None:
    found = match_classes(corpus_of("H01L 31/042；G06Q 10/06(2012.01)I"), load_concordance("wipo35"))
    assert found.frame["symbol"].to_list() == ["H01L31/042", "G06Q10/06"]


def test_wrong_options_and_a_missing_column_say_what_is_wrong() -> None:
    wipo = load_concordance("wipo35")
    with pytest.raises(SettingError, match="level"):
        match_classes(corpus_of(["A61K"]), wipo, level="group")  # type: ignore[arg-type]
    with pytest.raises(ColumnError, match="ipc"):
        match_classes(Corpus(frame=pl.DataFrame({"patent_id": ["a"]}), key="patent_id", text=()), wipo)


SYMBOLS = st.builds(
    "{}{}".format,
    st.sampled_from(["G06F", "G06N", "H04L"]),
    st.sampled_from(["", "1/00", "1/16", "17/30", "17/305", "17/00", "1", "17", "170/30", "3/0488"]),
)
PATTERNS = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["G", "G06", "G06F", "H04L", "H"])
    | st.builds(
        "{}{}".format,
        st.sampled_from(["G06F", "G06N", "H04L"]),
        st.sampled_from(["1/*", "17/*", "17/3*", "17/30*", "17/30", "17/305", "1/1*", "1/00", "3/04*"]),
    ),
)


@given(
    patents=st.lists(st.lists(SYMBOLS, max_size=4), max_size=4),
    patterns=st.lists(PATTERNS, min_size=1, max_size=12, unique=True),
    overlap=st.sampled_from(["longest", "all"]),
)
def test_matches_equal_the_slow_twin(
    patents: list[list[str]], patterns: list[tuple[str, str]], overlap: str
) -> None:
    found = match_classes(corpus_of(*patents), concordance_of(*patterns), overlap=overlap)  # type: ignore[arg-type]
    for number, symbols in enumerate(patents):
        rows = found.frame.filter(patent_id=f"p{number}").select(COLUMNS).rows()
        assert len(rows) == len(set(rows))
        assert set(rows) == twin.matches(symbols, patterns, overlap)
    check_sums(found)


@pytest.mark.larger
def test_real_chinese_patents_match_by_subclass(larger_data: Path) -> None:
    titles = pl.read_csv(larger_data / "patents" / "cn_titles_ipc.csv")
    frame = titles.select(patent_id="publication_number", ipc="ipc_subclasses")
    corpus = Corpus(frame=frame, key="patent_id", text=())
    wipo = load_concordance("wipo35")
    found = match_classes(corpus, wipo, level="subclass")
    check_sums(found)
    assert found.counts["symbols"] == 8264
    assert found.counts["symbols_invalid"] == 0
    assert found.unmatched.rows() == [("G06V", "no pattern", 114), ("G16Y", "no pattern", 39)]
    patterns = {(entry, pattern[:4]) for entry, pattern in wipo.entries.select("entry_id", "pattern").rows()}
    expected = {
        (patent, symbol, entry)
        for patent, symbols in frame.rows()
        for symbol in symbols.split("|")
        for entry, pattern in patterns
        if symbol == pattern
    }
    assert set(found.frame.select("patent_id", "symbol", "entry_id").rows()) == expected
    # with full patterns the six divided subclasses have no field, and say so
    full = match_classes(corpus, wipo)
    check_sums(full)
    divided = full.unmatched.filter(reason="less precise than the patterns")["symbol"].to_list()
    assert sorted(divided) == ["A61K", "B01D", "E01F", "G01N", "H04N"]
    assert full.counts["symbols_in_several_entries"] == 0


@pytest.mark.larger
def test_every_symbol_of_the_solar_records_parses(larger_data: Path) -> None:
    text = (larger_data / "patents" / "us_solar_records.csv").read_text(encoding="utf-8")
    symbols = pl.Series([text]).str.extract_all(r"\b[A-H]\d\d[A-Z] ?\d+/\d+").explode()
    assert len(symbols) > 500
    assert parse_symbols(symbols)["valid"].all()


@pytest.mark.parametrize("pattern", ["G06F1730*", "G06F17/3", "H04N0*", "", "*", "数字", "G06N3-", "A00B"])
def test_what_is_not_a_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(LexiconError, match="not a pattern"):
        standard_pattern(pattern)
