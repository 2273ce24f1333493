"""A panel written for other programs, and read back by them."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, OutputError, SettingError
from patentmetrics.core.provenance import read_frame
from patentmetrics.core.types import Panel
from patentmetrics.panel.column_list import panel_codebook, units_of
from patentmetrics.panel.export import export_panel
from patentmetrics.panel.files import read_panel
from patentmetrics.panel.fill import fill_panel
from patentmetrics.panel.stata import RESERVED, stata_names, write_stata

LABELS = {"gdp": "地区生产总值", "note": "备注"}


@pytest.fixture
def panel() -> Panel:
    frame = pl.DataFrame(
        {
            "place": ["北京", "北京", "=上海"],
            "year": pl.Series([2019, 2020, 2020], dtype=pl.Int32),
            "patents": [3, 0, None],
            "gdp": [1.5, float("nan"), 0.1 + 0.2],
            "note": ["", None, "@x"],
            "day": [dt.date(2020, 1, 2), None, dt.date(1959, 12, 31)],
            "open": [True, None, False],
            "big": [2**40, 1, 2],
        }
    )
    made_by = {"step": "panel", "inputs": {"yearbook": {"units": {"gdp": "万元"}}}}
    return Panel(frame=frame, log=("merged",), made_by=made_by)


def test_stata_reads_back_values_names_labels_and_missing(panel: Panel, tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    made = export_panel(panel, path, labels=LABELS)
    with pd.io.stata.StataReader(path) as reader:
        back = reader.read()
        labels = reader.variable_labels()
    assert path.read_bytes()[:67].startswith(b"<stata_dta><header><release>118</release>")
    assert b"<timestamp>\x1101 Jan 2000 00:00</timestamp>" in path.read_bytes()
    assert labels["gdp"] == "地区生产总值"
    assert labels["patents"] == "专利数"
    assert back["place"].tolist() == ["北京", "北京", "=上海"]
    assert back["year"].tolist() == [2019, 2020, 2020]
    assert back["patents"].isna().tolist() == [False, False, True]
    assert back["gdp"].tolist()[::2] == [1.5, 0.1 + 0.2]
    assert back["gdp"].isna().tolist() == [False, True, False]
    assert back["note"].tolist() == ["", "", "@x"]
    assert back["day"].isna().tolist() == [False, True, False]
    assert [one.date() for one in back["day"][[0, 2]]] == [dt.date(2020, 1, 2), dt.date(1959, 12, 31)]
    assert back["open"].tolist()[::2] == [1.0, 0.0]
    assert back["big"].tolist() == [2**40, 1, 2]
    assert made.nulls_made == {"gdp": 1}
    english = export_panel(panel, tmp_path / "b.dta", labels=LABELS, language="en")
    with pd.io.stata.StataReader(english.files[0]) as reader:
        assert reader.variable_labels()["patents"] == "Patents"


def test_csv_begins_with_a_mark_and_runs_no_formula(panel: Panel, tmp_path: Path) -> None:
    export_panel(panel, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert "'=上海" in text.decode()
    assert "'@x" in text.decode()
    export_panel(panel, tmp_path / "b.csv", bom=False, columns=["patents"])
    plain = (tmp_path / "b.csv").read_bytes()
    assert plain.startswith(b"place,year,patents\n")
    back = read_panel(tmp_path / "b.csv").frame
    assert back["patents"].to_list() == [3, 0, None]


def test_excel_has_the_data_and_the_codebook_of_its_columns_alone(panel: Panel, tmp_path: Path) -> None:
    made = export_panel(panel, tmp_path / "a.xlsx", columns=["patents", "gdp", "day"], labels=LABELS)
    data = pl.read_excel(tmp_path / "a.xlsx", sheet_name="data")
    assert data.columns == ["place", "year", "patents", "gdp", "day"]
    assert data["patents"].to_list() == [3, 0, None]
    assert data["gdp"].to_list()[::2] == pytest.approx([1.5, 0.3], rel=1e-15)
    assert data["place"].to_list()[2] == "'=上海"
    codebook = pl.read_excel(tmp_path / "a.xlsx", sheet_name="codebook")
    assert codebook["column"].to_list() == data.columns
    about = {row["column"]: row for row in codebook.to_dicts()}
    assert (about["gdp"]["label_zh"], about["gdp"]["unit"], about["gdp"]["nulls"]) == (
        "地区生产总值",
        "万元",
        1,
    )
    assert [one.name for one in made.files] == ["a.xlsx", "a.xlsx.provenance.json"]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert b">2000-01-01T00:00:00Z</dcterms:created>" in book.read("docProps/core.xml")


def test_parquet_comes_back_as_it_was_with_its_log(panel: Panel, tmp_path: Path) -> None:
    export_panel(panel, tmp_path / "a.parquet")
    again = read_panel(tmp_path / "a.parquet")
    assert again.frame.equals(panel.frame.with_columns(pl.col("gdp").fill_nan(None)))
    assert again.log == ("merged",)
    assert read_frame(tmp_path / "a.parquet")[1]["step"] == "panel export"


@pytest.mark.parametrize("ending", ["csv", "xlsx", "dta", "parquet"])
def test_the_same_panel_gives_the_same_bytes_and_its_provenance_names_them(
    panel: Panel, tmp_path: Path, ending: str
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        export_panel(panel, tmp_path / folder / f"a.{ending}", labels=LABELS)
    files = sorted(one.name for one in (tmp_path / "one").iterdir())
    assert files == sorted(one.name for one in (tmp_path / "two").iterdir())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    beside = json.loads((tmp_path / "one" / f"a.{ending}.provenance.json").read_text("utf-8"))
    assert f"a.{ending}" in beside["outputs"]
    assert beside["log"] == ["merged"]


def test_simulated_data_say_so_in_every_format(panel: Panel, tmp_path: Path) -> None:
    made_up = Panel(frame=panel.frame, simulated=True)
    for ending in ("csv", "xlsx", "dta"):
        export_panel(made_up, tmp_path / f"a.{ending}")
    with pd.io.stata.StataReader(tmp_path / "a.dta") as reader:
        assert "SIMULATED" in reader.data_label
    assert "SIMULATED" in (tmp_path / "a.csv.codebook.md").read_text("utf-8")
    book = pl.read_excel(tmp_path / "a.xlsx", sheet_name="codebook")
    assert "SIMULATED" in str(book.rows())


def test_the_codebook_says_what_was_filled(panel: Panel) -> None:
    frame = pl.DataFrame({"place": ["A"] * 3, "year": [2000, 2001, 2002], "x": [1.0, None, 3.0]})
    made = fill_panel(Panel(frame=frame), ["x"], method="interpolate").panel
    about = {row["column"]: row for row in panel_codebook(made).to_dicts()}
    assert about["x"]["filled"] == "1 interpolate"
    assert about["x"]["nulls"] == 0
    assert about["year"]["filled"] == ""
    assert (about["x"]["smallest"], about["x"]["largest"]) == ("1", "3")
    assert units_of(panel.made_by) == {"gdp": "万元"}


def test_names_that_stata_does_not_take_are_refused_or_mended(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"place": ["A"], "year": [2000], "产值(万元)": [1.0], "产值（万元）": [2.0], "if": [3.0]}
    )
    with pytest.raises(ColumnError, match="names of 3 columns") as caught:
        export_panel(Panel(frame=frame), tmp_path / "a.dta")
    assert "产值_万元_2" in str(caught.value)
    assert not list(tmp_path.iterdir())
    made = export_panel(Panel(frame=frame), tmp_path / "a.dta", names="mend")
    assert made.renamed == {"产值(万元)": "产值_万元", "产值（万元）": "产值_万元_2", "if": "_if"}
    assert list(pd.read_stata(tmp_path / "a.dta").columns) == [
        "place",
        "year",
        "产值_万元",
        "产值_万元_2",
        "_if",
    ]
    assert "产值_万元_2" in (tmp_path / "a.dta.codebook.md").read_text("utf-8")


@given(st.lists(st.text(min_size=1, max_size=45), min_size=1, max_size=6, unique=True))
def test_mended_names_are_names_and_differ(names: list[str]) -> None:
    made = stata_names(names, names="mend")
    assert list(made) == names
    assert len(set(made.values())) == len(names)
    for new in made.values():
        assert 0 < len(new) <= 32
        assert new not in RESERVED
        assert not new[0].isdigit()
        assert all(one == "_" or one.isalpha() or one in "0123456789" for one in new)
        assert stata_names([new]) == {new: new}


def test_values_that_a_format_cannot_hold_are_refused(tmp_path: Path) -> None:
    def one(value: object, ending: str) -> None:
        frame = pl.DataFrame({"place": ["A"], "year": [2000], "x": [value]})
        export_panel(Panel(frame=frame), tmp_path / f"a.{ending}")

    with pytest.raises(DataError, match="infinite"):
        one(float("inf"), "csv")
    with pytest.raises(DataError, match="too large"):
        one(2**60, "dta")
    with pytest.raises(DataError, match="too large"):
        one(2**60, "xlsx")
    with pytest.raises(DataError, match="too large for Stata"):
        one(1e308, "dta")
    with pytest.raises(DataError, match="numbers, text and dates"):
        one(["a"], "dta")
    with pytest.raises(DataError, match="too long"):
        one("x" * 40_000, "xlsx")
    with pytest.raises(SettingError):
        one(1.0, "sav")
    assert not list(tmp_path.iterdir())
    with pytest.raises(OutputError):
        export_panel(Panel(frame=pl.DataFrame({"place": ["A"], "year": [1]})), tmp_path / "no" / "a.csv")
    one(["a", "b"], "csv")
    assert "a; b" in (tmp_path / "a.csv").read_text("utf-8")


def test_long_text_and_long_labels_fit_stata(tmp_path: Path) -> None:
    frame = pl.DataFrame({"place": ["A"], "text": ["字" * 1000]})
    made = write_stata(frame, tmp_path / "a.dta", labels={"text": "长" * 100})
    assert made.cut == ("text",)
    back = pd.read_stata(tmp_path / "a.dta")
    assert back["text"].tolist() == ["字" * 1000]
