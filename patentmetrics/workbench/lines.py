"""Lines as they are read and judged on the page (上下文行): which are shown, and what was said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

from patentmetrics.core.errors import check_choice
from patentmetrics.text.normalise import normalise
from patentmetrics.workbench.decisions import Decisions, HitJudgement

Verdict = Literal["any", "none", "yes", "no"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_ON_A_SIDE = 12  # characters of a line that are kept with a judgement


@dataclass(frozen=True, kw_only=True)
class LineFilter:
    """Which lines are shown; a null or an empty text is no condition.

    Parameters
    ----------
    place : str or None
        Of the document.
    year : int or None
        Of the document.
    text : str
        Stands in the line; written as one likes, it is normalised.
    verdict : {'any', 'none', 'yes', 'no'}
        All, not judged, judged meant, judged not meant.
    """

    place: str | None = None
    year: int | None = None
    text: str = ""
    verdict: Verdict = "any"


def keys_of(lines: pl.DataFrame) -> pl.Series:
    """Give the term of each line as it is compared: normalised, each of the few once.

    Examples
    --------
    >>> keys_of(pl.DataFrame({"term": ["５Ｇ", "5g"]})).to_list()
    ['5g', '5g']
    """
    spelled = {term: normalise(term) for term in lines["term"].unique()}
    return lines["term"].replace_strict(spelled, return_dtype=pl.String)


def judgements(lines: pl.DataFrame, decisions: Decisions) -> pl.Series:
    """Say of each line whether it was judged meant (各行判断); null where it was not judged.

    Examples
    --------
    >>> lines = pl.DataFrame({"term": ["信创"] * 2, "document": ["a"] * 2, "begin": [1, 9]})
    >>> one = HitJudgement(term="信创", document="a", begin=9, meant=False)
    >>> judgements(lines, Decisions(lexicon="mine", coder="An", hits={one.key: one})).to_list()
    [None, False]
    """
    rows = [(*key, one.meant) for key, one in decisions.hits.items()]
    schema = {"form": pl.String, "document": pl.String, "begin": pl.Int64, "meant": pl.Boolean}
    judged = pl.DataFrame(rows, schema=schema, orient="row")
    keyed = lines.select("document", "begin", form=keys_of(lines))
    return keyed.join(judged, on=["form", "document", "begin"], how="left", maintain_order="left")["meant"]


def filter_lines(lines: pl.DataFrame, decisions: Decisions, chosen: LineFilter) -> pl.DataFrame:
    """Give the lines to show (筛选上下文行), with ``meant``: true, false, or null where not judged.

    Examples
    --------
    >>> lines = pl.DataFrame(
    ...     {"term": ["信创"] * 2, "document": ["a", "b"], "place": ["上海", "成都"], "year": [2024, 2024],
    ...      "begin": [1, 9], "left": ["诚", "发展"], "hit": ["信创"] * 2, "right": ["新", "产业"]}
    ... )
    >>> nothing = Decisions(lexicon="mine", coder="An")
    >>> filter_lines(lines, nothing, LineFilter(text="信创产"))["document"].to_list()
    ['b']
    """
    check_choice(chosen.verdict, VERDICTS, argument="verdict")
    shown = lines.with_columns(meant=judgements(lines, decisions))
    if chosen.place is not None:
        shown = shown.filter(pl.col("place") == chosen.place)
    if chosen.year is not None:
        shown = shown.filter(pl.col("year") == chosen.year)
    if wanted := normalise(chosen.text).strip():
        line = pl.concat_str("left", "hit", "right")
        shown = shown.filter(line.str.contains(wanted, literal=True))
    if chosen.verdict == "none":
        return shown.filter(pl.col("meant").is_null())
    if chosen.verdict != "any":
        return shown.filter(pl.col("meant") == (chosen.verdict == "yes"))
    return shown


def judge_lines(lines: pl.DataFrame, rows: Sequence[int], *, meant: bool) -> list[HitJudgement]:
    """Judge lines by their rows (判断上下文行).

    Examples
    --------
    >>> line = {"term": "信创", "document": "a", "begin": 1, "left": "诚", "hit": "信创", "right": "新"}
    >>> lines = pl.DataFrame([line])
    >>> judge_lines(lines, [0], meant=False)[0].line
    '诚【信创】新'
    """
    return [
        HitJudgement(
            term=one["term"],
            document=one["document"],
            begin=one["begin"],
            meant=meant,
            line=f"{one['left'][-_ON_A_SIDE:]}【{one['hit']}】{one['right'][:_ON_A_SIDE]}",
        )
        for one in (lines.row(row, named=True) for row in rows)
    ]
