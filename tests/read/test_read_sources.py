"""Each source's files become the same canonical rows, and what cannot be used is listed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from patentmetrics.cli.ingest import SOURCE_NAMES
from patentmetrics.core.errors import ColumnError, InputError, PatentmetricsError, SettingError
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.read.choose import Choice
from patentmetrics.read.patents import Ingested, ingest_into, ingest_patents, read_patents
from patentmetrics.read.pieces import Reading
from patentmetrics.read.source_list import SOURCES
from patentmetrics.read.sources import source_of, table_of

SAMPLES = Path(__file__).parent / "samples"
DAY = dt.date


def rows(ingested: Ingested) -> list[dict[str, object]]:
    """The rows, without what is missing in them."""
    return [
        {name: cell for name, cell in row.items() if cell is not None}
        for row in ingested.corpus.frame.iter_rows(named=True)
    ]


def reasons(ingested: Ingested) -> list[tuple[str, int, str]]:
    return [tuple(row) for row in ingested.rejected.select("file", "row", "reason").rows()]


def citations(ingested: Ingested) -> list[tuple[object, ...]]:
    return ingested.citations.rows()


CNIPA = [
    {
        "patent_id": "CN200510012301.7",
        "filing_date": DAY(2005, 1, 12),
        "kind": "发明申请",
        "title": '一种"双层"灯罩',
        "abstract": "一种灯罩。\n其特征在于双层。",
        "claims": "1. 一种灯罩，其特征在于：双层。",
        # the main symbol first, once
        "ipc": ["F21V 1/00(2006.01)I", "F21V 3/02(2006.01)I"],
        "applicants": ["甲灯具有限公司", "乙大学"],
        "address": "广东省佛山市某路1号",
        "place": "广东;44",
        "application_number": "CN200510012301.7",
        "publication_number": "CN100123451A",
        "kind_code": "A",
        "publication_date": DAY(2006, 7, 5),
        "inventors": ["张三", "李四"],
        "legal_status": "有效",
        "forward_citations": 3,
        "cited_patents": ["CN2345678Y", "US4567890A"],
    },
    {
        "patent_id": "CN201020345602.8",
        "filing_date": DAY(2010, 9, 8),
        "kind": "实用新型",
        "title": "风扇",
        "abstract": "一种风扇。",
        "ipc": ["F04D25/08"],
        "applicants": ["丙公司"],
        "place": "北京;11",
        "application_number": "CN201020345602.8",
        "publication_number": "CN201234567U",
        "kind_code": "U",
        "publication_date": DAY(2011, 5, 4),
        "inventors": ["王五"],
        "legal_status": "无效",
    },
    {
        "patent_id": "CN201110056703.2",
        "filing_date": DAY(2011, 3, 1),
        "kind": "发明申请",
        "title": "电池三",
        "ipc": ["H01M10/05"],
        "applicants": ["丁公司", "戊公司"],
        "application_number": "CN201110056703.2",
        "publication_number": "CN102345680A",
        "kind_code": "A",
        "publication_date": DAY(2012, 9, 9),
        "forward_citations": 1,
        "cited_patents": ["CN100123451A"],
    },
]


@pytest.mark.parametrize("source", ["cnipa", "auto"])
def test_cnipa_with_every_trouble_of_an_export(source: str) -> None:
    ingested = ingest_patents(SAMPLES / "cnipa.csv", source=source)
    assert (ingested.source, ingested.encodings) == ("cnipa", {"cnipa.csv": "gb18030, comma"})
    assert rows(ingested) == CNIPA
    assert reasons(ingested) == [
        ("cnipa.csv", 5, "footer"),
        ("cnipa.csv", 6, "the header again"),
        ("cnipa.csv", 7, "number lost in scientific notation"),
        ("cnipa.csv", 8, "wrong check digit"),
        ("cnipa.csv", 10, "too few fields"),
    ]
    assert ingested.counts["rows_in"] == 8
    assert ingested.counts["notes"] == {
        "filing_date: day numbers of Excel": 2,
        "publication_date: day numbers of Excel": 1,
        "rows above the header": 1,
    }
    assert "export again" in str(ingested.counts["hints"])
    assert citations(ingested) == [
        ("CN200510012301.7", "CN2345678Y", False),
        ("CN200510012301.7", "US4567890A", False),
        ("CN201110056703.2", "CN200510012301.7", True),
    ]


def workbook(path: Path, header: list[str], cells: list[list[object]], merged: tuple[str, ...] = ()) -> Path:
    book = xlsxwriter.Workbook(path, {"strings_to_numbers": False})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, len(header) - 1, "检索结果")
    for i, row in enumerate([header, *cells], start=1):
        for j, cell in enumerate(row):
            if isinstance(cell, dt.date):
                sheet.write_datetime(i, j, cell, day)
            elif cell is not None:
                sheet.write(i, j, cell)
    for one in merged:
        first, last = one.split(":")
        row, column = int(first[1:]) - 1, ord(first[0]) - ord("A")
        sheet.merge_range(row, column, int(last[1:]) - 1, column, cells[row - 2][column])
    book.close()
    return path


def test_incopat_in_excel_with_merged_cells_and_numbers_as_numbers(tmp_path: Path) -> None:
    header = (
        "序号 标题(中文) 摘要(中文) 申请号 申请日 公开（公告）号 公开（公告）日 IPC主分类 IPC 申请人 "
        "中国申请人地市 专利类型 被引证次数 引证专利 简单同族ID 合享价值度"
    )
    path = workbook(
        tmp_path / "a.xlsx",
        header.split(),
        [
            [1, "灯罩", "一种灯罩。", 2005100123017, DAY(2005, 1, 12), "CN100123451A", 38903, "F21V1/00",
             "F21V3/02; F21V1/00", "甲公司; 乙大学", "佛山; 广州", "发明申请", 3, "CN2345678Y; -", 12345, 9],
            [2, "灯罩", "一种灯罩。", None, DAY(2005, 1, 12), "CN100123451B", DAY(2008, 2, 6), "F21V1/00",
             "F21V3/02; F21V1/00", "甲公司; 乙大学", "佛山; 广州", "发明授权", 3, "CN2345678Y; -", 12345, 9],
            ["共 2 条"],
        ],
        merged=("D3:D4",),
    )  # fmt: skip
    for source in ("incopat", "auto"):
        ingested = ingest_patents(path, source=source, choice=Choice(publications="granted"))
        assert ingested.source == "incopat"
        assert rows(ingested) == [
            {
                "patent_id": "CN200510012301.7", "filing_date": DAY(2005, 1, 12), "kind": "发明授权",
                "title": "灯罩", "abstract": "一种灯罩。", "ipc": ["F21V1/00", "F21V3/02"],
                "applicants": ["甲公司", "乙大学"], "place": "佛山; 广州",
                "application_number": "CN200510012301.7", "publication_number": "CN100123451B",
                "kind_code": "B", "publication_date": DAY(2008, 2, 6), "family_id": "12345",
                "forward_citations": 3, "cited_patents": ["CN2345678Y"],
            }
        ]  # fmt: skip
        assert reasons(ingested) == [("a.xlsx", 3, "not a grant"), ("a.xlsx", 5, "footer")]
        assert ingested.counts["notes"] == {
            "cells filled from merged cells": 1,
            "publication_date: day numbers of Excel": 1,
            "rows above the header": 1,
        }


def test_patsnap_in_excel_is_named_by_its_publications(tmp_path: Path) -> None:
    names = (
        "序号 公开(公告)号 法律状态/事件 [标]当前申请(专利权)人 申请日 公开(公告)日 被引用专利数量 "
        "引用专利数量 标题(译)(简体中文) 标题(译)(English) 摘要(译)(简体中文) 专利类型 受理局 IPC分类号 "
        "IPC主分类号"
    )
    header = names.split()
    cells = ["1", "CN102345678A", "授权", "甲公司 | 乙大学", "2011-01-21", "2012-02-01", "7", "2", "灯",
             "Lamp", "-", "发明申请", "中国", "F21V3/02 | F21V1/00", "F21V1/00"]  # fmt: skip
    book = xlsxwriter.Workbook(tmp_path / "p.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, header)
    sheet.write_row(1, 0, cells)
    book.close()
    ingested = ingest_patents(tmp_path / "p.xlsx", source="auto")
    assert ingested.source == "patsnap"
    assert rows(ingested) == [
        {
            "patent_id": "CN102345678A", "filing_date": DAY(2011, 1, 21), "kind": "发明申请", "title": "灯",
            "ipc": ["F21V1/00", "F21V3/02"], "applicants": ["甲公司", "乙大学"],
            "publication_number": "CN102345678A", "kind_code": "A", "publication_date": DAY(2012, 2, 1),
            "legal_status": "授权", "forward_citations": 7,
        }
    ]  # fmt: skip


def test_cnopendata_with_tabs_in_a_csv_and_a_mark() -> None:
    ingested = ingest_patents(SAMPLES / "cnopendata.csv", source="auto", choice=Choice(publications="first"))
    assert (ingested.source, ingested.encodings) == ("cnopendata", {"cnopendata.csv": "utf-8-sig, tab"})
    assert [row["publication_number"] for row in rows(ingested)] == ["CN100123451A"]
    assert rows(ingested)[0]["ipc"] == ["F21V1/00", "F21V3/02"]
    (row,) = ingested.rejected.rows(named=True)
    assert row == {
        "file": "cnopendata.csv", "row": 3, "patent_id": "CN200510012301.7",
        "reason": "another publication of the application", "column": "application_number",
        "value": "kept CN100123451A, in cnopendata.csv, row 2",
    }  # fmt: skip


def test_lens() -> None:
    ingested = ingest_patents(SAMPLES / "lens.csv", source="auto")
    assert ingested.source == "lens"
    assert rows(ingested)[0] == {
        "patent_id": "AT123456B", "filing_date": DAY(1993, 3, 19), "kind": "Granted Patent",
        "title": "Lamp holder", "ipc": ["F21V21/00", "F21V17/00"],
        "applicants": ["ACME GMBH", "BOLT, INC."], "application_number": "AT55593A",
        "publication_number": "AT123456B", "kind_code": "B", "publication_date": DAY(1995, 8, 25),
        "inventors": ["MEIER ANNA", "HUBER FRANZ"], "cpc": ["F21V21/00"],
    }  # fmt: skip
    assert [row["patent_id"] for row in rows(ingested)] == ["AT123456B", "US20040123456A1"]


def test_patentscope() -> None:
    ingested = ingest_patents(SAMPLES / "patentscope.csv", source="auto")
    assert ingested.source == "patentscope"
    assert rows(ingested) == [
        {
            "patent_id": "WO2009102345", "filing_date": DAY(2009, 2, 3), "title": "BAKING OVEN",
            "ipc": ["A21D 13/00", "A23L 1/16"], "applicants": ["OFEN GMBH", "BAECKER, K."],
            "application_number": "PCT/EP2009/051234", "publication_number": "WO2009102345",
            "publication_date": DAY(2009, 8, 21), "inventors": ["BAECKER, Karl"],
        },
        {
            "patent_id": "EP0871285", "filing_date": DAY(1997, 4, 11), "title": "INVERTER",
            "ipc": ["H02M 7/48"], "publication_number": "EP0871285", "publication_date": DAY(1998, 10, 2),
        },
    ]  # fmt: skip


def test_a_publication_date_is_not_taken_for_another_day_unless_the_map_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Publication Number,Publication Date,Title,Priority Data,IPC,Applicants,Inventors,FP Image\n"
        "WO2009102345,21.08.2009,OVEN,,A21D 13/00,,,\n",
        encoding="utf-8",
    )
    with pytest.raises(ColumnError, match="publication date only"):
        ingest_patents(path, source="patentscope")
    ingested = ingest_patents(path, source="patentscope", columns={"issue_date": "Publication Date"})
    assert rows(ingested)[0]["issue_date"] == DAY(2009, 8, 21)


def test_google_patents_with_the_address_of_the_search_above_the_header() -> None:
    ingested = ingest_patents(SAMPLES / "google.csv", source="auto")
    assert (ingested.source, ingested.counts["notes"]) == ("google", {"rows above the header": 1})
    assert rows(ingested) == [
        {
            "patent_id": "US7502241B2", "filing_date": DAY(2006, 4, 7), "issue_date": DAY(2009, 3, 10),
            "title": "Lamp for a bench", "applicants": ["Bench Co., LLC"],
            "publication_number": "US7502241B2", "kind_code": "B2", "publication_date": DAY(2009, 3, 10),
            "inventors": ["Ann Oak", "Bob Ash"],
        },
        {
            "patent_id": "CN101234567A", "filing_date": DAY(2007, 1, 1), "title": "风灯",
            "applicants": ["某公司"], "publication_number": "CN101234567A", "kind_code": "A",
            "publication_date": DAY(2008, 8, 6), "inventors": ["张三"],
        },
    ]  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True])
def test_patentsview_joins_its_tables_in_any_order(backwards: bool) -> None:
    files = sorted((SAMPLES / "patentsview").iterdir(), reverse=backwards)
    ingested = ingest_patents(files, source="auto")
    assert ingested.source == "patentsview"
    assert rows(ingested)[0] == {
        "patent_id": "US7502241", "filing_date": DAY(2006, 4, 7), "issue_date": DAY(2009, 3, 10),
        "kind": "utility", "title": "Lamp for a bench", "abstract": "A lamp.",
        "claims": "1. A lamp.\n2. The lamp of claim 1.", "ipc": ["F21V 1/00", "H02M 3/24"],
        "applicants": ["Bench Co., LLC", "Ann Oak"], "application_number": "US11/400123",
        "publication_number": "US7502241", "kind_code": "B2", "publication_date": DAY(2009, 3, 10),
        "cpc": ["F21V1/00"], "cited_patents": ["US6000001", "US4649334", "US20010023703"],
    }  # fmt: skip
    assert [row["patent_id"] for row in rows(ingested)] == ["US7502241", "USD456789", "US6000001"]
    assert rows(ingested)[2]["ipc"] == ["F04D 25/08"]  # the class lost its zero in the file
    assert rows(ingested)[2]["title"] == 'Fan with a "quiet" blade'
    assert reasons(ingested) == [("g_patent.tsv", 5, "bad date")]
    assert ingested.counts["rows_in"] == 4
    assert ingested.counts["tables"]["g_patent_abstract.tsv"] == {  # type: ignore[index]
        "table": "g_patent_abstract", "rows": 3, "joined": 2,
    }  # fmt: skip
    assert citations(ingested) == [
        ("US7502241", "US6000001", True),
        ("US7502241", "US4649334", False),
        ("US7502241", "US20010023703", False),
    ]


def test_patstat_joins_its_tables_by_application() -> None:
    ingested = ingest_patents(sorted((SAMPLES / "patstat").iterdir()), source="auto")
    assert ingested.source == "patstat"
    assert rows(ingested) == [
        {
            "patent_id": "101", "filing_date": DAY(2005, 1, 12), "issue_date": DAY(2008, 2, 6), "kind": "PI",
            "title": "Lampshade", "abstract": "A lampshade, double.", "ipc": ["F21V 1/00", "F21V 3/02"],
            "application_number": "CN200510012301.7", "publication_number": "CN100123451A",
            "kind_code": "A", "publication_date": DAY(2006, 7, 5), "family_id": "7001",
            "legal_status": "granted", "forward_citations": 4,
        },
        {
            "patent_id": "102", "filing_date": DAY(2006, 1, 11), "kind": "PI", "title": "Lampshade",
            "ipc": ["F21V 1/00"], "publication_number": "US20070123456A1", "kind_code": "A1",
            "publication_date": DAY(2007, 7, 12), "family_id": "7001", "forward_citations": 4,
            "cited_patents": ["101", "103"],
        },
    ]  # fmt: skip
    # 9999-12-31 is PATSTAT's way to write that there is no date
    assert reasons(ingested) == [("tls201_part01.csv", 4, "no date")]
    assert citations(ingested) == [("102", "101", True), ("102", "103", False)]
    one = ingest_patents(
        sorted((SAMPLES / "patstat").iterdir()), source="patstat", choice=Choice(families="one")
    )
    assert one.corpus.frame["patent_id"].to_list() == ["101"]
    assert ("tls201_part01.csv", 3, "another member of the family") in reasons(one)


def test_patstat_needs_its_first_table_and_the_publications_of_its_citations() -> None:
    folder = SAMPLES / "patstat"
    with pytest.raises(InputError, match="tls201 is not among the files"):
        ingest_patents(folder / "tls202_part01.csv", source="patstat")
    with pytest.raises(InputError, match="without tls211"):
        ingest_patents([folder / "tls201_part01.csv", folder / "tls212_part01.csv"], source="patstat")
    with pytest.raises(InputError, match="none of the tables of patstat"):
        ingest_patents(SAMPLES / "cnipa.csv", source="patstat")


def test_hupd_in_a_folder_and_in_lines_is_the_same(tmp_path: Path) -> None:
    ingested = ingest_patents(SAMPLES / "hupd", source="auto")
    assert ingested.source == "hupd"
    assert rows(ingested) == [
        {
            "patent_id": "US14/123456", "filing_date": DAY(2013, 12, 2), "issue_date": DAY(2015, 4, 7),
            "title": "Lamp", "abstract": "A lamp.", "claims": "1. A lamp.", "ipc": ["F21V100", "F21V302"],
            "application_number": "US14/123456", "publication_number": "US20140123456A1",
            "kind_code": "A1", "publication_date": DAY(2014, 5, 1), "inventors": ["Ann Oak"],
            "cpc": ["F21V100"], "legal_status": "ACCEPTED",
        },
        {
            "patent_id": "US08/914308", "filing_date": DAY(1997, 8, 15), "title": "Fan",
            "application_number": "US08/914308", "publication_number": "US20050000001A1",
            "kind_code": "A1", "publication_date": DAY(2005, 1, 6), "legal_status": "PENDING",
        },
    ]  # fmt: skip
    assert reasons(ingested) == [("broken.json", 1, "not JSON")]
    texts = [path.read_text("utf-8") for path in sorted((SAMPLES / "hupd").iterdir())]
    (tmp_path / "a.jsonl").write_text("\n".join([*texts, "", "[1]"]), encoding="utf-8")
    lines = ingest_patents(tmp_path / "a.jsonl", source="hupd")
    assert rows(lines) == rows(ingested)
    assert reasons(lines) == [("a.jsonl", 3, "not JSON"), ("a.jsonl", 5, "no JSON object")]
    for source in ("hupd", "auto"):
        with pytest.raises(PatentmetricsError):
            ingest_patents(tmp_path, source=source, columns={"title": "abstract"})


def every_sample() -> list[tuple[str, list[Path]]]:
    flat = [
        (name, [SAMPLES / f"{name}.csv"]) for name in ("cnipa", "cnopendata", "lens", "patentscope", "google")
    ]
    folders = [(name, sorted((SAMPLES / name).iterdir())) for name in ("patentsview", "patstat")]
    return [*flat, *folders, ("hupd", [SAMPLES / "hupd"])]


@pytest.mark.parametrize(
    ("name", "files"), every_sample(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_on_disk_and_in_memory_are_the_same_in_batches_of_any_size(
    name: str, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ingest_patents(files, source=name)
    for module in ("delimited", "columnar"):
        monkeypatch.setattr(f"patentmetrics.read.{module}.BATCH_ROWS", 1)
    monkeypatch.setattr("patentmetrics.read.joined.CHUNK_ROWS", 2)
    monkeypatch.setattr("patentmetrics.read.hupd._BATCH", 1)
    monkeypatch.setattr("patentmetrics.read.encoding._CHUNK", 7)
    done = ingest_into(
        files,
        tmp_path / "p.parquet",
        rejected=tmp_path / "r.csv",
        citations=tmp_path / "c.parquet",
        source=name,
    )
    corpus = read_patents(tmp_path / "p.parquet")
    assert corpus.frame.equals(expected.corpus.frame)
    assert (corpus.text, corpus.made_by) == (expected.corpus.text, expected.corpus.made_by)
    assert pl.read_parquet(tmp_path / "c.parquet").equals(expected.citations)
    assert {**expected.counts, "citations": None} == {**done.counts, "citations": None}
    written = (tmp_path / "r.csv").read_text("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(written)))) == expected.rejected.height + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.parquet", "p.parquet", "r.csv"]
    assert dict(corpus.frame.schema) == PATENT_SCHEMA


@pytest.mark.parametrize(
    ("name", "files"), every_sample(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_rows_in_are_rows_out_and_rows_rejected(name: str, files: list[Path]) -> None:
    for duplicates in ("reject", "last"):
        ingested = ingest_patents(files, source=name, choice=Choice(duplicates=duplicates))  # type: ignore[arg-type]
        counts = ingested.counts
        assert counts["rows_in"] == counts["rows_out"] + counts["rows_rejected"]  # type: ignore[operator]
        assert ingested.rejected["reason"].null_count() == 0
        assert counts["rows_rejected"] == ingested.rejected.height


def test_the_same_files_in_another_folder_give_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for place in ("one", "two"):
        shutil.copytree(SAMPLES / "patentsview", tmp_path / place / "in")
        ingest_into(
            sorted((tmp_path / place / "in").iterdir()),
            tmp_path / place / "p.parquet",
            rejected=tmp_path / place / "r.csv",
            citations=tmp_path / place / "c.parquet",
            source="patentsview",
        )
        made.append([(tmp_path / place / name).read_bytes() for name in ("p.parquet", "r.csv", "c.parquet")])
    assert made[0] == made[1]


def test_a_file_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("申请号,申请日,标题\n", encoding="utf-8")
    for source in ("csv", "cnipa", "lens"):
        with pytest.raises(PatentmetricsError):
            ingest_into(
                tmp_path / "a.csv",
                tmp_path / "p.parquet",
                rejected=tmp_path / "r.csv",
                citations=tmp_path / "c.parquet",
                source=source,
            )
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_an_unknown_header_gets_near_names_and_how_many_each_source_knows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no source is recognised") as caught:
        source_of(["申请号码", "申请日子", "题目", "x"], where="a.csv")
    shown = str(caught.value)
    assert "cnipa 0 of 4" in shown
    assert "申请号码: did you mean" in shown
    path = tmp_path / "a.csv"
    path.write_text("申请号,申请日,标题,合享价值度\n1,2010-01-01,灯,9\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="not one of lens") as wrong:
        ingest_patents(path, source="lens")
    assert "is it cnipa or incopat" in str(wrong.value)
    assert "incopat 4 of 4" in str(wrong.value)


def test_a_header_that_two_sources_would_read_differently_is_asked_about() -> None:
    # as many names of the one as of the other, and the title would be another column
    header = ["申请号", "申请日", "标题", "标题 (中文)", "序号", "公开国别", "代理机构", "保护范围"]
    with pytest.raises(InputError, match="more than one source"):
        source_of(header, where="a.csv")
    assert source_of([*header, "合享价值度"], where="a.csv")[0].name == "incopat"


def test_sources_that_read_a_header_alike_need_not_be_told_apart() -> None:
    assert source_of(["申请号", "申请日", "专利名称"], where="a.csv")[0].name == "cnipa"


def test_files_of_two_sources_are_not_mixed() -> None:
    with pytest.raises(InputError, match="more than one source"):
        ingest_patents([SAMPLES / "lens.csv", SAMPLES / "cnipa.csv"], source="auto")


def test_options_are_checked() -> None:
    with pytest.raises(SettingError, match="incopat"):
        ingest_patents(SAMPLES / "cnipa.csv", source="incopta")
    with pytest.raises(SettingError, match="identify_by"):
        ingest_patents(SAMPLES / "cnipa.csv", source="cnipa", identify_by="title")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="the map says"):
        ingest_patents(SAMPLES / "cnipa.csv", source="csv", identify_by="application")
    with pytest.raises(SettingError, match="cannot be mapped"):
        ingest_patents(sorted((SAMPLES / "patstat").iterdir()), source="patstat", columns={"title": "x"})


def test_a_patent_can_be_named_by_its_publication() -> None:
    ingested = ingest_patents(SAMPLES / "cnopendata.csv", source="cnopendata", identify_by="publication")
    assert ingested.corpus.frame["patent_id"].to_list() == ["CN100123451A", "CN100123451B"]


def test_a_map_goes_before_the_headers_of_a_source(tmp_path: Path) -> None:
    ingested = ingest_patents(
        SAMPLES / "cnipa.csv", source="cnipa", columns={"title": "摘要", "abstract": ""}
    )
    assert ingested.corpus.frame["title"][1] == "一种风扇。"
    assert ingested.corpus.frame["abstract"].null_count() == 2
    assert ingested.counts["rejected"]["no text"] == 1  # type: ignore[index]


def test_the_command_line_knows_the_sources() -> None:
    assert list(SOURCE_NAMES) == ["auto", *SOURCES]


def test_each_table_is_known_by_its_headers_and_no_two_are_alike() -> None:
    for source in SOURCES.values():
        for table, needed in source.tables.items():
            assert table_of(source, needed) == table


def test_known_headers_of_a_source_are_each_for_one_column() -> None:
    for source in SOURCES.values():
        if source.name == "csv":
            continue
        names = [name for ours, known in source.headers.items() for name in known]
        assert len(names) == len(set(names)), source.name
        taken = set(source.headers) - {"ipc_main"}
        assert taken <= set(PATENT_SCHEMA)


def test_json_values_of_any_kind_do_not_stop_the_run(tmp_path: Path) -> None:
    odd = {
        "application_number": 14123456,
        "title": ["A", "lamp"],
        "filing_date": 20131202,
        "ipcr_labels": "F21V",
        "cpc_labels": [None, "F21V"],
        "inventor_list": [1, {"inventor_name_last": None}],
        "claims": {"1": "x"},
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(odd) + "\n" + '"x"\n' + "\xff\n", encoding="latin-1")
    ingested = ingest_patents(tmp_path / "a.jsonl", source="hupd")
    assert rows(ingested) == [
        {
            "patent_id": "US14/123456", "application_number": "US14/123456", "title": "A\nlamp",
            "filing_date": DAY(2013, 12, 2), "cpc": ["F21V"],
        }
    ]  # fmt: skip
    assert [reason for _, _, reason in reasons(ingested)] == ["no JSON object", "not UTF-8"]


def test_reading_options_reach_all_files_of_a_source(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("申请号;申请日;标题;申请人\n200310102344;05/04/2009;灯;A#B\n".encode("gb18030"))
    reading = Reading(encoding="gb18030", date_order="dmy", list_separator="#")
    ingest_into(path, tmp_path / "p.parquet", rejected=tmp_path / "r.csv", source="cnipa", reading=reading)
    row = read_patents(tmp_path / "p.parquet").frame.row(0, named=True)
    assert (row["patent_id"], row["filing_date"]) == ("CN200310102344.5", DAY(2009, 4, 5))
    assert row["applicants"] == ["A", "B"]


def test_the_documentation_names_every_source_and_every_header_it_knows() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text("utf-8")
    for source in SOURCES.values():
        if source.name == "csv":
            section = text
        else:
            assert f"| `{source.name}` |" in text
            section = text.partition(f"### `{source.name}`: {source.title}")[2].partition("###")[0]
        for ours, names in source.headers.items():
            if source.name != "csv" or ours in PATENT_SCHEMA:
                assert f"| `{ours}` | {', '.join(names)} |" in section, (source.name, ours)
        for table, needed in source.tables.items():
            assert f"| {table} | {', '.join(needed)} |" in section
        assert all(name in section for name in source.others)


def test_a_table_with_our_own_names_is_recognised_as_csv() -> None:
    header = ["patent_id", "filing_date", "issue_date", "title", "abstract", "ipc", "address"]
    assert source_of(header, where="a.csv")[0].name == "csv"
