"""What official concordances look like: their columns, their levels, and the codes of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Layout = Literal["digital_economy_2023", "industry_2018"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What is printed in a table (版式).

    Parameters
    ----------
    header : mapping of str to str
        The keys of the concordance's head that are known beforehand.
    levels, levels_zh : tuple of str
        Outermost first.
    depths : tuple of str
        What a code of each level looks like, as regular expressions.
    """

    header: Mapping[str, str]
    levels: tuple[str, ...]
    levels_zh: tuple[str, ...]
    depths: tuple[str, ...]


_SOURCE = "China National Intellectual Property Administration (国家知识产权局), "
FORMS: dict[Layout, Form] = {
    "digital_economy_2023": Form(
        header={
            "version": "2023",
            "title_en": "Core industries of the digital economy and the International Patent Classification",
            "title_zh": "数字经济核心产业分类与国际专利分类参照关系表（2023）",
            "source": _SOURCE + "数字经济核心产业分类与国际专利分类参照关系表（2023）",
        },
        levels=("division", "group", "industry"),
        levels_zh=("大类", "中类", "小类"),
        depths=(r"\d{2}", r"\d{4}", r"\d{6}"),
    ),
    "industry_2018": Form(
        header={
            "version": "2018",
            "title_en": "International Patent Classification and the industries of the national economy",
            "title_zh": "国际专利分类与国民经济行业分类参照关系表（2018）",
            "source": _SOURCE
            + "国际专利分类与国民经济行业分类参照关系表（2018）, industries of GB/T 4754-2017",
        },
        levels=("section", "division", "group", "industry"),
        levels_zh=("门类", "大类", "中类", "小类"),
        depths=(r"[A-T]", r"\d{2}", r"\d{3}", r"\d{4}"),
    ),
}
# what the heads of the columns say, in any of these words
COLUMNS = {
    "code": ("代码", "大类", "中类", "小类", "门类"),
    "name": ("名称",),
    "symbols": ("国际专利分类", "ipc"),
    "keywords": ("关键词", "主题词"),
    "industry": ("国民经济行业",),
}
LONGEST_HEAD = 20
