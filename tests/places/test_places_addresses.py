"""Addresses become codes of city and county in one base year, and what could be two places becomes none."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.places.addresses import (
    ADDRESS_SCHEMA,
    RESOLVED,
    most_frequent,
    place_columns,
    resolve_addresses,
    unresolved_addresses,
)
from patentmetrics.places.codes import LAST_YEAR, MUNICIPALITIES, Area, area_at, areas, upper_code

# made by hand: places are real, streets and numbers need not be
SAMPLE = pl.read_csv(Path(__file__).with_name("labelled_addresses.csv"), schema_overrides={"year": pl.Int32})
COUNTIES = [area for area in areas() if area.level == "county"]


def row(address: str | None, **options: object) -> dict[str, object]:
    return resolve_addresses([address], **options).row(0, named=True)  # type: ignore[arg-type]


def code(address: str, **options: object) -> object:
    return row(address, **options)["code"]


def status(address: str | None, **options: object) -> object:
    return row(address, **options)["status"]


def whole(area: Area, year: int) -> str:
    """The name with those of province and city in front, as they were in the year."""
    province = area_at(f"{area.code[:2]}0000", year) or area_at(f"{area.code[:2]}0000", LAST_YEAR)
    city = area_at(upper_code(area.code), year) if area.level == "county" else None
    names = [one.name for one in (province, city, area) if one]
    return "".join(dict.fromkeys(names))


def years_of(area: Area) -> set[int]:
    return {area.start, (area.end or LAST_YEAR + 1) - 1}


@pytest.mark.parametrize(("level", "wrong"), [("city", 0), ("county", 1)])
def test_the_labelled_sample_is_resolved(level: str, wrong: int) -> None:
    found = resolve_addresses(SAMPLE["address"], year=SAMPLE["year"], level=level)  # type: ignore[arg-type]
    certain = found.select(pl.when(pl.col("status").is_in(RESOLVED)).then("name")).to_series()
    differ = SAMPLE.filter(SAMPLE[level].ne_missing(certain))
    assert SAMPLE.height >= 150
    # 绍兴县 was divided in 2013, and neither part has its name
    assert differ["address"].to_list() == ["浙江省绍兴县柯桥镇"][:wrong]


def test_every_county_of_every_year_resolves_from_its_whole_name_to_its_own_code() -> None:
    asked = [(whole(area, year), year, area) for area in COUNTIES for year in sorted(years_of(area))]
    assert len(COUNTIES) == 6245
    found = resolve_addresses(
        [name for name, _, _ in asked], year=[year for _, year, _ in asked], base_year=None, level="county"
    )
    assert found["code"].to_list() == [area.code for _, _, area in asked]
    assert found["name"].to_list() == [area.name for _, _, area in asked]
    assert found["start"].to_list() == [area.start for _, _, area in asked]
    assert found["end"].to_list() == [area.end for _, _, area in asked]
    assert set(found["status"]) == {"found"}


def test_every_prefecture_of_every_year_resolves_with_its_province_and_without() -> None:
    prefectures = [area for area in areas() if area.level == "prefecture"]
    asked = [(area, year) for area in prefectures for year in sorted(years_of(area))]
    years = [year for _, year in asked]
    codes = [area.code for area, _ in asked]
    for names in (
        [whole(area, year) for area, year in asked],
        [f"{area.name}人民路1号" for area, _ in asked],
    ):
        assert resolve_addresses(names, year=years, base_year=None)["code"].to_list() == codes


def test_all_counties_of_today_resolve_behind_short_names_of_province_and_city() -> None:
    asked = [
        (f"{short(whole_city(area))}{area.name}科技园1号", area.code)
        for area in COUNTIES
        if area.end is None and whole_city(area)
    ]
    assert len(asked) > 2800
    found = resolve_addresses([name for name, _ in asked], level="county")
    assert found["code"].to_list() == [one for _, one in asked]


def whole_city(area: Area) -> str:
    city = area_at(upper_code(area.code), LAST_YEAR)
    return city.name if city else ""


def short(name: str) -> str:
    return name.removesuffix("市")


@pytest.mark.parametrize(
    ("address", "year", "city", "county"),
    [
        ("安徽省巢湖市居巢区", 2005, "340100", "340181"),
        ("安徽省巢湖市庐江县", 2005, "340100", "340124"),
        ("安徽省巢湖市无为县", 2005, "340200", "340281"),
        ("安徽省巢湖市含山县", 2005, "340500", "340522"),
        ("安徽省巢湖市和县", 2005, "340500", "340523"),
        ("合肥市居巢区", None, "340100", "340181"),
        ("山东省莱芜市莱城区", 2010, "370100", "370116"),
        ("山东省莱芜市钢城区", 2010, "370100", "370117"),
        ("湖北省襄樊市襄城区", 2005, "420600", "420602"),
        ("湖北省襄樊市襄阳区", 2005, "420600", "420607"),
        ("云南省思茅市翠云区", 2005, "530800", "530802"),
        ("云南省思茅地区普洱县", 1984, "530800", "530821"),
        ("上海市卢湾区", 2005, "310000", "310101"),
        ("上海市南市区", 1995, "310000", "310101"),
        ("上海市闸北区", 2005, "310000", "310106"),
        ("上海市崇明县", 2005, "310000", "310151"),
        ("上海市南汇区", 2005, "310000", "310115"),
        ("北京市宣武区", 2005, "110000", "110102"),
        ("北京市崇文区", 2005, "110000", "110101"),
        ("北京市密云县", 2005, "110000", "110118"),
        ("北京市延庆县", 2005, "110000", "110119"),
        ("北京市通县", 1990, "110000", "110112"),
        ("江苏省江宁县", 1998, "320100", "320115"),
        ("江苏省吴江市", 2005, "320500", "320509"),
        ("浙江省萧山市", 1999, "330100", "330109"),
        ("浙江省嘉善县", 1999, "330400", "330421"),
        ("广东省顺德市", 2001, "440600", "440606"),
        ("广东省广州市萝岗区", 2010, "440100", "440112"),
        ("四川省重庆市江北区", 1990, "500000", "500105"),
        ("四川省万县市", 1995, None, None),
    ],
)
def test_mergers_and_renamings_lead_to_the_base_year(
    address: str, year: int | None, city: str | None, county: str | None
) -> None:
    found = row(address, year=year, level="county")
    assert (found["city_code"], found["county_code"]) == (city, county) or city is None
    if city is None:
        assert found["status"] == "other level"
    else:
        assert found["status"] in RESOLVED
        assert code(address, year=year) == city
        # there already, what it names is its own
        assert row(address, year=year, level="county", base_year=None)["status"] in {
            "found",
            "later name",
            "former name",
        }


def test_a_city_that_ended_is_abolished_unless_the_county_tells() -> None:
    assert row("安徽省巢湖市人民路", year=2005) | {} == {
        "code": "341400",
        "name": "巢湖市",
        "province_code": "340000",
        "city_code": "341400",
        "city_name": "巢湖市",
        "county_code": None,
        "county_name": None,
        "named_code": "341400",
        "start": 1999,
        "end": 2011,
        "status": "abolished",
        "near": None,
    }
    assert (status("莱芜市", year=2005), row("莱芜市", year=2005)["near"]) == ("abolished", "济南市 370100")
    assert status("莱芜市莱城区", year=2005) == "found"
    # without a year the county-level 巢湖市 of today comes before the city of the past
    assert code("安徽省巢湖市人民路") == "340100"


def test_of_the_meanings_of_a_name_that_is_gone_the_last_in_time_counts() -> None:
    # a county until 1992, a city until 2018
    assert (code("莱芜市"), status("莱芜市")) == ("371200", "abolished")


def test_a_short_name_is_a_city_before_it_is_a_district_of_another() -> None:
    # 西安区 is in 辽源 and in 牡丹江
    assert (code("西安高新区"), code("陕西西安")) == ("610100", "610100")
    assert code("中山火炬开发区") == "442000"


def test_a_name_written_twice_does_not_contradict_itself() -> None:
    for address, known in [
        ("重庆市重庆市", "500000"),
        ("杭州市杭州市", "330100"),
        ("重庆市重庆市渝中区", "500000"),
    ]:
        assert (code(address), row(address)["near"]) == (known, None)


def test_a_base_year_of_the_past_gives_the_codes_of_the_past() -> None:
    options = {"base_year": 2005, "level": "county"}
    assert row("安徽省无为市", **options)["city_name"] == "巢湖市"
    assert code("上海市崇明区", **options) == "310230"
    assert code("襄阳市襄州区", **options) == "420607"
    assert (code("杭州市临平区", **options), status("杭州市临平区", **options)) == ("330113", "founded later")
    assert row("杭州市临平区", **options)["near"] == "余杭区 330110"
    assert code("襄阳市", base_year=2005) == "420600"
    assert row("襄阳市", base_year=2005)["name"] == "襄樊市"


def test_a_county_that_was_divided_keeps_its_city_where_that_is_one() -> None:
    at_county = row("杭州市江干区", year=2015, level="county")
    assert (at_county["code"], at_county["county_code"], at_county["status"]) == ("330104", None, "divided")
    assert at_county["near"] == "上城区 330102; 钱塘区 330114"
    assert (code("杭州市江干区", year=2015), status("杭州市江干区", year=2015)) == ("330100", "found")


def test_one_place_has_one_code_in_whatever_year_it_was_written() -> None:
    names = ["北京市密云县", "北京市密云区", "北京市密云区"]
    assert set(resolve_addresses(names, year=[2000, 2020, None], level="county")["code"]) == {"110118"}


@pytest.mark.parametrize(
    ("address", "said", "near"),
    [
        ("朝阳区", "ambiguous", "朝阳区 110105; 朝阳区 220104"),
        ("湖北省", "other level", "湖北省 420000"),
        ("杭州市", "other level", "杭州市 330100"),
        ("江苏省杭州市西湖区", "contradictory", "江苏省 320000; 杭州市"),
        ("上海市海淀区", "contradictory", "上海市 310000; 海淀区"),
        ("日本东京都", "foreign", None),
        ("日本 大阪府大阪市北区", "foreign", None),
        ("Kyoto, Japan", "foreign", None),
        ("Palo Alto, CA, US", "foreign", None),
        ("京都市左京区よしだ", "foreign", None),
        ("Haidian, Beijing, China", "unknown", None),
        ("Haidian, Beijing, CN", "unknown", None),
        ("Infinite Loop", "unknown", None),
        ("南京路1号", "unknown", None),
        ("东方明珠大厦", "unknown", "东方市 469007"),
        ("12345", "unknown", None),
        ("", "missing", None),
        ("　 ", "missing", None),
        (None, "missing", None),
    ],
)
def test_what_is_not_certain_has_no_code_and_a_reason(
    address: str | None, said: str, near: str | None
) -> None:
    found = row(address, level="county")
    assert (found["code"], found["status"], found["near"]) == (None, said, near)


def test_a_name_that_is_not_in_the_chain_is_told_though_the_city_is_certain() -> None:
    found = row("上海市海淀区")
    assert (found["code"], found["county_code"], found["near"]) == ("310000", None, "海淀区")


def test_signs_spaces_widths_and_repeated_names_do_not_matter() -> None:
    written = [
        "江苏省南京市玄武区珠江路1号",
        "210018 江苏省 南京市 玄武区",
        "２１００１８江苏省南京市玄武区",
        "江苏省，南京市，玄武区",
        "江苏　南京　玄武区",
        "中国江苏省南京市市辖区玄武区",
        "（江苏省）南京市·玄武区",
        "南京理工大学 江苏省南京市玄武区",
    ]
    assert set(resolve_addresses(written, level="county")["code"]) == {"320102"}


def test_places_that_no_city_governs_have_a_county_and_no_city() -> None:
    for address, known in [
        ("湖北省仙桃市", "429004"),
        ("新疆石河子市", "659001"),
        ("湖北神农架林区", "429021"),
    ]:
        found = row(address)
        assert (found["code"], found["city_code"], found["county_code"]) == (None, None, known)
        assert found["status"] == "other level"
        assert code(address, level="county") == known


def test_cities_without_counties_have_a_city_and_no_county() -> None:
    for address, known in [("广东省东莞市长安镇", "441900"), ("海南省儋州市", "460400")]:
        assert code(address) == known
        assert (code(address, level="county"), status(address, level="county")) == (None, "other level")
    # 东莞 was a county until 1988
    assert code("广东省东莞县", year=1984) == "441900"


def test_codes_with_a_certain_status_are_in_force_in_the_base_year() -> None:
    names = [whole(area, area.start) for area in COUNTIES]
    years = [area.start for area in COUNTIES]
    for base_year in (1995, LAST_YEAR):
        found = resolve_addresses(names, year=years, base_year=base_year, level="county")
        certain = found.filter(pl.col("status").is_in(RESOLVED))
        assert certain.height > 0.9 * found.height
        for code_, name in certain.select("code", "name").unique().iter_rows():
            area = area_at(code_, base_year)
            assert area is not None
            assert area.name == name
        for county, city in certain.select("code", "city_code").unique().iter_rows():
            assert city is None or upper_code(county) == city or city in MUNICIPALITIES


def test_rows_do_not_depend_on_one_another() -> None:
    order = list(range(SAMPLE.height))
    random.Random(3).shuffle(order)
    options = {"level": "county"}
    found = resolve_addresses(SAMPLE["address"], year=SAMPLE["year"], **options)  # type: ignore[arg-type]
    shuffled = resolve_addresses(SAMPLE["address"][order], year=SAMPLE["year"][order], **options)  # type: ignore[arg-type]
    assert shuffled.equals(found[order])
    doubled = resolve_addresses(pl.concat([SAMPLE["address"]] * 2), **options)  # type: ignore[arg-type]
    assert doubled[: SAMPLE.height].equals(doubled[SAMPLE.height :])


def test_rows_in_are_rows_out_and_the_schema_stays_also_when_empty() -> None:
    for addresses in ([], [None], [""], ["杭州市", None]):
        found = resolve_addresses(addresses)
        assert found.height == len(addresses)
        assert found.schema == pl.Schema(ADDRESS_SCHEMA)
    assert resolve_addresses(pl.Series("x", [None], pl.Null))["status"].to_list() == ["missing"]
    # a slice of a longer series
    assert resolve_addresses(pl.Series(["杭州市", "宁波市", "温州市"])[1:2])["name"].to_list() == ["宁波市"]


def test_years_before_and_behind_the_table_are_as_its_ends() -> None:
    found = resolve_addresses(["杭州市"] * 3, year=[1900, 2024, 3000], base_year=None)
    assert found["code"].to_list() == ["330100"] * 3


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"level": "province"}, SettingError),
        ({"year": [2000, 2001]}, SettingError),
        ({"year": pl.Series([2000.5])}, ColumnError),
        ({"base_year": 1900}, SettingError),
        ({"base_year": 2100}, SettingError),
    ],
)
def test_wrong_options_are_told(options: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        row("杭州市", **options)


def test_addresses_that_are_no_text_are_told() -> None:
    with pytest.raises(ColumnError):
        resolve_addresses(pl.Series([1, 2]))


def test_unresolved_addresses_are_listed_by_frequency() -> None:
    addresses = ["鼓楼区", "x", "鼓楼区", "杭州市", None, "x", "鼓楼区"]
    found = resolve_addresses(addresses)
    listed = unresolved_addresses(addresses, found)
    assert listed.select("address", "status", "rows").rows() == [
        ("鼓楼区", "ambiguous", 3),
        ("x", "unknown", 2),
        (None, "missing", 1),
    ]
    assert listed["rows"].sum() == len(addresses) - found["status"].is_in(RESOLVED).sum()
    assert unresolved_addresses(addresses, found, top=1)["address"].to_list() == ["鼓楼区"]
    assert most_frequent(pl.concat([listed, listed]))["rows"].to_list() == [6, 4, 2]
    with pytest.raises(SettingError):
        unresolved_addresses(addresses[1:], found)


def test_columns_beside_others_have_names_of_their_own() -> None:
    columns = place_columns(resolve_addresses(["杭州市"])).columns
    assert len(columns) == len(ADDRESS_SCHEMA)
    assert not {"code", "name", "status", "start", "end"} & set(columns)
