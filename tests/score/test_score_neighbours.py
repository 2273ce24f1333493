"""Neighbours are the most similar patents of the dense twin, in order; unknown ids are named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.cli.neighbours import command
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.provenance import read_frame
from patentmetrics.counted import build
from patentmetrics.score.neighbours import neighbours
from tests.reference import kpst_thresholded as twin
from tests.score.corpora import counted


def random_corpus() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    matrix = random.poisson(1.5 / (np.arange(12) + 1.0), (90, 12))
    matrix[40:44] = matrix[40]  # ties
    return matrix, np.sort(random.integers(2000, 2006, 90))


def expected(matrix: np.ndarray, years: np.ndarray, p: int, sign: int, window: int, top: int) -> list[tuple]:
    rho = twin.similarities(matrix, years)[p]
    lags = sign * (years - years[p])
    found = [
        (f"P{q}", int(years[q]), int(lags[q]), rho[q])
        for q in range(len(years))
        if 1 <= lags[q] <= window and rho[q] > 0
    ]
    return sorted(found, key=lambda row: (-round(row[3], 12), row[0]))[:top]


@pytest.mark.parametrize("top", [1, 3, 1000])
def test_neighbours_are_the_most_similar_patents_of_the_dense_twin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, top: int
) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 4)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 8)
    matrix, years = random_corpus()
    counts = counted(tmp_path / "counts", matrix, years)
    given = [f"P{p}" for p in (70, 3, 35, 36, 37, 89)]
    found = neighbours(counts, given, backward=3, forward=2, top=top)
    assert found["patent_id"].unique(maintain_order=True).to_list() == [
        one for one in given if found.filter(patent_id=one).height
    ]
    rows = 0
    for one in given:
        for direction, sign, window in [("earlier", -1, 3), ("later", 1, 2)]:
            part = found.filter(patent_id=one, direction=direction)
            wanted = expected(matrix, years, int(one[1:]), sign, window, top)
            assert part["rank"].to_list() == list(range(1, len(wanted) + 1))
            assert part.select("neighbour_id", "neighbour_year", "lag").rows() == [row[:3] for row in wanted]
            np.testing.assert_allclose(part["similarity"], [row[3] for row in wanted], rtol=1e-9)
            rows += len(wanted)
    assert rows == found.height > 0


def test_ties_go_by_id_and_a_patent_given_twice_counts_once(tmp_path: Path) -> None:
    matrix = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 1], [0, 1, 1], [0, 1, 0]])
    counts = counted(tmp_path / "counts", matrix, np.array([2000, 2000, 2000, 2001, 2002, 2002, 2002]))
    found = neighbours(counts, ["P3", "P3"], backward=1, forward=1, top=1)
    assert found.select("direction", "neighbour_id", "rank").rows() == [("later", "P4", 1)]
    assert found["similarity"][0] == pytest.approx(1.0)


def test_a_patent_without_neighbours_has_no_row(tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", np.eye(4, dtype=int), np.array([2000, 2001, 2002, 2003]))
    assert neighbours(counts, ["P3"]).height == 0


def test_unknown_patents_are_named_with_near_ones(tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", *random_corpus())
    with pytest.raises(DataError, match="2 of the patents") as caught:
        neighbours(counts, ["P3", "P7O", "X"])
    assert "P7O, X" in str(caught.value)
    assert "P7" in str(caught.value.hint)


@pytest.mark.parametrize(
    "options", [{"top": 0}, {"backward": 0, "forward": 0}, {"backward": -1}, {"patent_ids": []}]
)
def test_impossible_questions_are_refused(options: dict, tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", *random_corpus())
    with pytest.raises(SettingError):
        neighbours(counts, **({"patent_ids": ["P3"]} | options))


def test_the_command_writes_the_neighbours_and_says_them(tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", *random_corpus())
    output = tmp_path / "neighbours.parquet"
    arguments = [str(counts.folder), "P70", "P71", "--top", "2", "-o", str(output)]
    said = CliRunner().invoke(command, arguments)
    assert said.exit_code == 0, said.output
    frame, made_by = read_frame(output)
    assert frame.equals(neighbours(counts, ["P70", "P71"], top=2))
    assert made_by["step"] == "neighbours"
    assert "P70, earlier:" in said.output
    as_json = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).output)
    assert as_json["pairs"] == frame.height
    first = output.read_bytes()
    CliRunner().invoke(command, arguments)
    assert output.read_bytes() == first
    unknown = CliRunner().invoke(command, [str(counts.folder), "P70x", "-o", str(tmp_path / "no.parquet")])
    assert unknown.exit_code == 1
    assert "P70" in unknown.output
    assert not (tmp_path / "no.parquet").exists()


def test_the_schema_is_the_same_with_and_without_rows(tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", *random_corpus())
    full = neighbours(counts, ["P70"])
    other = counted(tmp_path / "other", np.eye(4, dtype=int), np.array([2000, 2001, 2002, 2003]))
    assert full.schema == neighbours(other, ["P3"]).schema
    assert full.schema["similarity"] == pl.Float64
