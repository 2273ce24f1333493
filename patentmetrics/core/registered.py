"""The rows of the column registry: name, type, unit, formula, source, English label, Chinese label."""

from __future__ import annotations

from dataclasses import dataclass

KPST = "Kelly, Papanikolaou, Seru & Taddy 2021, doi:10.1257/aeri.20190499"
COCHRAN = "Cochran 1977, Sampling Techniques, eq. 2.20"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: name, type, unit, how it is computed, whose measure it is, and its labels."""

    name: str
    dtype: str
    unit: str
    formula: str
    source: str
    label_en: str
    label_zh: str
    table: str


def _table(table: str, rows: list[tuple[str, str, str, str, str, str, str]]) -> list[Column]:
    return [
        Column(
            name=name,
            dtype=dtype,
            unit=unit,
            formula=formula,
            source=source,
            label_en=label_en,
            label_zh=label_zh,
            table=table,
        )
        for name, dtype, unit, formula, source, label_en, label_zh in rows
    ]


_PATENTS = _table(
    "patents",
    [
        # name, type, unit, formula, source, English label, Chinese label
        (
            "patent_id",
            "String",
            "",
            "as in the source, spaces removed; of a named source its number, normalised",
            "",
            "Patent",
            "专利号",
        ),
        ("filing_date", "Date", "day", "", "", "Filing date", "申请日"),
        ("issue_date", "Date", "day", "", "", "Issue date", "授权公告日"),
        ("kind", "String", "", "", "", "Kind", "专利类型"),
        ("title", "String", "", "", "", "Title", "标题"),
        ("abstract", "String", "", "", "", "Abstract", "摘要"),
        ("claims", "String", "", "", "", "Claims", "权利要求"),
        (
            "ipc",
            "List(String)",
            "",
            "symbols in the order of the source, the main symbol first where the source names it",
            "",
            "IPC symbols",
            "IPC分类号",
        ),
        ("applicants", "List(String)", "", "", "", "Applicants", "申请人"),
        ("address", "String", "", "", "", "Address", "申请人地址"),
        ("applicant", "String", "", "first or only applicant", "", "Applicant", "申请人"),
        (
            "ipc_subclass",
            "String",
            "",
            "first four characters of the first IPC symbol",
            "",
            "IPC subclass",
            "IPC小类",
        ),
        ("place", "String", "", "", "", "Place", "地区"),
        ("application_number", "String", "", "normalised", "", "Application number", "申请号"),
        ("publication_number", "String", "", "normalised", "", "Publication number", "公开（公告）号"),
        ("kind_code", "String", "", "WIPO ST.16", "", "Kind code", "文献种类代码"),
        ("publication_date", "Date", "day", "", "", "Publication date", "公开（公告）日"),
        ("inventors", "List(String)", "", "", "", "Inventors", "发明人"),
        ("cpc", "List(String)", "", "symbols in the order of the source", "", "CPC symbols", "CPC分类号"),
        ("family_id", "String", "", "the source's own name of the family", "", "Family", "同族专利编号"),
        ("legal_status", "String", "", "as in the source", "", "Legal status", "法律状态"),
        (
            "forward_citations",
            "Int64",
            "citations",
            "as counted by the source, on the day of the export",
            "",
            "Forward citations",
            "被引证次数",
        ),
        (
            "cited_patents",
            "List(String)",
            "",
            "numbers, normalised; of PATSTAT its names of the applications",
            "",
            "Cited patents",
            "引证专利",
        ),
    ],
)

_CITATIONS = _table(
    "citations",
    [
        ("citing_id", "String", "", "patent_id of the citing patent", "", "Citing patent", "施引专利"),
        (
            "cited_id",
            "String",
            "",
            "patent_id of the cited patent where it is in the table, otherwise its number",
            "",
            "Cited patent",
            "被引专利",
        ),
        ("in_table", "Boolean", "", "the cited patent is in the table", "", "Cited is in table", "被引在库"),
    ],
)

_SCORES = _table(
    "scores",
    [
        ("year", "Int32", "calendar year", "year of the date that was chosen", "", "Year", "年份"),
        (
            "effect_year",
            "Int32",
            "calendar year",
            "year of the date of the year effects",
            KPST,
            "Year of the year effects",
            "年份效应的年份",
        ),
        (
            "backward_lag_{window}",
            "Float64",
            "sum of cosines",
            "sum of similarities with the patents of {window} years before",
            KPST,
            "Backward similarity at lag {window}",
            "滞后{window}年的后向相似度",
        ),
        (
            "forward_lag_{window}",
            "Float64",
            "sum of cosines",
            "sum of similarities with the patents of {window} years after",
            KPST,
            "Forward similarity at lag {window}",
            "领先{window}年的前向相似度",
        ),
        (
            "backward_similarity",
            "Float64",
            "sum of cosines",
            "sum of similarities with the patents of the years before, in the backward window",
            KPST,
            "Backward similarity",
            "后向相似度",
        ),
        (
            "backward_similarity_se",
            "Float64",
            "sum of cosines",
            "standard error of backward_similarity where comparators are a sample: the root of the sum over "
            "the years of N² (1 − m/N) s² / m, with m of N comparators drawn and s² the variance of the "
            "similarities drawn",
            COCHRAN,
            "Standard error of backward similarity",
            "后向相似度标准误（抽样）",
        ),
        (
            "backward_comparators",
            "Int64",
            "patents",
            "patents with text in the backward window",
            KPST,
            "Backward comparators",
            "后向比较专利数",
        ),
        (
            "backward_complete",
            "Boolean",
            "",
            "the sample covers the backward window, with known term weights in each of its years",
            KPST,
            "Backward window complete",
            "后向窗口完整",
        ),
        (
            "forward_similarity_{window}",
            "Float64",
            "sum of cosines",
            "sum of similarities with the patents of the following {window} years",
            KPST,
            "Forward similarity ({window}-year window)",
            "前向相似度（{window}年）",
        ),
        (
            "forward_similarity_{window}_se",
            "Float64",
            "sum of cosines",
            "standard error of forward_similarity_{window} where comparators are a sample, as that of "
            "backward_similarity",
            COCHRAN,
            "Standard error of forward similarity ({window}-year window)",
            "前向相似度标准误（{window}年，抽样）",
        ),
        (
            "forward_comparators_{window}",
            "Int64",
            "patents",
            "patents with text in the following {window} years",
            KPST,
            "Forward comparators ({window}-year window)",
            "前向比较专利数（{window}年）",
        ),
        (
            "forward_complete_{window}",
            "Boolean",
            "",
            "the sample covers the forward window, and term weights are known in the patent's year",
            KPST,
            "Forward window complete ({window}-year window)",
            "前向窗口完整（{window}年）",
        ),
        (
            "importance_{window}",
            "Float64",
            "ratio",
            "forward_similarity_{window} / backward_similarity",
            KPST,
            "Importance ({window}-year window)",
            "重要性（{window}年）",
        ),
        (
            "breakthrough_{window}",
            "Float64",
            "log ratio",
            "ln(importance_{window})",
            KPST,
            "Breakthrough ({window}-year window)",
            "突破性（{window}年）",
        ),
        (
            "breakthrough_{window}_net",
            "Float64",
            "log ratio",
            "residual of breakthrough_{window} on the effects asked for; the year by default",
            KPST,
            "Breakthrough net of year effects ({window}-year window)",
            "突破性（{window}年，去除年份效应）",
        ),
        (
            "is_breakthrough_{window}",
            "Boolean",
            "",
            "breakthrough_{window}_net at or above the cut-off of the top share, of all patents or of each "
            "group; null in groups of fewer than 1 / top share",
            KPST,
            "Breakthrough patent ({window}-year window)",
            "突破性专利（{window}年）",
        ),
    ],
)

_POLICY = _table(
    "policy",
    [
        (
            "document_id",
            "String",
            "",
            "path of the file in its folder without the ending; # and the row for a row of a table",
            "",
            "Document",
            "文档",
        ),
        (
            "place_code",
            "String",
            "",
            "code of the place in force in 2024, or the last it had; null where the name is not resolved",
            "GB/T 2260",
            "Code of the place",
            "行政区划代码",
        ),
        (
            "place_name",
            "String",
            "",
            "official name of place_code",
            "GB/T 2260",
            "Official name of the place",
            "行政区划名称",
        ),
        ("text", "String", "", "", "", "Text", "正文"),
        ("file", "String", "", "", "", "File", "文件"),
        (
            "encoding",
            "String",
            "",
            "of text and web pages, found or given; else docx, pdf or xlsx",
            "",
            "Encoding",
            "文件编码",
        ),
        ("rule", "String", "", "substring, longest or token", "", "Counting rule", "计数规则"),
        ("term", "String", "", "", "", "Term", "关键词"),
        ("dimension", "String", "", "group of the term in the lexicon", "", "Dimension", "维度"),
        ("count", "Int64", "hits", "hits of the term by the rule", "", "Count", "词频"),
        ("substring", "Int64", "hits", "hits, each term by itself", "", "Hits, substring", "子串计数"),
        (
            "longest",
            "Int64",
            "hits",
            "leftmost-longest hits that do not overlap",
            "",
            "Hits, longest",
            "最长匹配计数",
        ),
        ("token", "Int64", "hits", "tokens equal to the term", "", "Hits, token", "分词计数"),
        (
            "divergence",
            "Int64",
            "hits",
            "largest less smallest of the three rules",
            "",
            "Divergence",
            "规则差异",
        ),
        (
            "{group}_count",
            "Int64",
            "hits",
            "sum of the counts of the group's terms",
            "",
            "Keyword count ({group})",
            "关键词词频（{group}）",
        ),
        (
            "total_count",
            "Int64",
            "hits",
            "sum of the counts of all terms",
            "",
            "Keyword count",
            "关键词总词频",
        ),
        (
            "log_count",
            "Float64",
            "log hits",
            "ln(1 + total_count)",
            "",
            "ln(1 + keyword count)",
            "关键词词频对数",
        ),
        (
            "tokens",
            "Int64",
            "tokens",
            "tokens that hold a letter, digit or Han character",
            "",
            "Tokens",
            "总词数",
        ),
        (
            "characters",
            "Int64",
            "characters",
            "characters that are not white space",
            "",
            "Characters",
            "总字数",
        ),
        ("share_of_tokens", "Float64", "share", "total_count / tokens", "", "Share of tokens", "词频占比"),
        (
            "share_of_characters",
            "Float64",
            "share",
            "characters of all hits / characters",
            "",
            "Share of characters",
            "字符占比",
        ),
        (
            "sentences",
            "Int64",
            "sentences",
            "sentences that hold a character; they end at 。！？；…, a full stop before space, a line break",
            "",
            "Sentences",
            "句子数",
        ),
        (
            "sentences_with_hits",
            "Int64",
            "sentences",
            "sentences in which a hit begins",
            "",
            "Sentences with a hit",
            "含关键词句子数",
        ),
        (
            "share_of_sentences",
            "Float64",
            "share",
            "sentences_with_hits / sentences",
            "",
            "Share of sentences with a hit",
            "含关键词句子占比",
        ),
        (
            "tfidf_sum",
            "Float64",
            "",
            "sum over terms of count / tokens times ln(N / n): N documents with text, n that hold the term",
            "",
            "Sum weighted by TF-IDF",
            "TF-IDF加权词频",
        ),
        (
            "growth_rate",
            "Float64",
            "share",
            "total_count of the place and year / that of the year before - 1",
            "Zhang & Sun 2026",
            "Growth of the count",
            "词频增长率",
        ),
    ],
)

_MATCHES = _table(
    "matches",
    [
        ("entry_id", "String", "", "", "", "Entry", "条目"),
        ("pattern", "String", "", "pattern of the concordance that matched", "", "Pattern", "匹配模式"),
        (
            "symbol",
            "String",
            "",
            "the patent's symbol that matched, in standard form",
            "",
            "IPC symbol",
            "IPC分类号",
        ),
        ("sector", "String", "", "WIPO sector", "WIPO IPC-technology concordance", "Sector", "技术部门"),
        ("field", "String", "", "WIPO field", "WIPO IPC-technology concordance", "Field", "技术领域"),
        ("technology", "String", "", "key digital technology", "CNIPA 2023", "Technology", "技术"),
        (
            "technology_class",
            "String",
            "",
            "class of the technology",
            "CNIPA 2023",
            "Technology class",
            "技术类",
        ),
        ("branch", "String", "", "technology branch", "CNIPA 2023", "Branch", "技术分支"),
        (
            "weight",
            "Float64",
            "",
            "1, or the patent's share: 1 / its symbols / entries of the symbol / rows of the entry",
            "",
            "Weight",
            "权重",
        ),
        (
            "keywords",
            "List(String)",
            "",
            "keywords of the entry that stand in title or abstract",
            "",
            "Keywords",
            "命中关键词",
        ),
        (
            "matched",
            "Boolean",
            "",
            "whether the patent matched; null where what would decide is missing",
            "",
            "Matched",
            "是否匹配",
        ),
        ("symbols", "Int64", "symbols", "distinct valid symbols of the patent", "", "Symbols", "分类号数"),
        (
            "symbols_matched",
            "Int64",
            "symbols",
            "of these, with a match",
            "",
            "Symbols matched",
            "匹配分类号数",
        ),
        ("entries", "Int64", "entries", "distinct entries matched", "", "Entries", "匹配条目数"),
    ],
)

_TERM_HISTORY = _table(
    "term history",
    [
        (
            "patents_with_term",
            "Int64",
            "patents",
            "patents of the year that have the term",
            "",
            "Patents with the term",
            "含该词专利数",
        ),
        (
            "patents_counted",
            "Int64",
            "patents",
            "all patents of the year in the counted corpus",
            "",
            "Patents counted",
            "当年专利总数",
        ),
        (
            "share_with_term",
            "Float64",
            "share",
            "patents_with_term / patents_counted; null in a year without patents",
            "",
            "Share with the term",
            "含该词专利占比",
        ),
        (
            "first_year",
            "Int32",
            "calendar year",
            "year of the first use",
            "",
            "Year of first use",
            "首见年份",
        ),
        (
            "first_patent_id",
            "String",
            "",
            "earliest patent with the term by the date of the corpus",
            "",
            "First patent",
            "首见专利号",
        ),
    ],
)

_NEIGHBOURS = _table(
    "neighbours",
    [
        ("direction", "String", "", "earlier or later than the patent", "", "Direction", "方向"),
        ("rank", "Int32", "", "1 is the most similar; ties by id", "", "Rank", "排名"),
        ("neighbour_id", "String", "", "", "", "Neighbour", "相似专利号"),
        ("neighbour_year", "Int32", "calendar year", "", "", "Year of the neighbour", "相似专利年份"),
        ("lag", "Int32", "years", "years between the two", "", "Lag", "年份间隔"),
        (
            "similarity",
            "Float64",
            "cosine",
            "cosine with the term weights of the earlier patent's year",
            KPST,
            "Similarity",
            "相似度",
        ),
    ],
)

_PANEL = _table(
    "panel",
    [
        ("patents", "Int64", "patents", "patents of the place and year", "", "Patents", "专利数"),
        (
            "documents",
            "Int64",
            "documents",
            "policy documents of the place and year",
            "",
            "Documents",
            "文档数",
        ),
        ("log_patents", "Float64", "log patents", "ln(1 + patents)", "", "ln(1 + patents)", "专利数对数"),
        (
            "breakthroughs_{window}",
            "Int64",
            "patents",
            "patents with is_breakthrough_{window}; null where none has a score",
            KPST,
            "Breakthrough patents ({window}-year window)",
            "突破性专利数（{window}年）",
        ),
        (
            "mean_breakthrough_{window}_net",
            "Float64",
            "log ratio",
            "mean of breakthrough_{window}_net over the patents that have it",
            KPST,
            "Mean breakthrough, net of year effects ({window}-year window)",
            "突破性均值（{window}年，去除年份效应）",
        ),
        ("outcome", "Float64", "", "simulated", "", "Outcome (simulated)", "结果变量（模拟）"),
        ("control", "Float64", "", "simulated", "", "Control (simulated)", "控制变量（模拟）"),
        (
            "cohort",
            "Int32",
            "calendar year",
            "first year of treatment; null when never treated",
            "",
            "Cohort",
            "处理年份",
        ),
        ("treated", "Int8", "0/1", "1 from the cohort year on", "", "Treated × post", "处理变量"),
        ("event_time", "Int32", "years", "year − cohort", "", "Event time", "相对时间"),
    ],
)

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in [
        *_PATENTS,
        *_CITATIONS,
        *_SCORES,
        *_TERM_HISTORY,
        *_NEIGHBOURS,
        *_POLICY,
        *_MATCHES,
        *_PANEL,
    ]
}
