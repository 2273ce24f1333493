"""Tables of estimates and of frames."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.report.numbers import shown_number, stars
from patentmetrics.report.tables import Table, estimates_table, frame_table
from tests.report.results import did, event_study


def by_label(table: Table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


@pytest.mark.parametrize(
    ("p_value", "expected"),
    [
        (0.0099, "***"), (0.01, "**"), (0.0499, "**"), (0.05, "*"), (0.0999, "*"), (0.10, ""), (None, ""),
        (float("nan"), ""),
    ],
)  # fmt: skip
def test_stars_change_at_the_thresholds(p_value: float | None, expected: str) -> None:
    assert stars(p_value) == expected
    if p_value != p_value:
        return
    assert by_label(estimates_table([did(treated=(0.5, 0.1, p_value))]))["Treated × post"] == (
        "0.5000" + expected,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.12345, "0.1235"), (-0.0, "0.0000"), (0.00005, "0.0001"), (0.00004, "4.00e-05"), (None, "—"),
        (float("nan"), "—"), (float("-inf"), "-∞"), (12345, "12,345"), (12345.6, "12,345.6000"), (0, "0"),
    ],
)  # fmt: skip
def test_numbers_are_rounded_and_what_is_not_zero_is_not_shown_as_zero(
    value: float | None, expected: str
) -> None:
    assert shown_number(value) == expected


def test_brackets_hold_standard_errors_or_t_statistics() -> None:
    result = did(treated=(0.5, 0.1, 0.0))
    errors, statistics = estimates_table([result]), estimates_table([result], brackets="t")
    assert errors.rows[1] == ("", "(0.1000)")
    assert statistics.rows[1] == ("", "(5.0000)")
    assert "Standard errors in parentheses." in errors.notes
    assert "t statistics in parentheses." in statistics.notes


def test_a_term_that_is_not_in_a_model_leaves_its_cells_blank() -> None:
    first = did("(1)", treated=(0.5, 0.1, 0.0))
    second = did("(2)", treated=(0.4, 0.1, 0.0), gdp=(-0.2, 0.1, 0.04))
    table = estimates_table([first, second], digits=2)
    assert table.rows[:4] == (
        ("Treated × post", "0.50***", "0.40***"),
        ("", "(0.10)", "(0.10)"),
        ("gdp", "", "-0.20**"),
        ("", "", "(0.10)"),
    )
    assert table.rules == (4,)


def test_fixed_effects_and_statistics_follow_the_coefficients() -> None:
    result = did()
    other = did("(2)")
    other.statistics["r2_within"] = None
    object.__setattr__(other, "fixed_effects", ("place", "province^year"))
    rows = by_label(estimates_table([result, other]))
    assert rows["Place fixed effects"] == ("Yes", "Yes")
    assert rows["Year fixed effects"] == ("Yes", "No")
    assert rows["province × Year fixed effects"] == ("No", "Yes")
    assert rows["Observations"] == ("1,140", "1,140")
    assert rows["Within R²"] == ("0.1234", "—")
    assert rows["Clusters"] == ("60", "60")


def test_the_known_answer_stands_under_the_estimate_and_only_where_data_are_simulated() -> None:
    real, simulated = did("(1)"), did("(2)", simulated=True)
    table = estimates_table([real, simulated])
    assert table.rows[2] == ("Known answer (simulated)", "", "0.2500")
    assert table.title == "Estimates (SIMULATED DATA)"
    assert table.notes[0].startswith("SIMULATED DATA: the panel of (2) is made up")
    assert "Known answer (simulated)" not in by_label(estimates_table([real]))
    assert estimates_table([real]).title == "Estimates"
    assert not any("SIMULATED" in note for note in estimates_table([real]).notes)


def test_notes_of_all_models_are_said_once_and_others_name_their_model() -> None:
    other = did("(2)")
    object.__setattr__(other, "notes", ("Errors clustered by place.", "3 rows dropped."))
    notes = estimates_table([did("(1)"), other]).notes
    assert notes.count("Errors clustered by place.") == 1
    assert "(2): 3 rows dropped." in notes
    assert "Two-way fixed effects (Author 2020)" in notes


def test_an_event_study_is_in_order_of_event_time_with_its_base_period() -> None:
    result = event_study()
    shuffled = result.estimates.sort("estimate", descending=True)
    object.__setattr__(result, "estimates", shuffled)
    table = estimates_table([result, did()])
    names = [row[0] for row in table.rows if row[0].startswith("Event time")]
    assert names == [f"Event time {time}" for time in ("-3", "-2", "-1", "0", "+1", "+2", "+3")]
    assert by_label(table)["Event time -1"] == ("base", "")
    at = names.index("Event time -1") * 3  # coefficient, error, known answer
    assert [row[0] for row in table.rows[at : at + 2]] == ["Event time -1", "Event time 0"]
    assert by_label(table)["Pre-trends jointly zero, p"] == ("0.9100", "")


def test_chinese_tables_have_chinese_words() -> None:
    table = estimates_table([did(simulated=True), did("(2)")], language="zh")
    rows = by_label(table)
    assert table.title == "估计结果（模拟数据）"
    assert rows["处理变量"] == ("0.2600***", "0.2600***")
    assert rows["年份固定效应"] == ("是", "是")
    assert rows["观测值"] == ("1,140", "1,140")
    assert rows["已知答案（模拟）"] == ("0.2500", "")
    assert "模拟数据" in table.notes[0]
    assert "被解释变量：专利数。" in table.notes
    assert "括号内为标准误。" in table.notes


def test_outcomes_that_differ_stand_in_the_head() -> None:
    other = did("(2)")
    object.__setattr__(other, "outcome", "gdp")
    assert estimates_table([did(), other]).header[1] == ("Dependent variable", "Patents", "gdp")


def test_a_term_that_occurs_twice_is_refused() -> None:
    result = did()
    object.__setattr__(result, "estimates", pl.concat([result.estimates] * 2))
    with pytest.raises(DataError, match="occur more than once"):
        estimates_table([result])


@pytest.mark.parametrize("options", [{"brackets": "p"}, {"language": "de"}])
def test_options_are_checked(options: dict[str, str]) -> None:
    with pytest.raises(SettingError):
        estimates_table([did()], **options)
    with pytest.raises(SettingError, match="one result or more"):
        estimates_table([])


def test_a_frame_is_printed_with_labels_and_missing_values_are_not_zero() -> None:
    frame = pl.DataFrame(
        {
            "place": ["北京", None],
            "year": [2020, 2021],
            "seen_year": [1990, None],
            "patents": [12345, None],
            "share": [0.123456, float("nan")],
            "treated": [True, None],
            "filing_date": [dt.date(2020, 1, 2), None],
            "ipc": [["A01B", "C07D"], None],
        }
    )
    table = frame_table(frame, title="t", language="zh", digits=2, labels={"share": "占比"})
    assert table.header[0] == (
        "地区",
        "年份",
        "seen_year",
        "专利数",
        "占比",
        "处理变量",
        "申请日",
        "IPC分类号",
    )
    assert table.rows[0] == ("北京", "2020", "1990", "12,345", "0.12", "是", "2020-01-02", "A01B; C07D")
    assert table.rows[1] == ("—", "2021", "—", "—", "—", "—", "—", "—")
    assert table.notes == ("—：无数值。",)


def test_a_long_frame_is_cut_and_says_so() -> None:
    table = frame_table(pl.DataFrame({"n": range(1200)}), title="t", max_rows=2)
    assert table.rows == (("0",), ("1",))
    assert table.notes == ("The first 2 of 1,200 rows.",)


def test_a_frame_of_simulated_data_says_so_in_title_and_first_note() -> None:
    table = frame_table(pl.DataFrame({"n": [1]}), title="Cities", notes=["x"], simulated=True)
    assert table.title == "Cities (SIMULATED DATA)"
    assert table.notes[0].startswith("SIMULATED DATA")


def test_a_table_of_simulated_data_must_own_up_to_it() -> None:
    with pytest.raises(DataError, match="must say so"):
        Table(title="Cities", header=(("n",),), rows=(), simulated=True)


def test_rows_of_unequal_length_are_refused() -> None:
    with pytest.raises(DataError, match="equal length"):
        Table(title="t", header=(("a", "b"),), rows=(("1",),))


def test_other_levels_of_significance_are_an_option_and_said_in_the_notes() -> None:
    result = did(treated=(0.5, 0.1, 0.03))
    table = estimates_table([result], levels=(0.001, 0.01, 0.05))
    assert by_label(table)["Treated × post"] == ("0.5000*",)
    assert "*** p < 0.001, ** p < 0.01, * p < 0.05." in table.notes
    chinese = estimates_table([result], levels=(0.05,), language="zh")
    assert by_label(chinese)["处理变量"] == ("0.5000*",)
    assert "*表示在5%水平上显著。" in chinese.notes
    assert "***、**、*分别表示在1%、5%、10%水平上显著。" in estimates_table([result], language="zh").notes
    for levels in [(), (0.05, 0.01), (0.0, 0.1), (0.5, 1.0), (0.01, 0.02, 0.03, 0.04)]:
        with pytest.raises(SettingError, match="levels"):
            estimates_table([result], levels=levels)


def test_every_table_names_the_convention_of_its_errors_or_says_that_it_is_not_said() -> None:
    silent = did("(2)")
    object.__setattr__(silent, "notes", ("3 rows dropped.",))
    notes = estimates_table([did("(1)"), silent]).notes
    assert "(2): the model does not say what its standard errors allow for" in notes
    assert not any(note.startswith("(1): the model does not say") for note in notes)


def test_notes_of_errors_are_chinese_in_a_chinese_table() -> None:
    result = did()
    english = (
        "standard errors clustered by place (60 clusters), small-sample factor G/(G-1) × (N-1)/(N-K), K "
        "without the effects nested in the clusters, t distribution with G-1 degrees: as Stata's reghdfe"
    )
    object.__setattr__(result, "notes", (english, "3 rows left out for missing values (year 3)"))
    object.__setattr__(result, "settings", {"model": "did"})
    notes = estimates_table([result], language="zh").notes
    assert any("标准误聚类到地区（60个聚类）" in note and "reghdfe" in note for note in notes)
    assert "因缺失值剔除3行（年份 3）" in notes
    assert any(note.startswith("双重差分（") for note in notes)


def test_chosen_terms_are_printed_and_the_others_are_named_as_controls() -> None:
    second = did("(2)", treated=(0.4, 0.1, 0.0), gdp=(-0.2, 0.1, 0.04))
    table = estimates_table([did("(1)"), second], terms=["treated"])
    rows = by_label(table)
    assert "gdp" not in rows
    assert rows["Controls"] == ("No", "Yes")
    assert "Controls: gdp." in table.notes


def test_statistics_stand_where_a_model_has_them() -> None:
    result = did()
    result.statistics.update(r2=0.5, levels_place=60, kp_f=20.4, hansen_j_p=None)
    other = did("(2)")
    other.statistics.update(places_treated=20, places_untreated=30)
    rows = by_label(estimates_table([result, other]))
    assert rows["R²"] == ("0.5000", "—")
    assert rows["Places"] == ("60", "50")
    assert rows["Kleibergen–Paap rk Wald F"] == ("20.4000", "")
    assert rows["Hansen J, p"] == ("—", "")


def test_the_terms_of_two_groups_are_told_apart() -> None:
    result = did()
    grouped = pl.concat(
        [result.estimates.with_columns(group=pl.lit(group)) for group in ("East", "West")]
        + [result.estimates.with_columns(term=pl.lit("difference"), group=pl.lit(None, dtype=pl.String))]
    )
    object.__setattr__(result, "estimates", grouped)
    rows = by_label(estimates_table([result]))
    assert {"treated (East)", "treated (West)", "difference"} <= set(rows)
