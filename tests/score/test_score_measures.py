"""Thresholds and groups through the one public function, and the command's options for them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.cli import main
from patentmetrics.core.errors import PatentmetricsError, SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import ScoreSettings
from tests.score.corpora import counted


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> TermCounts:
    """Write 400 patents of 30 years with applicants and symbols, some without."""
    random = np.random.default_rng(4)
    matrix = random.poisson(0.2, (400, 60))
    years = np.sort(random.integers(1980, 2010, 400))
    applicants = [
        None if i % 9 == 0 else [f"A{random.integers(6)}", f"A{random.integers(30)}"] for i in range(400)
    ]
    ipc = [None if i % 7 == 0 else [f"G0{random.integers(1, 5)}F 3/00"] for i in range(400)]
    return counted(
        tmp_path_factory.mktemp("measures") / "counts",
        matrix,
        years,
        {
            "issue_date": [date(int(year) + 2, 3, 1) for year in years],
            "applicants": applicants,
            "ipc": ipc,
        },
    )


def sides(group: str, compare: str) -> ScoreSettings:
    return ScoreSettings(group=group, backward_compare=compare, forward_compare=compare)


@pytest.mark.parametrize("group", ["applicants", "ipc_subclass"])
def test_within_and_across_add_up_to_all(group: str, counts: TermCounts) -> None:
    every = score_patents(counts).frame
    within = score_patents(counts, sides(group, "within")).frame
    across = score_patents(counts, sides(group, "across")).frame
    both = within["forward_similarity_5"].is_not_null()
    assert both.sum() > 100
    for name in ["backward_similarity", "forward_similarity_5"]:
        has = both & every[name].is_not_null()
        total = within.filter(has)[name] + across.filter(has)[name]
        np.testing.assert_allclose(total, every.filter(has)[name], rtol=1e-9)
    compared = within["forward_comparators_5"] + across["forward_comparators_5"]
    assert compared.filter(both).equals(every["forward_comparators_5"].filter(both), check_names=False)


def test_a_patent_without_a_group_is_null_within_and_whole_across(counts: TermCounts) -> None:
    every = score_patents(counts).frame
    lonely = pl.Series([i % 9 == 0 for i in range(400)])
    within = score_patents(counts, sides("applicants", "within")).frame.filter(lonely)
    across = score_patents(counts, sides("applicants", "across")).frame.filter(lonely)
    assert within["backward_similarity"].null_count() == within.height
    np.testing.assert_allclose(across["backward_similarity"], every.filter(lonely)["backward_similarity"])


def test_sides_can_differ(counts: TermCounts) -> None:
    chosen = ScoreSettings(group="ipc_subclass", backward_compare="within", forward_compare="across")
    mixed = score_patents(counts, chosen).frame
    within = score_patents(counts, sides("ipc_subclass", "within")).frame
    across = score_patents(counts, sides("ipc_subclass", "across")).frame
    assert mixed["backward_similarity"].equals(within["backward_similarity"])
    assert mixed["forward_similarity_5"].equals(across["forward_similarity_5"])


def test_a_threshold_of_zero_is_the_linear_measure_and_a_higher_one_is_less(counts: TermCounts) -> None:
    linear = score_patents(counts)
    zero = score_patents(counts, ScoreSettings(threshold=0.0))
    cut = score_patents(counts, ScoreSettings(threshold=0.2))
    for name in ["backward_similarity", "forward_similarity_1", "forward_similarity_10"]:
        np.testing.assert_allclose(zero.frame[name], linear.frame[name], rtol=1e-9)
        known = linear.frame[name].is_not_null()
        assert (cut.frame.filter(known)[name] <= linear.frame.filter(known)[name] + 1e-12).all()
        assert cut.frame[name].sum() < linear.frame[name].sum()
    assert cut.frame["forward_comparators_5"].equals(linear.frame["forward_comparators_5"])
    settings = [one.made_by["settings"] for one in (linear, zero)]
    assert [one["measure"] for one in settings] == ["linear", "thresholded"]


def test_effects_and_top_shares_by_class(counts: TermCounts) -> None:
    chosen = ScoreSettings(effects=("year^ipc_subclass",), top_within=("ipc_subclass",), top_share=0.2)
    scores = score_patents(counts, chosen)
    assert scores.frame["breakthrough_5_net"].drop_nulls().len() > 50
    assert scores.made_by["counts"]["without_effect_5"] > 0  # patents without a symbol


@pytest.mark.parametrize(
    "options",
    [
        {"backward_compare": "within"},
        {"threshold": 1.5},
        {"threshold": 0.1, "group": "applicants", "forward_compare": "across"},
        {"sample": 100},
    ],
)
def test_what_cannot_go_together_is_refused(options: dict) -> None:
    with pytest.raises(SettingError):
        ScoreSettings(**options)


def test_an_unknown_group_is_named(counts: TermCounts) -> None:
    with pytest.raises(PatentmetricsError, match="applicant"):
        score_patents(counts, sides("applicant", "across"))


def run(counts: TermCounts, output: Path, *options: str) -> pl.DataFrame:
    shown = CliRunner().invoke(main, ["score", str(counts.folder), "-o", str(output), *options])
    assert shown.exit_code == 0, shown.output
    assert [one.name for one in output.parent.iterdir()] == [output.name]
    return pl.read_parquet(output)


def test_the_command_takes_the_released_names(counts: TermCounts, tmp_path: Path) -> None:
    released = run(counts, tmp_path / "released.parquet", "--columns", "kpst")
    ours = run(counts, tmp_path / "released.parquet", "--keep-lags")
    assert {"fsim01", "fsim25", "fsim610", "fsim1120", "bsim5", "lqsim05"} <= set(released.columns)
    np.testing.assert_allclose(released["bsim5"], ours["backward_similarity"], rtol=1e-12)
    np.testing.assert_allclose(
        released["fsim01"] + released["fsim25"], ours["forward_similarity_5"], rtol=1e-12
    )


def test_the_command_excludes_own_applicants(counts: TermCounts, tmp_path: Path) -> None:
    found = run(counts, tmp_path / "scores.parquet", "--exclude-self", "applicants", "--memory", "1GB")
    assert found.equals(score_patents(counts, sides("applicants", "across")).frame)


def test_the_command_refuses_two_groups(counts: TermCounts, tmp_path: Path) -> None:
    words = ["score", str(counts.folder), "-o", str(tmp_path / "s.parquet"), "--within", "a", "--across", "b"]
    assert CliRunner().invoke(main, words).exit_code == 2
