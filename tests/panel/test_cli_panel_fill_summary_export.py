"""The commands of yearbooks and panels: read, fill, describe, export."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.cli.panel_export import command as export
from patentmetrics.cli.panel_fill import command as fill
from patentmetrics.cli.panel_summary import command as summary
from patentmetrics.cli.yearbook import command as yearbook
from patentmetrics.panel.files import read_panel


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    lines = ["城市,GDP（万元）,人口（万人）"]
    for year in (2013, 2014, 2015, 2016):
        rows = [
            f"{year}年城市经济,,",
            *lines,
            f"北京市,{year * 10},—" if year == 2014 else f"北京市,{year * 10},{year}",
        ]
        rows += [f"沈阳市,{year},1", "天津市,—,2" if year == 2016 else f"天津市,{year},2"]
        (tmp_path / f"{year}.csv").write_text("\n".join(rows), encoding="utf-8")
    files = [str(tmp_path / f"{year}.csv") for year in (2013, 2014, 2015, 2016)]
    done = CliRunner().invoke(
        yearbook,
        [*files, "--convert", "万元=元", "-o", str(tmp_path / "tidy.parquet"),
         "--panel", str(tmp_path / "p.parquet"), "--rejected", str(tmp_path / "rejected.csv"), "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["cells"], told["values"], told["blank: dash"]) == (24, 22, 2)
    return tmp_path / "p.parquet"


def test_sheets_become_a_panel_with_converted_units(panel: Path) -> None:
    frame = read_panel(panel).frame
    assert frame.columns == ["place", "year", "GDP", "人口"]
    assert frame.filter(place="沈阳市", year=2013)["GDP"].to_list() == [20_130_000.0]
    listed = (panel.parent / "rejected.csv").read_text("utf-8-sig")
    assert "blank: dash" in listed
    assert "title" in listed


def test_filling_marks_counts_and_lists_every_cell(panel: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        fill,
        [str(panel), "--columns", "GDP,人口", "--method", "interpolate,growth",
         "--cells", str(tmp_path / "cells.csv"),
         "--balance", "drop_places", "-o", str(tmp_path / "f.parquet"), "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["filled"] == {"GDP by growth": 1, "人口 by interpolate": 1}
    assert told["balanced"] is True
    made = read_panel(tmp_path / "f.parquet")
    assert made.frame["人口_filled"].drop_nulls().to_list() == ["interpolate"]
    assert made.frame.filter(place="北京市", year=2014)["人口"].to_list() == [2014.0]
    assert made.made_by["units"] == {"GDP": "元", "人口": "万人"}
    assert "天津市,2016,GDP,growth" in (tmp_path / "cells.csv").read_text("utf-8-sig")


def test_a_summary_writes_tables_figures_and_a_manifest(panel: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        summary,
        [str(panel), "--columns", "GDP", "--by", "region", "--language", "zh", "--years", "2013,2015", "-o",
         str(tmp_path / "s")],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    names = sorted(one.name for one in (tmp_path / "s").iterdir())
    assert names == [
        "boxes_1.png", "density_1.png", "manifest.json", "means_1.csv", "means_1.md", "means_1.png",
        "statistics.csv", "statistics.md",
    ]  # fmt: skip
    assert "东北" in (tmp_path / "s" / "statistics.md").read_text("utf-8")
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text("utf-8"))
    assert set(manifest["outputs"]) == set(names) - {"manifest.json"}


def test_an_export_takes_labels_from_a_table(panel: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("column,label,unit\nGDP,地区生产总值,元\n", encoding="utf-8")
    out = tmp_path / "p.csv"
    done = CliRunner().invoke(
        export, [str(panel), "-o", str(out), "--labels", str(tmp_path / "labels.csv"), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["beside it"] == ["p.csv.codebook.md", "p.csv.provenance.json"]
    assert "地区生产总值" in (tmp_path / "p.csv.codebook.md").read_text("utf-8")
    assert pl.read_csv(out).height == 12


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (fill, ["-o", "x.parquet"]),
        (fill, ["--columns", "GDP", "--method", "guess", "-o", "x.parquet"]),
        (fill, ["--balance", "drop_places", "--years", "2013", "-o", "x.parquet"]),
        (summary, ["--columns", "GDP", "--years", "x", "-o", "x"]),
        (export, []),
    ],
)
def test_wrong_usage_ends_with_status_two(command: object, words: list[str], panel: Path) -> None:
    assert CliRunner().invoke(command, [str(panel), *words]).exit_code == 2


def test_bad_data_end_with_one_message_and_status_one(panel: Path, tmp_path: Path) -> None:
    for command, words in (
        (fill, ["--columns", "nothing", "-o", str(tmp_path / "x.parquet")]),
        (summary, ["--columns", "nothing", "-o", str(tmp_path / "x")]),
        (export, ["-o", str(tmp_path / "x.sav")]),
        (yearbook, ["-o", str(tmp_path / "x.parquet")]),
    ):
        done = CliRunner().invoke(command, [str(panel), *words])
        assert done.exit_code == 1, done.output
        assert done.stderr.count("error:") == 1
    assert not (tmp_path / "x.parquet").exists()
