"""Names of provinces and prefectures become codes of GB/T 2260, and what could be two places becomes none."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import SettingError
from patentmetrics.places.codes import LAST_YEAR, MUNICIPALITIES, area_at, area_codes, areas, upper_code
from patentmetrics.places.names import forms_of, short_name
from patentmetrics.places.resolve import RESOLVED_SCHEMA, resolve_places
from patentmetrics.places.succession import area_in, successor

PROVINCES = [area for area in areas() if area.level == "province"]
CITIES = [
    area
    for area in areas()
    if area.end is None and (area.level == "prefecture" or area.code in MUNICIPALITIES)
]


def codes(names: list[str], **options: object) -> list[str | None]:
    return resolve_places(names, **options)["code"].to_list()  # type: ignore[arg-type]


def status(name: str, **options: object) -> str:
    return resolve_places([name], **options)["status"].item()  # type: ignore[arg-type]


def test_all_prefectures_and_municipalities_of_today_resolve_from_their_full_names() -> None:
    assert len(CITIES) == 333 + 4
    assert codes([area.name for area in CITIES]) == [area.code for area in CITIES]


def test_all_but_two_resolve_from_every_form_and_the_two_are_ambiguous() -> None:
    pairs = [(form, area.code) for area in CITIES for form in forms_of(area.name)]
    found = resolve_places([form for form, _ in pairs])
    wrong = [form for (form, code), got in zip(pairs, found["code"], strict=True) if got != code]
    assert wrong == ["吉林", "海南"]
    assert {status(form) for form in wrong} == {"ambiguous"}


def test_all_provinces_resolve_from_every_form_at_their_level() -> None:
    pairs = [(form, area.code) for area in PROVINCES for form in forms_of(area.name)]
    assert codes([form for form, _ in pairs], level="province") == [code for _, code in pairs]
    others = [(form, code) for form, code in pairs if form not in {"吉林", "海南"}]
    assert codes([form for form, _ in others], level="any") == [code for _, code in others]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("上海", "310000"),
        ("上　海 市", "310000"),
        ("海南州", "632500"),
        ("海南藏族州", "632500"),
        ("青海海南", "632500"),
        ("吉林市", "220200"),
        ("吉林省吉林", "220200"),
        ("甘孜", "513300"),
        ("黔东南州", "522600"),
        ("伊犁", "654000"),
        ("巴州", "652800"),
        ("锡盟", "152500"),
        ("四川省成都市", "510100"),
        ("广西桂林", "450300"),
        ("襄樊", "420600"),
        ("思茅市", "530800"),
        ("淮阴市", "320800"),
        ("毕节地区", "520500"),
        ("３３０１００", "330100"),
        ("330100000000", "330100"),
        ("310100", "310000"),
        ("522400", "520500"),
    ],
)
def test_what_people_write_is_read(name: str, code: str) -> None:
    assert codes([name]) == [code]


@pytest.mark.parametrize(
    ("name", "level", "said", "near"),
    [
        ("吉林", "any", "ambiguous", "吉林省 220000; 吉林市 220200"),
        ("海南", "prefecture", "ambiguous", "海南省 460000; 海南藏族自治州 632500"),
        ("海南省", "prefecture", "other level", "海南省 460000"),
        ("成都", "province", "other level", "成都市 510100"),
        ("喀什市", "any", "other level", "喀什市 653101"),
        ("大理市", "prefecture", "other level", "大理市 532901"),
        ("仙桃市", "any", "other level", "仙桃市 429004"),
        ("乌鲁木其市", "any", "unknown", "乌鲁木齐市 650100"),
        ("成都高新区", "any", "unknown", "成都市 510100"),
        ("New York", "any", "unknown", None),
        ("999999", "any", "unknown", None),
        ("", "any", "missing", None),
        ("　", "any", "missing", None),
    ],
)
def test_what_is_not_certain_is_null_with_a_reason_and_what_is_near(
    name: str, level: str, said: str, near: str | None
) -> None:
    row = resolve_places([name], level=level).row(0, named=True)  # type: ignore[arg-type]
    assert row == {"place": name, "code": None, "name": None, "level": None, "status": said, "near": near}


def test_the_year_decides_between_places_of_one_name() -> None:
    assert codes(["毕节", "毕节"], year=[2008, 2015], base_year=None) == ["522400", "520500"]
    assert codes(["重庆市", "重庆市"], year=[1990, 2000], base_year=None) == ["510200", "500000"]
    # 桂林市 and 桂林地区 were beside each other until 1998
    assert status("桂林", year=1990) == "ambiguous"
    assert codes(["桂林", "桂林市"], year=[2000, 1990]) == ["450300", "450300"]


def test_a_name_from_another_year_is_taken_and_said() -> None:
    assert status("毕节市", year=2008) == "later name"
    assert status("毕节地区", year=2015) == "former name"
    assert status("毕节地区", year=2010) == "found"
    # at the end of 2011 it was a city
    assert status("毕节地区", year=2011) == "former name"
    assert resolve_places(["毕节市"], year=2008, base_year=None)["name"].item() == "毕节地区"


def test_a_place_has_one_code_over_time_in_a_base_year() -> None:
    names, years = ["毕节地区", "毕节市", "毕节"], [2005, 2015, 2010]
    assert set(codes(names, year=years)) == {"520500"}
    assert set(codes(names, year=years, base_year=2005)) == {"522400"}


def test_a_place_that_was_merged_is_not_the_place_that_took_it() -> None:
    names = ["莱芜市", "巢湖市", "桂林地区", "万县市", "安阳地区", "沙市市"]
    found = resolve_places(names, year=[2010, 2005, 1995, 1995, 1982, 1990])
    assert found["code"].to_list() == ["371200", "341400", "452300", "511200", "412100", "420400"]
    assert found["status"].unique().to_list() == ["abolished"]
    assert found["near"].to_list() == [
        "济南市 370100",
        None,
        "桂林市 450300",
        "重庆市 500000",
        "濮阳市 410900",
        "荆沙市 421000",
    ]


def test_a_place_before_its_time_is_said_to_be_founded_later() -> None:
    found = resolve_places(["三沙市"], base_year=2000)
    assert found.select("code", "status").row(0) == ("460300", "founded later")


def test_nulls_stay_and_the_frame_has_its_schema_also_when_empty() -> None:
    found = resolve_places(pl.Series(["上海", None]), year=pl.Series([2000, None]))
    assert found.select("code", "status").rows() == [("310000", "found"), (None, "missing")]
    assert resolve_places([]).schema == pl.Schema(RESOLVED_SCHEMA)


def test_rows_do_not_depend_on_one_another() -> None:
    names = [form for area in CITIES[:80] for form in forms_of(area.name)] + ["吉林", "x", "喀什市"]
    shuffled = random.Random(1).sample(names, len(names))
    found = dict(zip(names, codes(names), strict=True))
    assert codes(shuffled) == [found[name] for name in shuffled]


@pytest.mark.parametrize("options", [{"level": "city"}, {"year": [2000]}])
def test_wrong_options_are_setting_errors(options: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        codes(["上海", "北京"], **options)


def test_every_prefecture_that_ended_resolves_in_the_last_year_of_its_name() -> None:
    past = [area for area in areas() if area.level == "prefecture" and area.end is not None]
    years = [(area.end or 0) - 1 for area in past]
    assert codes([area.name for area in past], year=years, base_year=None) == [area.code for area in past]
    today = resolve_places([area.name for area in past], year=years)
    assert today["code"].null_count() == 0
    assert set(today["status"]) == {"found", "abolished"}


def test_what_a_place_goes_on_as_is_in_force_and_begins_where_it_ended() -> None:
    for area in areas():
        if area.level == "county":
            continue
        assert area_in(area, area.start) == area
        last = area_in(area, LAST_YEAR)
        following = successor(last)
        assert last.end is None or following is None or following.in_force(last.end)
        # there and back again
        if last != area:
            assert area_in(last, area.start).start <= area.start


def test_codes_never_stand_for_two_names_at_once() -> None:
    following = area_codes().sort("code", "start").with_columns(next=pl.col("start").shift(-1).over("code"))
    again = following.drop_nulls("next")
    assert again.height > 300
    assert again.filter(pl.col("end").is_null() | (pl.col("end") > pl.col("next"))).is_empty()
    assert area_at("420600", 2009).name == "襄樊市"  # type: ignore[union-attr]
    assert area_at("420600", 1980) is None


def test_official_names_of_today_are_each_one_place() -> None:
    names = [area.name for area in areas() if area.level != "county" and area.end is None]
    assert len(set(names)) == len(names) == 367


def test_short_names_leave_nothing_of_the_kind() -> None:
    for area in CITIES:
        short = short_name(area.name)
        assert 2 <= len(short) < len(area.name)
        assert not short.endswith(("市", "盟", "自治州", "地区", "族"))


def test_the_code_above_is_that_of_the_prefecture_or_the_municipality() -> None:
    assert [upper_code(code) for code in ("110105", "500112", "429004", "330106")] == [
        "110000",
        "500000",
        "429000",
        "330100",
    ]


@pytest.mark.larger
def test_the_table_that_ships_is_the_source_row_by_row(larger_data: Path) -> None:
    levels = {"省级": "province", "地级": "prefecture", "县级": "county"}
    with (larger_data / "places" / "areacodes_1981_2024.csv").open(encoding="utf-8-sig") as handle:
        source = [
            (
                row["代码"],
                row["名称"],
                levels[row["级别"]],
                int(row["启用时间"]),
                int(row["变更/弃用时间"]) if row["变更/弃用时间"] else None,
                row["新代码"] or None,
            )
            for row in csv.DictReader(handle)
        ]
    assert sorted(source, key=lambda row: (row[0], row[3])) == area_codes().rows()


@pytest.mark.larger
def test_all_names_of_real_reports_resolve(larger_data: Path) -> None:
    cities = [path.stem for path in (larger_data / "policy" / "city_2024").glob("*.txt")]
    assert len(cities) == 60
    found = resolve_places(cities, year=2024)
    assert set(found["status"]) == {"found"}
    assert found["code"].n_unique() == 60
