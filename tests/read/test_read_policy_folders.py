"""Place and year come from tables, columns, names and folders; one place is one place; twice is said."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import docx
import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, DataError
from patentmetrics.places.codes import areas
from patentmetrics.read.policy import POLICY_SCHEMA, PolicyDocuments, read_policy_folder


def keep(folder: Path, *names: str) -> None:
    """Write files whose text names their place, each with a text of its own."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"各位代表：这是{name}的报告，推动人工智能发展。\n", encoding="utf-8")


def placed(documents: PolicyDocuments) -> dict[str, tuple[str, str | None, int]]:
    rows = documents.corpus.frame.select("file", "place", "place_code", "year").rows()
    return {file: (place, code, year) for file, place, code, year in rows}


def test_folders_name_the_year_or_the_place_or_both(tmp_path: Path) -> None:
    keep(
        tmp_path,
        "2024/上海.txt",
        "2023年政府工作报告/成都市.txt",
        "上海/2022.txt",
        "浙江省/杭州市/2019年政府工作报告.txt",
        "2020/四川/甘孜州.txt",
        "reports/武汉_2021.txt",
    )
    documents = read_policy_folder(tmp_path, recursive=True)
    assert placed(documents) == {
        "2020/四川/甘孜州.txt": ("甘孜州", "513300", 2020),
        "2023年政府工作报告/成都市.txt": ("成都市", "510100", 2023),
        "2024/上海.txt": ("上海", "310000", 2024),
        "reports/武汉_2021.txt": ("武汉", "420100", 2021),
        "上海/2022.txt": ("上海", "310000", 2022),
        "浙江省/杭州市/2019年政府工作报告.txt": ("杭州市", "330100", 2019),
    }
    assert documents.remarks.is_empty()
    assert documents.corpus.frame["document_id"][0] == "2020/四川/甘孜州"


def test_the_folder_of_a_province_decides_between_two_places_of_one_name(tmp_path: Path) -> None:
    keep(tmp_path, "2024/青海/海南.txt", "2024/吉林.txt", "2023/海南省/海南.txt", "2024/海南.txt")
    documents = read_policy_folder(tmp_path, recursive=True)
    assert placed(documents) == {
        "2023/海南省/海南.txt": ("海南", None, 2023),
        "2024/吉林.txt": ("吉林", None, 2024),
        "2024/海南.txt": ("海南", None, 2024),
        "2024/青海/海南.txt": ("海南藏族自治州", "632500", 2024),
    }
    # they are two places, also where both are called 海南
    assert documents.rejected.is_empty()
    unresolved = documents.places.filter(pl.col("code").is_null())
    assert unresolved.select("place", "status", "documents").rows() == [
        ("吉林", "ambiguous", 1),
        ("海南", "ambiguous", 2),
    ]
    assert documents.counts["documents_unresolved"] == 3


def test_folders_are_entered_only_when_asked_and_links_are_not_followed(tmp_path: Path) -> None:
    keep(tmp_path, "成都_2024.txt", "2023/成都.txt", "2023/.hidden/武汉.txt")
    (tmp_path / "2023" / "again").symlink_to(tmp_path)
    assert list(placed(read_policy_folder(tmp_path))) == ["成都_2024.txt"]
    documents = read_policy_folder(tmp_path, recursive=True)
    assert list(placed(documents)) == ["2023/成都.txt", "成都_2024.txt"]
    assert documents.counts["ignored"] == ["2023/.hidden/武汉.txt"]


def test_a_table_names_places_and_years_and_comes_before_names(tmp_path: Path) -> None:
    keep(tmp_path, "doc1.txt", "2023/doc2.txt", "2022/doc2.txt", "成都_2024.txt")
    table = tmp_path / "places.csv"
    table.write_bytes(
        "文件名,地区,年份\ndoc1.txt,上海市,2021年\n2023\\doc2.txt,杭州,\ndoc2,武汉,\n成都_2024.txt,,2020\n无.txt,广州,1\n".encode(
            "gb18030"
        )
    )
    documents = read_policy_folder(tmp_path, recursive=True, table=table)
    assert placed(documents) == {
        "2022/doc2.txt": ("武汉", "420100", 2022),
        "2023/doc2.txt": ("杭州", "330100", 2023),
        "doc1.txt": ("上海市", "310000", 2021),
        "成都_2024.txt": ("成都", "510100", 2020),
    }
    assert documents.counts["table_rows_unused"] == 1
    # the table itself is no document
    assert documents.rejected.is_empty()
    assert ("成都_2024.txt", None, "years that differ", "2020 (the table), 2024 (the file's name)") in (
        documents.remarks.rows()
    )


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("name,place\na,b\n", ColumnError, "needs the columns file"),
        ("file,other\na,b\n", ColumnError, "needs the columns file"),
        ("file,place\na,成都\na,武汉\n", DataError, "twice"),
    ],
)
def test_a_table_that_cannot_be_used_is_an_error(
    tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    keep(tmp_path, "成都_2024.txt")
    table = tmp_path / "t.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        read_policy_folder(tmp_path, table=table)


def test_sources_that_differ_are_remarked_and_a_province_above_is_none(tmp_path: Path) -> None:
    keep(tmp_path, "2023/成都_2024.txt", "浙江/温州_2024.txt", "浙江/武汉_2024.txt")
    documents = read_policy_folder(tmp_path, recursive=True)
    assert documents.remarks.select("file", "remark", "value").rows() == [
        ("2023/成都_2024.txt", "years that differ", "2024 (the file's name), 2023 (the folder)"),
        ("浙江/武汉_2024.txt", "places that differ", "武汉 (the file's name), 浙江省 (the folder)"),
    ]
    assert placed(documents)["2023/成都_2024.txt"][2] == 2024


def test_two_spellings_of_a_place_are_one_and_its_second_document_of_a_year_is_rejected(
    tmp_path: Path,
) -> None:
    keep(
        tmp_path,
        "上海_2023.txt",
        "上海市_2024.txt",
        "310000_2022.txt",
        "上海市_2023.txt",
        "毕节地区_2008.txt",
    )
    keep(tmp_path, "毕节市_2015.txt")
    documents = read_policy_folder(tmp_path)
    assert placed(documents) == {
        "310000_2022.txt": ("上海", "310000", 2022),
        "上海_2023.txt": ("上海", "310000", 2023),
        "上海市_2024.txt": ("上海", "310000", 2024),
        "毕节地区_2008.txt": ("毕节市", "520500", 2008),
        "毕节市_2015.txt": ("毕节市", "520500", 2015),
    }
    assert documents.rejected.rows() == [
        ("上海市_2023.txt", None, "the place and year were read before", "from 上海_2023.txt")
    ]
    kept = read_policy_folder(tmp_path, duplicates="keep")
    assert kept.corpus.frame.height == 6
    assert ("上海市_2023.txt", None, "the place and year were read before", "上海_2023.txt") in (
        kept.remarks.rows()
    )


def test_without_places_names_stay_as_they_are(tmp_path: Path) -> None:
    keep(tmp_path, "上海_2023.txt", "上海市_2023.txt")
    documents = read_policy_folder(tmp_path, places="none")
    assert documents.corpus.frame["place"].to_list() == ["上海", "上海市"]
    assert documents.corpus.frame["place_code"].null_count() == 2
    assert documents.places.is_empty()
    assert documents.corpus.frame.schema == pl.Schema(POLICY_SCHEMA)


def test_the_level_decides_what_a_name_means(tmp_path: Path) -> None:
    keep(tmp_path, "吉林_2023.txt", "海南_2023.txt")
    assert read_policy_folder(tmp_path).corpus.frame["place_code"].null_count() == 2
    provinces = read_policy_folder(tmp_path, places="province").corpus.frame
    assert provinces["place_name"].to_list() == ["吉林省", "海南省"]


def test_one_text_under_two_names_is_remarked_in_whatever_format(tmp_path: Path) -> None:
    text = "各位代表：成都和武汉推动人工智能发展。"
    (tmp_path / "成都_2024.txt").write_text(text, encoding="utf-8")
    document = docx.Document()
    document.add_paragraph("　　" + text)
    document.save(str(tmp_path / "武汉_2024.docx"))
    (tmp_path / "成都_2024.html").write_text(f"<p>{text}</p>", encoding="utf-8")
    documents = read_policy_folder(tmp_path)
    assert documents.remarks.rows() == [
        ("武汉_2024.docx", None, "the text was read before", "成都_2024.html")
    ]
    assert documents.rejected.select("file", "value").rows() == [
        ("成都_2024.txt", "from 成都_2024.html, with the same text")
    ]


def test_a_text_that_does_not_name_its_place_is_remarked(tmp_path: Path) -> None:
    keep(tmp_path, "成都_2024.txt")
    (tmp_path / "贵阳_2024.txt").write_text("我代表国务院，向大会报告政府工作。", encoding="utf-8")
    (tmp_path / "nowhere_2024.txt").write_text("我代表国务院，向大会报告工作。", encoding="utf-8")
    remarks = read_policy_folder(tmp_path).remarks
    assert remarks.rows() == [("贵阳_2024.txt", None, "the text does not name its place", "贵阳市")]


def test_files_of_one_name_but_for_the_ending_have_names_of_their_own(tmp_path: Path) -> None:
    keep(tmp_path, "成都_2024.txt", "成都_2024.html")
    ids = read_policy_folder(tmp_path, duplicates="keep").corpus.frame["document_id"].to_list()
    assert ids == ["成都_2024.html", "成都_2024.txt"]


def test_rows_of_tables_are_documents_with_reasons_of_their_own(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "城市": ["成都", "武汉", None, "上海市", "成都市"],
            "年份": [2024, 2024, 2024, 20244, 2024],
            "正文": ["成都的报告", None, "某地的报告", "上海的报告", "成都的另一份"],
        }
    ).write_excel(tmp_path / "报告集.xlsx")
    (tmp_path / "b.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    documents = read_policy_folder(tmp_path)
    assert documents.corpus.frame.select("document_id", "place", "year", "text").rows() == [
        ("报告集#2", "成都", 2024, "成都的报告")
    ]
    assert dict(documents.rejected.select("row", "reason").rows()) == {
        None: "the table has no column of text",
        3: "no text",
        4: "the place is empty",
        5: "the year is not between 1900 and 2100",
        6: "the place and year were read before",
    }
    counts = documents.counts
    assert (counts["files"], counts["documents_in"]) == (2, 6)
    assert counts["documents_in"] == counts["documents_out"] + counts["documents_rejected"]  # type: ignore[operator]


def test_a_table_without_places_has_those_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "成都.csv").write_text("year,text\n2023,成都一\n2024,成都二\n", encoding="utf-8")
    documents = read_policy_folder(tmp_path)
    assert documents.corpus.frame.select("place", "year").rows() == [("成都", 2023), ("成都", 2024)]
    (tmp_path / "成都_2022.csv").write_text("year,text\n,成都三\n", encoding="utf-8")
    documents = read_policy_folder(tmp_path)
    assert documents.rejected["reason"].to_list() == ["the year is empty"]


def test_rules_of_cleaning_are_counted_and_can_be_left_out(tmp_path: Path) -> None:
    for name in ("成都_2024", "武汉_2024"):
        (tmp_path / f"{name}.txt").write_bytes(f"　　{name}的报告\r\n— 1 —\r\n".encode())
    documents = read_policy_folder(tmp_path)
    assert documents.corpus.frame["text"].to_list() == ["成都_2024的报告\n", "武汉_2024的报告\n"]
    expected = {"line_ends": 2, "wide_spaces": 2, "page_numbers": 2, "indents": 2}
    assert documents.counts["cleaned"] == expected
    assert documents.corpus.made_by["settings"]["rules"][0] == "line_ends"  # type: ignore[index]
    assert documents.corpus.made_by["counts"]["changed_by_indents"] == 2  # type: ignore[index]
    raw = read_policy_folder(tmp_path, rules=())
    assert raw.corpus.frame["text"].to_list()[0] == "　　成都_2024的报告\r\n— 1 —\r\n"
    assert raw.counts["cleaned"] == {}


def test_encodings_are_counted_by_file(tmp_path: Path) -> None:
    text = "成都、武汉、上海、广州的报告，推动人工智能和数字经济发展。"
    for name, encoding in [("成都", "utf-8"), ("武汉", "gb18030"), ("上海", "utf-16"), ("广州", "utf-8-sig")]:
        (tmp_path / f"{name}_2024.txt").write_bytes(text.encode(encoding))
    documents = read_policy_folder(tmp_path)
    assert documents.counts["encodings"] == {"gb18030": 1, "utf-16": 1, "utf-8": 1, "utf-8-sig": 1}
    assert set(documents.corpus.frame["text"]) == {text}


def test_the_same_folder_gives_the_same_frame_and_provenance(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        keep(tmp_path / folder, "2024/上海.txt", "成都_2024.txt", "吉林_2020.txt")
    one, two = (read_policy_folder(tmp_path / folder, recursive=True) for folder in ("a", "b"))
    assert one.corpus.frame.equals(two.corpus.frame)
    assert one.corpus.made_by == two.corpus.made_by
    assert one.places.equals(two.places)


def test_five_thousand_documents_need_the_memory_of_their_texts_a_few_times(tmp_path: Path) -> None:
    cities = [area.name for area in areas() if area.level == "prefecture" and area.end is None]
    pairs = [(city, year) for year in range(2009, 2025) for city in cities][:5000]
    for year in range(2009, 2025):
        (tmp_path / str(year)).mkdir()
    size = 0
    for city, year in pairs:
        text = f"{city}{year}年的报告：\r\n" + "推动数字经济和人工智能发展。" * 60
        size += (tmp_path / str(year) / f"{city}.txt").write_bytes(text.encode())
    read_policy_folder(tmp_path / "2024", year=2024)
    tracemalloc.start()
    documents = read_policy_folder(tmp_path, recursive=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert documents.corpus.frame.height == 5000
    assert documents.counts["places_unresolved"] == 0
    # the texts, and what is kept for each document besides: its row, its name, its hash
    assert peak < 2 * size + 5000 * 4096
