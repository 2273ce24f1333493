"""Figures and tables of the checks: what they show, and what they must not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Scores
from patentmetrics.report.fonts import FONT
from patentmetrics.report.formats import to_csv, to_markdown
from patentmetrics.report.validation import (
    plot_citations,
    plot_distribution,
    plot_landmarks,
    plot_persistence,
)
from patentmetrics.report.validation_tables import WORDS, validation_tables, word
from patentmetrics.score.breakthrough import add_breakthrough
from patentmetrics.score.validate import Validation, validate_scores


def validation(*, simulated: bool = False, windows: tuple[int, ...] = (1, 5)) -> Validation:
    random = np.random.default_rng(4)
    n = 300
    quality, year = random.normal(size=n), 1990 + np.arange(n) % 15
    year = np.where(year == 1996, 1997, year)  # a year without patents
    frame = pl.DataFrame(
        {
            "patent_id": [f"P{i}" for i in range(n)],
            "year": pl.Series(year, dtype=pl.Int32),
            "backward_similarity": np.where(year < 1992, np.nan, np.exp(random.normal(size=n) / 4)),
            "backward_complete": year >= 1992,
            **{f"forward_similarity_{w}": np.exp(quality + random.normal(size=n) / w) for w in windows},
            **{f"forward_complete_{w}": np.ones(n, bool) for w in windows},
        }
    ).with_columns(pl.col("backward_similarity").fill_nan(None))
    scored = add_breakthrough(frame, windows=windows, top_share=0.1)
    times = random.poisson(2 * np.exp(quality))
    citations = pl.DataFrame(
        {
            "citing_id": [f"C{i}" for i in range(times.sum())],
            "cited_id": np.repeat(frame["patent_id"].to_numpy(), times),
            "citing_year": np.repeat(year, times) + random.integers(0, 8, times.sum()),
        }
    )
    made_by: dict[str, object] = {"inputs": {"counts": {"settings": {"simulated": simulated}}}}
    return validate_scores(
        Scores(frame=scored, key="patent_id", made_by=made_by),
        windows=windows,
        citations=citations,
        citing_years=(1990, 2005),
        landmarks=["P0", "P20", "P40", "P299", "nobody"],
    )


@pytest.fixture(scope="module")
def real() -> Validation:
    return validation()


FIGURES: dict[str, Callable[[Validation, str], Figure]] = {
    "distribution": lambda v, language: plot_distribution(v, window=5, language=language),
    "persistence": lambda v, language: plot_persistence(v, language=language),
    "citations": lambda v, language: plot_citations(v, window=5, language=language),
    "landmarks": lambda v, language: plot_landmarks(v, window=5, language=language),
}


def line(figure: Figure, label: str, *, axes: int = 0) -> tuple[np.ndarray, np.ndarray]:
    (found,) = [one for one in figure.axes[axes].lines if one.get_label() == label]
    return np.asarray(found.get_xdata(), float), np.asarray(found.get_ydata(), float)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(("language", "words"), [("en", "SIMULATED DATA"), ("zh", "模拟数据")])
def test_titles_of_checks_say_when_data_are_simulated_and_only_then(
    name: str, language: str, words: str, real: Validation
) -> None:
    assert words not in FIGURES[name](real, language).axes[0].get_title(loc="left")
    assert words in FIGURES[name](validation(simulated=True), language).axes[0].get_title(loc="left")


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_word_of_a_figure_is_cut_off_at_its_edge(name: str, language: str) -> None:
    figure = FIGURES[name](validation(simulated=True), language)
    edge = figure.bbox.padded(1)
    for axes in figure.axes:
        for text in [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]:
            box = text.get_window_extent()
            assert edge.x0 <= box.x0 <= box.x1 <= edge.x1, text.get_text()
            assert edge.y0 <= box.y0 <= box.y1 <= edge.y1, text.get_text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_of_checks_say_when_data_are_simulated_and_only_then(language: str, real: Validation) -> None:
    made = validation_tables(validation(simulated=True), language=language)
    assert list(made) == [
        "distribution", "kept", "persistence", "correlations", "citation_bins", "landmarks",
        "landmark_summary",
    ]  # fmt: skip
    assert all(
        word in one.title for one in made.values() for word in [{"en": "SIMULATED", "zh": "模拟"}[language]]
    )
    assert not any(one.simulated for one in validation_tables(real, language=language).values())


def test_the_quantiles_are_drawn_by_year_with_gaps_for_years_without_scores(real: Validation) -> None:
    figure = plot_distribution(real, window=5)
    years, medians = line(figure, "median", axes=1)
    assert years.tolist() == list(range(1990, 2005))
    assert np.flatnonzero(np.isnan(medians)).tolist() == [0, 1, 6]  # no backward window, no patents
    expected = real.distribution.filter(pl.col("window") == 5, pl.col("year") == 2000)["p50"][0]
    assert medians[10] == pytest.approx(expected)
    bars = figure.axes[0].patches
    assert (
        sum(bar.get_height() for bar in bars) == real.histogram.filter(pl.col("window") == 5)["patents"].sum()
    )


def test_shares_of_a_year_add_up_and_only_reasons_that_occur_are_named(real: Validation) -> None:
    below = plot_distribution(real, window=5).axes[2]
    names = [container.get_label() for container in below.containers]
    assert names == ["scored", "Backward window incomplete"]
    tops = [[bar.get_height() for bar in container] for container in below.containers]
    total = np.sum(tops, axis=0)
    assert total == pytest.approx([100.0] * 6 + [0.0] + [100.0] * 8)
    assert tops[0][:2] == [0, 0]


def test_persistence_has_the_plain_correlation_below_and_the_net_one_above(real: Validation) -> None:
    axes = plot_persistence(real).axes[0]
    squares = np.ma.filled(axes.images[0].get_array(), np.nan)
    row = real.persistence.row(0, named=True)
    assert squares[1, 0] == pytest.approx(row["spearman"])
    assert squares[0, 1] == pytest.approx(row["spearman_net"])
    assert np.isnan(np.diag(squares)).all()
    assert sorted(one.get_text() for one in axes.texts) == sorted(
        f"{row[name]:.2f}" for name in ("spearman", "spearman_net")
    )


def test_citations_are_drawn_as_means_of_bins_with_the_correlation_below(real: Validation) -> None:
    figure = plot_citations(real, window=5)
    assert real.citation_bins is not None
    assert real.correlations is not None
    bins = real.citation_bins.filter(pl.col("window") == 5)
    x, y = line(figure, "mean of a bin, 95 % confidence interval")
    assert x.tolist() == bins["breakthrough"].to_list()
    assert y.tolist() == bins["citations"].to_list()
    segments = figure.axes[0].collections[0].get_segments()
    assert [one[0][1] for one in segments] == pytest.approx(bins["conf_low"].to_list())
    row = real.correlations.filter(pl.col("window") == 5, pl.col("method") == "spearman_within_year")
    assert f"{row['estimate'][0]:.3f} [{row['conf_low'][0]:.3f}" in figure.axes[0].get_xlabel()
    assert f"n = {row['n'][0]}" in figure.axes[0].get_xlabel()


def test_landmarks_stand_in_order_and_one_without_a_score_is_a_dash_not_a_zero(real: Validation) -> None:
    figure = plot_landmarks(real, window=5)
    axes = figure.axes[0]
    x, _ = line(figure, "Percentile, net of effects")
    assert np.isnan(x[-1])
    assert np.all(np.diff(x[:-1]) <= 0)
    names = [one.get_text() for one in axes.get_yticklabels()]
    assert names[-1] == "P0 (1990)"
    assert len(names) == 4
    assert [one.get_text() for one in axes.texts] == ["—"]
    assert axes.texts[0].get_position()[1] == 3
    few = plot_landmarks(real, window=5, top=2)
    assert len(few.axes[0].get_yticklabels()) == 2
    assert "The first 2 of 4" in few.axes[0].get_xlabel()


def test_tables_hold_the_numbers_and_the_notes_what_was_left_out(real: Validation) -> None:
    tables = validation_tables(real)
    assert real.correlations is not None
    row = real.correlations.row(0, named=True)
    assert tables["correlations"].rows[0][:4] == ("1", "Spearman", str(row["n"]), f"{row['estimate']:.4f}")
    left = real.counts["patents_outside_citing_years"]
    assert any(f"1990 to 2005; {left} patents" in note for note in tables["correlations"].notes)
    assert any("nobody" in note for note in tables["landmarks"].notes)
    assert "Breakthrough patent" in to_markdown(tables["landmarks"])
    assert "nobody" in to_csv(tables["landmark_summary"])
    assert validation_tables(real, language="zh")["kept"].header[0][0] == "窗口"
    bare = dataclasses.replace(real, correlations=None, citation_bins=None, landmarks=None)
    assert list(validation_tables(bare)) == ["distribution", "kept", "persistence"]


def test_every_word_can_be_drawn_in_both_languages() -> None:
    known = set(TTFont(FONT).getBestCmap())
    for key, wordings in WORDS.items():
        assert all(wordings), key
        assert {
            character for text in wordings for character in text if ord(character) not in known
        } == set(), key
    with pytest.raises(SettingError, match="language"):
        word("window", "de")  # type: ignore[arg-type]


def test_what_was_not_checked_cannot_be_drawn(real: Validation) -> None:
    bare = dataclasses.replace(
        real,
        correlations=None,
        citation_bins=None,
        landmarks=None,
        windows=(5,),
        persistence=real.persistence[:0],
    )
    with pytest.raises(DataError, match="not compared with citations"):
        plot_citations(bare, window=5)
    with pytest.raises(DataError, match="no landmark"):
        plot_landmarks(bare, window=5)
    with pytest.raises(DataError, match="nothing to persist"):
        plot_persistence(bare)
    with pytest.raises(SettingError, match="no such window"):
        plot_distribution(real, window=7)
    with pytest.raises(DataError, match="no patent has a score"):
        plot_distribution(dataclasses.replace(real, histogram=real.histogram[:0]), window=5)
    with pytest.raises(DataError, match="too few patents"):
        plot_citations(dataclasses.replace(real, citation_bins=real.citation_bins[:0]), window=5)
