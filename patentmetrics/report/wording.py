"""The words of tables, figures and reports, in English and Chinese: one place, both languages."""

from __future__ import annotations

from typing import Literal

from patentmetrics.core.errors import check_choice

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

WORDS: dict[str, tuple[str, str]] = {
    # simulated data
    "simulated": ("SIMULATED DATA", "模拟数据"),
    "marked": ("{title} (SIMULATED DATA)", "{title}（模拟数据）"),
    "simulated_note": (
        "SIMULATED DATA: made up with a known effect; nothing here is about a real place.",
        "模拟数据：按已知效应生成，不反映任何真实地区。",
    ),
    "simulated_models": (
        "SIMULATED DATA: the panel of {names} is made up with a known effect; "
        "nothing here is about a real place.",
        "模拟数据：{names}所用面板按已知效应生成，不反映任何真实地区。",
    ),
    "simulated_report": (
        "SIMULATED DATA: parts of this report are made up with a known answer, and marked so. "
        "They say nothing about real places.",
        "模拟数据：本报告中带有该标记的部分按已知答案模拟生成，不反映任何真实地区。",
    ),
    "known_answer": ("Known answer (simulated)", "已知答案（模拟）"),
    # tables of estimates
    "estimates": ("Estimates", "估计结果"),
    "outcome_note": ("Dependent variable: {outcome}.", "被解释变量：{outcome}。"),
    "outcome": ("Dependent variable", "被解释变量"),
    "fixed_effect": ("{name} fixed effects", "{name}固定效应"),
    "yes": ("Yes", "是"),
    "no": ("No", "否"),
    "n": ("Observations", "观测值"),
    "r2_within": ("Within R²", "组内R²"),
    "clusters": ("Clusters", "聚类数"),
    "pretrend_p": ("Pre-trends jointly zero, p", "平行趋势联合检验p值"),
    "base": ("base", "基期"),
    "se": ("Standard errors in parentheses.", "括号内为标准误。"),
    "t": ("t statistics in parentheses.", "括号内为t值。"),
    "stars": (
        "*** p < 0.01, ** p < 0.05, * p < 0.10.",
        "***、**、*分别表示在1%、5%、10%水平上显著。",
    ),
    "method": ("{method} ({citation})", "{method}（{citation}）"),
    "of_models": ("{names}: {note}", "{names}：{note}"),
    "between": (", ", "、"),
    # tables of data
    "missing": ("—: no value.", "—：无数值。"),
    "first_rows": ("The first {shown} of {all} rows.", "前{shown}行，共{all}行。"),
    "notes": ("Notes:", "注："),
    # figures
    "event_time": ("Years since treatment", "相对处理时间（年）"),
    "effect_on": ("Effect on {outcome}", "对{outcome}的影响"),
    "event_study": ("Event study: {outcome}", "事件研究：{outcome}"),
    "estimate": ("estimate, 95 % confidence interval", "估计值及95%置信区间"),
    "base_period": ("base period ({time})", "基期（{time}）"),
    "pretrends": ("Pre-trends jointly zero: p = {p}", "平行趋势联合检验：p = {p}"),
    "truth": ("known answer", "已知答案"),
    "year": ("Year", "年份"),
    "mean": ("mean", "均值"),
    "band": ("middle {share} % of patents", "中间{share}%的专利"),
    "breakthrough_axis": ("Breakthrough (log ratio)", "突破性（对数比）"),
    "share_axis": ("Breakthrough patents (%)", "突破性专利占比（%）"),
    "all_years": ("all years: {share} %", "全部年份：{share}%"),
    "backward_incomplete": ("backward window incomplete", "后向窗口不完整"),
    "forward_incomplete": ("forward window incomplete", "前向窗口不完整"),
    "rule_substring": ("substring", "子串匹配"),
    "rule_longest": ("longest", "最长匹配"),
    "rule_token": ("token", "分词匹配"),
    "keywords": (
        "Keyword frequency by place, {year} (rule: {rule})",
        "各地区关键词词频，{year}年（{rule}）",
    ),
    "hits": ("Hits", "词频（次）"),
    "divergence": ("Hits of a term under three counting rules", "三种计数规则下的关键词词频"),
    "technologies": ("Patents by technology field", "各技术领域专利数"),
    "patents": ("Patents", "专利数（件）"),
    "of_all": ("The first {shown} of {all}", "前{shown}项，共{all}项"),
    # reports
    "contents": ("Contents", "目录"),
    "provenance": ("Provenance", "来源与设定"),
    "provenance_lead": (
        "What made this report: settings, versions, and hashes of the inputs. "
        "The same inputs and settings give the same report.",
        "本报告的生成设定、软件版本与输入文件哈希值。相同的输入与设定得到相同的报告。",
    ),
    "everything": ("The whole record", "完整记录"),
    "figure": ("Figure {number}", "图{number}"),
    "table": ("Table {number}", "表{number}"),
}  # fmt: skip


def say(key: str, language: Language, **parts: object) -> str:
    """Give a wording in a language, its ``{parts}`` filled in.

    Examples
    --------
    >>> say("fixed_effect", "zh", name="年份")
    '年份固定效应'
    """
    check_choice(language, LANGUAGES, argument="language")
    return WORDS[key][LANGUAGES.index(language)].format(**parts)


def marked(title: str, language: Language, *, simulated: bool) -> str:
    """Add to a title that its data are simulated (模拟数据), where they are and it does not say so yet.

    Examples
    --------
    >>> marked("Estimates", "en", simulated=True)
    'Estimates (SIMULATED DATA)'
    """
    if not simulated or say("simulated", language) in title:
        return title
    return say("marked", language, title=title)
