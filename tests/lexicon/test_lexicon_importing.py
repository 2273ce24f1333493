"""Word lists imported: every row is a term, a double or empty; groups get names that columns can have."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from patentmetrics.core.errors import ColumnError, InputError, LexiconError
from patentmetrics.lexicon.differences import diff_lexicons
from patentmetrics.lexicon.format import read_lexicon_file
from patentmetrics.lexicon.importing import import_lexicon
from patentmetrics.lexicon.load import find_lexicon, load_lexicon
from patentmetrics.lexicon.write import write_lexicon


def sheet(folder: Path, text: str, name: str = "words.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sheet_of_two_columns_becomes_a_lexicon_that_loads(tmp_path: Path) -> None:
    path = sheet(tmp_path, "关键词,维度\n大数据,数据技术\n5G,网络\n ,网络\n５Ｇ,网络\n")
    done = import_lexicon(path, id="mine", names={"网络": "network"})
    assert done.counts == {"rows": 4, "terms": 2, "doubled": 1, "empty": 1}
    assert done.columns == {"term": "关键词", "dimension": "维度"}
    output = tmp_path / "mine.yml"
    write_lexicon(done.file, output)
    assert load_lexicon(output).entries.rows() == [
        ("大数据", "dimension_1", "数据技术"),
        ("5G", "network", "网络"),
    ]
    assert (done.file.status, done.file.licence) == ("imported, not reviewed", "not stated")
    assert "words.csv" in done.file.source


def test_layers_are_outermost_and_their_groups_stand_together(tmp_path: Path) -> None:
    path = sheet(tmp_path, "term,dimension,layer,note,page\na,x,one,why,1\nb,y,two,,2\nc,z,one,,3\n")
    done = import_lexicon(path, id="mine")
    assert done.file.levels == ("layer", "dimension")
    assert [group.path for group in done.file.groups] == [("one", "x"), ("one", "z"), ("two", "y")]
    assert [term.note for _, term in done.file.terms()] == ["why", None, None]
    assert done.ignored == ("page",)
    assert done.file.language == "en"


def test_columns_of_any_name_can_be_named(tmp_path: Path) -> None:
    path = sheet(tmp_path, "w,一级,二级\n大数据,甲,乙\n")
    with pytest.raises(ColumnError, match="column of terms is not known") as caught:
        import_lexicon(path, id="mine")
    assert "--term" in str(caught.value)
    done = import_lexicon(path, id="mine", term="w", levels=["一级", "二级"])
    assert done.file.levels == ("layer", "dimension")
    assert done.file.groups[0].names_zh == ("甲", "乙")
    with pytest.raises(ColumnError, match="no such column"):
        import_lexicon(path, id="mine", term="w", levels=["三级"])


def test_a_list_without_groups_has_no_level(tmp_path: Path) -> None:
    done = import_lexicon(sheet(tmp_path, "term\na\nb\n"), id="mine")
    assert (done.file.levels, done.file.groups[0].path) == ((), ())


def test_an_excel_sheet_is_read_as_a_csv_is(tmp_path: Path) -> None:
    path = tmp_path / "words.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for number, row in enumerate([("词语", "类别"), ("大数据", "Big Data"), ("5G", "net")]):
            book.add_worksheet("a") if not number else None
            book.worksheets()[0].write_row(number, 0, row)
    done = import_lexicon(path, id="mine")
    assert [group.path for group in done.file.groups] == [("big_data",), ("net",)]


@pytest.mark.parametrize(
    ("text", "names", "words"),
    [
        ("term,dimension\na,x\na,y\n", {}, "the same once normalised"),
        ("term,dimension\na,\n", {}, "a term has no group"),
        ("term,dimension\na,Big Data\nb,big-data\n", {}, "two groups would have one name"),
        ("term,dimension\na,甲\n", {"甲": "total"}, "cannot have this name"),
    ],
)
def test_what_is_no_lexicon_is_refused(tmp_path: Path, text: str, names: dict[str, str], words: str) -> None:
    with pytest.raises(LexiconError, match=words):
        import_lexicon(sheet(tmp_path, text), id="mine", names=names)


def test_a_file_that_is_no_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        import_lexicon(sheet(tmp_path, "a", name="words.doc"), id="mine")
    with pytest.raises(LexiconError, match="no dictionary of cntext"):
        import_lexicon(sheet(tmp_path, "Name: a\n", name="a.yaml"), id="mine")


@pytest.mark.larger
def test_the_dictionary_of_cntext_is_the_shipped_lexicon(larger_data: Path) -> None:
    path = larger_data / "lexicons" / "zh_common_Digitalization.yaml"
    names = {"Block_Chains": "blockchain", "Usage_of_Digitalization": "digital_technology_application"}
    done = import_lexicon(path, id="digital_transformation_wu2021", names=names)
    shipped = read_lexicon_file(find_lexicon("digital_transformation_wu2021"))
    assert set(diff_lexicons(shipped, done.file)["change"]) == {"head"}
    assert done.counts == {"rows": 76, "terms": 76, "doubled": 0, "empty": 0}
