"""`patentmetrics validate`: from scores on disk to a folder of tables and figures, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

import patentmetrics as pm
from patentmetrics.cli.validate import command
from patentmetrics.core.provenance import write_frame


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of a simulated corpus; citations and landmarks that fit them."""
    folder = tmp_path_factory.mktemp("validate")
    simulated = pm.simulate_corpus(first_year=1990, last_year=2005, patents_per_year=40, seed=3)
    counts = pm.count_terms(
        simulated.corpus, folder / "counts", segmenter="whitespace", date="filing", min_documents=2
    )
    scores = pm.score_patents(counts)
    write_frame(scores.frame, folder / "scores.parquet", scores.made_by)
    frame = scores.frame
    pairs = frame.join(frame, how="cross", suffix="_cited").filter(
        (pl.col("year") - pl.col("year_cited")).is_between(1, 4),
        (pl.col("patent_id") + pl.col("patent_id_cited")).hash(seed=5) % 97 == 0,
    )
    pairs = pairs.select(citing_id="patent_id", cited_id="patent_id_cited", citing_year="year").sort(pl.all())
    pairs.write_csv(folder / "citations.csv")
    pairs.write_parquet(folder / "citations.parquet")
    planted = "\n".join(simulated.planted["patent_id"])
    (folder / "famous.txt").write_text(f"# planted\n{planted}\n\nnobody  # not there\n", "utf-8")
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def test_all_checks_are_written_and_the_main_numbers_printed(given: Path, tmp_path: Path) -> None:
    done = run(
        given / "scores.parquet", "--citations", given / "citations.csv", "--landmarks", given / "famous.txt",
        "-o", tmp_path / "v", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    printed = json.loads(done.output)
    assert printed["windows"] == [1, 5, 10]
    assert printed["unknown_landmarks"] == ["nobody"]
    assert printed["landmark_median_percentile_5"] > 95
    assert printed["citations"] == pl.read_csv(given / "citations.csv").height
    assert abs(printed["spearman_within_year_5"]) < 0.5
    names = sorted(one.relative_to(tmp_path / "v").as_posix() for one in (tmp_path / "v").rglob("*.*"))
    assert names == sorted(
        [f"figures/{kind}_{w}.png" for kind in ("distribution", "citations", "landmarks") for w in (1, 5, 10)
         if f"{kind}_{w}" not in printed.get("figures_left_out", {})]
        + ["figures/persistence.png", "manifest.json"]
        + [f"tables/{name}{ending}" for ending in (".md", ".csv") for name in (
            "distribution", "kept", "persistence", "correlations", "citation_bins", "landmarks",
            "landmark_summary")]
    )  # fmt: skip
    manifest = json.loads((tmp_path / "v" / "manifest.json").read_text("utf-8"))
    assert set(manifest["inputs"]) == {"scores", "citations", "landmarks"}
    assert len(manifest["outputs"]) == len(names) - 1
    assert "SIMULATED" in (tmp_path / "v" / "tables" / "correlations.md").read_text("utf-8")


def test_the_same_scores_give_the_same_bytes_from_csv_and_parquet(given: Path, tmp_path: Path) -> None:
    for name, file in {"a": "citations.csv", "b": "citations.csv", "c": "citations.parquet"}.items():
        done = run(
            given / "scores.parquet", "--citations", given / file, "--windows", "5", "-o", tmp_path / name,
            "--language", "zh",
        )  # fmt: skip
        assert done.exit_code == 0, done.output
    files = sorted(one.relative_to(tmp_path / "a") for one in (tmp_path / "a").rglob("*.*"))
    assert files
    for one in files:
        assert (tmp_path / "a" / one).read_bytes() == (tmp_path / "b" / one).read_bytes()
        if one.name != "manifest.json":  # it names the file of the citations
            assert (tmp_path / "a" / one).read_bytes() == (tmp_path / "c" / one).read_bytes()


def test_scores_alone_are_enough(given: Path, tmp_path: Path) -> None:
    done = run(given / "scores.parquet", "-o", tmp_path / "v")
    assert done.exit_code == 0, done.output
    assert "persistence_1_5" in done.output
    assert not (tmp_path / "v" / "tables" / "correlations.md").exists()


@pytest.mark.parametrize(
    ("name", "content", "option", "message"),
    [
        ("bad.csv", "citing_id,cited_id,citing_year\na,b,2oo1\n", "--citations", "no whole numbers"),
        ("bad.csv", "citing_id,cited_id\na,b\na\n", "--citations", "too few or too many"),
        ("bad.csv", "citing,cited_id\na,b\n", "--citations", "'citing_id' is missing"),
        ("bad.csv", "citing_id,cited_id\na,b\n", "--citations", "no citation has a citing year"),
        ("bad.txt", "# nothing\n\n", "--landmarks", "names no patent"),
        ("bad.csv", "patent,applicants\na,b\n", "--applicants", "'patent_id' is missing"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    name: str, content: str, option: str, message: str, given: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    extra = ["--citations", given / "citations.csv"] if option == "--applicants" else []
    done = run(given / "scores.parquet", option, tmp_path / name, *extra, "-o", tmp_path / "v")
    assert done.exit_code == 1, done.output
    assert message in done.output
    assert "Traceback" not in done.output
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_folder_that_is_not_ours_is_left_alone(given: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = run(given / "scores.parquet", "-o", tmp_path)
    assert done.exit_code == 1
    assert "not made by an earlier run" in done.output
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("options", [["--windows", "five"], ["--citing-years", "1990"], ["--language", "de"]])
def test_wrong_usage_is_clicks(options: list[str], given: Path, tmp_path: Path) -> None:
    assert run(given / "scores.parquet", "-o", tmp_path / "v", *options).exit_code == 2


def test_a_frame_that_holds_no_scores_is_named(given: Path, tmp_path: Path) -> None:
    done = run(given / "citations.parquet", "-o", tmp_path / "v")
    assert done.exit_code == 1
    assert "one window or more" in done.output


def test_help_of_validate_loads_no_library() -> None:
    code = (
        "import sys; from patentmetrics.cli.validate import command;"
        "command(['--help'], standalone_mode=False);"
        "print(sorted({'polars', 'numpy', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Example:" in done.stdout
