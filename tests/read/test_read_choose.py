"""Which rows stay where several are one patent, against the rules written out row by row."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.read.choose import KEY_COLUMNS, Choice, dropped_rows, is_granted
from patentmetrics.read.cited import citations_of, number_index
from patentmetrics.read.patents import ingest_patents
from tests.reference import patent_choice

SCHEMA = {
    **dict.fromkeys(KEY_COLUMNS, pl.String),
    "filing_date": pl.Date,
    "issue_date": pl.Date,
    "publication_date": pl.Date,
    "file": pl.String,
    "row": pl.Int64,
    "same": pl.UInt64,
}


def keys(*rows: dict[str, object]) -> pl.DataFrame:
    complete = [
        {"file": "a.csv", "row": place, "same": place, **row} for place, row in enumerate(rows, start=2)
    ]
    return pl.DataFrame(complete, schema=SCHEMA)


def day(number: int | None) -> dt.date | None:
    return None if number is None else dt.date(2010, 1, 1) + dt.timedelta(days=number)


ROW = st.fixed_dictionaries(
    {
        "patent_id": st.sampled_from(["p", "q", "r"]),
        "application_number": st.sampled_from(["p", "q", None]),
        "publication_number": st.sampled_from(["CN101234567A", "CN101234567B", None]),
        "kind_code": st.sampled_from(["A", "B", "U", None]),
        "filing_date": st.sampled_from([None, 1, 2, 3]).map(day),
        "publication_date": st.sampled_from([None, 4, 5, 6]).map(day),
        "family_id": st.sampled_from(["f", "g", None]),
        "same": st.sampled_from([1, 2]),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(ROW, min_size=1, max_size=12),
    st.sampled_from(["reject", "last"]),
    st.sampled_from(["all", "first", "granted"]),
    st.sampled_from(["all", "one"]),
)
def test_the_rules_are_those_of_the_slow_twin(
    rows: list[dict[str, object]], duplicates: str, publications: str, families: str
) -> None:
    choice = Choice(duplicates=duplicates, publications=publications, families=families)  # type: ignore[arg-type]
    # the rules refuse a table in which no row has the number they go by
    first = {"application_number": "z", "family_id": "z", "patent_id": "z", "kind_code": "B"}
    rows = [{**rows[0], **first}, *(dict(row) for row in rows)]
    found = dropped_rows(keys(*rows), choice)
    assert dict(found.select("at", "reason").rows()) == patent_choice.lost_rows(
        rows, duplicates, publications, families
    )


def test_what_is_dropped_says_which_row_stays() -> None:
    rows = keys(
        {"patent_id": "p", "application_number": "p", "publication_number": "CN101234567A", "kind_code": "A",
         "publication_date": day(9)},
        {"patent_id": "p", "application_number": "p", "publication_number": "CN101234567B", "kind_code": "B",
         "publication_date": day(19)},
        {"patent_id": "q", "application_number": "q", "publication_number": "CN101234568A", "kind_code": "A",
         "publication_date": day(9)},
    )  # fmt: skip
    assert dropped_rows(rows, Choice(publications="first")).rows() == [
        (
            1,
            "another publication of the application",
            "application_number",
            "kept CN101234567A, in a.csv, row 2",
        )
    ]
    assert dropped_rows(rows, Choice(publications="granted")).rows() == [
        (0, "not a grant", "kind_code", "A"),
        (2, "not a grant", "kind_code", "A"),
    ]
    assert dropped_rows(rows, Choice()).rows() == [
        (1, "duplicate, a different row", "patent_id", "first in a.csv, row 2")
    ]
    assert dropped_rows(rows, Choice(duplicates="last")).rows() == [
        (0, "duplicate, a different row", "patent_id", "last in a.csv, row 3")
    ]
    with pytest.raises(DataError, match="row 3"):
        dropped_rows(rows, Choice(duplicates="error"))


@pytest.mark.parametrize(
    ("number", "code", "kind", "granted"),
    [
        ("CN101234567A", "A", "发明授权", False),  # the document says it, not the column
        ("CN1044155C", "C", None, True),
        ("CN201234567U", "U", None, True),
        ("CN301234567S", "S", None, True),
        ("US5123456A", "A", None, True),
        ("US20040123456A1", "A1", None, False),
        ("US7502241B2", "B2", None, True),
        ("USD456789S1", "S1", None, True),
        ("USPP12345P2", "P2", None, True),
        ("EP0871285A1", "A1", None, False),
        ("EP0871285B1", "B1", None, True),
        ("WO2009102345A1", "A1", None, False),
        (None, None, "发明授权", True),
        (None, None, "授权发明", True),
        (None, None, "实用新型", True),
        (None, None, "发明申请", False),
        (None, None, "发明公布", False),
        (None, None, "Granted Patent", True),
        (None, None, "Patent Application", False),
        (None, None, "发明", None),
        (None, None, None, None),
    ],
)
def test_grants_are_told_by_their_kind(
    number: str | None, code: str | None, kind: str | None, granted: bool | None
) -> None:
    row = keys({"publication_number": number, "kind_code": code, "kind": kind})
    assert is_granted(row).to_list() == [granted]
    assert is_granted(row.with_columns(issue_date=dt.date(2010, 1, 1))).to_list() == [
        True if granted is None else granted
    ]


@pytest.mark.parametrize(
    "choice", [{"publications": "first"}, {"publications": "granted"}, {"families": "one"}]
)
def test_a_rule_without_its_column_is_an_error(tmp_path: Path, choice: dict[str, str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("patent_id,filing_date,title\n1,20100101,灯\n", encoding="utf-8")
    with pytest.raises(SettingError, match="which this rule needs"):
        ingest_patents(path, choice=Choice(**choice))  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["duplicates", "publications", "families"])
def test_rules_are_checked(option: str) -> None:
    with pytest.raises(SettingError, match=option):
        Choice(**{option: "some"})  # type: ignore[arg-type]


def test_rows_without_a_number_for_the_rule_are_each_their_own() -> None:
    rows = keys(
        {"patent_id": "p", "application_number": "x", "family_id": "f"},
        *({"patent_id": f"q{i}"} for i in range(3)),
    )
    assert dropped_rows(rows, Choice(publications="first", families="one")).is_empty()


PATENTS = pl.DataFrame(
    {
        "patent_id": ["CN200310102344.5", "CN85100001.0", "US7502241", "AT55593"],
        "publication_number": ["CN101234567B", "CN1044155A", "US7502241B2", None],
        "application_number": ["CN200310102344.5", "CN85100001.0", "US11/400123", "AT123456A"],
        "cited_patents": [
            ["CN1044155A", "CN1044155C", "US7502241", "US7502241B1"],
            None,
            [
                "CN101234567A",
                "CN200310102344.5",
                "CN200310102344.5",
                "US11/400123",
                "AT123456",
                "AT123456A",
                "文献",
            ],
            [],
        ],
    }
)


def test_citations_join_whatever_the_kind_and_only_the_same_document() -> None:
    found = citations_of(PATENTS, number_index(PATENTS.drop("cited_patents")))
    assert found.rows() == [
        ("CN200310102344.5", "CN85100001.0", True),
        ("CN200310102344.5", "CN1044155C", False),  # the same digits, another document
        ("CN200310102344.5", "US7502241", True),
        ("US7502241", "CN200310102344.5", True),  # A and B are one application, and the pair occurs once
        ("US7502241", "US7502241", True),
        ("US7502241", "AT123456", False),  # that is another's application number
        ("US7502241", "AT123456A", False),
        ("US7502241", "文献", False),
    ]


def test_every_cited_number_is_once_in_the_citations(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "申请号,公开（公告）号,申请日,标题,引证专利\n"
        "CN200310102344.5,CN101234567A,20031001,灯,"
        '"US5,123,456A；CN 1044155 C、CN1044155C\nEP 0 871 285 | -"\n',
        encoding="utf-8",
    )
    ingested = ingest_patents(path, source="cnipa")
    assert ingested.corpus.frame["cited_patents"].to_list() == [["US5123456A", "CN1044155C", "EP0871285"]]
    assert Counter(ingested.citations["citing_id"]) == {"CN200310102344.5": 3}
