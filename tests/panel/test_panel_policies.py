"""Policy lists: those that ship resolve to codes and say how far they go; one's own are read strictly."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import (
    ColumnError,
    DataError,
    InputError,
    LexiconError,
    PatentmetricsError,
    SettingError,
)
from patentmetrics.panel.policies import Policy, describe_policy, list_policies, read_policy
from patentmetrics.panel.policy_places import panel_codes, policy_places

SHIPPED = ["bigdata_zone", "broadband_china", "innovative_city", "ip_demo_city"]


def test_these_lists_ship_and_say_whether_they_are_whole() -> None:
    listed = list_policies()
    assert listed["id"].to_list() == SHIPPED
    assert listed["status"].to_list() == ["complete", "complete", "partial", "partial"]
    warned = dict(listed.select("id", "warning").rows())
    assert warned["broadband_china"] is None
    assert "PARTIAL" in warned["ip_demo_city"]
    assert "61 of its 78 places have the year of a LISTING" in warned["innovative_city"]
    assert describe_policy(read_policy("ip_demo_city"))["status"] == "PARTIAL"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_place_of_a_shipped_list_resolves_and_has_an_official_source(name: str) -> None:
    policy = read_policy(name)
    found = policy_places(policy, below="upper")
    assert found.counts["places_used"] == policy.frame.height
    assert found.rejected.is_empty()
    hosts = policy.frame["source"].str.extract(r"^https://[^/]*\b((?:miit|cac|most)\.gov\.cn|www\.gov\.cn)/")
    assert hosts.null_count() == 0
    assert policy.frame.select("place", "year", "batch").is_duplicated().sum() == 0


def test_a_batch_of_broadband_china_has_the_39_names_that_were_announced() -> None:
    frame = read_policy("broadband_china").frame
    names = frame.with_columns(pl.coalesce("named", "place").alias("name")).group_by("year")
    counts = dict(names.agg(pl.col("name").n_unique()).rows())
    assert counts == {2014: 39, 2015: 39, 2016: 39}
    groups = frame.filter(pl.col("named").is_not_null())
    assert groups.select("place", "named").rows() == [
        (one, "长株潭城市群") for one in ("长沙市", "株洲市", "湘潭市")
    ]


def test_provinces_stand_for_their_cities_and_zones_add_up() -> None:
    found = policy_places(read_policy("bigdata_zone"), base_year=2016)
    by_province = found.frame["key"].str.slice(0, 2).value_counts().sort("key")
    # 京津冀 1 + 1 + 11, 内蒙古 12, 沈阳, 上海, 河南 17 and 济源, 珠三角 9, 重庆, 贵州 9
    assert dict(by_province.rows()) == {
        "11": 1, "12": 1, "13": 11, "15": 12, "21": 1, "31": 1, "41": 18, "44": 9, "50": 1, "52": 9,
    }  # fmt: skip
    assert found.counts["keys_by_expansion"] == 11 + 12 + 18 + 9


@pytest.mark.larger
def test_the_shipped_lists_are_those_of_the_collected_table(larger_data: Path) -> None:
    table = pl.read_csv(larger_data / "places" / "pilots_partial.csv")
    for name in SHIPPED:
        theirs = table.filter(pl.col("policy") == name)
        frame = read_policy(name).frame
        ours = set(frame.select(pl.coalesce("named", "place"), "year", "source").rows())
        assert ours == set(theirs.select("raw_region_name", "batch_year", "official_source_url").rows())


def test_a_place_below_the_panel_is_refused_lifted_or_left_out() -> None:
    policy = read_policy("broadband_china")
    with pytest.raises(DataError, match="6 places of the policy lie below") as caught:
        policy_places(policy)
    assert "昆山市 320583" in str(caught.value.got)
    lifted = policy_places(policy, below="upper").frame.filter(pl.col("how") == "upper")
    assert dict(lifted.select("place", "key").rows()) == {
        "昆山市": "320500", "永城市": "411400", "重庆市江津区": "500000", "重庆市荣昌区": "500000",
        "九龙坡区": "500000", "北碚区": "500000",
    }  # fmt: skip
    left = policy_places(policy, below="reject")
    assert left.counts["places"] == left.counts["places_used"] + left.rejected.height
    assert left.rejected["place"].to_list()[0] == "昆山市"
    counties = policy_places(policy, level="county")
    assert {"320583", "500153", "441900"} <= set(counties.frame["key"])
    assert (
        policy_places(read_policy("bigdata_zone"), level="province", below="upper").counts["places_used"]
        == 18
    )


def table(tmp_path: Path, text: str, name: str = "试点.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_names_that_are_no_place_are_listed_with_near_ones_and_may_be_rejected(tmp_path: Path) -> None:
    policy = read_policy(table(tmp_path, "place,year\n襄樊,2009\n无锅市,2010\n吉林,2010\n330100,2011\n"))
    with pytest.raises(DataError, match="2 places of the policy cannot be resolved") as caught:
        policy_places(policy)
    assert "无锡市 320200" in str(caught.value.got)
    found = policy_places(policy, unresolved="reject")
    assert found.frame["key"].to_list() == ["420600", "330100"]
    assert found.rejected.select("place", "reason").rows() == [
        ("无锅市", "the name is unknown"), ("吉林", "the name is ambiguous"),
    ]  # fmt: skip
    assert found.counts["places"] == found.counts["places_used"] + found.counts["places_rejected"] == 4


def test_a_policy_on_a_county_follows_it_to_the_base_year(tmp_path: Path) -> None:
    policy = read_policy(
        table(tmp_path, "place,year\n荣昌县,2010\n重庆市江津区,2012\n鼓楼区,2012\n卢湾区,2009\n")
    )
    found = policy_places(policy, level="county", unresolved="reject")
    assert found.frame["key"].to_list() == ["500153", "500116"]
    assert found.rejected["place"].to_list() == ["鼓楼区", "卢湾区"]
    assert "黄浦区 310101" in found.rejected["near"][1]


def test_places_of_a_panel_are_cities_with_the_counties_that_a_province_governs() -> None:
    cities = panel_codes(["上海", "仙桃市", "石河子市", "昆山市", "P1"], level="prefecture")
    assert cities["code"].to_list() == ["310000", "429004", "659001", None, None]
    counties = panel_codes(["320583", "苏州昆山市", "东莞市", "苏州市"], level="county")
    assert counties["code"].to_list() == ["320583", "320583", "441900", None]
    assert panel_codes(["广东"], level="province")["code"].to_list() == ["440000"]


def test_own_lists_are_read_from_csv_and_excel_with_dates_and_other_headers(tmp_path: Path) -> None:
    path = table(tmp_path, "place,date,batch,end\n北京,2014-10-09,1,2018\n上海,2015年3月,,\n")
    frame = read_policy(path).frame
    assert frame.select("place", "year", "month", "batch", "end").rows() == [
        ("北京", 2014, 10, "1", 2018), ("上海", 2015, 3, None, None),
    ]  # fmt: skip
    book = tmp_path / "smart city.xlsx"
    pl.DataFrame({"城市": ["北京", "上海"], "年份": [2014, 2015], "备注": ["x", "y"]}).write_excel(book)
    policy = read_policy(book, columns={"place": "城市", "year": "年份"})
    assert (policy.id, policy.status) == ("smart_city", "unknown")
    assert policy.frame.select("place", "year").rows() == [("北京", 2014), ("上海", 2015)]


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("city,year\n北京,2014\n", ColumnError, "'place' is missing"),
        ("place,batch\n北京,1\n", ColumnError, "'year' is missing"),
        ("place,year\n北京,14\n", DataError, "no year"),
        ("place,year\n北京,\n", DataError, "has no year"),
        ("place,year\n,2014\n", DataError, "no place"),
        ("place,date\n北京,2014-13\n", DataError, "cannot be read"),
        ("place,year,date\n北京,2015,2014-10\n", DataError, "contradict"),
        ("place,year,end\n北京,2015,2014\n", DataError, "cannot be"),
        ("place,year,code\n北京,2015,1100\n", DataError, "cannot be"),
    ],
)
def test_wrong_tables_are_refused(
    tmp_path: Path, text: str, error: type[PatentmetricsError], match: str
) -> None:
    with pytest.raises(error, match=match):
        read_policy(table(tmp_path, text))


HEAD = "id: mine\nversion: '1'\ntitle_en: a\ntitle_zh: 甲\nsource: s\nstatus: complete\n"
BATCH = "batches:\n  - year: 2014\n    source: s\n    places: [北京市]\n"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (HEAD, "'batches' is missing"),
        (HEAD + BATCH + "titel: x\n", "'titel' is unknown"),
        (HEAD.replace("complete", "done") + BATCH, "no such status"),
        (HEAD.replace("mine", "other") + BATCH, "name of the file"),
        (HEAD + BATCH.replace("2014", "'2014'"), "whole number"),
        (HEAD + BATCH + "    year_is: guess\n", "year_is"),
        (HEAD + BATCH.replace("[北京市]", "[]"), "something in it"),
        (HEAD + BATCH.replace("[北京市]", "[{nam: 北京市}]"), "'nam' is unknown"),
        (HEAD + BATCH + BATCH, "occurs twice"),
    ],
)
def test_wrong_yaml_is_refused(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(LexiconError, match=match):
        read_policy(table(tmp_path, text, "mine.yml"))


def test_a_right_yaml_of_ones_own_is_read(tmp_path: Path) -> None:
    policy = read_policy(table(tmp_path, HEAD + BATCH, "mine.yml"))
    assert isinstance(policy, Policy)
    assert policy.frame.select("place", "year", "year_is").rows() == [("北京市", 2014, "approval")]
    assert len(policy.sha256) == 64


def test_wrong_names_and_choices_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(LexiconError) as caught:
        read_policy("broadband_chna")
    assert caught.value.hint == "did you mean 'broadband_china'?"
    with pytest.raises(InputError):
        read_policy(tmp_path / "absent.csv")
    with pytest.raises(ColumnError):
        read_policy(table(tmp_path, "place,year\n北京,2014\n"), columns={"plce": "place"})
    with pytest.raises(SettingError):
        policy_places(read_policy("bigdata_zone"), level="city")
    assert json.dumps(describe_policy(read_policy("bigdata_zone")), ensure_ascii=False)
