"""The checks of a breakthrough score as tables (检验结果表), and the words that their figures share."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from patentmetrics.core.errors import check_choice
from patentmetrics.core.provenance import is_simulated
from patentmetrics.report.tables import Table, frame_table
from patentmetrics.report.wording import LANGUAGES, Language
from patentmetrics.score.validate import Validation

WORDS: dict[str, tuple[str, str]] = {
    # titles
    "distribution_title": ("Breakthrough by year", "突破性的年度分布"),
    "window_distribution_title": (
        "Breakthrough by year ({window}-year window)",
        "突破性的年度分布（{window}年窗口）",
    ),
    "kept_title": ("Share kept as breakthrough patents", "突破性专利的实际保留比例"),
    "persistence_title": ("Persistence of breakthrough over windows", "突破性在不同窗口间的持续性"),
    "correlations_title": (
        "Breakthrough and forward citations within {years} years",
        "突破性与{years}年内前向引用的相关性",
    ),
    "citation_bins_title": (
        "Breakthrough and forward citations within {years} years: means of bins",
        "突破性与{years}年内前向引用：分组均值",
    ),
    "landmarks_title": (
        "Landmark patents: percentiles ({window}-year window)",
        "里程碑专利的百分位（{window}年窗口）",
    ),
    "all_landmarks_title": ("Landmark patents: percentiles", "里程碑专利的百分位"),
    "landmark_summary_title": ("Landmark patents against all others", "里程碑专利与其他专利的比较"),
    # columns
    "window": ("Window", "窗口"),
    "other": ("Longer window", "较长窗口"),
    "n": ("Patents", "专利数"),
    "scored": ("Scored", "有得分"),
    "null_share": ("Share null", "缺失比例"),
    "backward_incomplete": ("Backward window incomplete", "后向窗口不完整"),
    "forward_incomplete": ("Forward window incomplete", "前向窗口不完整"),
    "without_terms": ("Without terms", "无词项"),
    "zero_similarity": ("Similarity of zero", "相似度为零"),
    "undecided": ("Undecided (group too small)", "无法判定（组太小）"),
    "share": ("Share kept", "保留比例"),
    "spearman": ("Spearman", "Spearman秩相关"),
    "spearman_net": ("Spearman, net of effects", "Spearman秩相关（去除效应）"),
    "kept": ("Kept", "保留"),
    "landmarks": ("Landmarks", "里程碑专利数"),
    "kept_by_both": ("Share kept by the longer window too", "较长窗口亦保留的比例"),
    "method": ("Method", "方法"),
    "pearson_log": ("Pearson of logs", "对数Pearson相关"),
    "spearman_within_year": ("Spearman, within year", "Spearman秩相关（年内）"),
    "pearson_log_within_year": ("Pearson of logs, within year", "对数Pearson相关（年内）"),
    "estimate": ("Correlation", "相关系数"),
    "conf_low": ("95 % low", "95%下限"),
    "conf_high": ("95 % high", "95%上限"),
    "p_value": ("p", "p值"),
    "bin": ("Bin", "组"),
    "breakthrough": ("Breakthrough", "突破性"),
    "mean": ("Mean", "均值"),
    "citations": ("Citations", "引用数"),
    "is_breakthrough": ("Breakthrough patent", "突破性专利"),
    "percentile": ("Percentile", "百分位"),
    "percentile_net": ("Percentile, net of effects", "百分位（去除效应）"),
    "percentile_within_year": ("Percentile within year", "年内百分位"),
    "scored_of_year": ("Scored of the year", "当年有得分专利数"),
    "citations_percentile": ("Percentile of citations", "引用百分位"),
    "citations_percentile_within_year": ("Percentile of citations within year", "引用年内百分位"),
    "mean_percentile": ("Mean percentile", "平均百分位"),
    "median_percentile": ("Median percentile", "百分位中位数"),
    "breakthroughs": ("Breakthrough patents", "突破性专利数"),
    # notes
    "correlation_note": (
        "Citations as ln(1 + citations). Within year: residuals on year dummies. "
        "95 % intervals by Fisher's z.",
        "引用取ln(1+引用数)；年内指对年份虚拟变量取残差；95%置信区间按Fisher z变换。",
    ),
    "coverage_note": (
        "Citing years {first} to {last}; {left} patents whose {years} years they do not cover are left out.",
        "施引年份{first}至{last}；其未完整覆盖{years}年窗口的{left}件专利已剔除。",
    ),
    "unknown_note": ("Not among the scores: {ids}.", "得分中没有：{ids}。"),
    "percentile_note": (
        "Percentile: share of patents below plus half of those level, so 50 is chance. "
        "p: one-sided Mann-Whitney test of landmarks against all others.",
        "百分位为低于该专利的比例加同分者的一半，随机时为50；p值为里程碑专利高于其他专利的单侧Mann–Whitney检验。",
    ),
    # figures
    "short_years": ("{window} y", "{window}年"),
    "net_axis": ("Breakthrough, net of effects", "突破性（去除效应）"),
    "patents_axis": ("Patents", "专利数"),
    "patents_share_axis": ("Patents (%)", "专利占比（%）"),
    "quantile_axis": ("Breakthrough", "突破性"),
    "median": ("median", "中位数"),
    "inner": ("middle 50 %", "中间50%"),
    "outer": ("middle 90 %", "中间90%"),
    "has_score": ("scored", "有得分"),
    "citations_axis": ("ln(1 + citations), net of year", "ln(1+引用数)，去除年份效应"),
    "breakthrough_axis": ("Breakthrough ({window} years), net of year", "突破性（{window}年），去除年份效应"),
    "bin_points": ("mean of a bin, 95 % confidence interval", "分组均值及95%置信区间"),
    "percentile_axis": ("Percentile (50: chance)", "百分位（50为随机水平）"),
    "persistence_axis": ("Rank correlation", "秩相关"),
    "above": ("above the diagonal: net of effects; below: as scored", "对角线上方：去除效应；下方：原得分"),
}  # fmt: skip


def word(key: str, language: Language, **parts: object) -> str:
    """Give a wording of this module, its ``{parts}`` filled in.

    Examples
    --------
    >>> word("short_years", "zh", window=5)
    '5年'
    """
    check_choice(language, LANGUAGES, argument="language")
    return WORDS[key][LANGUAGES.index(language)].format(**parts)


def validation_tables(validation: Validation, *, language: Language = "en") -> dict[str, Table]:
    """Give all checks of a validation as tables, by name (检验结果表).

    ``distribution, kept, persistence`` and, where they were made, ``correlations, citation_bins,
    landmarks, landmark_summary``.

    Parameters
    ----------
    validation : Validation
        From `patentmetrics.score.validate.validate_scores`.

    Examples
    --------
    ::

        for name, table in validation_tables(validation).items():
            write_table(table, f"{name}.md")
    """
    years = validation.citation_window
    tables = {
        "distribution": _table(validation, validation.distribution, "distribution", language),
        "kept": _table(validation, validation.kept, "kept", language),
        "persistence": _table(validation, validation.persistence, "persistence", language),
    }
    if validation.correlations is not None and validation.citation_bins is not None:
        notes = [word("correlation_note", language), *_coverage(validation, language)]
        methods = {name: word(name, language) for name in validation.correlations["method"].unique()}
        named = validation.correlations.with_columns(
            pl.col("method").replace_strict(methods, return_dtype=pl.String)
        )
        tables["correlations"] = _table(
            validation, named, "correlations", language, notes=notes, parts={"years": years}
        )
        tables["citation_bins"] = _table(
            validation,
            validation.citation_bins,
            "citation_bins",
            language,
            notes=notes,
            parts={"years": years},
        )
    if validation.landmarks is not None and validation.landmark_summary is not None:
        notes = [word("percentile_note", language)]
        if validation.unknown_landmarks:
            ids = ", ".join(map(str, validation.unknown_landmarks))
            notes.append(word("unknown_note", language, ids=ids))
        shown = validation.landmarks
        tables["landmarks"] = _table(
            validation, shown, "landmarks", language, title="all_landmarks", notes=notes
        )
        tables["landmark_summary"] = _table(
            validation, validation.landmark_summary, "landmark_summary", language, notes=notes
        )
    return tables


def _coverage(validation: Validation, language: Language) -> list[str]:
    if validation.citing_years is None:
        return []
    first, last = validation.citing_years
    left = validation.counts.get("patents_outside_citing_years", 0)
    years = validation.citation_window
    return [word("coverage_note", language, first=first, last=last, left=f"{left:,}", years=years)]


def _table(
    validation: Validation,
    frame: pl.DataFrame,
    name: str,
    language: Language,
    *,
    title: str | None = None,
    notes: list[str] | None = None,
    parts: Mapping[str, object] | None = None,
) -> Table:
    labels = {one: word(one, language) for one in frame.columns if one in WORDS}
    # quantiles are named by their number in every language
    return frame_table(
        frame,
        title=word(f"{title or name}_title", language, **(parts or {})),
        language=language,
        labels=labels,
        notes=notes or [],
        simulated=is_simulated(validation.made_by),
    )
