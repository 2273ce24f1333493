"""Counties are followed through renamings, mergers and divisions."""

from __future__ import annotations

import pytest

from patentmetrics.places.codes import LAST_YEAR, Area, area_at, areas
from patentmetrics.places.counties import city_of, county_in, followers
from patentmetrics.places.names import county_forms_of, short_county_name
from patentmetrics.places.resolve import resolve_places

COUNTIES = [area for area in areas() if area.level == "county"]


def named(name: str, year: int) -> Area:
    (found,) = (area for area in COUNTIES if area.name == name and area.in_force(year))
    return found


def test_every_county_of_the_past_leads_somewhere_today() -> None:
    for area in COUNTIES:
        then = county_in(area, LAST_YEAR)
        assert then.areas
        assert all(one.in_force(LAST_YEAR) for one in then.areas)
        assert not then.certain or len(then.areas) == 1
        if area.end is not None:
            assert followers(area)


def test_a_county_is_itself_while_it_is_in_force() -> None:
    for area in COUNTIES:
        assert county_in(area, area.start).areas == (area,)
        assert not county_in(area, (area.end or LAST_YEAR + 1) - 1).merged


def test_back_and_forth_again_is_the_same_county() -> None:
    back = [(area, county_in(area, 1990)) for area in COUNTIES if area.end is None]
    certain = [(area, then.areas[0]) for area, then in back if then.certain]
    assert len(certain) > 2500
    for area, before in certain:
        then = county_in(before, LAST_YEAR)
        assert then.areas == (area,) or (before.level == "county" and not then.certain)
    gone = named("密云县", 2000)
    assert county_in(county_in(gone, 2020).areas[0], 2000).areas == (gone,)


@pytest.mark.parametrize(
    ("name", "year", "later", "merged"),
    [
        ("密云县", 2010, ["密云区"], False),
        ("卢湾区", 2010, ["黄浦区"], True),
        ("平江区", 2010, ["姑苏区"], True),
        ("永年县", 2010, ["永年区"], False),
        ("江干区", 2010, ["上城区", "钱塘区"], False),
        ("居巢区", 2010, ["巢湖市"], False),
        ("东莞县", 1984, ["东莞市"], False),
    ],
)
def test_what_became_of_counties(name: str, year: int, later: list[str], merged: bool) -> None:
    then = county_in(named(name, year), LAST_YEAR)
    assert [area.name for area in then.areas] == later
    assert (then.certain, then.merged) == (len(later) == 1, merged)


def test_the_city_of_a_county_is_that_of_the_year() -> None:
    wuwei = county_in(named("无为县", 2005), 2020).areas[0]
    assert city_of(wuwei, 2020) == area_at("340200", 2020)
    assert city_of(named("无为县", 2005), 2005) == area_at("341400", 2005)
    assert city_of(named("仙桃市", 2020), 2020) is None


def test_short_names_of_counties_have_two_characters_at_least_and_no_kind() -> None:
    for area in COUNTIES:
        short = short_county_name(area.name)
        assert len(short) >= 2
        assert area.name.startswith(short)
        assert not short.endswith(("自治县", "自治旗", "族"))
        assert short in county_forms_of(area.name)


def test_names_of_counties_resolve_at_their_level() -> None:
    names = ["昆山", "昆山市", "江苏昆山", "江苏省苏州市昆山市", "320583"]
    assert set(resolve_places(names, level="county")["code"]) == {"320583"}
    found = resolve_places(
        ["卢湾区", "朝阳区", "长春市朝阳区", "昆山氏", "东莞市", "x", None], level="county"
    )
    assert found["code"].to_list() == ["310101", None, "220104", None, None, None, None]
    assert found["status"].to_list() == [
        "merged",
        "ambiguous",
        "found",
        "unknown",
        "other level",
        "unknown",
        "missing",
    ]
    assert found["near"][3] == "昆山市 320583"
    assert resolve_places(["卢湾区"], level="county", year=2005, base_year=None)["code"].item() == "310103"


def test_all_counties_of_today_resolve_from_their_codes_and_unique_names() -> None:
    today = [area for area in COUNTIES if area.end is None]
    codes = [area.code for area in today]
    assert resolve_places(codes, level="county")["code"].to_list() == codes
    by_name = resolve_places([area.name for area in today], level="county")
    once = {area.name for area in today if [one.name for one in today].count(area.name) == 1}
    for area, found in zip(today, by_name["code"], strict=True):
        assert found == (area.code if area.name in once else None)
