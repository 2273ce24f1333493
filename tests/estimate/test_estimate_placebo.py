"""Placebo tests: equal to plain loops, the same for any number of threads, and of the right level."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.assignments import fake_cohorts
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.draws import empirical_p_values, estimate_draws, without_first
from patentmetrics.estimate.fixed_placebo import FixedPlaceboSpec, fit_fixed_placebo
from patentmetrics.estimate.placebo import PlaceboSpec, fit_placebo
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import draws as twin

BASE = PlaceboSpec(
    name="(1)", outcome="outcome", controls=("control", "second"), kind="unit", draws=12, seed=3
)
PARTS = ["estimate", "std_error", "statistic", "p_value"]


def panel_of(*, balanced: bool = True, places: int = 16, seed: int = 2, effect: float = 0.25) -> Panel:
    panel = simulate_panel(
        places=places, first_year=2005, last_year=2014, cohorts=[2009, 2011], effect=effect, seed=seed
    ).panel
    rng = np.random.default_rng(seed)
    number = pl.col("place").str.tail(3).cast(pl.Int32)
    frame = panel.frame.with_columns(
        second=pl.Series(1e-6 * rng.normal(size=panel.frame.height)),
        province=(number % 4).cast(pl.String),
        outcome=1e4 + pl.col("outcome"),
    )
    if not balanced:
        frame = frame.sample(fraction=0.75, seed=5).with_columns(
            control=pl.when(pl.col("year") == 2006).then(None).otherwise("control")
        )
    return replace(panel, frame=frame)


def cohorts_of(panel: Panel) -> pl.DataFrame:
    """The first year of each place that has a complete row, in order."""
    rows = panel.frame.drop_nulls("control")
    return rows.select("place", pl.col("cohort").fill_null(0)).unique().sort("place")


def with_treatment(panel: Panel, places: pl.DataFrame, first: np.ndarray) -> Panel:
    fake = dict(zip(places["place"], first.tolist(), strict=True))
    start = pl.col("place").replace_strict(fake, default=None)
    treated = ((start > 0) & (pl.col("year") >= start)).cast(pl.Int8)
    return replace(panel, frame=panel.frame.with_columns(treated=treated))


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("kind", ["unit", "time", "mixed"])
@pytest.mark.parametrize("errors", ["cluster", "robust", "iid"])
def test_draws_equal_a_loop_of_fit_did_to_12_digits(balanced: bool, kind: str, errors: str) -> None:
    panel = panel_of(balanced=balanced)
    spec = replace(BASE, kind=kind, errors=errors, timing="place")
    drawn = fit_placebo(panel, spec).frames["draws"]
    places = cohorts_of(panel)
    years = panel.frame.drop_nulls("control")["year"].unique().sort().to_list()[1:]
    fake = fake_cohorts(places["cohort"], kind=kind, timing="place", years=years, draws=12, seed=3)
    loop = [
        fit_did(with_treatment(panel, places, first), spec).estimates.select(PARTS).row(0) for first in fake
    ]
    assert drawn["draw"].to_list() == list(range(1, 13))
    assert drawn["estimate"].to_numpy() == pytest.approx(np.array(loop)[:, 0], rel=1e-12)
    assert drawn.select(PARTS).to_numpy() == pytest.approx(np.array(loop), rel=1e-11)


@pytest.mark.parametrize("effects", [("place", "year"), ("place", "province^year"), ("year",)])
@pytest.mark.parametrize("cluster", ["place", "province"])
def test_draws_equal_the_slow_twin_for_other_effects_and_clusters(
    effects: tuple[str, ...], cluster: str
) -> None:
    panel = panel_of(balanced=False)
    spec = replace(BASE, fixed_effects=effects, cluster=cluster, draws=4)
    drawn = fit_placebo(panel, spec).frames["draws"]
    sample = estimation_sample(
        panel,
        outcome="outcome",
        regressors=("treated", "control", "second"),
        fixed_effects=effects,
        cluster=cluster,
    )
    place = sample.frame["place"].rank("dense").to_numpy().astype(int) - 1
    first = sample.frame.select("place", "cohort").unique().sort("place")["cohort"].fill_null(0)
    fake = fake_cohorts(first, kind="unit", timing="cohort", years=[], draws=4, seed=3)
    x = sample.regressors[:, 1:] * np.array([1.0, 1e6])
    expected = twin.placebo(
        sample.outcome - 1e4,
        x,
        list(sample.effects.T),
        sample.clusters,
        "cluster",
        [twin.treatment_from(one, place, sample.frame["year"].to_numpy()) for one in fake],
    )
    assert drawn.select("estimate", "std_error").to_numpy() == pytest.approx(np.array(expected), rel=1e-8)


def test_the_real_estimate_and_the_p_values_are_those_of_a_count() -> None:
    panel = panel_of(effect=0.1)
    result = fit_placebo(panel, replace(BASE, draws=60))
    assert result.estimates.equals(fit_did(panel, BASE).estimates)
    for of in ("estimate", "statistic"):
        counted = twin.counts(result.frames["draws"][of].to_list(), result.estimates[of][0])
        rows = result.frames["p_values"].filter(pl.col("of") == of)
        assert dict(rows.select("side", "extreme").rows()) == counted
        assert rows["p_value"].to_list() == pytest.approx([(1 + one) / 61 for one in counted.values()])
        assert rows["share"].to_list() == pytest.approx([one / 60 for one in counted.values()])
    assert result.statistics["p_right"] == pytest.approx(result.frames["p_values"]["p_value"][1])
    assert result.statistics["draws"] == 60


def test_a_draw_that_is_the_real_treatment_counts_as_extreme() -> None:
    # two places: each unit draw is the treatment itself or its opposite
    frame = simulate_panel(places=2, cohorts=[2012], share_treated=0.5, seed=1).panel.frame
    spec = replace(BASE, controls=(), draws=30, errors="robust")
    result = fit_placebo(Panel(frame=frame), spec)
    drawn = result.frames["draws"]["estimate"].to_numpy()
    own = result.estimates["estimate"][0]
    assert np.abs(drawn) == pytest.approx(np.full(30, abs(own)), rel=1e-9)
    assert result.statistics["p_two_sided"] == 1


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads() -> None:
    code = (
        "import sys, hashlib\n"
        "from tests.estimate.test_estimate_placebo import BASE, fit_placebo, panel_of\n"
        "from dataclasses import replace\n"
        "spec = replace(BASE, draws=300, fixed_effects=('place', 'province^year'))\n"
        "panel = panel_of(balanced=False, places=60)\n"
        "found = fit_placebo(panel, spec, threads=int(sys.argv[1])).frames\n"
        "made = b''.join(found['draws'][c].to_numpy().tobytes() for c in found['draws'].columns)\n"
        "print(hashlib.sha256(made).hexdigest())\n"
    )
    seen = set()
    for threads, seed in (("1", "1"), ("2", "77")):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "OPENBLAS_NUM_THREADS": threads,
            "OMP_NUM_THREADS": threads,
        }
        done = subprocess.run(
            [sys.executable, "-c", code, threads],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
        )
        seen.add(done.stdout)
    assert len(seen) == 1


def test_a_draw_does_not_depend_on_how_many_there_are_and_another_seed_draws_anew() -> None:
    panel = panel_of()
    few = fit_placebo(panel, replace(BASE, kind="mixed", draws=5)).frames["draws"]
    many = fit_placebo(panel, replace(BASE, kind="mixed", draws=90)).frames["draws"]
    assert few.equals(many.head(5))
    other = fit_placebo(panel, replace(BASE, kind="mixed", draws=5, seed=4)).frames["draws"]
    assert not np.any(other["estimate"].to_numpy() == few["estimate"].to_numpy())


COHORTS = np.array([2009] * 3 + [2011] * 5 + [0] * 12)


def test_unit_draws_keep_the_sizes_of_the_cohorts_and_reach_every_place() -> None:
    drawn = fake_cohorts(COHORTS, kind="unit", timing="cohort", years=[], draws=300, seed=1)
    assert all(sorted(one.tolist()) == sorted(COHORTS.tolist()) for one in drawn)
    share = (drawn == 2011).mean(axis=0)
    assert np.all(np.abs(share - 5 / 20) < 4 * np.sqrt(0.25 * 0.75 / 300))


def test_time_draws_keep_the_treated_places() -> None:
    drawn = fake_cohorts(COHORTS, kind="time", timing="place", years=[2006, 2007, 2008], draws=50, seed=1)
    assert np.all((drawn > 0) == (COHORTS > 0))
    assert set(np.unique(drawn).tolist()) == {0, 2006, 2007, 2008}


@pytest.mark.parametrize("timing", ["cohort", "place", "common"])
def test_mixed_draws_take_other_places_and_years_as_the_timing_says(timing: str) -> None:
    years = list(range(2006, 2015))
    drawn = fake_cohorts(COHORTS, kind="mixed", timing=timing, years=years, draws=200, seed=1)
    assert np.all((drawn > 0).sum(axis=1) == 8)
    assert np.all(np.abs((drawn > 0).mean(axis=0) - 8 / 20) < 0.15)
    assert set(np.unique(drawn).tolist()) - {0} == set(years)
    sizes = [sorted(np.unique(one[one > 0], return_counts=True)[1].tolist()) for one in drawn]
    if timing == "cohort":
        assert all(one == [3, 5] for one in sizes)
    elif timing == "common":
        assert all(one == [8] for one in sizes)
    else:
        assert len({tuple(one) for one in sizes}) > 5


def test_with_never_treated_the_treated_places_are_not_in_the_draws() -> None:
    made = simulate_panel(places=30, share_treated=0.3, effect=5.0, seed=1).panel
    spec = replace(BASE, controls=("control",), draws=40)
    everyone = fit_placebo(made, spec)
    others = fit_placebo(made, replace(spec, among="never_treated"))
    # a large real effect widens the draws from all places, not those from the untreated
    assert others.statistics["placebo_sd"] < 0.5 * everyone.statistics["placebo_sd"]
    assert "9 of 21 never-treated places" in " ".join(others.notes)
    untreated = replace(made, frame=made.frame.filter(pl.col("cohort").is_null()))
    places = untreated.frame["place"].unique().sort()
    real = made.frame.select("place", "cohort").unique().drop_nulls().sort("place")["cohort"].to_numpy()
    dealt = np.concatenate([real, np.zeros(21 - len(real), dtype=int)])
    fake = fake_cohorts(dealt, kind="unit", timing="cohort", years=[], draws=1, seed=3)[0]
    one = fit_did(with_treatment(untreated, pl.DataFrame({"place": places}), fake), spec)
    assert others.frames["draws"].row(0)[1:3] == pytest.approx(one.estimates.select(PARTS).row(0)[:2])


def test_a_fake_treatment_that_the_effects_absorb_has_no_estimate_and_is_counted() -> None:
    sample = without_first(
        estimation_sample(
            panel_of(),
            outcome="outcome",
            regressors=("treated", "control"),
            fixed_effects=("place", "year"),
            cluster="place",
        )
    )
    year, place = sample.frame["year"].to_numpy(), sample.effects[:, 0]
    columns = np.column_stack([year > 2009, place == 3, (place == 3) & (year > 2009)]).astype(float)
    drawn = estimate_draws(sample, lambda a, b: columns[:, a:b], 3, errors="cluster").to_frame()
    assert drawn["estimate"].is_null().to_list() == [True, True, False]
    assert drawn["std_error"].null_count() == drawn["p_value"].null_count() == 2
    frame = empirical_p_values([float("nan")], 1.0)
    assert frame["draws"].to_list() == [0, 0, 0]
    assert frame["p_value"].null_count() == 3


@pytest.mark.monte_carlo
def test_placebo_has_its_level_when_there_is_no_effect() -> None:
    # under the null the estimate is one more draw: p is uniform on 1/20 … 20/20
    found = []
    for seed in range(120):
        panel = simulate_panel(
            places=14, first_year=2005, last_year=2010, cohorts=[2008], effect=0.0, seed=seed
        ).panel
        spec = PlaceboSpec(name="m", outcome="outcome", kind="unit", draws=19, seed=seed)
        found.append(fit_placebo(panel, spec).statistics["p_two_sided"])
    p = np.array(found)
    for level in (0.1, 0.25, 0.5):
        share = np.mean(p <= level + 1e-9)
        assert abs(share - level) < 3 * np.sqrt(level * (1 - level) / 120)


def test_placebo_finds_a_real_effect() -> None:
    result = fit_placebo(panel_of(places=40, effect=0.6), replace(BASE, draws=199))
    assert result.statistics["p_right"] == pytest.approx(1 / 200)
    assert result.statistics["p_left"] == pytest.approx(1.0)
    assert abs(result.statistics["placebo_mean"]) < 0.1


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"draws": 0}, SettingError, "draws is out of range"),
        ({"seed": -1}, SettingError, "seed is out of range"),
        ({"kind": "places"}, SettingError, "kind"),
        ({"timing": "each"}, SettingError, "timing"),
        ({"years": (2005, 2010)}, SettingError, "must begin after the first year"),
        ({"years": (2009, 2009), "kind": "mixed"}, DataError, "fewer years to draw from than cohorts"),
        ({"kind": "time", "among": "never_treated"}, SettingError, "random years are for the places"),
        ({"among": "never_treated"}, DataError, "too few untreated places"),
    ],
)
def test_settings_that_make_no_test_are_refused(
    change: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        fit_placebo(panel_of(), replace(BASE, **change))


def test_a_treatment_that_does_not_follow_the_cohort_is_refused_with_its_rows() -> None:
    panel = panel_of()
    off = pl.when((pl.col("year") == 2014) & (pl.col("cohort") == 2009)).then(0).otherwise("treated")
    with pytest.raises(DataError, match="is not 1 from 'cohort' on") as caught:
        fit_placebo(replace(panel, frame=panel.frame.with_columns(treated=off.cast(pl.Int8))), BASE)
    assert "2014" in str(caught.value)


@pytest.mark.larger
def test_on_real_counties_the_draws_equal_a_loop_and_the_estimate_is_the_known_one(larger_data: Path) -> None:
    frame = pl.read_csv(larger_data / "reference" / "mpdta.csv").with_columns(
        place=pl.col("countyreal").cast(pl.String),
        cohort=pl.when(pl.col("first.treat") > 0).then(pl.col("first.treat")),
    )
    treated = (pl.col("year") >= pl.col("cohort")).fill_null(value=False).cast(pl.Int8)
    panel = Panel(frame=frame.with_columns(treated=treated))
    spec = PlaceboSpec(name="m", outcome="lemp", kind="unit", draws=99, seed=1)
    result = fit_placebo(panel, spec)
    # two-way fixed effects on these data, as printed with the R package did: -0.0365
    assert round(result.estimates["estimate"][0], 4) == -0.0365
    places = panel.frame.select("place", pl.col("cohort").fill_null(0)).unique().sort("place")
    fake = fake_cohorts(places["cohort"], kind="unit", timing="cohort", years=[], draws=99, seed=1)
    for number in (0, 50, 98):
        one = fit_did(with_treatment(panel, places, fake[number]), spec).estimates.select(PARTS).row(0)
        assert result.frames["draws"].row(number)[1:] == pytest.approx(one, rel=1e-11)
    assert result.statistics["p_left"] < 0.05


FIXED = FixedPlaceboSpec(name="(1)", outcome="outcome", controls=("control",), kind="earlier")


def test_earlier_treatment_leaves_out_the_treated_rows_and_finds_nothing() -> None:
    panel = panel_of(places=60, effect=1.0)
    result = fit_fixed_placebo(panel, replace(FIXED, shifts=(1, 3)))
    placebos = result.frames["placebos"]
    rows = panel.frame.filter(pl.col("cohort").is_null() | (pl.col("year") < pl.col("cohort")))
    assert placebos["n"].to_list() == [rows.height] * 2
    assert placebos["estimate"].abs().max() < 0.3
    fake = (pl.col("year") >= pl.col("cohort") - 3).fill_null(value=False).cast(pl.Int8)
    frame = rows.with_columns(treated=fake)
    one = fit_did(replace(panel, frame=frame), DidSpec(name="", outcome="outcome", controls=("control",)))
    assert placebos.row(1, named=True)["estimate"] == one.estimates["estimate"][0]
    dropped = fit_fixed_placebo(panel, replace(FIXED, shifts=(1,), untreated_after="drop"))
    assert dropped.frames["placebos"]["n"].to_list() == [60 * 4]
    assert result.estimates["estimate"][0] > 0.8


def test_other_outcomes_are_estimated_each_on_its_own_rows() -> None:
    panel = panel_of()
    noise = np.random.default_rng(1).normal(size=160)
    noise[[3, 4]] = np.nan
    panel = replace(panel, frame=panel.frame.with_columns(rain=pl.Series(noise), sun=pl.Series(-noise)))
    result = fit_fixed_placebo(panel, replace(FIXED, kind="outcome", outcomes=("rain", "sun")))
    placebos = result.frames["placebos"]
    assert placebos["placebo"].to_list() == ["rain", "sun"]
    assert placebos["n"].to_list() == [158, 158]
    assert placebos["estimate"][0] == pytest.approx(-placebos["estimate"][1])
    assert [one.outcome for one in result.native] == ["rain", "sun"]


def test_ranked_places_are_the_largest_of_each_year_as_many_as_were_treated() -> None:
    panel = panel_of(places=12)
    result = fit_fixed_placebo(panel, replace(FIXED, kind="rank"))
    placebos = result.frames["placebos"]
    assert placebos["placebo"].to_list() == ["2009", "2011", "all"]
    assert placebos["places_treated"].to_list() == [3, 3, 6]
    chosen: dict[str, int] = {}
    for year in (2009, 2011):
        rows = panel.frame.filter(pl.col("year") == year).sort("outcome", descending=True)
        chosen |= dict.fromkeys([one for one in rows["place"] if one not in chosen][:3], year)
    places = cohorts_of(panel)
    fake = np.array([chosen.get(one, 0) for one in places["place"]])
    one = fit_did(with_treatment(panel, places, fake), FIXED)
    assert placebos["estimate"][2] == pytest.approx(one.estimates["estimate"][0], rel=1e-12)


def test_ranks_leave_out_places_without_outcome_and_the_treated_if_asked() -> None:
    panel = panel_of(places=20)
    largest = panel.frame.filter(pl.col("year") == 2009).sort("outcome")["place"][-1]
    hidden = pl.when((pl.col("year") == 2009) & (pl.col("place") == largest)).then(None).otherwise("outcome")
    panel = replace(panel, frame=panel.frame.with_columns(outcome=hidden))
    result = fit_fixed_placebo(panel, replace(FIXED, kind="rank"))
    assert result.frames["placebos"]["n"].to_list() == [199] * 3
    never = replace(FIXED, kind="rank", among="never_treated")
    assert fit_fixed_placebo(panel, never).frames["placebos"]["n"].to_list()[0] < 120


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shifts": ()}, "moved to earlier years"),
        ({"shifts": (0,)}, "moved to earlier years"),
        ({"kind": "outcome"}, "no outcome is named"),
        ({"kind": "lead"}, "kind"),
    ],
)
def test_fixed_placebos_without_anything_to_do_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        fit_fixed_placebo(panel_of(), replace(FIXED, **change))
