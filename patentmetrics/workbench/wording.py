"""All words of the page, in English and Chinese (界面文字)."""

from __future__ import annotations

from typing import Literal, Protocol, get_args

from patentmetrics.core.errors import check_choice

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

# what is said: (English, Chinese); in braces, what is put in
WORDS: dict[str, tuple[str, str]] = {
    "title": ("Lexicon workbench", "词典工作台"),
    "other language": ("中文", "English"),
    "documents": ("{number} documents", "{number} 篇文档"),
    "coder": ("Coder: {coder}", "编码者：{coder}"),
    "rule": ("Counting rule", "计数规则"),
    "substring": ("substring", "子串"),
    "longest": ("longest", "最长匹配"),
    "token": ("token", "分词"),
    # what stands on the left
    "candidates": ("Candidates", "候选词"),
    "terms": ("Terms", "词条"),
    "coverage": ("Coverage", "覆盖"),
    "decisions": ("Decisions", "判断与保存"),
    "agreement": ("Agreement", "一致性"),
    "filter": ("Filter", "筛选"),
    "term": ("Term", "词"),
    "group": ("Group", "维度"),
    "like": ("Most like", "最接近维度"),
    "near": ("Near terms", "邻近次数"),
    "occurrences": ("Hits", "出现次数"),
    "in documents": ("Documents", "文档数"),
    "hits": ("Hits", "命中"),
    "judged": ("Judged", "已判断"),
    "precision": ("Precision", "精确率"),
    "decision": ("Decision", "判断"),
    "candidates are looked for": (
        "Looking for candidates in {number} documents. You can read and decide meanwhile.",
        "正在 {number} 篇文档中查找候选词，期间可继续阅读和判断。",
    ),
    "candidates found": (
        "{number} candidates, from {searched} of {documents} documents.",
        "共 {number} 个候选词，来自 {documents} 篇文档中的 {searched} 篇。",
    ),
    "look again": ("Look again with the draft", "按当前词典重新查找"),
    "look in all": ("Look in all documents", "在全部文档中查找"),
    "without similarity": (
        "Without the similarity to groups: scikit-learn is not installed.",
        "未安装 scikit-learn，不计算与维度的相似度。",
    ),
    "nothing": ("Nothing here.", "暂无内容。"),
    # a term and its lines
    "search": ("Search any text in the corpus", "在语料中检索任意文字"),
    "search button": ("Search", "检索"),
    "choose": (
        "Choose a candidate or a term on the left, or search for any text.",
        "请在左侧选择候选词或词条，或检索任意文字。",
    ),
    "in lexicon": ("in the lexicon: {group}", "已在词典中：{group}"),
    "without groups": ("no groups", "无维度"),
    "variant of": ("counted as a variant of {term}", "作为“{term}”的变体计数"),
    "not in lexicon": ("not in the lexicon", "不在词典中"),
    "accept": ("Accept", "接受"),
    "reject": ("Reject", "拒绝"),
    "remove": ("Remove", "删除"),
    "move": ("Move", "移动"),
    "withdraw": ("Withdraw", "撤回"),
    "into group": ("Into group", "归入维度"),
    "choose a group": ("choose a group first", "请先选择维度"),
    "reason": ("Reason", "理由"),
    "source": ("Source", "来源"),
    "no source": ("none", "无"),
    "citation": ("Citation of a new source", "新来源的完整引文"),
    "date": ("Date", "日期"),
    "place": ("Place", "地区"),
    "year": ("Year", "年份"),
    "all": ("all", "全部"),
    "text in line": ("Text in the line", "上下文包含"),
    "verdict": ("Judgement", "判断"),
    "verdict any": ("all", "全部"),
    "verdict none": ("not judged", "未判断"),
    "verdict yes": ("meant", "真命中"),
    "verdict no": ("not meant", "误命中"),
    "lines": ("Lines: {lines}; documents: {documents}; {judged}", "{lines} 行，{documents} 篇文档；{judged}"),
    "none judged": ("none judged yet.", "尚未判断。"),
    "some judged": (
        "of {judged} judged, {meant} are meant (precision {share}).",
        "已判断 {judged} 行，其中真命中 {meant} 行（精确率 {share}）。",
    ),
    "by rule alone": (
        "Not in the lexicon, so counted by itself under the chosen rule.",
        "不在词典中，按所选规则单独计数。",
    ),
    "meant": ("meant", "真"),
    "not meant": ("not meant", "误"),
    "rest is meant": ("The rest of this page is meant", "本页其余均为真命中"),
    "previous": ("Previous", "上一页"),
    "next": ("Next", "下一页"),
    "page": ("{page} of {pages}", "第 {page} / {pages} 页"),
    "close": ("Close", "关闭"),
    # coverage
    "counts": (
        "Hits {before} → {after}, in {documents_before} → {documents_after} documents",
        "命中 {before} → {after}，文档 {documents_before} → {documents_after}",
    ),
    "whole": ("Whole lexicon", "词典合计"),
    "before": ("before", "前"),
    "after": ("after", "后"),
    "change": ("Change", "变化"),
    "hits before": ("Hits before", "命中 前"),
    "hits after": ("Hits after", "命中 后"),
    "documents before": ("Documents before", "文档 前"),
    "documents after": ("Documents after", "文档 后"),
    "false hits": ("Judged not meant", "误命中"),
    "coverage note": (
        "Before: the file as it stands. After: with your decisions. Rule: {rule}.",
        "前：文件现状；后：加入您的判断后。规则：{rule}。",
    ),
    # decisions and saving
    "save": ("Save the lexicon", "保存词典"),
    "version": ("Version", "版本"),
    "version hint": ("now {version}; write that to keep it", "现为 {version}；填写原版本号即沿用"),
    "will change": (
        "Terms that saving changes in {file}: {number}.",
        "保存将改动 {file} 中的 {number} 个词条。",
    ),
    "nothing to save": ("The file says all of this already.", "文件与判断一致，无需保存。"),
    "saved": ("Saved {file}, version {version}.", "已保存 {file}，版本 {version}。"),
    "kept": ("Every decision is kept at once in {file}.", "每次判断均已即时写入 {file}。"),
    "difference": ("What saving changes", "保存将带来的改动"),
    "judged hits": (
        "{number} hits judged, {wrong} of them not meant.",
        "已判断 {number} 处命中，其中误命中 {wrong} 处。",
    ),
    "outcome": ("Effect", "效果"),
    "done": ("changes the file", "将改动文件"),
    "stands": ("in the file", "已在文件中"),
    "no such group": ("no such group any more", "维度已不存在"),
    "in another group": ("stands in another group", "已在其他维度中"),
    "a variant": ("is a variant of a term", "已是某词的变体"),
    "not a term": ("is no term of the file", "不是文件中的词条"),
    "last of its group": ("the last term of its group stays", "维度中最后一词须保留"),
    "unknown source": ("its source has no citation", "来源缺少引文"),
    "accept decided": ("accepted", "已接受"),
    "reject decided": ("rejected", "已拒绝"),
    "move decided": ("moved", "已移动"),
    # agreement
    "compare with": ("Compare with", "与谁比较"),
    "no other coder": (
        "No other coder has decisions beside this lexicon. Another opens the same lexicon with --coder NAME.",
        "该词典尚无其他编码者的判断。另一位编码者可用 --coder 姓名 打开同一词典。",
    ),
    "about": ("About", "判断对象"),
    "belongs": ("Term belongs in", "词是否收入"),
    "group of term": ("Group of a term", "词的维度"),
    "hit": ("Hit is meant", "命中是否为真"),
    "both": ("By both", "两人均判断"),
    "share": ("Share", "一致率"),
    "kappa": ("Cohen's kappa", "Cohen's kappa"),
    "only": ("Only {coder}", "仅 {coder}"),
    "disagreements": ("Disagreements", "分歧"),
    "line": ("Line", "上下文"),
    "in": ("in", "收入"),
    "out": ("out", "不收入"),
    # errors
    "failed": ("Not done: {why}", "未完成：{why}"),
}


class Words(Protocol):
    """Says something in one language."""

    def __call__(self, name: str, /, **values: object) -> str:
        """Give the words of that name, with values put in."""


def words_of(language: str) -> Words:
    """Give the words of a language (按语言取文字).

    Raises
    ------
    SettingError
        The page does not speak it.

    Examples
    --------
    >>> words_of("zh")("coder", coder="An")
    '编码者：An'
    """
    check_choice(language, LANGUAGES, argument="language")
    number = LANGUAGES.index("zh" if language == "zh" else "en")

    def say(name: str, /, **values: object) -> str:
        return WORDS[name][number].format(**values)

    return say
