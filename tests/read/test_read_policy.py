"""Policy documents are read from folders as people keep them; what is not taken has a reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import polars as pl
import pytest

import patentmetrics.read.word as word
from patentmetrics.core.errors import DataError, InputError, SettingError
from patentmetrics.core.resources import demo_folder
from patentmetrics.read.policy import read_policy_folder
from patentmetrics.read.word import read_word

TEXT = "各位代表：现在，我代表市人民政府向大会报告工作。推动数字经济和人工智能发展。\n"


def keep(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(TEXT, encoding="utf-8")


@pytest.mark.parametrize(
    ("stem", "place", "year"),
    [
        ("2025年上海市政府工作报告", "上海市", 2025),
        ("成都_2024", "成都", 2024),
        ("成都", "成都", 2020),
        ("2024成都", "成都", 2024),
        ("2024-成都", "成都", 2024),
        ("２０２４年成都", "成都", 2024),
        ("成都（２０２４）", "成都", 2024),
        ("（2024）成都", "成都", 2024),
        ("成都市2024年政府工作报告", "成都市", 2024),
        ("2024年度内蒙古自治区人民政府工作报告", "内蒙古自治区", 2024),
        ("成都_2024_全文", "成都", 2024),
        ("New York 2024", "New York", 2024),
        ("330100_2019", "杭州市", 2019),
        ("2019_330100", "杭州市", 2019),
        ("杭州市政府工作报告（2019年）", "杭州市", 2019),
    ],
)
def test_the_default_pattern_reads_usual_names(tmp_path: Path, stem: str, place: str, year: int) -> None:
    keep(tmp_path, f"{stem}.txt")
    frame = read_policy_folder(tmp_path, year=2020).corpus.frame
    assert frame.select("document_id", "place", "year").rows() == [(stem, place, year)]


@pytest.mark.parametrize("stem", ["2024", "2024年政府工作报告", "政府工作报告", "20240115成都"])
def test_names_without_a_place_are_not_guessed(tmp_path: Path, stem: str) -> None:
    keep(tmp_path, f"{stem}.txt", "成都_2024.txt")
    documents = read_policy_folder(tmp_path)
    assert documents.rejected.rows() == [(f"{stem}.txt", None, "the name does not fit the pattern", None)]


def test_each_reason_is_named_and_counted(tmp_path: Path) -> None:
    keep(
        tmp_path,
        "a_2024.txt",
        "b.txt",
        "成都_2024.txt",
        "成都（2024）.txt",
        "notes.md",
        "报告.doc",
        ".hidden.txt",
    )
    (tmp_path / "c_2024.txt").write_bytes(b"")
    (tmp_path / "d_2024.txt").write_text(" \n", encoding="utf-8")
    (tmp_path / "e_2024.txt").write_bytes(b"\x00\x01")
    (tmp_path / "f_2024.txt").write_bytes(TEXT.replace("各位", "诸位").encode("gb18030"))
    (tmp_path / "g_2024.txt").write_bytes(TEXT.encode("gb18030") + b"\xff\xff")
    (tmp_path / "h_2024.docx").write_bytes(b"PK\x03\x04 cut off")
    (tmp_path / "~$h_2024.docx").write_bytes(b"lock")
    (tmp_path / "folder").mkdir()
    documents = read_policy_folder(tmp_path)
    frame = documents.corpus.frame
    assert frame.select("file", "encoding").rows() == [
        ("a_2024.txt", "utf-8"),
        ("f_2024.txt", "gb18030"),
        ("成都_2024.txt", "utf-8"),
    ]
    assert frame["text"].to_list() == [TEXT, TEXT.replace("各位", "诸位"), TEXT]
    assert frame.schema["year"] == pl.Int32
    reasons = dict(documents.rejected.select("file", "reason").rows())
    assert reasons.pop("h_2024.docx").startswith("the file is not readable Word")
    assert reasons == {
        "b.txt": "the name holds no year, and none was given",
        "c_2024.txt": "the file is empty",
        "d_2024.txt": "no text",
        "e_2024.txt": "this is a binary file, not text",
        "g_2024.txt": "the file is neither UTF-8 nor GB18030 throughout",
        "成都（2024）.txt": "the place and year were read before",
    }
    counts = documents.counts
    assert counts["files"] == 10
    assert (counts["documents_in"], counts["documents_out"], counts["documents_rejected"]) == (10, 3, 7)
    assert counts["ignored"] == [".hidden.txt", "folder", "notes.md", "~$h_2024.docx", "报告.doc"]
    assert sum(counts["rejected"].values()) == 7  # type: ignore[attr-defined]


def test_a_pattern_can_be_given(tmp_path: Path) -> None:
    keep(tmp_path, "gov-2023-chengdu.txt", "gov-20x3-wuhan.txt")
    pattern = r"gov-(?P<year>\w+)-(?P<place>.+)"
    documents = read_policy_folder(tmp_path, pattern=pattern)
    assert documents.corpus.frame.select("place", "year").rows() == [("chengdu", 2023)]
    assert documents.rejected["value"].to_list() == ["20x3"]
    documents = read_policy_folder(tmp_path, pattern=r".*-(?P<place>.+)", year=2020)
    assert documents.corpus.frame["year"].to_list() == [2020, 2020]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pattern": "("}, "not a regular expression"),
        ({"pattern": r"(?P<city>.+)"}, "no group named place"),
        ({"year": 24}, "out of range"),
        ({"encoding": "utf-9"}, "encoding"),
        ({"places": "city"}, "places"),
        ({"rules": ["indent"]}, "rule of cleaning"),
        ({"duplicates": "drop"}, "duplicates"),
        ({"columns": {"title": "a"}}, "no such column"),
    ],
)
def test_a_wrong_option_is_a_setting_error(tmp_path: Path, options: dict[str, object], message: str) -> None:
    keep(tmp_path, "成都_2024.txt")
    with pytest.raises(SettingError, match=message):
        read_policy_folder(tmp_path, **options)  # type: ignore[arg-type]


def test_a_folder_without_documents_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no document"):
        read_policy_folder(tmp_path)
    keep(tmp_path, "a.doc")
    with pytest.raises(InputError, match=r"a\.doc(.|\n)*save \.doc"):
        read_policy_folder(tmp_path)
    (tmp_path / "2024").mkdir()
    with pytest.raises(InputError, match="read with recursive"):
        read_policy_folder(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_policy_folder(tmp_path / "nowhere")
    keep(tmp_path, "成都.txt")
    with pytest.raises(DataError, match="holds no year"):
        read_policy_folder(tmp_path)


def test_word_files_are_read_in_reading_order(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("一、回顾")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "表头"
    table.cell(1, 0).text = "左"
    table.cell(1, 1).text = "右"
    table.cell(1, 1).add_table(1, 1).cell(0, 0).text = "内"
    document.add_paragraph("二、\t安排").add_run("\n第二行")
    path = tmp_path / "a.docx"
    document.save(str(path))
    assert read_word(path).splitlines() == ["一、回顾", "表头", "左", "右", "内", "二、\t安排", "第二行"]


def test_word_drops_deleted_text_and_reads_a_text_box_once(tmp_path: Path) -> None:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = "<w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent>"
    body = (
        f"<w:document {w} {mc}><w:body><w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>前</w:t></w:r>"
        "<w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:ins><w:r><w:t>增</w:t></w:r></w:ins>"
        "<w:moveFrom><w:r><w:t>移</w:t></w:r></w:moveFrom>"
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>后</w:t></w:r></w:p></w:body></w:document>"
    )
    path = tmp_path / "a.docx"
    docx.Document().save(str(path))
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, body if name == "word/document.xml" else old.read(name))
    path.write_bytes(buffer.getvalue())
    assert read_word(path).splitlines() == ["前增后", "框"]


def damaged(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "another archive":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.txt", "a")
        return buffer.getvalue()
    docx.Document().save(buffer)
    whole = buffer.getvalue()
    if kind == "cut off":
        return whole[: len(whole) // 2]
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            if not (kind == "a missing part" and name == "word/document.xml"):
                new.writestr(
                    name, "<w:docu" if kind == "broken XML" and "document.xml" in name else old.read(name)
                )
    return broken.getvalue() if kind != "text" else TEXT.encode()


@pytest.mark.parametrize("kind", ["cut off", "another archive", "a missing part", "broken XML", "text"])
def test_a_damaged_word_file_is_refused_without_a_traceback(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(damaged(kind))
    with pytest.raises(InputError, match="not readable Word"):
        read_word(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.docx"
    document = docx.Document()
    document.add_paragraph("a" * 100_000)
    document.save(str(path))
    assert path.stat().st_size < 50_000
    monkeypatch.setattr(word, "LARGEST_UNPACKED", 100_000)
    with pytest.raises(InputError, match="unpacks to more"):
        read_word(path)


def test_the_demo_folder_is_read_whole_with_its_two_encodings() -> None:
    documents = read_policy_folder(demo_folder() / "policy")
    assert documents.counts["encodings"] == {"docx": 1, "gb18030": 1, "utf-8": 11}
    assert documents.rejected.is_empty()
    shanghai = documents.corpus.frame.filter(pl.col("place_code") == "310000")
    assert shanghai.select("file", "place", "place_name", "year").rows() == [
        ("2025年上海市政府工作报告.docx", "上海", "上海市", 2025),
        ("上海_2024.txt", "上海", "上海市", 2024),
    ]
    assert documents.corpus.frame["text"].str.len_chars().min() > 10_000  # type: ignore[operator]
    guilin = documents.corpus.frame.filter(pl.col("place") == "桂林")["text"].item()
    assert guilin.startswith("各位代表")


@pytest.mark.larger
def test_all_real_reports_are_read(larger_data: Path) -> None:
    cities = read_policy_folder(larger_data / "policy" / "city_2024", year=2024)
    assert (cities.counts["documents_out"], cities.counts["documents_rejected"]) == (60, 0)
    provinces = read_policy_folder(larger_data / "policy" / "province_2025_docx")
    assert (provinces.counts["documents_out"], provinces.counts["documents_rejected"]) == (11, 0)
    assert set(provinces.corpus.frame["year"]) == {2025}
    # two files of the source hold the national report under the names of cities
    assert cities.remarks.select("file", "remark").rows() == [
        ("贵阳.txt", "the text was read before"),
        ("台州.txt", "the text does not name its place"),
        ("贵阳.txt", "the text does not name its place"),
    ]
    assert provinces.remarks.is_empty()
    for documents in (cities, provinces):
        assert documents.counts["places_unresolved"] == 0
        assert documents.corpus.frame["place_code"].n_unique() == documents.corpus.frame.height
        assert documents.corpus.frame["text"].str.len_chars().min() > 10_000  # type: ignore[operator]
        assert documents.corpus.frame["text"].str.contains("政府|工作").all()


@pytest.mark.larger
def test_the_demo_reports_are_the_source_also_the_one_encoded_anew(larger_data: Path) -> None:
    documents = read_policy_folder(demo_folder() / "policy", rules=())
    frame = documents.corpus.frame.filter(pl.col("encoding") != "docx")
    assert frame.height == 12
    for place, text in frame.select("place", "text").rows():
        source = larger_data / "policy" / "city_2024" / f"{place}.txt"
        assert text == source.read_bytes().decode()
