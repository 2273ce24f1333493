"""Whether an effect differs between two groups: split samples, and the difference tested by draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result, require_columns
from patentmetrics.estimate.did import DidSpec
from patentmetrics.estimate.draws import empirical_p_values
from patentmetrics.estimate.heterogeneity import split_samples
from patentmetrics.estimate.projection import Floats
from patentmetrics.estimate.reweighting import last_coefficients, unit_products
from patentmetrics.estimate.sample import Codes, Sample, estimation_sample

Method = Literal["permutation", "pooled_bootstrap", "bootstrap"]
METHODS = ["permutation", "pooled_bootstrap", "bootstrap"]

CITATION = (
    "Cleary, S. (1999). The relationship between firm investment and financial status. Journal of Finance "
    "54, 673-692; Lian, Y. (2017), Stata bdiff"
)


@dataclass(frozen=True, kw_only=True)
class GroupDifferenceSpec(DidSpec):
    """A test of the difference between the effects in two groups (组间系数差异检验).

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`; it is estimated in each group by itself.
    group : str
        Column with two values, the same in all rows of a unit; rows without one are left out.
    method : {"permutation", "pooled_bootstrap", "bootstrap"}
        ``permutation`` (费舍尔组合检验): the groups are dealt anew to the units, sizes kept.
        ``pooled_bootstrap``: both groups are drawn with replacement from all units together.
        ``bootstrap``: each group is drawn with replacement from its own units; this gives a standard
        error and an interval, and a p value from the draws less the difference itself.
    unit : str, optional
        What is dealt or drawn: by default the clusters, or the places where errors are not clustered.
    draws : int
        How many draws.
    seed : int
        The same seed gives the same draws.
    """

    group: str
    seed: int
    method: Method = "permutation"
    unit: str | None = None
    draws: int = 500


def fit_group_difference(panel: Panel, spec: GroupDifferenceSpec) -> Result:
    """Estimate a model in two groups, and test the difference of the effects (分组回归与组间系数差异检验).

    The permutation test is of the hypothesis that the groups do not differ in anything; where they differ
    in noise or in the share of the treated but not in the effect, it is only roughly valid, and
    ``bootstrap`` is the better choice.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : GroupDifferenceSpec
        The model and the test.

    Returns
    -------
    Result
        The estimates have the column ``group``: all terms of the first group (in order of the names), then
        of the second, each from ``fit_did``, then the term ``difference``, first less second: its p value is
        the two-sided empirical one; standard error and interval (2.5 and 97.5 % of the draws) only with
        ``bootstrap``. Frames: ``draws`` (``draw, first, second, difference``; null where a group of the draw
        has no estimate) and ``p_values`` (see `patentmetrics.estimate.draws.empirical_p_values`).
        ``native``: the two results, for the columns of a table.

    Raises
    ------
    DataError
        There are not two groups; a unit is in both; or a fault named in ``fit_did``, in one of them.
    SettingError
        An option has an unknown value, or the effects have too many levels (``unit_products``).

    Examples
    --------
    >>> from patentmetrics.estimate.heterogeneity import median_groups
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = median_groups(simulate_panel(places=60, seed=3).panel, "control", name="level")
    >>> spec = GroupDifferenceSpec(name="(1)", outcome="outcome", group="level", draws=99, seed=1)
    >>> result = fit_group_difference(panel, spec)
    >>> result.estimates.select("group", "term").rows()
    [('high', 'treated'), ('low', 'treated'), (None, 'difference')]
    """
    check_choice(spec.method, METHODS, argument="method")
    for name, value, least in [("draws", spec.draws, 1), ("seed", spec.seed, 0)]:
        if value < least:
            raise SettingError(f"{name} is out of range", where=name, got=value, allowed=f"{least} or more")
    unit = spec.unit or (spec.cluster if spec.errors == "cluster" else "place")
    require_columns(panel.frame, ["place", "year", spec.group, unit], where="panel")
    panel = replace(panel, frame=panel.frame.drop_nulls([spec.group, unit]))
    names = panel.frame[spec.group].cast(pl.String).unique().sort().to_list()
    if len(names) != 2:
        raise DataError(
            "a difference is between two groups",
            where=f"panel: {spec.group}",
            got=", ".join(names),
            hint="for more than two use fit_interaction with the groups as moderator",
        )
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(*spec.controls, spec.treatment),
        fixed_effects=spec.fixed_effects,
        cluster=None,
    )
    units, second = _units(sample, spec, unit, names)
    columns = split_samples(panel, spec, group=spec.group)
    products = unit_products(sample, units)
    drawn = [last_coefficients(products, one) for one in _weights(second, spec)]
    draws = pl.DataFrame(
        {
            "draw": np.arange(1, spec.draws + 1),
            "first": drawn[0],
            "second": drawn[1],
            "difference": drawn[0] - drawn[1],
        }
    ).with_columns(pl.col("first", "second", "difference").fill_nan(None))
    return _result(panel, spec, columns, names, draws, unit=unit, units=len(second))


def _units(sample: Sample, spec: GroupDifferenceSpec, unit: str, names: list[str]) -> tuple[Codes, Codes]:
    # the unit of each of n rows, and for each of u units whether it is in the second group
    frame = sample.frame.with_columns(pl.col(spec.group).cast(pl.String).alias("_group"))
    pairs = frame.select(unit, "_group").unique().sort(unit, "_group")
    both = pairs.filter(pl.col(unit).is_duplicated())[unit].unique().sort()
    if both.len():
        raise DataError(
            f"{both.len()} units are in both groups",
            where=f"panel: {spec.group}",
            got=", ".join(str(one) for one in both.head(5)),
            hint=f"a group must hold all rows of a {unit}; or name another unit to draw",
        )
    codes = frame[unit].rank("dense").to_numpy().astype(np.int64) - 1
    return codes, (pairs["_group"] == names[1]).to_numpy().astype(np.int64)


def _weights(second: Codes, spec: GroupDifferenceSpec) -> tuple[Floats, Floats]:
    # how often each of u units is in the first and the second group of each of m draws
    units = len(second)
    if spec.method == "permutation":
        dealt = np.stack(
            [np.random.default_rng([spec.seed, i]).permutation(second) for i in range(spec.draws)]
        ).astype(np.float64)
        return 1 - dealt, dealt
    parts = []
    for group in (0, 1):
        members = np.flatnonzero(second == group)
        pool = members if spec.method == "bootstrap" else np.arange(units)
        # a seed for each group: what is drawn for one does not depend on the size of the other
        weights = np.zeros((spec.draws, units))
        for i in range(spec.draws):
            chosen = np.random.default_rng([spec.seed, i, group]).choice(pool, len(members))
            weights[i] = np.bincount(chosen, minlength=units)
        parts.append(weights)
    return parts[0], parts[1]


def _result(
    panel: Panel,
    spec: GroupDifferenceSpec,
    columns: tuple[Result, ...],
    names: list[str],
    draws: pl.DataFrame,
    *,
    unit: str,
    units: int,
) -> Result:
    effects = [float(one.estimates["estimate"][0]) for one in columns]
    difference = effects[0] - effects[1]
    known = draws["difference"].drop_nulls().to_numpy()
    centre = difference if spec.method == "bootstrap" else 0.0
    p_values = empirical_p_values(known - centre, difference, of="difference")
    by_side = dict(p_values.select("side", "p_value").rows())
    row: dict[str, object] = {
        "model": spec.name,
        "term": "difference",
        "estimate": difference,
        "p_value": by_side["two_sided"],
        "n": sum(int(one.estimates["n"][0]) for one in columns),
    }
    if spec.method == "bootstrap" and len(known) > 1:
        error = float(np.std(known, ddof=1))
        low, high = np.quantile(known, [0.025, 0.975]).tolist()
        row |= {"std_error": error, "statistic": difference / error, "conf_low": low, "conf_high": high}
    rows = [
        one.estimates.with_columns(pl.lit(name).alias("group"))
        for one, name in zip(columns, names, strict=True)
    ]
    schema = rows[0].schema
    last = pl.DataFrame([row], schema={name: schema[name] for name in schema if name in row})
    how = {
        "permutation": f"the groups dealt anew to the {units} units ({unit}), sizes kept",
        "pooled_bootstrap": f"both groups drawn with replacement from all {units} units ({unit})",
        "bootstrap": f"each group drawn with replacement from its own units ({unit})",
    }[spec.method]
    notes = [f"difference: {names[0]} less {names[1]}; {how}; {spec.draws} draws, seed {spec.seed}"]
    notes.append("p value: (1 + draws as extreme) / (1 + draws)")
    lost = draws["difference"].null_count()
    if lost:
        notes.append(f"{lost} draws have no estimate in one of the groups")
    notes += [f"{name}: {note}" for one, name in zip(columns, names, strict=True) for note in one.notes]
    return Result(
        name=spec.name,
        method=f"Difference between groups, by {spec.method.replace('_', ' ')}",
        citation=CITATION,
        estimates=pl.concat([*rows, last], how="diagonal"),
        statistics={
            "n": row["n"],  # type: ignore[dict-item]
            "difference": difference,
            "p_left": by_side["left"],
            "p_right": by_side["right"],
            "p_two_sided": by_side["two_sided"],
            "draws": len(known),
            "draws_without_estimate": lost,
            "units": units,
        },
        notes=tuple(notes),
        outcome=spec.outcome,
        fixed_effects=spec.fixed_effects,
        simulated=panel.simulated,
        frames={"draws": draws, "p_values": p_values},
        native=columns,
    )
