"""Treatment from policy lists, against plain loops; several policies; samples of counties."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, PatentmetricsError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.panel.policies import POLICY_SCHEMA, Policy, read_policy
from patentmetrics.panel.policy_samples import combined_policies, same_prefecture_sample
from patentmetrics.panel.policy_treatment import TreatmentRules, add_policies, add_policy
from tests.reference import policy_spells as twin

AS_WRITTEN = TreatmentRules(places="as_written")


def policy_of(named: list[twin.Named], name: str = "pilot", **changes: str) -> Policy:
    rows = [
        {"place": place, "year": year, "month": month, "end": end, "batch": str(year), "year_is": "approval"}
        for place, year, month, end in named
    ]
    about = dict.fromkeys(["version", "title_en", "title_zh", "source", "note", "sha256"], "") | {
        "status": "unknown"
    }
    return Policy(id=name, frame=pl.DataFrame(rows, schema=POLICY_SCHEMA), **(about | changes))


def panel_of(places: list[str], years: range = range(2010, 2016), **columns: list) -> Panel:
    keys = [(place, year) for place in places for year in years]
    return Panel(frame=pl.DataFrame(keys, schema=["place", "year"], orient="row").with_columns(**columns))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ABCDE"), st.integers(2009, 2016), st.integers(1, 12), st.none()),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["same", "next", 1, 7, 12]),
    st.randoms(use_true_random=False),
)
def test_treatment_equals_the_twin_in_any_order(named: list[twin.Named], start: str | int, rng) -> None:
    panel = panel_of(list("ABCDE"))
    rules = TreatmentRules(start=start, places="as_written")
    made = add_policy(panel, policy_of(named), rules=rules)
    frame = made.panel.frame
    assert frame.select("place", "year").equals(panel.frame.with_columns(pl.col("year").cast(pl.Int32)))
    expected = twin.treated(panel.frame.rows(), named, start)
    assert frame.select("cohort", "treated", "event_time").rows() == expected
    counts = made.counts["pilot"]
    assert counts["places"] == len(named) == counts["places_used"] + counts["places_rejected"]
    assert counts["places_treated"] + counts["places_never_treated"] == 5
    assert counts["treated_place_years"] == sum(row[1] for row in expected)
    shuffled = add_policy(panel, policy_of(rng.sample(named, len(named))), rules=rules)
    assert shuffled.panel.frame.equals(frame)


@settings(max_examples=60, deadline=None)
@given(st.integers(2009, 2014), st.integers(0, 4))
def test_a_treatment_that_ends_switches_off_and_is_flagged(year: int, lasts: int) -> None:
    named = [("A", year, None, year + lasts)]
    panel = panel_of(["A", "B"])
    made = add_policy(panel, policy_of(named), rules=AS_WRITTEN)
    found = made.panel.frame.select("cohort", "treated", "event_time").rows()
    assert found == twin.treated(panel.frame.rows(), named, "same")
    assert "treatment ENDS in 1 places (A)" in made.warnings[0]
    assert any(line.startswith("WARNING") for line in made.panel.log)


def test_a_place_named_twice_has_its_earliest_batch_and_the_log_says_so() -> None:
    made = add_policy(
        panel_of(["A", "B"]), policy_of([("A", 2014, None, None), ("A", 2012, None, None)]), rules=AS_WRITTEN
    )
    assert made.places.select("place", "batch", "cohort").rows() == [("A", "2012", 2012)]
    assert made.counts["pilot"]["keys_named_twice"] == 1
    assert "1 named more than once, earliest taken (A)" in made.panel.log[-1]


def test_a_policy_of_the_second_half_of_a_year_starts_next_year() -> None:
    panel = panel_of(["石家庄", "沈阳市", "太原"], range(2013, 2018))
    made = add_policy(panel, read_policy("broadband_china"), rules=TreatmentRules(start=7, below="upper"))
    cohorts = dict(made.panel.frame.select("place", "cohort").unique().rows())
    # October 2014, July 2016, October 2015
    assert cohorts == {"石家庄": 2015, "沈阳市": 2017, "太原": 2016}
    later = add_policy(panel, read_policy("broadband_china"), rules=TreatmentRules(start=8, below="upper"))
    assert dict(later.panel.frame.select("place", "cohort").unique().rows())["沈阳市"] == 2016


def test_names_codes_and_earlier_names_of_a_panel_meet_those_of_a_list() -> None:
    panel = panel_of(["420600", "武汉市", "长春"], range(2011, 2014))
    listed = policy_of([("襄樊", 2012, None, None), ("湖北省武汉市", 2013, None, None)])
    frame = add_policy(panel, listed).panel.frame
    assert dict(frame.select("place", "cohort").unique().rows()) == {
        "420600": 2012,
        "武汉市": 2013,
        "长春": None,
    }


def test_partial_lists_and_listing_years_are_loud() -> None:
    panel = panel_of(["武汉", "长春"], range(2011, 2014))
    made = add_policy(panel, read_policy("ip_demo_city"))
    assert "PARTIAL" in made.warnings[0]
    assert any(line.startswith("WARNING: ip_demo_city 1.0 is a PARTIAL list") for line in made.panel.log)
    innovative = read_policy("innovative_city")
    with pytest.raises(DataError, match="year of a document that lists them"):
        add_policy(panel, innovative, rules=TreatmentRules(below="reject"))
    allowed = add_policy(panel, innovative, rules=TreatmentRules(below="reject", listing_years=True))
    assert "LISTING" in allowed.warnings[0]


def test_unknown_places_of_the_panel_have_no_treatment_where_they_are_allowed() -> None:
    panel = panel_of(["沈阳", "P01"], range(2015, 2017))
    zone = read_policy("bigdata_zone")
    with pytest.raises(DataError, match="1 places of the panel cannot be resolved"):
        add_policy(panel, zone)
    made = add_policy(panel, zone, rules=TreatmentRules(unresolved="reject"))
    assert made.panel.frame.filter(pl.col("place") == "P01")["treated"].to_list() == [None, None]
    assert made.rejected["place"].to_list() == ["P01"]


@pytest.mark.parametrize(
    ("named", "rules", "error", "match"),
    [
        ([("A", 2012, None, None)], TreatmentRules(start=13), SettingError, "start"),
        ([("A", 2012, None, None)], TreatmentRules(start="later"), SettingError, "start"),
        ([("A", 2012, None, None)], TreatmentRules(start=7, places="as_written"), DataError, "no date"),
        ([("Z", 2012, None, None)], AS_WRITTEN, DataError, "reaches no place"),
        ([("A", 2010, None, 2011), ("A", 2014, None, None)], AS_WRITTEN, DataError, "treated again"),
        (
            [("A", 2012, None, 2012)],
            TreatmentRules(start="next", places="as_written"),
            DataError,
            "ends before",
        ),
    ],
)
def test_what_cannot_be_a_treatment_is_refused(
    named: list[twin.Named], rules: TreatmentRules, error: type[PatentmetricsError], match: str
) -> None:
    with pytest.raises(error, match=match):
        add_policy(panel_of(["A", "B"]), policy_of(named), rules=rules)


def test_spells_that_follow_one_another_are_one() -> None:
    named = [("A", 2011, None, 2012), ("A", 2013, None, 2014)]
    panel = panel_of(["A"])
    made = add_policy(panel, policy_of(named), rules=AS_WRITTEN)
    assert made.panel.frame.select("cohort", "treated", "event_time").rows() == twin.treated(
        panel.frame.rows(), named, "same"
    )


def test_panels_with_the_columns_or_one_place_twice_are_refused() -> None:
    policy = policy_of([("A", 2012, None, None)])
    with pytest.raises(ColumnError, match="already has the column 'cohort'"):
        add_policy(panel_of(["A"], cohort=pl.lit(2012)), policy, rules=AS_WRITTEN)
    zone = read_policy("bigdata_zone")
    with pytest.raises(DataError, match="one and the same"):
        add_policy(panel_of(["沈阳", "沈阳市"]), zone)
    with pytest.raises(SettingError, match="each once"):
        add_policies(panel_of(["沈阳"]), [zone, zone])


def two_policies(*, third: bool = False) -> Panel:
    lists = [
        policy_of([("A", 2012, None, None), ("B", 2013, None, None), ("E", 2012, None, None)], "x"),
        policy_of([("A", 2014, None, None), ("C", 2011, None, None), ("E", 2012, None, None)], "y"),
    ]
    lists += [policy_of([("E", 2010, None, None), ("B", 2010, None, None)], "z")] if third else []
    return add_policies(panel_of(list("ABCDE")), lists, rules=AS_WRITTEN).panel


def test_overlapping_policies_have_their_own_columns_and_fall_into_four_groups() -> None:
    panel = two_policies()
    assert panel.frame.columns[2:] == [
        f"{kind}_{one}" for one in "xy" for kind in ("cohort", "treated", "event_time")
    ]
    made = combined_policies(panel, "x", "y")
    groups = dict(made.panel.frame.select("place", "group_x_y").unique().rows())
    assert groups == {"A": "both", "B": "only_x", "C": "only_y", "D": "neither", "E": "both"}
    under = made.panel.frame.filter(pl.col("treated_x_and_y") == 1)
    assert under.filter(pl.col("place") == "A")["year"].to_list() == [2014, 2015]
    assert made.counts["places_both"] == 2
    assert made.panel.frame.height == panel.frame.height


def test_the_synergy_sample_keeps_both_against_one_and_can_shut_out_a_third() -> None:
    made = combined_policies(two_policies(third=True), "x", "y", keep="either", without=["z"])
    assert made.panel.frame["place"].unique().sort().to_list() == ["A", "B", "C"]
    assert made.left_out.rows() == [("D", "neither"), ("E", "both, and z")]
    assert made.counts["places"] == made.counts["places_kept"] + made.counts["places_left_out"]
    with pytest.raises(SettingError):
        combined_policies(two_policies(), "x", "x")
    with pytest.raises(ColumnError, match="cohort_w"):
        combined_policies(two_policies(), "x", "w")


def test_controls_of_county_pilots_are_the_other_counties_of_their_prefectures() -> None:
    # 苏州, 无锡, 上海, 仙桃, 东莞
    counties = ["320583", "320505", "320281", "320205", "310115", "310104", "429004", "441900"]
    panel = panel_of(counties, range(2012, 2016))
    pilots = policy_of(
        [("昆山市", 2014, None, None), ("上海市浦东新区", 2013, None, None), ("仙桃市", 2013, None, None)]
    )
    treated = add_policy(panel, pilots, rules=TreatmentRules(level="county")).panel
    made = same_prefecture_sample(treated)
    kept = dict(made.panel.frame.select("place", "prefecture").unique().rows())
    assert kept == {
        "320583": "320500", "320505": "320500", "310115": "310000", "310104": "310000", "429004": "429004",
    }  # fmt: skip
    counts = made.counts
    assert (counts["counties_treated"], counts["counties_control"]) == (3, 2)
    assert (counts["prefectures"], counts["prefectures_without_control"]) == (3, 1)
    assert counts["places"] == counts["places_kept"] + counts["places_left_out"] == 8
    with pytest.raises(DataError, match="no counties"):
        same_prefecture_sample(panel_of(["苏州市"], cohort=pl.lit(2014)))
    with pytest.raises(DataError, match="no county is treated"):
        same_prefecture_sample(panel_of(["320583"], cohort=pl.lit(None, dtype=pl.Int32)))


def test_a_list_from_a_file_treats_a_panel(tmp_path: Path) -> None:
    (tmp_path / "smart.csv").write_text("place,year\n辽宁省,2013\n", encoding="utf-8")
    made = add_policy(panel_of(["沈阳", "大连", "长春"]), read_policy(tmp_path / "smart.csv"))
    assert made.places.select("place", "named", "how", "cohort").rows() == [
        ("大连", "辽宁省", "expanded", 2013), ("沈阳", "辽宁省", "expanded", 2013),
    ]  # fmt: skip
    assert made.counts["smart"]["keys_not_in_the_panel"] == 12
