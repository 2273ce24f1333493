"""`patentmetrics estimate`: any model, the battery and the curve, from the command line and study.toml."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli import main
from patentmetrics.core.errors import StudyError
from patentmetrics.core.provenance import read_frame
from patentmetrics.estimate.battery import CHECKS
from patentmetrics.estimate.files import read_results
from patentmetrics.panel.files import write_panel
from patentmetrics.study.specification import read_study
from tests.estimate.models_for_tests import panel_for_all


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_panel(panel_for_all(), tmp_path / "panel.parquet")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in words])


def test_any_model_is_estimated_by_its_settings(folder: Path) -> None:
    words = ["estimate", "callaway-santanna", folder / "panel.parquet", "--outcome", "outcome", "--controls",
             "control", "--set", "comparison=not_yet", "--set", "draws=100"]  # fmt: skip
    tables = [word for name in ("t.docx", "t.xlsx", "t.md") for word in ("--table", folder / name)]
    plot = folder / "p.png"
    made = run(*words, "-o", folder / "e.parquet", *tables, "--plot", plot, "--language", "zh")
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("SIMULATED DATA")
    (result,) = read_results(folder / "e.parquet")
    assert result.settings["model"] == "callaway_santanna"
    assert result.settings["specification"]["comparison"] == "not_yet"  # type: ignore[index]
    assert result.frames
    assert "估计结果（模拟数据）" in (folder / "t.md").read_text("utf-8")
    assert (folder / "t.docx").read_bytes().startswith(b"PK")
    assert plot.read_bytes().startswith(b"\x89PNG")
    told = json.loads(run(*words, "--json").stdout)
    assert told["settings"]["model"] == "callaway_santanna"


def test_a_formula_and_a_file_of_settings_say_the_same(folder: Path) -> None:
    panel = folder / "panel.parquet"
    (folder / "iv.toml").write_text(
        'outcome = "outcome"\nendogenous = ["control"]\ninstruments = ["slope"]\ncontrols = ["treated"]\n',
        "utf-8",
    )
    formula = "outcome ~ treated | place + year | control ~ slope"
    assert run("estimate", "iv", panel, "--formula", formula, "-o", folder / "a.parquet").exit_code == 0
    assert (
        run("estimate", "iv", panel, "--spec", folder / "iv.toml", "-o", folder / "b.parquet").exit_code == 0
    )
    (first,), (second,) = read_results(folder / "a.parquet"), read_results(folder / "b.parquet")
    assert first.estimates.equals(second.estimates)


def test_a_model_with_a_setting_called_model_or_kind_can_be_set(folder: Path) -> None:
    made = run("estimate", "fixed-placebo", folder / "panel.parquet", "--outcome", "outcome", "--set",
               "kind=earlier", "--set", "shifts=2")  # fmt: skip
    assert made.exit_code == 0, made.output
    made = run("estimate", "causal-paths", folder / "panel.parquet", "--outcome", "outcome", "--set",
               "model=tree", "--set", "mediators=slope", "--set", "seed=1")  # fmt: skip
    assert made.exit_code == 1
    assert "tree" in made.stderr


def test_models_of_several_columns_are_all_printed(folder: Path) -> None:
    made = run("estimate", "stepwise", folder / "panel.parquet", "--outcome", "outcome", "--controls",
               "control,slope", "--table", folder / "t.md", "--plot", folder / "p.png",
               "--brackets", "t", "--stars", "0.001,0.01,0.05", "--digits", 2)  # fmt: skip
    assert made.exit_code == 0, made.output
    text = (folder / "t.md").read_text("utf-8")
    assert "(1) (3)" in text
    assert r"\*\*\* p &lt; 0.001" in text
    assert "t statistics in parentheses" in text


def test_warnings_about_the_panel_are_printed(folder: Path) -> None:
    made = run("estimate", "did", folder / "panel.parquet", "--outcome", "outcome", "--cluster", "region")
    assert "warning: only 3 clusters (region)" in made.stdout


@pytest.mark.parametrize(
    ("words", "status", "match"),
    [
        (["estimate", "nonsense", "panel.parquet"], 2, "No such command"),
        (["estimate", "iv", "panel.parquet", "--set", "outcom=y"], 1, "did you mean 'outcome'"),
        (["estimate", "iv", "panel.parquet", "--outcome", "outcome"], 1, "a setting is missing"),
        (["estimate", "iv", "panel.parquet", "--formula", "outcome ~"], 1, "is expected"),
        (["estimate", "list", "dod"], 1, "did you mean 'did'"),
        (["estimate", "did", "panel.parquet", "--outcome", "outcome", "--stars", "x"], 2, "--stars"),
        (["estimate", "battery", "panel.parquet"], 1, "a setting is missing"),
        (["estimate", "battery", "panel.parquet", "--outcome", "y"], 1, "'y' is missing"),
        (["estimate", "curve", "panel.parquet"], 2, "--spec"),
        (["estimate", "curve", "panel.parquet", "--spec", "none.toml"], 1, "there is no such file"),
        (["estimate", "curve", "panel.parquet", "--spec", "bad.toml"], 1, "not TOML"),
        (["estimate", "curve", "panel.parquet", "--spec", "curve.toml", "--with", "x"], 2, "--with"),
    ],
)
def test_wrong_use_ends_with_one_message_and_no_file(
    folder: Path, words: list[str], status: int, match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "bad.toml").write_text("base =", "utf-8")
    (folder / "curve.toml").write_text(CURVE, "utf-8")
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    made = run(*words)
    assert made.exit_code == status, made.output
    assert match in made.stderr
    assert "Traceback" not in made.output
    assert sorted(folder.iterdir()) == before


def test_the_battery_from_a_file_of_settings(folder: Path) -> None:
    unwanted = [one for one in CHECKS if one not in {"baseline", "subsample", "imputation", "stepwise"}]
    (folder / "battery.toml").write_text(
        f'controls = ["control"]\nleave_out = {json.dumps(unwanted)}\n'
        '[[subsamples]]\nname = "东部"\ncolumn = "region"\nvalues = ["East"]\n',
        "utf-8",
    )
    words = ["estimate", "battery", folder / "panel.parquet", "--spec", folder / "battery.toml"]
    made = run(*words, "--outcome", "outcome", "-o", folder / "b.parquet", "--table", folder / "b.xlsx",
               "--table", folder / "b.md", "--plot", folder / "b.png", "--language", "zh")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "子样本：东部" in made.stdout
    assert len(read_results(folder / "b.parquet")) == 5
    assert "稳健性检验" in (folder / "b.md").read_text("utf-8")
    assert (folder / "b.png").stat().st_size > 1000


CURVE = """
[base]
model = "did"
outcome = "y_{window}"

[[dimensions]]
name = "window"
measurement = true
choices = [{ name = "5 years", fill = "5" }, { name = "10 years", fill = "10" }]

[[dimensions]]
name = "lexicon"
measurement = true
choices = [{ name = "core" }, { name = "broad", panel = "broad" }]

[[dimensions]]
name = "controls"
choices = [{ name = "none" }, { name = "control", set = { controls = ["control"] } }]

[[dimensions]]
name = "sample"
choices = [{ name = "all" }, { name = "east", sample = { name = "e", column = "region", values = ["East"] } }]
"""


def test_the_curve_from_a_file_with_choices_of_measurement(folder: Path) -> None:
    frame, made_by = read_frame(folder / "panel.parquet")
    made_by["simulated"] = False
    for name, more in [("core", 0.0), ("broad", 0.1)]:
        outcomes = [(pl.col("outcome") + w * more).alias(f"y_{w}") for w in (5, 10)]
        frame.with_columns(outcomes).write_csv(folder / f"{name}.csv")
    (folder / "curve.toml").write_text(CURVE, "utf-8")
    words = ["estimate", "curve", folder / "core.csv", "--spec", folder / "curve.toml", "--with",
             f"broad={folder / 'broad.csv'}"]  # fmt: skip
    made = run(*words, "-o", folder / "c.parquet", "--table", folder / "c.docx", "--plot", folder / "c.png")
    assert made.exit_code == 0, made.output
    found, made_by = read_frame(folder / "c.parquet")
    assert found.height == 16
    assert made_by["settings"]["base"]["model"] == "did"  # type: ignore[index]
    assert "window (measurement): alone explains" in made.stdout
    assert run(*words, "-o", folder / "c.csv").exit_code == 0
    assert pl.read_csv(folder / "c.csv").height == 16
    assert json.loads(run(*words, "--json").stdout)["estimated"] == 16


def test_a_study_takes_any_registered_model_and_formulas(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        "title = 'x'\n[panel]\n"
        "[[models]]\nmodel = 'placebo'\nname = 'p'\noutcome = 'y'\nkind = 'unit'\nseed = 1\n"
        "[[models]]\nname = 'f'\nformula = 'y ~ x | place + year | d ~ z'\ncluster = 'province'\n",
        "utf-8",
    )
    first, second = read_study(tmp_path / "study.toml").models
    assert type(first).__name__ == "PlaceboSpec"
    assert (second.model, second.settings) == ("iv", {"cluster": "province"})  # type: ignore[attr-defined]
    for wrong, match in [("kind = 'placbo'", "unknown kind"), ("formula = 'y x'", "is expected")]:
        (tmp_path / "study.toml").write_text(f"title='x'\n[panel]\n[[models]]\nname='a'\n{wrong}\n", "utf-8")
        with pytest.raises(StudyError, match=match):
            read_study(tmp_path / "study.toml")


def test_a_study_runs_models_of_several_kinds(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        "title = 'x'\n[panel.simulate]\nplaces=30\nfirst_year=2008\nlast_year=2018\n"
        "effect=0.2\ncohorts=[2013]\n"
        "[[models]]\nkind='stepwise'\nname='s'\noutcome='outcome'\ncontrols=['control']\n"
        "[[models]]\nkind='imputation'\nname='i'\noutcome='outcome'\n"
        "[[models]]\nkind='bacon'\nname='b'\noutcome='outcome'\n"
        "[[models]]\nname='f'\nformula='outcome ~ treated + control | place + year'\n",
        "utf-8",
    )
    made = run("run", tmp_path / "study.toml", "-o", tmp_path / "out")
    assert made.exit_code == 0, made.output
    results = read_results(tmp_path / "out" / "estimates.parquet")
    assert [one.name for one in results] == ["s (1)", "s (2)", "i", "b", "f"]
    assert (tmp_path / "out" / "figures" / "event_study.png").is_file()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["settings"]["models"][1]["model"] == "imputation"
    assert any(name.startswith("estimates.frames/") for name in manifest["outputs"])
