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
    "controls": ("Controls", "控制变量"),
    "n": ("Observations", "观测值"),
    "r2": ("R²", "R²"),
    "groups": ("Places", "地区数"),
    "kp_f": ("Kleibergen–Paap rk Wald F", "Kleibergen–Paap rk Wald F统计量"),
    "kp_lm_p": ("Kleibergen–Paap rk LM, p", "Kleibergen–Paap rk LM检验p值"),
    "hansen_j_p": ("Hansen J, p", "Hansen J检验p值"),
    "p_two_sided": ("Placebo, p", "安慰剂检验p值"),
    "panel": ("Panel {letter}: {title}", "面板{letter}：{title}"),
    "controls_note": ("Controls: {names}.", "控制变量：{names}。"),
    "r2_within": ("Within R²", "组内R²"),
    "clusters": ("Clusters", "聚类数"),
    "pretrend_p": ("Pre-trends jointly zero, p", "平行趋势联合检验p值"),
    "base": ("base", "基期"),
    "se": ("Standard errors in parentheses.", "括号内为标准误。"),
    "t": ("t statistics in parentheses.", "括号内为t值。"),
    "stars": ("{rules}.", "{stars}{each}表示在{levels}水平上显著。"),
    "errors_unsaid": (
        "the model does not say what its standard errors allow for",
        "该模型未说明标准误的计算方式",
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
    # robustness checks and the specification curve
    "battery": ("Robustness: {outcome}", "稳健性检验：{outcome}"),
    "check_baseline": ("Baseline", "基准回归"),
    "check_stepwise": ("Controls one at a time", "逐步加入控制变量"),
    "check_event_study": ("Event study", "事件研究"),
    "check_bacon": ("Bacon decomposition", "Bacon分解"),
    "check_callaway_santanna": ("Callaway–Sant'Anna", "CS-DID"),
    "check_two_stage": ("Two-stage (Gardner)", "两阶段DID"),
    "check_imputation": ("Imputation (BJS)", "插补估计（BJS）"),
    "check_stacked": ("Stacked", "堆叠DID"),
    "check_synthetic": ("Synthetic DID", "合成DID"),
    "check_psm_did": ("PSM-DID", "PSM-DID"),
    "check_placebo": ("Placebo places", "安慰剂检验"),
    "check_winsorised": ("Winsorised", "缩尾处理"),
    "check_subsample": ("Sub-sample", "子样本"),
    "check_other_policy": ("Other policy", "排除其他政策"),
    "check_part": ("{check}: {part}", "{check}：{part}"),
    "check": ("Check", "检验"),
    "effect": ("Effect", "系数"),
    "std_error": ("Std. error", "标准误"),
    "p_value": ("p", "p值"),
    "interval": ("95 % interval", "95%置信区间"),
    "not_run": ("Not run: {check}: {reason}", "未运行：{check}：{reason}"),
    "tests_heading": ("Tests", "检验统计量"),
    "effects_heading": ("Effects", "估计系数"),
    "test_pretrend_f": ("Pre-trends jointly zero, F", "平行趋势联合检验F值"),
    "test_pretrend_p": ("Pre-trends jointly zero, p", "平行趋势联合检验p值"),
    "test_weight_treated_untreated": (
        "Weight of treated against never treated",
        "处理组与从未处理组比较的权重",
    ),
    "test_weight_earlier_later": ("Weight of earlier against later", "早处理组与晚处理组比较的权重"),
    "test_weight_later_earlier": (
        "Weight of later against earlier (forbidden)",
        "晚处理组与早处理组比较的权重（不当比较）",
    ),
    "test_p_left": ("Placebo, p left", "安慰剂检验左侧p值"),
    "test_p_right": ("Placebo, p right", "安慰剂检验右侧p值"),
    "test_p_two_sided": ("Placebo, p two-sided", "安慰剂检验双侧p值"),
    "test_draws": ("Placebo draws", "安慰剂抽样次数"),
    "coefficient": ("Coefficient of {term}", "{term}的系数"),
    "baseline_estimate": ("baseline", "基准估计值"),
    "curve": ("Specification curve: {outcome}", "设定曲线：{outcome}"),
    "curve_axis": ("Specifications, by size of the estimate", "按估计值大小排列的设定"),
    "significant": ("p < {level}", "p < {level}"),
    "not_significant": ("p ≥ {level}", "p ≥ {level}"),
    "curve_note": (
        "{estimated} of {specifications} specifications estimated; median {median}; "
        "positive {positive} %, significant {significant} %",
        "共{specifications}种设定，其中{estimated}种可估计；中位数{median}；系数为正{positive}%，显著{significant}%",
    ),
    "curve_range": (
        "Estimates from {low} to {high}, baseline {baseline}; significant: p below {level} %.",
        "估计值介于{low}与{high}之间，基准设定为{baseline}；显著指p值小于{level}%。",
    ),
    "curve_lost": ("{count} specifications not estimated: {reason}", "{count}种设定无法估计：{reason}"),
    "curve_choice": ("Choice", "设定选择"),
    "curve_specifications": ("Specifications", "设定数"),
    "curve_median": ("Median estimate", "估计值中位数"),
    "curve_share_positive": ("Positive, %", "为正（%）"),
    "curve_share_significant": ("Significant, %", "显著（%）"),
    "explains": (
        "{name}: alone explains {share} % of the variation of the estimates",
        "{name}：单独解释估计值变异的{share}%",
    ),
    "measured": ("{name} (measurement)", "{name}（测度）"),
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
