"""No cell of a written CSV is run by a spreadsheet, and no number is touched."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.cli import main
from patentmetrics.core.spreadsheet import is_formula, quoted_cells


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x", "  =1", "\t1", "\r=1", "\n1"]
)
def test_a_cell_that_would_be_run_gets_an_apostrophe(cell: str) -> None:
    assert is_formula(cell)
    assert quoted_cells(pl.DataFrame({"a": [cell], "n": [-1]})).row(0) == (f"'{cell}", -1)


@pytest.mark.parametrize("cell", ["", "B2B", "大数据", "a=b", "1-2"])
def test_other_cells_stay(cell: str) -> None:
    assert not is_formula(cell)
    assert quoted_cells(pl.DataFrame({"a": [cell]}))["a"].to_list() == [cell]


def test_a_term_of_a_lexicon_is_not_run_from_the_divergence_table(tmp_path: Path) -> None:
    header = ["id", "version", "title_en", "title_zh", "language", "source", "licence"]
    lines = [f'{key}: "x"' for key in header] + ["levels: []", "groups:", '  - terms: ["=1+1"]']
    (tmp_path / "mine.yml").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "成都_2024.txt").write_text("数字经济 =1+1", "utf-8")
    words = ["policy", str(tmp_path / "reports"), "--lexicon", str(tmp_path / "mine.yml")]
    words += ["-o", str(tmp_path / "f.parquet"), "--divergence", str(tmp_path / "d.csv")]
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 0, shown.output
    written = (tmp_path / "d.csv").read_text("utf-8-sig").splitlines()
    assert any(line.startswith("'=1+1,") for line in written)
