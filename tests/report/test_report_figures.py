"""Figures: what they show, what they must not, and that they are the same each time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.registered import COLUMNS
from patentmetrics.report.bars import plot_keyword_frequencies, plot_rule_divergence, plot_technologies
from patentmetrics.report.canvas import drawing, save_figure
from patentmetrics.report.figures import breakthrough_by_year, plot_breakthrough, plot_event_study
from patentmetrics.report.fonts import FONT, drawable, register_font, style
from patentmetrics.report.wording import WORDS
from tests.report.results import did, divergence, documents, event_study, scores, technologies

FIGURES: dict[str, Callable[[str, bool], Figure]] = {
    "event study": lambda language, simulated: plot_event_study(
        event_study(simulated=simulated), language=language
    ),
    "breakthrough": lambda language, simulated: plot_breakthrough(
        scores(simulated=simulated), window=5, language=language
    ),
    "keywords": lambda language, simulated: plot_keyword_frequencies(
        documents(), rule="substring", language=language, simulated=simulated
    ),
    "divergence": lambda language, simulated: plot_rule_divergence(
        divergence(), language=language, simulated=simulated
    ),
    "technologies": lambda language, simulated: plot_technologies(
        technologies(), language=language, simulated=simulated
    ),
}


def title(figure: Figure) -> str:
    return str(figure.axes[0].get_title(loc="left"))


def line(figure: Figure, label: str, *, axes: int = 0) -> dict[float, float]:
    """Give the points of a line by its label."""
    (found,) = [one for one in figure.axes[axes].lines if one.get_label() == label]
    return dict(zip(np.asarray(found.get_xdata()), np.asarray(found.get_ydata()), strict=True))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(("language", "words"), [("en", "SIMULATED DATA"), ("zh", "模拟数据")])
def test_titles_say_when_data_are_simulated_and_only_then(name: str, language: str, words: str) -> None:
    assert words in title(FIGURES[name](language, True))
    assert words not in title(FIGURES[name](language, False))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_the_same_figure_gives_the_same_bytes(name: str, ending: str, tmp_path: Path) -> None:
    figure = FIGURES[name]("zh", True)
    save_figure(figure, tmp_path / f"a{ending}")
    save_figure(figure, tmp_path / f"b{ending}")
    save_figure(FIGURES[name]("zh", True), tmp_path / f"c{ending}")
    first = (tmp_path / f"a{ending}").read_bytes()
    assert first == (tmp_path / f"b{ending}").read_bytes()
    assert first == (tmp_path / f"c{ending}").read_bytes()
    for stamp in (b"Matplotlib", b"CreationDate", b"<dc:date>", b"Software"):
        assert stamp not in first


def test_another_process_with_other_settings_gives_the_same_bytes_without_pyplot(tmp_path: Path) -> None:
    code = (
        "import sys, matplotlib as mpl\n"
        "mpl.rcParams.update({'font.size': 20, 'axes.facecolor': 'red', 'savefig.bbox': 'tight'})\n"
        "from patentmetrics.report.canvas import save_figure\n"
        "from tests.report.results import technologies\n"
        "from patentmetrics.report.bars import plot_technologies\n"
        "save_figure(plot_technologies(technologies(), language='zh'), sys.argv[1])\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.png")], check=True, cwd=FONT.parents[3])
    save_figure(FIGURES["technologies"]("zh", False), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_an_event_study_draws_estimates_intervals_base_and_known_answers() -> None:
    figure = plot_event_study(event_study(), binned_ends=True)
    axes = figure.axes[0]
    estimates = line(figure, "estimate, 95 % confidence interval")
    assert list(estimates) == [-3, -2, 0, 1, 2, 3]
    assert estimates[2] == pytest.approx(0.27)
    assert line(figure, "base period (−1)") == {-1: 0}
    assert list(line(figure, "known answer").values()) == [0, 0, 0.25, 0.25, 0.25, 0.25]
    segments = axes.collections[0].get_segments()
    assert segments[0].tolist() == [[-3, -0.08], [-3, 0.08]]
    assert [-0.5, -0.5] in [list(one.get_xdata()) for one in axes.lines]
    ticks = [one.get_text() for one in axes.get_xticklabels()]
    assert ticks == ["≤−3", "−2", "−1", "0", "1", "2", "≥3"]
    assert "p = 0.910" in axes.get_xlabel()


def test_an_event_study_of_real_data_has_no_known_answers() -> None:
    figure = plot_event_study(event_study(simulated=False))
    assert "known answer" not in [one.get_label() for one in figure.axes[0].lines]


def test_an_event_time_that_was_not_estimated_is_a_gap() -> None:
    figure = plot_event_study(event_study(missing=(-1, 2)))
    assert list(line(figure, "estimate, 95 % confidence interval")) == [-3, -2, 0, 1, 3]
    assert line(figure, "base period (−1)") == {-1: 0}
    assert len(figure.axes[0].get_xticks()) == 7


def test_the_base_period_is_read_from_the_estimates() -> None:
    result = event_study()
    moved = result.estimates.with_columns(pl.col("event_time") - 1)
    object.__setattr__(result, "estimates", moved)
    assert line(plot_event_study(result), "base period (−2)") == {-2: 0}


def test_a_result_that_is_no_event_study_is_refused() -> None:
    with pytest.raises(ColumnError, match="event_time"):
        plot_event_study(did())


def test_years_without_scores_are_gaps_and_incomplete_years_are_shaded() -> None:
    figure = plot_breakthrough(scores(), window=5)
    mean = line(figure, "mean")
    assert list(mean) == list(range(1990, 2004))
    assert {year for year, value in mean.items() if np.isnan(value)} == {
        1990,
        1991,
        1992,
        1996,
        2001,
        2002,
        2003,
    }
    assert mean[1995] == pytest.approx(0.15 - 0.1)
    (dots,) = [one for one in figure.axes[1].lines if len(one.get_xdata()) == 14]
    shares = dict(zip(dots.get_xdata(), dots.get_ydata(), strict=True))
    assert shares[1997] == 0  # a true zero is drawn
    assert np.isnan(shares[1996])
    assert shares[1995] == 25
    spans = [(one.get_x(), one.get_x() + one.get_width()) for one in figure.axes[0].patches]
    assert spans == [(1989.5, 1992.5), (2000.5, 2003.5)]
    assert [one.get_text() for one in figure.axes[0].texts] == [
        "backward window incomplete",
        "forward window incomplete",
    ]


def test_by_year_sums_hold_null_where_there_is_no_score() -> None:
    years = breakthrough_by_year(scores().frame, window=5)
    assert years["year"].to_list() == list(range(1990, 2004))
    row = years.row(by_predicate=pl.col("year") == 1996, named=True)
    assert (row["mean"], row["share"], row["scored"], row["backward_complete"]) == (None, None, 0, True)


def test_a_window_without_any_score_is_refused() -> None:
    made = scores()
    nulled = made.frame.with_columns(pl.lit(None, pl.Float64).alias("breakthrough_5"))
    object.__setattr__(made, "frame", nulled)
    with pytest.raises(DataError, match="no patent has"):
        plot_breakthrough(made, window=5)
    with pytest.raises(ColumnError, match="breakthrough_9"):
        plot_breakthrough(made, window=9)


def test_a_place_without_a_value_has_a_dash_and_no_bar() -> None:
    axes = plot_keyword_frequencies(documents(), rule="substring", language="zh").axes[0]
    assert [one.get_text() for one in axes.get_yticklabels()] == ["北京", "呼和浩特", "台州", "三亚"]
    assert [one.get_width() for one in axes.patches] == pytest.approx([1.2, 0.4, 0.0])
    assert [one.get_text() for one in axes.texts] == ["1.20", "0.40", "0.00", "—"]
    assert axes.get_xlabel() == "词频占比（%）"


def test_the_year_is_the_last_one_or_the_one_asked_for() -> None:
    years = pl.concat([documents(), documents().with_columns(pl.lit(2019).cast(pl.Int64).alias("year"))])
    assert "2024" in title(plot_keyword_frequencies(years, rule="substring"))
    assert "2019" in title(plot_keyword_frequencies(years, rule="substring", year=2019))
    with pytest.raises(DataError, match="rule and year"):
        plot_keyword_frequencies(years, rule="longest")
    with pytest.raises(DataError, match="more than once"):
        plot_keyword_frequencies(pl.concat([documents()] * 2), rule="substring")


def test_only_the_top_is_drawn_and_the_axis_says_of_how_many() -> None:
    axes = plot_technologies(technologies(), top=2).axes[0]
    assert [one.get_text() for one in axes.get_yticklabels()] == ["Semiconductors", "Optics $ & <b>"]
    assert axes.get_xlabel() == "Patents\nThe first 2 of 3"


def test_the_rules_stand_beside_each_other_and_null_hits_are_not_drawn() -> None:
    figure = plot_rule_divergence(divergence())
    axes = figure.axes[0]
    assert [one.get_text() for one in axes.get_yticklabels()] == ["大数据", "区块链", "云计算", "5G"]
    hits = {one.get_label(): list(one.get_xdata()) for one in axes.lines}
    assert hits["token"] == [0, 0, 150, 3]
    assert np.isnan(hits["substring"][3])


def test_every_character_of_our_labels_and_words_is_in_the_bundled_font() -> None:
    known = TTFont(FONT).getBestCmap()
    texts = [one.label_en + one.label_zh + one.unit for one in COLUMNS.values()]
    texts += [text for pair in WORDS.values() for text in pair]
    assert {one for text in texts for one in text if ord(one) not in known} == set()


def test_text_is_drawn_with_the_bundled_font() -> None:
    from matplotlib.font_manager import FontProperties, findfont

    assert Path(findfont(FontProperties(family=register_font()), fallback_to_default=False)) == FONT
    with style() as settings:
        assert settings["font.family"][0] == register_font()


def test_characters_that_no_font_has_are_drawn_as_a_geta_without_a_warning(tmp_path: Path) -> None:
    rows = pl.DataFrame({"field": ["㐂\U0002a6a5 $x_1$"], "count": [1]})
    figure = plot_technologies(rows)
    assert figure.axes[0].get_yticklabels()[0].get_text() == "〓〓 $x_1$"
    save_figure(figure, tmp_path / "a.png")
    assert drawable("a\nb") == "a b"


def test_a_dollar_in_a_name_is_a_dollar(tmp_path: Path) -> None:
    rows = pl.DataFrame({"field": [r"$\no_such_command{$"], "count": [1]})
    figure = plot_technologies(rows)  # as mathematics this would not parse
    assert not figure.axes[0].get_yticklabels()[0].get_parse_math()
    save_figure(figure, tmp_path / "a.png")


def test_the_users_settings_are_left_alone() -> None:
    before = dict(mpl.rcParams)
    FIGURES["technologies"]("en", False)
    assert dict(mpl.rcParams) == before


def test_a_figure_is_written_whole_in_a_known_format_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with drawing() as figure:
        figure.subplots()
    with pytest.raises(SettingError, match="format"):
        save_figure(figure, tmp_path / "a.gif")
    (tmp_path / "a.png").write_bytes(b"before")

    def fail(path: Path, **options: object) -> None:
        path.write_bytes(b"half")
        raise RuntimeError

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(RuntimeError):
        save_figure(figure, tmp_path / "a.png")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a.png", b"before")]


def test_a_png_is_not_blank(tmp_path: Path) -> None:
    save_figure(FIGURES["divergence"]("zh", False), tmp_path / "a.png")
    with drawing() as empty:
        pass
    save_figure(empty, tmp_path / "b.png")
    sizes = [(tmp_path / name).stat().st_size for name in ("a.png", "b.png")]
    assert sizes[0] > 4 * sizes[1]
    assert hashlib.sha256((tmp_path / "a.png").read_bytes()).digest()
