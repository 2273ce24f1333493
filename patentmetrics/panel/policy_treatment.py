"""From a policy list to the treatment of a panel (政策试点名单→处理变量): cohort, treated, event time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import keyed
from patentmetrics.panel.policies import Policy
from patentmetrics.panel.policy_places import (
    REJECTED_PLACES,
    Below,
    Matching,
    PanelLevel,
    PolicyPlaces,
    Unresolved,
    panel_codes,
    policy_places,
)
from patentmetrics.places.codes import LAST_YEAR

Start = Literal["same", "next"] | int


@dataclass(frozen=True, kw_only=True)
class TreatmentRules:
    """How a policy list becomes a treatment (处理变量的口径).

    Parameters
    ----------
    start : {'same', 'next'} or int
        The first year of treatment: that of the policy, the next, or, with a month, the next one for a
        policy from this month on (7: in the second half of the year).
    level, below, unresolved, places, base_year
        See `patentmetrics.panel.policy_places.policy_places`. ``unresolved='reject'`` also lets the
        panel have places that are none; their treatment is null.
    listing_years : bool
        Take the year of a document that lists earlier pilots for the year of treatment.
    """

    start: Start = "same"
    level: PanelLevel = "prefecture"
    below: Below = "error"
    unresolved: Unresolved = "error"
    places: Matching = "codes"
    base_year: int = LAST_YEAR
    listing_years: bool = False


@dataclass(frozen=True, kw_only=True)
class Treated:
    """A panel with treatments, and how they came about.

    Parameters
    ----------
    panel : Panel
        With the columns of the treatments; its log has the warnings and the counts.
    places : polars.DataFrame
        The treated places: ``policy, place`` (of the panel), ``key, named`` (in the list), ``how, batch,
        cohort, end``; sorted.
    rejected : polars.DataFrame
        Places of lists and panel that could not be used: ``policy, place, reason, near``.
    warnings : tuple of str
        What a reader of the results must know: partial lists, years of listings, treatments that end.
    counts : dict
        By policy: places named = used + rejected; places treated, not in the panel, named twice.
    """

    panel: Panel
    places: pl.DataFrame
    rejected: pl.DataFrame
    warnings: tuple[str, ...]
    counts: dict[str, dict[str, int]]


def add_policy(panel: Panel, policy: Policy, *, rules: TreatmentRules | None = None) -> Treated:
    """Make ``cohort``, ``treated`` and ``event_time`` from a policy list (政策试点名单→处理变量).

    Parameters
    ----------
    panel : Panel
        The panel; its places are names or codes, see ``rules.places``.
    policy : Policy
        The list, from `patentmetrics.panel.policies.read_policy`.
    rules : TreatmentRules, optional
        When treatment begins, and how places are matched.

    Returns
    -------
    Treated
        ``cohort`` is the first year of treatment, null for places that are not in the list; ``treated`` is 1
        from then on, to the list's ``end`` where it has one; ``event_time`` is year − cohort. A place that
        the list names twice has its earliest year. Rows in = rows out.

    Raises
    ------
    SettingError
        ``start`` is neither ``same``, ``next`` nor a month.
    ColumnError
        The panel has one of the columns already.
    DataError
        A place cannot be resolved or lies below the level, where that was not allowed; a year is only that
        of a listing; a month is asked for that the list does not have; a treatment ends and begins again;
        two places of the panel are the same; the policy reaches no place of the panel.

    Examples
    --------
    >>> from patentmetrics.panel.policies import read_policy
    >>> frame = pl.DataFrame({"place": ["沈阳", "沈阳", "长春"], "year": [2016, 2017, 2017]})
    >>> made = add_policy(
    ...     Panel(frame=frame), read_policy("bigdata_zone"), rules=TreatmentRules(start=7)
    ... )
    >>> made.panel.frame.select("cohort", "treated", "event_time").rows()
    [(2017, 0, -1), (2017, 1, 0), (None, 0, None)]
    """
    return _with_policies(panel, [policy], rules or TreatmentRules(), suffixed=False)


def add_policies(panel: Panel, policies: Sequence[Policy], *, rules: TreatmentRules | None = None) -> Treated:
    """Make ``cohort_{id}``, ``treated_{id}`` and ``event_time_{id}`` for each of several policies (多项政策).

    Parameters, result and errors are those of `add_policy`.

    Examples
    --------
    >>> from patentmetrics.panel.policies import read_policy
    >>> panel = Panel(frame=pl.DataFrame({"place": ["沈阳", "长沙"], "year": [2016, 2016]}))
    >>> lists = [read_policy("bigdata_zone"), read_policy("ip_demo_city")]
    >>> made = add_policies(panel, lists)
    >>> made.panel.frame.select("treated_bigdata_zone", "treated_ip_demo_city").rows()
    [(1, 0), (0, 1)]
    >>> made.warnings[0][:30]
    'ip_demo_city 1.0 is a PARTIAL '
    """
    ids = [policy.id for policy in policies]
    if not ids or len(set(ids)) < len(ids):
        raise SettingError(
            "policies must be one or more, each once", where="policies", got=", ".join(ids) or "none"
        )
    return _with_policies(panel, policies, rules or TreatmentRules(), suffixed=True)


def _with_policies(
    panel: Panel, policies: Sequence[Policy], rules: TreatmentRules, *, suffixed: bool
) -> Treated:
    _check_start(rules.start)
    frame = keyed(panel.frame, where="panel")
    for policy in policies:
        for name in _names(policy, suffixed=suffixed).values():
            if name in frame.columns:
                raise ColumnError(
                    f"the panel already has the column {name!r}",
                    where=f"policy {policy.id}",
                    hint="drop or rename it",
                )
    keys, unknown = _keys_of(frame, rules)
    log, warnings, counts = [*panel.log], [], {}
    treated, rejected = [], [unknown]
    if unknown.height:
        log.append(
            f"{unknown.height} places of the panel are no place of a code; their treatment is null: "
            f"{_first(unknown['place'])}"
        )
    for policy in policies:
        found = policy_places(
            policy,
            level=rules.level,
            below=rules.below,
            unresolved=rules.unresolved,
            places=rules.places,
            base_year=rules.base_year,
        )
        spells = _spells(policy, found.frame, rules)
        reached = keys.join(spells, on="key", how="inner").sort("place")
        if reached.is_empty():
            raise DataError(
                "the policy reaches no place of the panel",
                where=f"policy {policy.id}",
                got=f"{_first(spells['named'])} against {_first(keys['place'])}",
                hint="is the level of the panel right, and are places codes or names?",
            )
        frame = _columns_of(frame, reached, unknown["place"], _names(policy, suffixed=suffixed))
        counts[policy.id] = _counts(found, spells, reached, frame, _names(policy, suffixed=suffixed))
        told = _warnings(policy, reached)
        warnings += told
        absent = spells.join(reached, on="key", how="anti").sort("key")
        log += [f"WARNING: {line}" for line in told]
        log.append(_told(policy, rules, counts[policy.id], absent, spells))
        treated.append(reached.select(pl.lit(policy.id).alias("policy"), pl.all()))
        rejected.append(found.rejected)
    identities = {
        one.id: {"version": one.version, "status": one.status, "sha256": one.sha256} for one in policies
    }
    made = replace(panel, frame=frame, log=tuple(log), made_by={**panel.made_by, "policies": identities})
    return Treated(
        panel=made,
        places=pl.concat(treated).select("policy", "place", "key", "named", "how", "batch", "cohort", "end"),
        rejected=pl.concat(rejected),
        warnings=tuple(warnings),
        counts=counts,
    )


def _check_start(start: object) -> None:
    month = isinstance(start, int) and not isinstance(start, bool) and 1 <= start <= 12
    if not (month or start in {"same", "next"}):
        raise SettingError(
            "start has a value it cannot have",
            where="start",
            got=start,
            allowed="same, next, a month from 1 to 12",
        )


def _names(policy: Policy, *, suffixed: bool) -> dict[str, str]:
    ending = f"_{policy.id}" if suffixed else ""
    return {name: f"{name}{ending}" for name in ("cohort", "treated", "event_time")}


def _keys_of(frame: pl.DataFrame, rules: TreatmentRules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the key of each place of the panel, and the places that have none."""
    places = frame["place"].unique().sort()
    if rules.places == "as_written":
        keys = pl.DataFrame({"place": places, "key": places})
        return keys, pl.DataFrame(schema=REJECTED_PLACES)
    found = panel_codes(places.to_list(), level=rules.level, base_year=rules.base_year)
    unknown = found.filter(pl.col("code").is_null()).select(
        pl.lit("").alias("policy"),
        "place",
        pl.lit("a place of the panel that is none of its level").alias("reason"),
        "near",
    )
    if unknown.height and rules.unresolved == "error":
        named = [
            f"{place} ({near})" if near else place for place, near in unknown.select("place", "near").rows()
        ]
        raise DataError(
            f"{unknown.height} places of the panel cannot be resolved ({rules.level})",
            where="panel: place",
            got=", ".join(named[:10]),
            hint="correct them, compare names with places='as_written', or allow it with unresolved='reject'",
        )
    keys = found.drop_nulls("code").select("place", pl.col("code").alias("key"))
    doubled = keys.filter(pl.col("key").is_duplicated()).sort("key", "place")
    if doubled.height:
        raise DataError(
            "places of the panel are one and the same",
            where="panel: place",
            got=", ".join(f"{place} {key}" for place, key in doubled.head(6).rows()),
            hint="bring the places to one name or code before treating them",
        )
    return keys, unknown


def _spells(policy: Policy, named: pl.DataFrame, rules: TreatmentRules) -> pl.DataFrame:
    """Give one spell of treatment a key: ``key, named, how, batch, cohort, end, times``."""
    listing = policy.frame.filter(pl.col("year_is") == "listing")
    if listing.height and not rules.listing_years:
        raise DataError(
            f"{listing.height} places have the year of a document that lists them, not of their approval",
            where=f"policy {policy.id}",
            got=", ".join(
                f"{place} {year}" for place, year in listing.head(5).select("place", "year").rows()
            ),
            hint="give a list with the years of approval, or allow it with listing_years=True",
        )
    if isinstance(rules.start, int):
        undated = named.filter(pl.col("month").is_null())
        if undated.height:
            raise DataError(
                f"{undated['place'].n_unique()} places have no date, so no month to compare",
                where=f"policy {policy.id}",
                got=_first(undated["place"].unique(maintain_order=True)),
                hint="add dates to the list, or say start='same' or start='next'",
            )
        late = pl.col("month") >= rules.start
    else:
        late = pl.lit(value=rules.start == "next")
    begun = named.with_columns((pl.col("year") + late.cast(pl.Int32)).alias("cohort")).sort(
        "key", "cohort", "batch", "place", nulls_last=True
    )
    ended = begun.filter(pl.col("end") < pl.col("cohort"))
    if ended.height:
        raise DataError(
            "a treatment ends before it begins",
            where=f"policy {policy.id}",
            got=", ".join(
                f"{a} {b}–{c}" for a, b, c in ended.head(5).select("place", "cohort", "end").rows()
            ),
        )
    # with gaps between two treatments, one cohort and one end cannot describe the place
    reach = pl.col("end").fill_null(9999).cum_max().shift(1).over("key")
    again = begun.filter(pl.col("cohort") > reach + 1)
    if again.height:
        raise DataError(
            f"{again['key'].n_unique()} places are treated, released and treated again",
            where=f"policy {policy.id}",
            got=_first(again["place"]),
            hint="a cohort has one first year: keep one of the spells",
        )
    return begun.group_by("key", maintain_order=True).agg(
        pl.col("place").first().alias("named"),
        pl.col("how").first(),
        pl.col("batch").first(),
        pl.col("cohort").first(),
        pl.when(pl.col("end").is_null().any()).then(None).otherwise(pl.col("end").max()).alias("end"),
        pl.len().alias("times"),
    )


def _columns_of(
    frame: pl.DataFrame, reached: pl.DataFrame, unknown: pl.Series, names: dict[str, str]
) -> pl.DataFrame:
    cohort, treated, event_time = names["cohort"], names["treated"], names["event_time"]
    spell = reached.select(
        "place", pl.col("cohort").cast(pl.Int32).alias(cohort), pl.col("end").alias("_end")
    )
    frame = frame.join(spell, on="place", how="left", maintain_order="left")
    under = (pl.col("year") >= pl.col(cohort)) & (pl.col("year") <= pl.col("_end").fill_null(9999))
    known = ~pl.col("place").is_in(unknown.to_list())
    return frame.with_columns(
        pl.when(known).then(under.fill_null(value=False).cast(pl.Int8)).alias(treated),
        (pl.col("year") - pl.col(cohort)).cast(pl.Int32).alias(event_time),
    ).drop("_end")


def _counts(
    found: PolicyPlaces,
    spells: pl.DataFrame,
    reached: pl.DataFrame,
    frame: pl.DataFrame,
    names: dict[str, str],
) -> dict[str, int]:
    return found.counts | {
        "keys": spells.height,
        "keys_named_twice": spells.filter(pl.col("times") > 1).height,
        "places_treated": reached.height,
        "keys_not_in_the_panel": spells.height - reached.height,
        "places_never_treated": frame["place"].n_unique() - reached.height,
        "treated_place_years": int(frame[names["treated"]].sum()),
        "places_whose_treatment_ends": reached.filter(pl.col("end").is_not_null()).height,
    }


def _warnings(policy: Policy, reached: pl.DataFrame) -> list[str]:
    ends = reached.filter(pl.col("end").is_not_null())
    told = [policy.warning] if policy.warning else []
    if ends.height:
        told.append(
            f"{policy.id}: treatment ENDS in {ends.height} places ({_first(ends['place'])}): estimators that "
            "take treatment to stay do not apply"
        )
    return told


def _told(
    policy: Policy,
    rules: TreatmentRules,
    counts: dict[str, int],
    absent: pl.DataFrame,
    spells: pl.DataFrame,
) -> str:
    start = rules.start if isinstance(rules.start, str) else f"next year from month {rules.start}"
    told = (
        f"treatment from policy {policy.id} {policy.version} ({policy.status}; starts: {start}): "
        f"{counts['places']} places named = {counts['places_used']} used + "
        f"{counts['places_rejected']} rejected; "
        f"{counts['places_treated']} places of the panel treated, {counts['places_never_treated']} never, "
        f"{counts['treated_place_years']} treated place-years; "
        f"{counts['keys_not_in_the_panel']} not in the panel"
    )
    told += f" ({_first(absent['named'].unique(maintain_order=True))})" if absent.height else ""
    twice = spells.filter(pl.col("times") > 1)
    if twice.height:
        told += f"; {twice.height} named more than once, earliest taken ({_first(twice['key'])})"
    return told


def _first(names: pl.Series) -> str:
    told = [str(one) for one in names.head(5)]
    return ", ".join([*told, "…"] if len(names) > 5 else told)
