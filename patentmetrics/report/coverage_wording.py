"""The words of the report on a lexicon's coverage (词典覆盖度报告用语), in both languages."""

from __future__ import annotations

from patentmetrics.report.wording import LANGUAGES, Language, say

WORDS: dict[str, tuple[str, str]] = {
    "page_title": ("Coverage of {lexicon}", "词典覆盖度：{lexicon}"),
    "made": (
        "Rule {rule}, variable {variable}. Settings, versions and hashes: manifest.json. All rows: the CSV "
        "files.",
        "计数规则：{rule}；变量：{variable}。设定、版本与哈希值见manifest.json，全部数据行见CSV文件。",
    ),
    "rule_own": ("each term's own", "词条自定规则"),
    "units_place_year": ("place-years", "个地区—年份"),
    "units_place": ("places", "个地区"),
    "units_document": ("documents", "篇文档"),
    # sentences
    "no_text": (
        "No document has a text: nothing is known of the {terms} terms.",
        "全部文档均无正文，{terms}个词无从统计。",
    ),
    "no_hits": (
        "None of the {terms} terms has a hit in the {texts} documents with text.",
        "{terms}个词在{texts}篇有正文的文档中均无命中。",
    ),
    "hits": (
        "{found} of {terms} terms have {hits} hits, in {documents} of {texts} documents with text.",
        "{terms}个词中有{found}个命中，共{hits}次，分布于{texts}篇有正文文档中的{documents}篇。",
    ),
    "left_out": (
        "{number} documents have no text: they are missing, not zero.",
        "{number}篇文档无正文，记为缺失而非零。",
    ),
    "without_unit": (
        "{number} documents have no place or no year, and are in no rank.",
        "{number}篇文档缺地区或年份，不参与排名。",
    ),
    "concentration": (
        "{names} make {share} % of the index; {number} terms make {most} %. It is as concentrated as {equal} "
        "terms of equal weight (Herfindahl {herfindahl}).",
        "{names}占指标的{share}%；{number}个词占{most}%；集中程度相当于{equal}个等权重的词"
        "（赫芬达尔指数{herfindahl}）。",
    ),
    "without_term": (
        "Without {name}, the ranks of the {units} change most, by {mean} on average (Spearman {spearman}); "
        "{where} goes from {before} to {after}. {near} of {all} terms leave Spearman at {limit} or more.",
        "剔除“{name}”后{units}的排名变化最大，平均变动{mean}位（斯皮尔曼相关系数{spearman}），"
        "{where}由第{before}位变为第{after}位；剔除后相关系数仍不低于{limit}的词有{near}个，共{all}个。",
    ),
    "without_none": (
        "No single term changes the rank of any of the {units}.",
        "剔除任一词均不改变{units}的排名。",
    ),
    "without_group": (
        "Without the {level} {name}, they change by {mean} on average (Spearman {spearman}).",
        "剔除{level}“{name}”后平均变动{mean}位（斯皮尔曼相关系数{spearman}）。",
    ),
    "rules": (
        "The counting rules {one} and {other} agree least: Spearman {spearman}, {share} % of the documents "
        "have another count, by {mean} hits on average over all{terms}.",
        "三种计数规则中{one}与{other}差异最大：斯皮尔曼相关系数{spearman}，{share}%的文档计数不同，"
        "平均相差{mean}次{terms}。",
    ),
    "rules_same": (
        "The three counting rules give every document the same count.",
        "三种计数规则下各文档计数相同。",
    ),
    "rule_term": ("{term} ({one:,} against {other:,})", "{term}（{one:,}对{other:,}）"),
    "rule_terms": (", most of it {names}", "，主要源于{names}"),
    # tables
    "terms_title": ("Hits by term", "各词命中"),
    "groups_title": ("Hits by group", "各组命中"),
    "years_title": ("Hits by year", "各年命中"),
    "concentration_title": ("Concentration", "集中度"),
    "without_terms_title": ("The variable without one term", "逐词剔除检验"),
    "without_groups_title": ("The variable without one group", "逐组剔除检验"),
    "rules_title": ("Agreement of the counting rules", "计数规则一致性"),
    "rule_terms_title": ("Terms on which the rules differ", "计数规则差异较大的词"),
    "terms_note": (
        "Share: of the hits that the variable is made of. Documents: with a hit.",
        "占比：占变量所含命中的比重；文档数：有命中的文档。",
    ),
    "concentration_note": (
        "The first row is of all years. Terms for most: the fewest that make {most} %. Effective terms: "
        "1 / Herfindahl.",
        "首行为全部年份。主要词数：合计占{most}%所需的最少词数；等效词数：赫芬达尔指数的倒数。",
    ),
    "without_note": (
        "Correlations and ranks over the {units}, against the variable with all terms; rank 1 is the largest "
        "value. A term takes its hits with it; the others stay as counted.",
        "相关系数与排名以{units}计，与完整变量相比；数值最大者排第1位。仅剔除该词的命中，其余计数不变。",
    ),
    # figures
    "figure_terms": ("Hits by term, and their cumulative share", "各词命中与累计占比"),
    "figure_years": ("Hits per document, by term and year", "各词各年篇均命中"),
    "figure_places": ("Hits by term and place", "各词各地区命中"),
    "figure_without_terms": ("Change of rank without one term", "逐词剔除后的排名变动"),
    "figure_without_groups": ("Change of rank without one group", "逐组剔除后的排名变动"),
    "figure_rules": ("{variable} under each two counting rules", "不同计数规则下的{variable}"),
    "first_terms": ("the first {shown} of {all} terms", "前{shown}个词，共{all}个"),
    "first_places": ("the first {shown} of {all} places", "前{shown}个地区，共{all}个"),
    "and": ("; ", "；"),
    "axis_hits": ("Hits", "命中（次）"),
    "axis_characters": ("Characters of hits", "命中字符数"),
    "axis_cumulative": ("Cumulative share (%)", "累计占比（%）"),
    "axis_per_document": ("Hits per document", "篇均命中（次）"),
    "axis_rank": ("Ranks changed, of {units}", "排名变动（位），{units}"),
    "mean": ("mean", "平均变动"),
    "largest": ("largest, with the place and its ranks", "最大变动，并列出地区及前后排名"),
    "largest_document": ("largest, with the document and its ranks", "最大变动，并列出文档及前后排名"),
    "moved": ("{name}: {before} → {after}", "{name}：{before} → {after}"),
    "spearman_is": ("Spearman {value}", "斯皮尔曼{value}"),
    "rules_note": (
        "Rank change: of the variable, over the {units}. Difference: of a document's hits.",
        "排名变动以{units}的变量计；差异以单篇文档的命中计。",
    ),
}  # fmt: skip
COLUMNS: dict[str, tuple[str, str]] = {
    "rank": ("Rank", "排名"),
    "term": ("Term", "词"),
    "forms": ("Forms", "词形"),
    "level": ("Level", "层级"),
    "group": ("Group", "组"),
    "name_zh": ("Chinese name", "中文名"),
    "terms": ("Terms", "词数"),
    "terms_with_hits": ("Terms with hits", "有命中的词数"),
    "amount": ("Hits of the variable", "变量所含命中"),
    "hits": ("Hits", "命中"),
    "layer": ("Layer", "层面"),
    "documents": ("Documents", "文档数"),
    "documents_without_text": ("Without text", "无正文"),
    "documents_with_hits": ("With hits", "有命中"),
    "share_of_documents": ("Share of documents", "文档占比"),
    "first_year": ("First year", "首见年份"),
    "last_year": ("Last year", "末见年份"),
    "share": ("Share", "占比"),
    "cumulative_share": ("Cumulative share", "累计占比"),
    "tokens": ("Tokens", "词语总数"),
    "characters": ("Characters", "字符数"),
    "terms_for_most": ("Terms for most", "主要词数"),
    "largest_terms": ("Largest terms", "前三词"),
    "share_of_largest_terms": ("Their share", "前三词占比"),
    "herfindahl": ("Herfindahl", "赫芬达尔指数"),
    "effective_terms": ("Effective terms", "等效词数"),
    "units": ("Units", "单元数"),
    "units_with_hits": ("Units with hits", "有命中单元数"),
    "pearson": ("Pearson", "皮尔逊"),
    "spearman": ("Spearman", "斯皮尔曼"),
    "mean_rank_change": ("Mean rank change", "平均排名变动"),
    "largest_rank_change": ("Largest rank change", "最大排名变动"),
    "place": ("Place", "地区"),
    "year": ("Year", "年份"),
    "rank_without": ("Rank without", "剔除后排名"),
    "rule": ("Rule", "规则"),
    "other_rule": ("Other rule", "另一规则"),
    "other_rank": ("Other rank", "另一排名"),
    "documents_that_differ": ("Documents that differ", "计数不同的文档"),
    "share_that_differ": ("Share that differ", "不同占比"),
    "mean_difference": ("Mean difference", "平均差异"),
    "divergence": ("Divergence", "差异"),
}  # fmt: skip


def word(key: str, language: Language, **parts: object) -> str:
    """Give a wording of this report in a language, its ``{parts}`` filled in.

    Examples
    --------
    >>> word("units_place_year", "en")
    'place-years'
    """
    return WORDS[key][LANGUAGES.index(language)].format(**parts)


def rule_named(rule: str, language: Language) -> str:
    """Name a counting rule.

    Examples
    --------
    >>> rule_named("own", "en"), rule_named("longest", "zh")
    ("each term's own", '最长匹配')
    """
    return word("rule_own", language) if rule == "own" else say(f"rule_{rule}", language)
