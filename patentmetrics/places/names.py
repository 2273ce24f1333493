"""The forms in which people write the name of a province or prefecture (地名归并).

上海 is 上海市; 甘孜, 甘孜州 and 甘孜藏族州 are 甘孜藏族自治州; 内蒙 is 内蒙古自治区. The kind (市, 地区)
is left out, never exchanged: 喀什市 is a county, and not 喀什地区.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from patentmetrics.places.codes import Area, areas

_KIND = re.compile(
    r"(?:省|市|地区|盟|行政区|特别行政区|(?:壮族|回族|维吾尔)?自治区"
    r"|(?:(?:朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|哈萨克|黎)族|蒙古|哈萨克|柯尔克孜)*自治州)$"
)
_PEOPLE = (
    "(?:(?:满|蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|纳西|景颇|柯尔克孜"
    "|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|鄂温克|保安|裕固|独龙|鄂伦春|东乡)族?)"
)
# the peoples stand last, and something before them: 三江侗族自治县, but 东乡族自治县
_KIND_OF_COUNTY = re.compile(
    rf"^(.{{2,}}?)(?:{_PEOPLE}*各?族?自治[县旗]|(?:回|满|蒙古|达斡尔)族区|(?<=..)新区|(?<=..)特区|(?<=..)矿区|(?<=神农架)林区|[县市区旗])$"
)
# what is said in the region itself, and in its newspapers
_CUSTOMARY = {
    "内蒙": "内蒙古自治区",
    "克州": "克孜勒苏柯尔克孜自治州",
    "博州": "博尔塔拉蒙古自治州",
    "巴州": "巴音郭楞蒙古自治州",
    "锡盟": "锡林郭勒盟",
    "阿盟": "阿拉善盟",
    "呼盟": "呼伦贝尔盟",
    "哲盟": "哲里木盟",
    "昭盟": "昭乌达盟",
    "乌盟": "乌兰察布盟",
    "伊盟": "伊克昭盟",
    "巴盟": "巴彦淖尔盟",
}


def plain_name(name: str) -> str:
    """Write a name with half-width characters and without spaces.

    Examples
    --------
    >>> plain_name("上　海 市")
    '上海市'
    """
    return "".join(unicodedata.normalize("NFKC", name).split())


def short_name(name: str) -> str:
    """Leave out the kind of a province or prefecture, with the peoples in it.

    Examples
    --------
    >>> [short_name(name) for name in ("上海市", "海南藏族自治州", "广西壮族自治区", "大兴安岭地区")]
    ['上海', '海南', '广西', '大兴安岭']
    """
    return _KIND.sub("", name, count=1) or name


def forms_of(name: str) -> tuple[str, ...]:
    """Give all forms of the official name of a province or prefecture.

    Examples
    --------
    >>> forms_of("海南藏族自治州")
    ('海南藏族自治州', '海南', '海南藏族州', '海南自治州', '海南州')
    >>> forms_of("广西壮族自治区")
    ('广西壮族自治区', '广西', '广西自治区')
    """
    short = short_name(name)
    forms = [name, short]
    if name.endswith("自治州"):
        forms += [f"{name.removesuffix('自治州')}州", f"{short}自治州", f"{short}州"]
    elif name.endswith("自治区"):
        forms.append(f"{short}自治区")
    forms += [custom for custom, whole in _CUSTOMARY.items() if whole == name]
    return tuple(dict.fromkeys(forms))


def short_county_name(name: str) -> str:
    """Leave out the kind of a county, district or banner, with the peoples in it; two characters stay.

    Examples
    --------
    >>> [short_county_name(name) for name in ("昆山市", "浦东新区", "清新区", "三江侗族自治县", "通县")]
    ['昆山', '浦东', '清新', '三江', '通县']
    """
    match = _KIND_OF_COUNTY.match(name)
    return match[1] if match else name


def county_forms_of(name: str) -> tuple[str, ...]:
    """Give all forms of the official name of a county: first the whole ones, which say its kind.

    Examples
    --------
    >>> county_forms_of("三江侗族自治县")
    ('三江侗族自治县', '三江自治县', '三江县', '三江')
    >>> county_forms_of("滨湖区")
    ('滨湖区', '滨湖')
    """
    short = short_county_name(name)
    forms = [name]
    if name.endswith(("自治县", "自治旗")):
        forms += [f"{short}{name[-3:]}", f"{short}{name[-1]}"]
    elif name.endswith("族区"):
        forms.append(f"{short}区")
    return tuple(dict.fromkeys([*forms, short]))


@functools.cache
def areas_by_form() -> dict[str, tuple[Area, ...]]:
    """Give the provinces and prefectures of all years that a form can mean.

    Examples
    --------
    >>> [area.name for area in areas_by_form()["吉林"]]
    ['吉林省', '吉林市']
    """
    found: dict[str, tuple[Area, ...]] = {}
    for area in areas():
        if area.level != "county":
            for form in forms_of(area.name):
                found[form] = (*found.get(form, ()), area)
    return found


@functools.cache
def counties_by_form() -> dict[str, tuple[Area, ...]]:
    """Give the counties of all years that a form can mean.

    Examples
    --------
    >>> sorted({area.name for area in counties_by_form()["江宁"]})
    ['江宁区', '江宁县']
    """
    found: dict[str, tuple[Area, ...]] = {}
    for area in areas():
        if area.level == "county":
            for form in county_forms_of(area.name):
                found[form] = (*found.get(form, ()), area)
    return found


@functools.cache
def counties_by_name() -> dict[str, tuple[Area, ...]]:
    """Give the counties of all years by their official name.

    Examples
    --------
    >>> {area.code for area in counties_by_name()["喀什市"]}
    {'653101'}
    """
    found: dict[str, tuple[Area, ...]] = {}
    for area in areas():
        if area.level == "county":
            found[area.name] = (*found.get(area.name, ()), area)
    return found


@functools.cache
def _forms_with() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for form in areas_by_form():
        for character in dict.fromkeys(form):
            found[character] = (*found.get(character, ()), form)
    return found


def near_forms(name: str) -> list[str]:
    """Give the forms that share a character with a name, the kinds left out: those worth comparing.

    Examples
    --------
    >>> "乌鲁木齐市" in near_forms("鸟鲁木齐市")
    True
    """
    found = (
        form for character in dict.fromkeys(short_name(name)) for form in _forms_with().get(character, ())
    )
    return list(dict.fromkeys(found))
