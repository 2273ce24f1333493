"""All names of places of all years made ready to be looked for in addresses (地名词典).

A form that is *short* does not say its kind (海淀, 南京), so a street can be called so; a whole one does
(海淀区, 内蒙古自治区). A whole one of two characters (郊区, 新区, 和县) says too little to stand alone.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels.address_chains import (
    BETWEEN,
    CITY,
    COUNTY,
    FOREIGN,
    GENERIC,
    PROVINCE,
    SHORT,
    SITE,
    SKIPPED,
    STREET,
    Gazetteer,
)
from patentmetrics.kernels.automaton import CHARACTERS, Automaton, make_automaton, read_character
from patentmetrics.places.codes import LAST_YEAR, Area, areas
from patentmetrics.places.counties import county_in
from patentmetrics.places.countries import CHINESE_NAMES
from patentmetrics.places.names import county_forms_of, forms_of, short_county_name, short_name

# what stands between the names of a chain and says nothing
_SKIPPED = (
    "中国", "中华人民共和国", "中国大陆", "市辖区", "市辖县", "省直辖县级行政区划", "省直辖县级行政单位",
    "自治区直辖县级行政区划", "省直辖行政单位", "省直辖", "住所", "地址", "通讯地址", "联系地址",
)  # fmt: skip
# 臺 is what Taiwan itself writes
_TAIWAN = (
    "臺灣", "臺湾", "台灣", "台北市", "新北市", "桃园市", "台中市", "台南市", "高雄市", "基隆市",
    "新竹市", "嘉义市", "新竹县", "苗栗县", "彰化县", "南投县", "云林县", "嘉义县", "屏东县",
    "宜兰县", "花莲县", "台东县", "澎湖县", "臺北市", "臺中市", "臺南市",
)  # fmt: skip
_STREETS = (
    "路",
    "街",
    "大街",
    "大道",
    "道",
    "巷",
    "弄",
    "胡同",
    "支路",
    "公路",
    "铁路",
    "大桥",
    "大厦",
    "大楼",
    "广场",
    "宾馆",
    "饭店",
    "酒店",
)
# a county without its kind is also the name of gates, lakes, hills, villages: 朝阳门, 玄武湖
_SITES = (
    "门",
    "桥",
    "站",
    "湖",
    "山",
    "河",
    "江",
    "村",
    "新村",
    "庄",
    "镇",
    "乡",
    "场",
    "公园",
    "花园",
    "小区",
    "里",
)
_BETWEEN = tuple("东西南北中前后内外环一二三四五六七八九十上下新老")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names, and what each can mean.

    Parameters
    ----------
    terms : tuple of str
        All forms, with skipped words and names of countries.
    meanings : tuple of tuple of Area
        Of each term the provinces, prefectures and counties of all years.
    automaton, places
        For `patentmetrics.kernels`: the terms, and what they can mean.
    """

    terms: tuple[str, ...]
    meanings: tuple[tuple[Area, ...], ...]
    automaton: Automaton
    places: Gazetteer

    def is_short(self, term: int) -> bool:
        """Say whether a term does not say its kind."""
        return bool(self.places.kind[term] & SHORT)


@functools.cache
def names_of_places() -> Names:
    """Give all names of places, made once.

    Examples
    --------
    >>> names = names_of_places()
    >>> sorted({area.name for area in names.meanings[names.terms.index("江宁")]})
    ['江宁区', '江宁县']
    """
    found: dict[str, list[Area]] = {}
    whole: set[str] = set()
    for area in areas():
        county = area.level == "county"
        forms = county_forms_of(area.name) if county else forms_of(area.name)
        short = short_county_name(area.name) if county else short_name(area.name)
        whole.update(form for form in forms if form != short or form == area.name)
        for form in (*forms, *(_TAIWAN if area.code == "710000" else ())):
            found.setdefault(form, []).append(area)
    whole.update(_TAIWAN)
    terms = tuple(dict.fromkeys((*found, *_SKIPPED, *CHINESE_NAMES)))
    meanings = tuple(tuple(found.get(term, ())) for term in terms)
    return Names(
        terms=terms,
        meanings=meanings,
        automaton=make_automaton(terms),
        places=_gazetteer(terms, meanings, whole),
    )


def _gazetteer(terms: tuple[str, ...], meanings: tuple[tuple[Area, ...], ...], whole: set[str]) -> Gazetteer:
    kind = np.zeros(len(terms), np.int64)
    province = np.zeros(len(terms), np.int64)
    members: list[list[tuple[int, bool]]] = []
    skipped, countries = set(_SKIPPED), set(CHINESE_NAMES)
    for i, (term, meant) in enumerate(zip(terms, meanings, strict=True)):
        inside: dict[tuple[int, bool], None] = {}
        for area in meant:
            kind[i] |= {"province": PROVINCE, "prefecture": CITY, "county": COUNTY}[area.level]
            if area.level == "province":
                province[i] = int(area.code[:2])
            elif area.level == "prefecture":
                inside[int(area.code[:4]), False] = None
            else:
                inside.update(dict.fromkeys((city, True) for city in _cities_of(area)))
        members.append(list(inside))
        kind[i] |= SKIPPED * (term in skipped) | FOREIGN * (term in countries)
        if meant:
            kind[i] |= SHORT * (term not in whole) | GENERIC * (term in whole and len(term) < 3)
    flat = [one for inside in members for one in inside]
    street, street_first = _joined(_STREETS)
    site, site_first = _joined(_SITES)
    between, between_first = _joined(_BETWEEN)
    return Gazetteer(
        length=np.array([len(term.encode()) for term in terms], np.int64),
        kind=kind,
        province=province,
        first=np.concatenate([[0], np.cumsum([len(inside) for inside in members])]).astype(np.int64),
        city=np.array([city for city, _ in flat], np.int64),
        county=np.array([county for _, county in flat], np.bool_),
        street=street,
        street_first=street_first,
        site=site,
        site_first=site_first,
        between=between,
        between_first=between_first,
        marks=_marks(),
    )


def _cities_of(county: Area) -> list[int]:
    """Give the first four digits of a county's code, and of what it became: 合肥市居巢区 is written too."""
    later = county_in(county, LAST_YEAR).areas
    return [int(area.code[:4]) for area in (county, *later)]


def _marks() -> NDArray[np.uint8]:
    marks = np.zeros(CHARACTERS, np.uint8)
    for mark, words in ((STREET, _STREETS), (SITE, _SITES), (BETWEEN, _BETWEEN)):
        for word in words:
            marks[read_character(np.frombuffer(word.encode(), np.uint8), 0)[0]] |= mark
    return marks


def _joined(words: tuple[str, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    spelled = [word.encode() for word in words]
    first = np.concatenate([[0], np.cumsum([len(word) for word in spelled])])
    return np.frombuffer(b"".join(spelled), np.uint8), first.astype(np.int64)
