"""The sentences of a study's report, in English and Chinese."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]

SENTENCES: dict[str, dict[str, str]] = {
    "about": {"en": "About this study", "zh": "关于本研究"},
    "patents": {"en": "Patents", "zh": "专利"},
    "rows": {
        "en": "{rows_in:,} rows in = {rows_out:,} rows out + {rows_rejected:,} rows rejected.",
        "zh": "读入 {rows_in:,} 行 = 保留 {rows_out:,} 行 + 剔除 {rows_rejected:,} 行。",
    },
    "counted": {
        "en": "{documents:,} patents were counted: {terms:,} terms, {nonzeros:,} non-zero counts.",
        "zh": "共统计 {documents:,} 件专利，{terms:,} 个词，{nonzeros:,} 个非零词频。",
    },
    "breakthrough": {"en": "Breakthrough over time", "zh": "突破性的时间变化"},
    "coverage": {
        "en": "{scored:,} of {patents:,} patents have a breakthrough score ({window}-year forward window). The "
        "others are null: {backward:,} have no backward similarity, most because the sample does not cover "
        "the {back} years before them, the rest no complete forward window or a ratio to zero.",
        "zh": "{patents:,} 件专利中有 {scored:,} 件得到突破性得分（前向窗口 {window} 年）。其余为空值："
        "{backward:,} 件没有后向相似度，多因样本未覆盖其之前的 {back} 年；另有前向窗口不完整或比值分母为零者。",
    },
    "top": {
        "en": "Patents with the highest breakthrough, net of year effects",
        "zh": "突破性（去除年份效应）最高的专利",
    },
    "low": {"en": "25th percentile", "zh": "25 分位数"},
    "high": {"en": "75th percentile", "zh": "75 分位数"},
    "share": {"en": "Share of breakthrough patents", "zh": "突破性专利占比"},
    "scored": {"en": "Patents with a score", "zh": "有得分的专利数"},
    "by_year": {"en": "Breakthrough by year", "zh": "各年突破性"},
    "breakthrough_figure": {
        "en": "Breakthrough ({window}-year window) by year. Real patents.",
        "zh": "各年突破性（{window} 年窗口）。真实专利。",
    },
    "technologies": {"en": "Technologies", "zh": "技术领域"},
    "matched": {
        "en": "{patents_matched:,} of {patents:,} patents have an IPC symbol that matches; "
        "{patents_without_symbols:,} have no symbol and are in no field.",
        "zh": "{patents:,} 件专利中有 {patents_matched:,} 件的 IPC 分类号得到匹配；"
        "{patents_without_symbols:,} 件没有分类号，不属于任何领域。",
    },
    "technologies_figure": {
        "en": "Patents by technology field ({concordance}). A patent can be in several.",
        "zh": "各技术领域的专利数（{concordance}）。一件专利可属多个领域。",
    },
    "policy": {"en": "Policy documents", "zh": "政策文本"},
    "documents": {
        "en": "{files:,} files: {documents_in:,} documents in = {documents_out:,} out + {documents_rejected:,} rejected; "
        "names of places without a code: {places_unresolved:,}. Lexicon {lexicon}, version {version}; counting rule: {rule}.",
        "zh": "{files:,} 个文件：读入 {documents_in:,} 篇 = 采用 {documents_out:,} 篇 + 剔除 {documents_rejected:,} 篇；"
        "未能归并到行政区划代码的地名 {places_unresolved:,} 个。词典 {lexicon}，版本 {version}；计数规则：{rule}。",
    },
    "rules": {
        "en": "The counting rule decides results: the same documents have {substring:,} hits by substring, "
        "{longest:,} by longest match and {token:,} by token.",
        "zh": "计数规则影响结果：同样的文本，按子串计 {substring:,} 次，按最长匹配计 {longest:,} 次，按分词计 {token:,} 次。",
    },
    "keywords_table": {"en": "Keyword frequencies by place", "zh": "各地关键词词频"},
    "keywords_figure": {
        "en": "Share of tokens that are terms of the lexicon, {year}.",
        "zh": "词典词占总词数之比，{year} 年。",
    },
    "divergence_figure": {
        "en": "Hits of each term under the three counting rules.",
        "zh": "三种计数规则下各词的词频。",
    },
    "divergence_table": {
        "en": "Terms on which the counting rules differ most",
        "zh": "计数规则差异最大的词",
    },
    "panel": {"en": "Panel", "zh": "面板"},
    "balance": {
        "en": "{places:,} places, {first}-{last}: {cells:,} of {expected:,} place-years, {balanced}.",
        "zh": "{places:,} 个地区，{first}–{last} 年：{expected:,} 个地区—年份中有 {cells:,} 个，{balanced}。",
    },
    "balanced": {"en": "balanced", "zh": "平衡面板"},
    "unbalanced": {"en": "not balanced", "zh": "非平衡面板"},
    "variables": {"en": "Variables of the panel", "zh": "面板变量"},
    "estimates": {"en": "Estimates", "zh": "估计结果"},
    "did_table": {"en": "Difference in differences", "zh": "双重差分估计"},
    "event_table": {"en": "Event study", "zh": "事件研究"},
    "event_figure": {
        "en": "{name}: estimates with 95 % confidence intervals, by years since treatment.",
        "zh": "{name}：处理后各年的估计值及 95% 置信区间。",
    },
    "model_figure": {
        "en": "{name}: what the model rests on.",
        "zh": "{name}：模型图示。",
    },
    "caution": {
        "en": "{name}: caution: {warning}",
        "zh": "{name}：注意：{warning}",
    },
    "answer": {
        "en": "{name}: the known answer is {truth:.4f}; the estimate is {estimate:.4f}, 95 % confidence interval "
        "{low:.4f} to {high:.4f}, which {covers} it.",
        "zh": "{name}：已知真值为 {truth:.4f}；估计值为 {estimate:.4f}，95% 置信区间 {low:.4f} 至 {high:.4f}，{covers}真值。",
    },
    "covers": {"en": "covers", "zh": "包含"},
    "misses": {"en": "does not cover", "zh": "不包含"},
    "observations": {"en": "Observations", "zh": "观测数"},
    "nulls": {"en": "Null", "zh": "空值"},
    "variable": {"en": "Variable", "zh": "变量"},
    "mean": {"en": "Mean", "zh": "均值"},
    "sd": {"en": "SD", "zh": "标准差"},
    "min": {"en": "Min", "zh": "最小值"},
    "max": {"en": "Max", "zh": "最大值"},
}


def sentence(key: str, language: Language, **parts: object) -> str:
    """Give a sentence in a language, its numbers filled in.

    Examples
    --------
    >>> sentence("rows", "en", rows_in=1000, rows_out=999, rows_rejected=1)
    '1,000 rows in = 999 rows out + 1 rows rejected.'
    """
    return SENTENCES[key][language].format(**parts)
