"""Patents are taken or rejected, each with one reason, and the counts add up."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patentmetrics.core.columns import column
from patentmetrics.core.errors import ColumnError, DataError, InputError, PatentmetricsError, SettingError
from patentmetrics.core.provenance import write_frame
from patentmetrics.core.resources import demo_folder
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.read.choose import Choice
from patentmetrics.read.headers import FURTHER_COLUMNS, KNOWN_HEADERS, PATENT_COLUMNS, match_columns
from patentmetrics.read.patents import Ingested, ingest_patents, read_patents
from patentmetrics.read.rejections import write_rejections

HEADER = ["patent_id", "filing_date", "issue_date", "title", "abstract", "ipc", "applicants"]
GOOD = [
    "US1",
    "2010-01-02",
    "2012-03-04",
    "Solar cell",
    "A cell.",
    "H01L 31/04; H02S 40/44",
    "Acme, Inc.; Bolt",
]


def ingest(folder: Path, *rows: list[str], header: list[str] | None = None, **options: object) -> Ingested:
    path = folder / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header or HEADER, *rows])
    return ingest_patents(path, **options)  # type: ignore[arg-type]


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def test_the_table_has_all_columns_in_order_with_registered_types(tmp_path: Path) -> None:
    corpus = ingest(tmp_path, GOOD).corpus
    assert corpus.frame.columns == list(PATENT_COLUMNS)
    assert dict(corpus.frame.schema) == PATENT_SCHEMA
    for name, dtype in corpus.frame.schema.items():
        assert str(dtype).replace("List(String)", "List(String)") == column(name).dtype
    assert (corpus.key, corpus.text) == ("patent_id", ("title", "abstract"))


def test_a_good_row_is_taken_as_it_is(tmp_path: Path) -> None:
    row = ingest(tmp_path, GOOD).corpus.frame.row(0, named=True)
    assert row == {
        "patent_id": "US1",
        "filing_date": dt.date(2010, 1, 2),
        "issue_date": dt.date(2012, 3, 4),
        "kind": None,
        "title": "Solar cell",
        "abstract": "A cell.",
        "claims": None,
        "ipc": ["H01L 31/04", "H02S 40/44"],
        "applicants": ["Acme, Inc.", "Bolt"],
        "address": None,
        "place": None,
        **dict.fromkeys(FURTHER_COLUMNS),
    }


@pytest.mark.parametrize(
    ("cells", "reason", "named", "value"),
    [
        ({"patent_id": " "}, "no id", "patent_id", None),
        ({"patent_id": "-"}, "no id", "patent_id", None),
        ({"patent_id": "2.01E+12"}, "number lost in scientific notation", "patent_id", "2.01E+12"),
        ({"patent_id": "2e+12"}, "number lost in scientific notation", "patent_id", "2e+12"),
        ({"filing_date": "2010-02-30"}, "bad date", "filing_date", "2010-02-30"),
        ({"issue_date": "soon"}, "bad date", "issue_date", "soon"),
        ({"filing_date": "05/04/2009"}, "ambiguous date", "filing_date", "05/04/2009"),
        ({"filing_date": "1700-01-01"}, "date out of range", "filing_date", "1700-01-01"),
        ({"issue_date": "2999-01-01"}, "date out of range", "issue_date", "2999-01-01"),
        ({"issue_date": "2009-01-01"}, "issue before filing", "issue_date", "2010-01-02 > 2009-01-01"),
        ({"filing_date": "", "issue_date": "-"}, "no date", None, None),
        ({"title": "", "abstract": " "}, "no text", None, None),
        ({"patent_id": "US 2"}, "duplicate, the same row", "patent_id", "first in a.csv, row 2"),
        (
            {"patent_id": "US 2", "title": "灯"},
            "duplicate, a different row",
            "patent_id",
            "first in a.csv, row 2",
        ),
    ],
)
def test_each_fault_rejects_its_row_with_its_reason(
    tmp_path: Path, cells: dict[str, str], reason: str, named: str | None, value: str | None
) -> None:
    ingested = ingest(tmp_path, changed(patent_id="US2"), changed(**cells), changed(patent_id="US3"))
    assert ingested.corpus.frame["patent_id"].to_list() == ["US2", "US3"]
    (row,) = ingested.rejected.rows(named=True)
    assert (row["file"], row["row"], row["reason"]) == ("a.csv", 3, reason)
    assert (row["column"], row["value"]) == (named, value)
    assert ingested.counts["rows_in"] == 3
    assert ingested.counts["rejected"] == {reason: 1}


def test_the_first_good_row_of_a_number_stays(tmp_path: Path) -> None:
    ingested = ingest(tmp_path, changed(filing_date="?"), GOOD, GOOD, changed(title="Other"))
    assert ingested.corpus.frame["title"].to_list() == ["Solar cell"]
    assert ingested.rejected["reason"].to_list() == [
        "bad date",
        "duplicate, the same row",
        "duplicate, a different row",
    ]


def test_duplicates_can_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row 3"):
        ingest(tmp_path, GOOD, GOOD, choice=Choice(duplicates="error"))
    with pytest.raises(SettingError, match="duplicates"):
        ingest(tmp_path, GOOD, choice=Choice(duplicates="keep"))  # type: ignore[arg-type]


def test_duplicates_are_found_across_files_and_files_named_alike_stay_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        ingest(tmp_path / folder, GOOD, changed(patent_id=folder))
    ingested = ingest_patents([tmp_path / "one" / "a.csv", tmp_path / "two" / "a.csv"])
    assert ingested.corpus.frame["patent_id"].to_list() == ["US1", "one", "two"]
    assert ingested.rejected.select("file", "row", "value").rows() == [
        ("a.csv (2)", 2, "first in a.csv, row 2")
    ]
    assert list(ingested.corpus.made_by["inputs"]) == ["a.csv", "a.csv (2)"]  # type: ignore[call-overload]


def test_numbers_dates_and_symbols_are_normalised_and_texts_are_not(tmp_path: Path) -> None:
    ingested = ingest(
        tmp_path,
        changed(
            patent_id="ＣＮ 2010 1001.Ｘ",
            filing_date="２０１０年１月２日",
            title=" Ａ ①\n",
            ipc="Ｈ０１Ｌ３１／０４；",
            applicants="甲公司；乙｜",
        ),
        changed(patent_id='="0012"'),
        changed(patent_id="'0013"),
    )  # fmt: skip
    row = ingested.corpus.frame.row(0, named=True)
    assert (row["patent_id"], row["filing_date"]) == ("CN20101001.X", dt.date(2010, 1, 2))
    assert (row["title"], row["ipc"]) == ("Ａ ①", ["H01L31/04"])
    assert row["applicants"] == ["甲公司", "乙"]
    assert ingested.corpus.frame["patent_id"].to_list()[1:] == ["0012", "0013"]


@pytest.mark.parametrize(
    ("written", "symbols"),
    [
        ("A21D 13/00;A23L 1/16", ["A21D 13/00", "A23L 1/16"]),
        ("A21D13/00 | A23L1/16", ["A21D13/00", "A23L1/16"]),
        ("A21D13/00, A23L1/16", ["A21D13/00", "A23L1/16"]),
        ("A21D13/00；A23L1/16，", ["A21D13/00", "A23L1/16"]),
        ("A21D13/00;;\r\nA23L1/16", ["A21D13/00", "A23L1/16"]),
        ("/", None),
        (" ; ", None),
        ("", None),
    ],
)
def test_symbols_are_cut_at_each_usual_separator(
    tmp_path: Path, written: str, symbols: list[str] | None
) -> None:
    assert ingest(tmp_path, changed(ipc=written)).corpus.frame["ipc"].to_list() == [symbols]


@pytest.mark.parametrize(
    ("main", "others", "symbols"),
    [
        ("B1", "A1; B1", ["B1", "A1"]),
        ("H01L 31/04", "H01L31/04;H02S40/44", ["H01L 31/04", "H02S40/44"]),
        ("Ｂ１; C1", "A1", ["B1", "A1"]),
        ("B1", "-", ["B1"]),
        ("-", "A1;B1", ["A1", "B1"]),
        ("-", "", None),
    ],
)
def test_the_main_symbol_is_the_first_and_once(
    tmp_path: Path, main: str, others: str, symbols: list[str] | None
) -> None:
    header = [*HEADER, "IPC主分类号"]
    rows = [[*changed(ipc=others), main], [*changed(patent_id="US2", ipc="X1;Y1"), "Y1"]]
    frame = ingest(tmp_path, *rows, header=header).corpus.frame
    assert frame["ipc"].to_list() == [symbols, ["Y1", "X1"]]


def test_what_is_no_number_or_date_in_a_further_column_is_null_and_counted(tmp_path: Path) -> None:
    header = [*HEADER, "被引证次数", "公开日", "申请号"]
    given = [
        ("1,204", "2010-05-06", "CN200310102344.5"),
        ("many", "soon", "CN200310102344.6"),
        ("-1", "无", "2E+12"),
    ]
    rows = [[*changed(patent_id=f"US{i}"), *cells] for i, cells in enumerate(given)]
    ingested = ingest(tmp_path, *rows, header=header)
    frame = ingested.corpus.frame
    assert frame["forward_citations"].to_list() == [1204, None, None]
    assert frame["publication_date"].to_list() == [dt.date(2010, 5, 6), None, None]
    assert frame["application_number"].to_list() == ["CN200310102344.5", "CN200310102344.6", None]
    assert ingested.counts["notes"] == {
        "application_number: number lost in scientific notation": 1,
        "application_number: wrong check digit": 1,
        "forward_citations: no whole number": 2,
        "publication_date: bad date": 1,
    }


def test_applicants_are_not_cut_at_commas_and_a_separator_can_be_given(tmp_path: Path) -> None:
    frame = ingest(tmp_path, changed(applicants="Acme, Inc.;;Bolt | 甲；乙")).corpus.frame
    assert frame["applicants"].to_list() == [["Acme, Inc.", "Bolt", "甲", "乙"]]
    frame = ingest(tmp_path, changed(applicants="A; B#C", ipc="A#B"), list_separator="#").corpus.frame
    assert (frame["applicants"].to_list(), frame["ipc"].to_list()) == ([["A; B", "C"]], [["A", "B"]])
    with pytest.raises(SettingError, match="separator"):
        ingest(tmp_path, GOOD, list_separator="")


def test_lists_in_parquet_keep_what_would_be_cut_in_text(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "patent_id": ["1"],
            "issue_date": [dt.date(2012, 1, 1)],
            "title": ["t"],
            "applicants": [["A; B", "-", None]],
        }
    ).write_parquet(tmp_path / "a.parquet")
    frame = ingest_patents(tmp_path / "a.parquet").corpus.frame
    assert frame["applicants"].to_list() == [["A; B"]]


def test_missing_marks_are_null_and_counted_but_a_place_may_be_na(tmp_path: Path) -> None:
    header = [*HEADER, "place", "address"]
    ingested = ingest(tmp_path, [*changed(abstract="NA"), "NA", "N/A"], header=header)
    row = ingested.corpus.frame.row(0, named=True)
    assert (row["abstract"], row["place"], row["address"]) == (None, "NA", None)
    assert ingested.counts["missing"] == {"kind": 1, "abstract": 1, "claims": 1, "address": 1}


def test_chinese_headers_are_recognised_in_either_width_and_the_others_named(tmp_path: Path) -> None:
    header = [
        "序号",
        "公开（公告）号",
        "申请日",
        "授权公告日",
        "标题",
        "摘要",
        "IPC分类号",
        "申请 (专利权) 人",
        "专利类型",
    ]
    ingested = ingest(
        tmp_path, ["1", "CN1A", "2010.1.2", "-", "灯", "一种灯", "F21V", "甲", "发明申请"], header=header
    )
    assert ingested.counts["columns_ignored"] == ["序号"]
    assert list(ingested.counts["columns_used"]) == [  # type: ignore[call-overload]
        "patent_id", "filing_date", "issue_date", "kind", "title", "abstract", "ipc", "applicants",
        "publication_number",
    ]  # fmt: skip
    assert ingested.corpus.frame["kind"].to_list() == ["发明申请"]


def test_known_headers_are_each_for_one_column() -> None:
    names = [name.casefold().replace(" ", "") for known in KNOWN_HEADERS.values() for name in known]
    assert len(names) == len(set(names))
    for ours, known in KNOWN_HEADERS.items():
        others = {"patent_id": "id0", "filing_date": "filed0", "title": "title0"}
        given = {name: header for name, header in others.items() if name != ours}
        for theirs in known:
            assert match_columns([theirs, *given.values()], given, where="a")[ours] == theirs


def test_two_headers_for_one_column_are_not_guessed_between() -> None:
    header = ["申请号", "公开（公告）号", "申请日", "标题"]
    with pytest.raises(ColumnError, match="more than one column could be patent_id") as caught:
        match_columns(header, where="a.csv")
    assert "--map patent_id=申请号" in str(caught.value)
    assert (
        match_columns(header, {"patent_id": "公开(公告)号"}, where="a.csv")["patent_id"] == "公开（公告）号"
    )


def test_publication_dates_are_not_taken_for_issue_dates() -> None:
    used = match_columns(["申请号", "申请日", "公开（公告）日", "公开日", "标题"], where="a.csv")
    assert "issue_date" not in used


def test_an_empty_map_leaves_a_column_out() -> None:
    header = ["patent_id", "filing_date", "title", "城市", "地区"]
    with pytest.raises(ColumnError, match="place"):
        match_columns(header, where="a")
    assert "place" not in match_columns(header, {"place": ""}, where="a")


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        (["number", "filing_date", "title"], None, "patent's number"),
        (["patent_id", "day", "title"], None, "a filing or an issue date"),
        (["patent_id", "filing_date", "words"], None, "no column holds text"),
        (["patent_id", "filing_date", "title"], {"abstract": "titel"}, "did you mean 'title'"),
        (["patent_id", "filing_date", "title"], {"abstrct": "title"}, "did you mean 'abstract'"),
    ],
)
def test_a_missing_column_is_an_error_that_says_which(
    header: list[str], columns: dict[str, str] | None, message: str
) -> None:
    with pytest.raises(ColumnError, match=message):
        match_columns(header, columns, where="a.csv")


def test_all_rows_rejected_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="all 2 rows") as caught:
        ingest(tmp_path, changed(filing_date="x"), changed(title="", abstract=""))
    assert "bad date: 1; no text: 1" in str(caught.value)
    with pytest.raises(DataError, match="too few fields"):
        ingest(tmp_path, ["1"], ["2"])


def test_ragged_and_blank_rows_are_counted(tmp_path: Path) -> None:
    counts = ingest(tmp_path, GOOD, ["US2"], [""] * 7, [*GOOD, "more"]).counts
    assert (counts["rows_in"], counts["rows_out"], counts["rows_rejected"]) == (3, 1, 2)
    assert (counts["blank_rows"], counts["rejected"]) == (1, {"too few fields": 1, "too many fields": 1})


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("x", "y"):
        ingested = ingest(tmp_path, GOOD, changed(patent_id="US2", filing_date="?"))
        write_frame(ingested.corpus.frame, tmp_path / f"{name}.parquet", ingested.corpus.made_by)
    assert (tmp_path / "x.parquet").read_bytes() == (tmp_path / "y.parquet").read_bytes()
    assert str(tmp_path).encode() not in (tmp_path / "x.parquet").read_bytes()


def test_a_written_table_is_read_back_and_others_are_refused(tmp_path: Path) -> None:
    corpus = ingest(tmp_path, GOOD).corpus
    write_frame(corpus.frame, tmp_path / "p.parquet", corpus.made_by)
    again = read_patents(tmp_path / "p.parquet")
    assert again.frame.equals(corpus.frame)
    assert (again.text, again.made_by) == (corpus.text, corpus.made_by)
    with pytest.raises(InputError, match=r"ingest csv a\.csv"):
        read_patents(tmp_path / "a.csv")
    corpus.frame.drop("ipc").write_parquet(tmp_path / "q.parquet")
    with pytest.raises(ColumnError, match="ipc"):
        read_patents(tmp_path / "q.parquet")
    corpus.frame.with_columns(pl.col("ipc").list.join(";")).write_parquet(tmp_path / "q.parquet")
    with pytest.raises(DataError, match="ipc: String"):
        read_patents(tmp_path / "q.parquet")


def test_rejections_are_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    ingested = ingest(tmp_path, GOOD, changed(filing_date="=HYPERLINK(1)"), changed(filing_date="@x"))
    write_rejections(ingested.rejected, tmp_path / "r.csv")
    data = (tmp_path / "r.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert [row["value"] for row in csv.DictReader(handle)] == ["'=HYPERLINK(1)", "'@x"]


CELL = st.sampled_from(
    [
        "", "-", "US1", "US2", "US3", "2.01E+12", "2010-01-01", "2012/3/4", "05/04/2009", "1500-01-01",
        "１", "文本", ";", '"', "a\nb",
    ]
) | st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=6)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=1, max_size=8), min_size=1, max_size=12), st.booleans())
def test_rows_in_are_rows_out_and_rows_rejected_whatever_the_damage(
    tmp_path: Path, rows: list[list[str]], whole: bool
) -> None:
    damaged = [GOOD, *([*row, *GOOD][: len(HEADER)] if whole else row for row in rows)]
    ingested = ingest(tmp_path, *damaged)
    counts = ingested.counts
    frame, rejected = ingested.corpus.frame, ingested.rejected
    assert counts["rows_in"] == counts["rows_out"] + counts["rows_rejected"]  # type: ignore[operator]
    assert counts["rows_in"] + counts["blank_rows"] == len(damaged)  # type: ignore[operator]
    assert (frame.height, rejected.height) == (counts["rows_out"], counts["rows_rejected"])
    assert sum(counts["rejected"].values()) == rejected.height  # type: ignore[attr-defined]
    assert rejected["reason"].null_count() == 0
    assert rejected["row"].n_unique() == rejected.height
    assert frame.filter(pl.all_horizontal(pl.col("filing_date", "issue_date").is_null())).is_empty()
    assert frame.filter(pl.all_horizontal(pl.col("title", "abstract").is_null())).is_empty()


def test_the_demo_patents_are_all_taken() -> None:
    ingested = ingest_patents(demo_folder() / "us_solar_patents.csv")
    assert (ingested.counts["rows_in"], ingested.counts["rows_out"]) == (2687, 2687)
    assert ingested.corpus.frame["issue_date"].null_count() == 0
    assert ingested.corpus.frame["filing_date"].count() == 353
    assert ingested.corpus.frame["abstract"].null_count() == 17


@pytest.mark.larger
def test_the_demo_patents_are_the_source(larger_data: Path) -> None:
    source = pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")
    source = source.with_columns(
        patent_id="US" + pl.col("patent_id"), abstract=pl.col("text").str.split("\nClaims").list.first()
    )
    frame = ingest_patents(demo_folder() / "us_solar_patents.csv").corpus.frame
    both = frame.join(source, on="patent_id", how="inner", validate="1:1")
    assert both.height == source.height
    assert (both["issue_date"] == both["issue_date_right"]).all()
    assert (both["abstract"].fill_null("") == both["abstract_right"].str.strip_chars()).all()


@pytest.mark.larger
def test_the_real_records_are_taken_with_a_map(larger_data: Path) -> None:
    path = larger_data / "patents" / "us_solar_records.csv"
    columns = {
        "patent_id": "number",
        "filing_date": "filing",
        "issue_date": "issue",
        "address": "inv_location",
    }
    with pytest.raises(PatentmetricsError, match="--map patent_id"):
        ingest_patents(path)
    ingested = ingest_patents(path, columns=columns)
    counts = ingested.counts
    assert counts["rows_in"] == 1068 == counts["rows_out"] + counts["rows_rejected"]  # type: ignore[operator]
    first = ingested.corpus.frame.row(0, named=True)
    assert (first["patent_id"], first["ipc"]) == ("7502241", ["H02M3/24"])
    assert (first["filing_date"], first["issue_date"]) == (dt.date(2006, 4, 7), dt.date(2009, 3, 10))
    assert set(counts["columns_ignored"]) >= {"us", "link", "references"}  # type: ignore[call-overload]
