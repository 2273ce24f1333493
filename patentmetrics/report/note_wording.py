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
    (
        r"compared with places never treated; base year: the last year before treatment",
        "以从未处理的地区为对照；基期：处理前一年",
    ),
    (
        r"compared with places of the same treatment in the first year that have not switched yet; "
        r"base year: the last before the switch",
        "以初始处理状态相同且尚未改变的地区为对照；基期：改变前一年",
    ),
    (
        r"compared with rows not yet treated; shares of the cells count as fixed",
        "以尚未处理的观测为对照；各单元占比视为固定",
    ),
    (
        r"base year: event time -1; shares of the cohorts count as fixed",
        "基期：相对时间-1；各批次占比视为固定",
    ),
    (r"endogenous: (.+); instruments: (.+)", "内生变量：{0}；工具变量：{1}"),
    (r"standard errors take the matches as given", "标准误视匹配为给定"),
    (r"(\d+) rows left out that are not matched", "剔除未匹配观测{0}行"),
    (r"every matched row counts once", "匹配样本等权"),
    (
        r"rows weighted by their matches; weights as Stata's \[pweight\], rows are counted",
        "按匹配权重加权（同Stata的[pweight]）",
    ),
    (r"standard errors for independent rows", "标准误假定观测独立"),
    (
        r"standard errors clustered by (.+) \((\d+) clusters\), whole clusters in one fold",
        "标准误聚类到{0}（{1}个聚类），同一聚类在同一折内",
    ),
    (
        r"cross-fitting with (\d+) folds \(a split of (.+)\), (\d+) repetition\(s\), seed (\d+)",
        "{0}折交叉拟合（样本分割{1}），重复{2}次，随机种子{3}",
    ),
    (r"overall effect: average over all treated cohorts and years", "总效应：全部处理批次与年份的平均"),
    (r"overall effect: per year of treatment", "总效应：每一处理年份的平均"),
    (
        r"simultaneous bands: multiplier bootstrap, (\d+) draws, seed (\d+)",
        "同时置信带：乘子自助法，{0}次，随机种子{1}",
    ),
    (
        r"cohorts weighed by their treated rows; base year: event time -1",
        "批次按处理观测数加权；基期：相对时间-1",
    ),
    (r"cohorts weighed by the regression; base year: event time -1", "批次按回归加权；基期：相对时间-1"),
    (
        r"window (-?\d+) to (\d+), (\d+) stacks; clean controls: never treated",
        "窗口{0}至{1}，{2}个堆叠；干净对照：从未处理",
    ),
    (
        r"window (-?\d+) to (\d+), (\d+) stacks; clean controls: never treated, or treated after the window",
        "窗口{0}至{1}，{2}个堆叠；干净对照：从未处理，或在窗口之后处理",
    ),
    (
        r"event times before treatment: regression of untreated rows on leads, base -1",
        "处理前各期：未处理观测对前置期的回归，基期-1",
    ),
    (r"(\d+) places left out that lack a year \(.+\)", "剔除缺少年份的地区{0}个"),
    (r"(\d+) places left out that are treated in all their years \(.+\)", "剔除各年均已处理的地区{0}个"),
    (r"(\d+) places treated only after (\d+) count as untreated", "{1}年之后才处理的{0}个地区视为未处理"),
    (
        r"years in which every place is treated left out, (\d+) to (\d+): .+",
        "剔除全部地区均已处理的年份：{0}至{1}",
    ),
    (
        r"cohort (.+) is one place: the standard error of its own effect cannot be trusted",
        "批次{0}只有一个地区：其自身效应的标准误不可信",
    ),
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
