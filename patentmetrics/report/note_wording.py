"""The notes that estimators write, in Chinese: which errors, which clusters, what was left out.

Estimators say what they did in English. A note that is not known here stays as it is.
"""

from __future__ import annotations

import re

from patentmetrics.core.columns import label
from patentmetrics.estimate.model_list import MODELS

_MISSING = r"(\d+) rows left out for missing values \((.+)\)"
# a pattern of the whole note; {0} stands for its first group. Groups that are columns get their label
_NOTES: tuple[tuple[str, str], ...] = (
    (
        r"standard errors clustered by (.+) \((\d+) clusters\), small-sample factor G/\(G-1\) × "
        r"\(N-1\)/\(N-K\), K without the effects nested in the clusters, t distribution with G-1 degrees: "
        r"as Stata's reghdfe",
        "标准误聚类到{0}（{1}个聚类），小样本调整G/(G-1) × (N-1)/(N-K)，K不含嵌套于聚类的固定效应，"
        "t分布自由度G-1：与Stata的reghdfe一致",
    ),
    (
        r"standard errors (.+), clustered by (.+) \((\d+) clusters\), normal distribution",
        "标准误（{0}）聚类到{1}（{2}个聚类），正态分布",
    ),
    (r"heteroskedasticity-robust standard errors, factor N/\(N-K\)", "异方差稳健标准误，调整因子N/(N-K)"),
    (r"classical standard errors", "普通标准误"),
    (r"absorbed effects: (.+)", "固定效应：{0}"),
    (_MISSING, "因缺失值剔除{0}行（{1}）"),
    (r"(\d+) rows left out that were alone in a level of a fixed effect", "剔除{0}个单独观测（singleton）"),
    (r"(\d+) rows left out that were alone in a place or a year", "剔除{0}个单独观测（singleton）"),
    (r"(.+) left out: absorbed by the fixed effects", "{0}被固定效应吸收，已剔除"),
    (r"(.+) left out: collinear with (.+)", "{0}与{1}共线，已剔除"),
    (r"base year: event time (-?\d+)", "基期：相对时间{0}"),
    (r"event times (-?\d+) and (\d+) stand for all years at or beyond them", "相对时间{0}与{1}含其外各年"),
    (r"(\d+) rows of treated places outside the window left out", "剔除窗口期以外的处理组观测{0}行"),
    (r"no row has event time (.+)", "相对时间{0}无观测"),
)


def note_in_chinese(note: str) -> str:
    """Give an estimator's note in Chinese, where it is known; otherwise as it is.

    Examples
    --------
    >>> note_in_chinese("absorbed effects: place, year"), note_in_chinese("classical standard errors")
    ('固定效应：地区、年份', '普通标准误')
    >>> note_in_chinese("something else")
    'something else'
    """
    for pattern, chinese in _NOTES:
        found = re.fullmatch(pattern, note)
        if found:
            return chinese.format(*(_names(one) for one in found.groups()))
    return note


def method_in_chinese(method: str, model: object) -> str:
    """Give the Chinese term of a registered model, or the method as it is told.

    Examples
    --------
    >>> method_in_chinese("Difference in differences", "did"), method_in_chinese("OLS", None)
    ('双重差分', 'OLS')
    """
    known = MODELS.get(model) if isinstance(model, str) else None
    return known.chinese if known is not None else method


def _names(text: str) -> str:
    # "place, year" or "gdp 3, wage 1": the columns in it by their labels
    parts = [part.split(" ") for part in text.split(", ")]
    return "、".join(" ".join([label(name, language="zh"), *rest]) for name, *rest in parts)
