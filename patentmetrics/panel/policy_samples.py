"""Samples that a design needs (样本构造): two policies together, and counties beside treated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.panel.policy_places import panel_codes, same_prefecture
from patentmetrics.panel.treatment import checked_cohort
from patentmetrics.places.codes import LAST_YEAR

Keep = Literal["all", "either"]


@dataclass(frozen=True, kw_only=True)
class PolicySample:
    """A sample of a panel's places, and who is in it.

    Parameters
    ----------
    panel : Panel
        The rows of the places that are kept, in their order.
    counts : dict
        Places in = places kept + places left out, by reason.
    left_out : polars.DataFrame
        ``place, reason``; sorted.
    """

    panel: Panel
    counts: dict[str, int]
    left_out: pl.DataFrame


def combined_policies(
    panel: Panel, first: str, second: str, *, without: Sequence[str] = (), keep: Keep = "all"
) -> PolicySample:
    """Tell the places of two policies apart: both, only the first, only the second, neither (政策叠加).

    Parameters
    ----------
    panel : Panel
        With ``cohort_{id}`` and ``treated_{id}`` of both, from
        `patentmetrics.panel.policy_treatment.add_policies`.
    first, second : str
        Ids of the policies.
    without : sequence of str
        Ids of further policies: a place that has both and one of these is left out, so that their effect
        is not taken for that of the two.
    keep : {'all', 'either'}
        ``either`` leaves out the places that have neither: those with one of the two are the controls of
        those with both.

    Returns
    -------
    PolicySample
        ``group_{first}_{second}`` (``both``, ``only_{first}``, ``only_{second}``, ``neither``; by place, over
        all years) and ``treated_{first}_and_{second}``: 1 in the years in which both are in force. Null
        where the treatment of a place is unknown.

    Raises
    ------
    SettingError
        The policies are one and the same, or ``keep`` is unknown.
    ColumnError
        The panel has no treatment of one of them.
    DataError
        No place is left.

    Source: Pang, Li, Liu & Guo 2025, section on policy synergy (仅入选其一者为对照组，同时入选者为实验组).

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "B", "C"], "year": [2020] * 3})
    >>> frame = frame.with_columns(
    ...     cohort_x=pl.Series([2019, 2019, None]), treated_x=pl.Series([1, 1, 0]),
    ...     cohort_y=pl.Series([2020, None, None]), treated_y=pl.Series([1, 0, 0]),
    ... )
    >>> made = combined_policies(Panel(frame=frame), "x", "y", keep="either")
    >>> made.panel.frame.select("place", "group_x_y", "treated_x_and_y").rows()
    [('A', 'both', 1), ('B', 'only_x', 0)]
    """
    check_choice(keep, ["all", "either"], argument="keep")
    if first == second or {first, second} & set(without):
        raise SettingError(
            "a combination needs policies that differ",
            where="policies",
            got=", ".join([first, second, *without]),
        )
    ids = [first, second, *without]
    wanted = [f"{kind}_{one}" for one in ids for kind in ("cohort", "treated")]
    require_columns(panel.frame, ["place", "year", *wanted], where="panel")
    for one in ids:
        checked_cohort(panel.frame, f"cohort_{one}")
    group, both = f"group_{first}_{second}", f"treated_{first}_and_{second}"
    has = {one: pl.col(f"cohort_{one}").is_not_null() for one in ids}
    unknown = pl.any_horizontal(pl.col(f"treated_{first}").is_null(), pl.col(f"treated_{second}").is_null())
    frame = panel.frame.with_columns(
        pl.when(unknown)
        .then(None)
        .when(has[first] & has[second])
        .then(pl.lit("both"))
        .when(has[first])
        .then(pl.lit(f"only_{first}"))
        .when(has[second])
        .then(pl.lit(f"only_{second}"))
        .otherwise(pl.lit("neither"))
        .alias(group),
        (pl.col(f"treated_{first}") * pl.col(f"treated_{second}")).cast(pl.Int8).alias(both),
    )
    third = pl.any_horizontal([has[one] for one in without]) if without else pl.lit(value=False)
    reason = (
        pl.when((pl.col(group) == "both") & third)
        .then(pl.lit(f"both, and {' or '.join(without)}"))
        .when(pl.lit(value=keep == "either") & (pl.col(group) == "neither"))
        .then(pl.lit("neither"))
        .when(pl.lit(value=keep == "either") & pl.col(group).is_null())
        .then(pl.lit("treatment unknown"))
    )
    made = _sampled(panel, frame, reason, what=f"{first} and {second}")
    told = made.panel.frame.select("place", group).unique()[group]
    sizes = {
        name: int((told == name).sum()) for name in ("both", f"only_{first}", f"only_{second}", "neither")
    }
    line = f"groups by place: {', '.join(f'{name} {n}' for name, n in sizes.items())}"
    return replace(
        made,
        panel=replace(made.panel, log=(*made.panel.log, line)),
        counts=made.counts | {f"places_{name}": n for name, n in sizes.items()},
    )


def same_prefecture_sample(
    panel: Panel, *, cohort: str = "cohort", base_year: int = LAST_YEAR
) -> PolicySample:
    """Keep the treated counties and the untreated counties of the same prefectures (同一地级市的区县).

    Parameters
    ----------
    panel : Panel
        Counties by year, named by code or official name, with the cohort of each.
    cohort : str
        Column with the first year of treatment; null for counties that are never treated.
    base_year : int
        The year of the codes. Counties of a municipality (直辖市) have the municipality in common; a
        county that its province governs directly, and a city without counties, has no other beside it.

    Returns
    -------
    PolicySample
        With the column ``prefecture``. Counts: counties treated, controls, prefectures, counties left
        out, prefectures where all counties are treated, so that no control is there.

    Raises
    ------
    DataError
        A place is no county; a county has two cohorts; no county is treated.

    Source: Shi, Yang & Qian 2025, section on data: 24 pilots, 435 counties of the same prefectures.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["320583", "320505", "320205"], "year": [2020] * 3})
    >>> made = same_prefecture_sample(Panel(frame=frame.with_columns(cohort=pl.Series([2019, None, None]))))
    >>> made.panel.frame.select("place", "prefecture").rows(), made.counts["places_left_out"]
    ([('320583', '320500'), ('320505', '320500')], 1)
    """
    checked_cohort(panel.frame, cohort)
    places = panel.frame["place"].cast(pl.String).unique().sort()
    found = panel_codes(places.to_list(), level="county", base_year=base_year)
    unknown = found.filter(pl.col("code").is_null())
    if unknown.height:
        raise DataError(
            f"{unknown.height} places of the panel are no counties",
            where="panel: place",
            got=", ".join(
                f"{place} ({near})" if near else place
                for place, near in unknown.head(5).select("place", "near").rows()
            ),
            hint="name counties by their codes",
        )
    prefecture = {place: same_prefecture(code) for place, code in found.select("place", "code").rows()}
    frame = panel.frame.with_columns(
        pl.col("place").cast(pl.String).replace_strict(prefecture).alias("prefecture")
    )
    counties = frame.select("place", "prefecture", pl.col(cohort).is_not_null().alias("treated")).unique()
    treated = counties.filter("treated")
    if treated.is_empty():
        raise DataError("no county is treated", where=f"panel: {cohort}")
    chosen = treated["prefecture"].unique().to_list()
    reason = pl.when(~pl.col("prefecture").is_in(chosen)).then(pl.lit("no treated county in its prefecture"))
    made = _sampled(panel, frame, reason, what="counties of prefectures with a treated one")
    kept = counties.filter(pl.col("prefecture").is_in(chosen))
    alone = kept.group_by("prefecture").agg(pl.col("treated").all()).filter("treated")["prefecture"].sort()
    counts = {
        "counties_treated": treated.height,
        "counties_control": kept.height - treated.height,
        "prefectures": len(chosen),
        "prefectures_without_control": alone.len(),
    }
    line = (
        f"{counts['counties_treated']} treated counties and {counts['counties_control']} controls in "
        f"{counts['prefectures']} prefectures; without control: {', '.join(alone) or 'none'}"
    )
    return replace(made, panel=replace(made.panel, log=(*made.panel.log, line)), counts=made.counts | counts)


def _sampled(panel: Panel, frame: pl.DataFrame, reason: pl.Expr, *, what: str) -> PolicySample:
    """Keep the rows without a reason to leave them out; a place has one reason in all its rows."""
    frame = frame.with_columns(reason.alias("_reason"))
    left = frame.filter(pl.col("_reason").is_not_null()).select("place", pl.col("_reason").alias("reason"))
    left_out = left.unique().sort("place", "reason")
    kept = frame.filter(pl.col("_reason").is_null()).drop("_reason")
    if kept.is_empty():
        raise DataError("no place is left in the sample", where=what)
    counts = {
        "places": frame["place"].n_unique(),
        "places_kept": kept["place"].n_unique(),
        "places_left_out": left_out["place"].n_unique(),
        "rows": frame.height,
        "rows_kept": kept.height,
    }
    line = (
        f"sample of {what}: {counts['places']} places = {counts['places_kept']} kept + "
        f"{counts['places_left_out']} left out; {counts['rows_kept']} of {counts['rows']} rows"
    )
    return PolicySample(
        panel=replace(panel, frame=kept, log=(*panel.log, line)), counts=counts, left_out=left_out
    )
