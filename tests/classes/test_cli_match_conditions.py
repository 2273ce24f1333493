"""The command match: keywords, indicators and rejected symbols, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.classes.write import Entry, concordance_text
from patentmetrics.cli.match import command
from patentmetrics.core.provenance import read_frame, write_frame
from patentmetrics.read.patents import PATENT_SCHEMA

HEAD = dict.fromkeys(("version", "title_en", "title_zh", "source", "licence", "status"), "made up")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        ("a", "GPU", None, ["G06F1/16", "14-02"]),
        ("b", "lamp", "a GPU", ["G06F1/16", "A61K"]),
        ("c", "lamp", None, ["G06F1/16"]),
        ("d", "=lamp", None, None),
    ]
    frame = pl.DataFrame(
        [
            {
                **dict.fromkeys(PATENT_SCHEMA),
                "patent_id": n,
                "title": t,
                "abstract": a,
                "ipc": i,
                "claims": "GPU",
            }
            for n, t, a, i in rows
        ],
        schema=PATENT_SCHEMA,
    )
    write_frame(frame, tmp_path / "patents.parquet", {"step": "test"})
    entries = [
        Entry(id="1", levels=("chips",), patterns=("G06F1/*",), keywords=("GPU",)),
        Entry(id="2", levels=("drugs",), patterns=("A61K",)),
    ]
    (tmp_path / "mine.yml").write_text(concordance_text({"id": "mine", **HEAD}, ["field"], entries), "utf-8")
    return tmp_path


def run(folder: Path, *options: str) -> Result:
    arguments = ["patents.parquet", "--concordance", "mine.yml", "-o", "m.parquet", *options]
    known = [str(folder / one) if one.endswith((".parquet", ".yml")) else one for one in arguments]
    return CliRunner().invoke(command, known)


def test_match_writes_matches_indicators_and_what_is_no_symbol(folder: Path) -> None:
    result = run(folder, "--indicators", "i.parquet", "--name", "digital", "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert (printed["patents_matched"], printed["patents_unmatched"], printed["patents_unknown"]) == (2, 1, 1)
    assert printed["share of patents unmatched"] == 1 / 3  # of the three of which it is known
    assert printed["conditions"] == "entry"
    frame, made_by = read_frame(folder / "m.parquet")
    assert frame.select("patent_id", "symbol", "field", "keywords").rows() == [
        ("a", "G06F1/16", "chips", ["GPU"]),
        ("b", "G06F1/16", "chips", ["GPU"]),
        ("b", "A61K", "drugs", None),
    ]
    assert made_by["settings"]["conditions"] == "entry"  # type: ignore[index]  # a JSON object
    wide = read_frame(folder / "i.parquet")[0]
    assert wide.columns == ["patent_id", "digital", "chips", "drugs"]
    assert wide["digital"].to_list() == [True, True, False, None]
    rejected = pl.read_csv(folder / "m.rejected.csv")
    assert rejected.select("row", "patent_id", "reason", "value").rows() == [
        (1, "a", "a Locarno class of a design", "14-02")
    ]


def test_keywords_are_looked_for_where_one_says(folder: Path) -> None:
    shown = json.loads(run(folder, "--text", "title", "--json").stdout)
    assert shown["patents_matched"] == 2  # b has A61K too
    assert json.loads(run(folder, "--text", "claims", "--json").stdout)["patents_matched"] == 3
    assert json.loads(run(folder, "--conditions", "codes", "--json").stdout)["patents_matched"] == 3
    weights = json.loads(run(folder, "--weights", "fractional", "--json").stdout)
    assert weights["weights"] == "fractional"
    assert read_frame(folder / "m.parquet")[0]["weight"].to_list() == [1.0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--text", "titel"], 1, "did you mean 'title'?"),
        (["--conditions", "keywords", "--weights", "fractional"], 1, "fractional"),
        (["--indicators", "i.parquet", "--of", "branch"], 1, "of has a value it cannot have"),
        (["--of", "field"], 2, "--indicators"),
        (["--symbols", "first"], 2, "first"),
    ],
)
def test_wrong_options_leave_nothing(folder: Path, options: list[str], status: int, words: str) -> None:
    before = sorted(folder.iterdir())
    result = run(folder, *options)
    assert result.exit_code == status, result.output
    assert words in result.output
    assert sorted(folder.iterdir()) == before


def test_the_same_input_gives_the_same_bytes(folder: Path) -> None:
    assert run(folder).exit_code == 0
    first = (folder / "m.parquet").read_bytes()
    assert run(folder).exit_code == 0
    assert (folder / "m.parquet").read_bytes() == first
