"""Sums within a group equal the dense pairwise twin, whatever the groups."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.score import group_members, pieces
from patentmetrics.score.group_members import ipc_subclass
from patentmetrics.score.groups import SameGroup, same_group_by_lag, without_same_group
from patentmetrics.score.linear import LagSums, similarity_by_lag
from patentmetrics.score.patents import score_patents
from patentmetrics.score.plan import lag_groups, make_plan
from patentmetrics.score.settings import ScoreSettings
from tests.reference import kpst_groups
from tests.score.corpora import (
    FIXED_VARIANTS,
    assert_twin,
    by_lag,
    counted,
    dated_corpora,
    drawn_corpus,
    tiny_pieces,
    variants,
)

# the engine and the twin add the same float64 terms in another order; inclusion and exclusion
# adds and takes away up to 2^k of them
RELATIVE = 1e-9
ABSOLUTE = 1e-10
Groups = list[list[str] | None]


def lists(values: Sequence[Sequence[str | None] | None]) -> pl.Series:
    return pl.Series("group", values, pl.List(pl.String))


def same(
    corpus: TermCounts,
    *,
    group: str = "group",
    sample: tuple[int, int] = (2000, 2007),
    backward: int = 3,
    forward: int = 4,
    values: Literal["any", "first"] = "any",
    memory: int | None = None,
    threads: int | None = None,
    weighting: str = "bidf",
) -> SameGroup:
    plan = by_lag(corpus, backward=backward, forward=forward, sample=sample, weighting=weighting)
    return same_group_by_lag(corpus, plan, group=group, values=values, memory=memory, threads=threads)


def total(corpus: TermCounts, *, sample: tuple[int, int], backward: int = 3, forward: int = 4) -> LagSums:
    plan = by_lag(corpus, backward=backward, forward=forward, sample=sample)
    return similarity_by_lag(corpus, plan, threads=1)[0]


def twin(
    counts: np.ndarray,
    years: np.ndarray,
    values: Groups,
    lags: Sequence[int],
    sample: tuple[int, int],
    kind: Literal["any", "first"] = "any",
    *,
    within: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    found = [
        [
            kpst_groups.sum_by_lag(counts, years, values, p, lag, sample=sample, values=kind, within=within)
            for lag in lags
        ]
        for p in np.argsort(years, kind="stable")
    ]
    return np.array(found)[:, :, 0], np.array(found)[:, :, 1].astype(int)


def assert_equal(found: np.ndarray, right: np.ndarray) -> None:
    np.testing.assert_allclose(found, right, rtol=RELATIVE, atol=ABSOLUTE)


@st.composite
def corpora(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Groups]:
    """Counts, years and groups: null, empty, with one value, with many, repeated."""
    patents = draw(st.integers(1, 14))
    terms = draw(st.integers(1, 8))
    element = st.one_of(st.just(0), st.integers(0, 3), st.just(70_000))
    counts = draw(arrays.arrays(np.int64, (patents, terms), elements=element))
    years = np.array(draw(st.lists(st.integers(2000, 2007), min_size=patents, max_size=patents)))
    one = st.lists(st.sampled_from("abcdef"), max_size=draw(st.integers(0, 6)))
    values = draw(st.lists(st.one_of(st.none(), one), min_size=patents, max_size=patents))
    return counts, years, values


@settings(max_examples=40, deadline=None)
@given(
    corpus=corpora(),
    batch=st.integers(1, 4),
    few=st.integers(0, 3),
    many=st.integers(0, 6),
    kind=st.sampled_from(["any", "first"]),
    wider=st.integers(0, 2),
)
def test_sums_within_and_across_groups_equal_the_pairwise_twin(
    corpus: tuple[np.ndarray, np.ndarray, Groups],
    batch: int,
    few: int,
    many: int,
    kind: Literal["any", "first"],
    wider: int,
) -> None:
    counts, years, values = corpus
    sample = (int(years.min()) - wider, int(years.max()) + wider)
    with (
        tempfile.TemporaryDirectory() as folder,
        tiny_pieces(batch),
        pytest.MonkeyPatch.context() as patch,
    ):
        # all ways through cells and pairs
        patch.setattr(group_members, "FEW_VALUES", few)
        patch.setattr(group_members, "MANY_VALUES", many)
        made = counted(Path(folder) / "counts", counts, years, {"group": lists(values)})
        found = same(made, sample=sample, values=kind)
        all_pairs = total(made, sample=sample)
    order = np.argsort(years, kind="stable")
    assert found.year.tolist() == years[order].tolist()
    assert found.has_group.tolist() == [bool(values[p]) for p in order]
    assert found.without_group == sum(not one for one in values)
    assert found.has_terms.tolist() == (counts[order].sum(axis=1) > 0).tolist()
    back, ahead = [-1, -2, -3], [1, 2, 3, 4]
    for lags, sums, comparators in (
        (back, found.backward, found.comparators_backward),
        (ahead, found.forward, found.comparators_forward),
    ):
        right, numbers = twin(counts, years, values, lags, sample, kind)
        assert_equal(sums, right)
        # where weights are unknown nothing is compared
        assert comparators.tolist() == np.where(np.isnan(right), 0, numbers).tolist()
    rest = without_same_group(all_pairs, found)
    assert_equal(rest.backward, twin(counts, years, values, back, sample, kind, within=False)[0])
    assert_equal(rest.forward, twin(counts, years, values, ahead, sample, kind, within=False)[0])


def random_corpus(patents: int, terms: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.poisson(0.3, (patents, terms)), random.integers(2000, 2008, patents)


def random_groups(patents: int, names: int) -> Groups:
    random = np.random.default_rng(6)
    sizes = np.minimum(random.geometric(0.3, patents), 15) - 1
    return [list(map(str, random.zipf(1.6, size) % names)) if size else None for size in sizes]


@pytest.mark.parametrize(
    "column", [["a"] * 60, [["a", "b"]] * 60, [1] * 60], ids=["text", "lists", "numbers"]
)
def test_everyone_in_one_group_gives_the_totals(tmp_path: Path, column: list[object]) -> None:
    counts, years = random_corpus(60, 20)
    made = counted(tmp_path / "counts", counts, years, {"group": pl.Series(column)})
    found, every = same(made), total(made, sample=(2000, 2007))
    assert_equal(found.backward, every.backward)
    assert_equal(found.forward, every.forward)
    assert np.nansum(found.backward) > 10
    rest = without_same_group(every, found)
    # to the last bit: a ratio to a rounding error would look like a breakthrough
    assert set(rest.backward[~np.isnan(rest.backward)]) == {0.0}
    assert set(rest.forward[~np.isnan(rest.forward)]) == {0.0}


def test_everyone_in_a_group_of_their_own_gives_zero_and_null_where_nothing_is_known(tmp_path: Path) -> None:
    counts, years = random_corpus(60, 20)
    names = pl.Series([f"applicant {i}" for i in range(60)])
    found = same(counted(tmp_path / "counts", counts, years, {"group": names}))
    assert found.without_group == 0
    assert not np.nansum(found.backward)
    assert not np.nansum(found.forward)
    assert not found.comparators_forward.any()
    first, last = found.year == 2000, found.year == 2007
    assert np.isnan(found.backward[first]).all()
    assert np.isnan(found.forward[first]).all()  # nothing came before: no weights
    assert np.isnan(found.forward[last]).all()
    assert not np.isnan(found.backward[last]).any()


def test_two_shared_applicants_make_one_pair(tmp_path: Path) -> None:
    counts = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1]])
    years = np.array([2000, 2000, 2000, 2001, 2002])
    made = counted(
        tmp_path / "counts",
        counts,
        years,
        {"group": lists([None, [], ["x"], ["a", "b", "b", "x"], ["b", "a", "y", "x"]])},
    )
    found = same(made, sample=(2000, 2002), backward=1, forward=1, weighting="none")
    assert found.comparators_backward[:, 0].tolist() == [0, 0, 0, 1, 1]
    assert found.comparators_forward[:, 0].tolist() == [0, 0, 1, 1, 0]
    assert found.backward[4, 0] == pytest.approx(found.forward[3, 0])
    assert 0 < found.backward[4, 0] < 1
    assert found.without_group == 2


def test_blank_and_null_values_are_no_group(tmp_path: Path) -> None:
    counts, years = np.ones((5, 2), int), np.array([2000, 2000, 2001, 2002, 2002])
    values = [["", "a"], [None], [" "], [None, "a"], [""]]
    made = counted(tmp_path / "counts", counts, years, {"group": lists(values)})
    for kind in ("any", "first"):
        found = same(made, sample=(2000, 2002), values=kind, weighting="none")
        assert found.has_group.tolist() == [True, False, False, True, False]
        assert found.comparators_backward.sum(axis=1).tolist() == [0, 0, 0, 1, 0]


def test_the_first_class_alone_decides_where_that_is_asked_for(tmp_path: Path) -> None:
    counts, years = np.ones((4, 2), int), np.array([2000, 2000, 2001, 2001])
    made = counted(
        tmp_path / "counts", counts, years, {"group": lists([["a", "b"], ["b"], ["b", "a"], ["a"]])}
    )
    found = [same(made, sample=(2000, 2001), values=kind, weighting="none") for kind in ("any", "first")]
    assert [one.comparators_backward[:, 0].tolist() for one in found] == [[0, 0, 2, 1], [0, 0, 1, 1]]


def test_any_number_of_threads_and_any_memory_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 16)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 32)
    monkeypatch.setattr(pieces, "PIECE_DOCUMENTS", 96)
    monkeypatch.setattr(group_members, "MANY_VALUES", 5)
    values = random_groups(450, 40)
    made = counted(tmp_path / "counts", *random_corpus(450, 80), {"group": lists(values)})
    assert sum(len(set(one or [])) > 5 for one in values) > 5
    first, *others = [
        same(made, threads=threads, memory=memory)
        for threads, memory in ((1, None), (2, None), (4, 2**30), (2, 600_000), (64, None))
    ]
    assert np.nansum(first.forward) > 200
    for other in others:
        for name in vars(first):
            assert getattr(other, name).tobytes() == getattr(first, name).tobytes(), name


def test_large_groups_equal_the_twin_for_a_sample_of_patents(tmp_path: Path) -> None:
    (counts, years), values = random_corpus(400, 60), random_groups(400, 6)
    values[7] = [str(i) for i in range(6)]
    made = counted(tmp_path / "counts", counts, years, {"group": lists(values)})
    found, order = same(made), np.argsort(years, kind="stable")
    for row in (0, 57, 123, 258, int(np.flatnonzero(order == 7)[0]), 399):
        for j in (1, 2, 4):
            right = kpst_groups.sum_by_lag(counts, years, values, order[row], j, sample=(2000, 2007))
            assert found.forward[row, j - 1] == pytest.approx(right[0], rel=RELATIVE, nan_ok=True)
            assert found.comparators_forward[row, j - 1] == right[1]


def test_subclasses_are_made_from_the_symbols(tmp_path: Path) -> None:
    counts, years = np.ones((4, 2), int), np.array([2000, 2000, 2001, 2001])
    symbols = [["G06F 17/30", "G06F3/048"], ["H04L9/32"], ["g06f0003048800", "H04L 9/32"], ["14-02"]]
    made = counted(tmp_path / "counts", counts, years, {"ipc": pl.Series(symbols)})
    found = same(made, group="ipc_subclass", sample=(2000, 2001), weighting="none")
    assert found.comparators_backward[:, 0].tolist() == [0, 0, 2, 0]
    assert found.without_group == 1
    main = same(made, group="ipc_subclass", sample=(2000, 2001), weighting="none", values="first")
    assert main.comparators_backward[:, 0].tolist() == [0, 0, 1, 0]


def test_subclasses_of_texts_lists_and_nothing() -> None:
    texts = ipc_subclass(pl.Series(["G06F17/30; H04L9/32;G06F3/00", None, "", "nonsense", "A61K"]))
    assert texts.to_list() == [["G06F", "H04L"], None, None, None, ["A61K"]]
    no_symbols = ipc_subclass(pl.Series([[], None], dtype=pl.List(pl.String)))
    assert no_symbols.to_list() == [None, None]


def test_no_groups_at_all_is_no_error(tmp_path: Path) -> None:
    counts, years = random_corpus(30, 10)
    made = counted(tmp_path / "counts", counts, years, {"group": pl.Series([None] * 30)})
    found = same(made)
    assert found.without_group == 30
    assert not np.nansum(found.forward)


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    counts, years = random_corpus(30, 10)
    made = counted(tmp_path / "counts", counts, years, {"size": pl.Series([1.5] * 30)})
    with pytest.raises(ColumnError, match="no column 'sise'") as caught:
        same(made, group="sise")
    assert caught.value.hint == "did you mean 'size'?"
    with pytest.raises(ColumnError, match="no column 'ipc_subclass'"):
        same(made, group="ipc_subclass")
    with pytest.raises(ColumnError, match="name no group"):
        same(made, group="size")
    with pytest.raises(SettingError, match="outside the years"):
        same(made, group="patent_id", sample=(2001, 2007))
    with pytest.raises(SettingError, match="values"):
        same(made, values="main")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="does not suffice"):
        same(made, group="patent_id", memory=1000)


def test_sums_of_another_corpus_are_refused(tmp_path: Path) -> None:
    counts, years = random_corpus(30, 10)
    made = counted(tmp_path / "counts", counts, years, {"group": pl.Series(["a"] * 30)})
    fewer = counted(tmp_path / "fewer", counts[1:], years[1:], {"group": pl.Series(["a"] * 29)})
    every = total(made, sample=(2000, 2007))
    with pytest.raises(DataError, match="do not fit"):
        without_same_group(every, same(fewer))
    with pytest.raises(DataError, match="do not fit"):
        without_same_group(every, same(made, forward=3))


def test_totals_in_groups_of_lags_are_matched(tmp_path: Path) -> None:
    counts, years = random_corpus(80, 20)
    made = counted(tmp_path / "counts", counts, years, {"group": pl.Series(list("abcd") * 20)})
    plan = make_plan(
        made, backward=2, groups=lag_groups([1, 4], by_lag=False), first_year=2000, last_year=2007
    )
    in_groups, found = similarity_by_lag(made, plan, threads=1)[0], same(made)
    rest = without_same_group(in_groups, found)
    lag_by_lag = without_same_group(total(made, sample=(2000, 2007)), found)
    assert rest.groups == ((1, 1), (2, 4))
    assert_equal(rest.backward, lag_by_lag.backward[:, :2])
    assert_equal(rest.forward[:, 0], lag_by_lag.forward[:, 0])
    assert_equal(rest.forward[:, 1], lag_by_lag.forward[:, 1:].sum(axis=1))
    assert np.isfinite(rest.forward).any()


@settings(max_examples=20, deadline=None)
@given(
    corpus=dated_corpora(),
    variant=variants,
    values=st.lists(
        st.one_of(st.none(), st.lists(st.sampled_from("abc"), max_size=3)), min_size=12, max_size=12
    ),
    sides=st.sampled_from([("within", "across"), ("across", "within")]),
)
def test_every_variant_within_and_across_groups_equals_its_twin(
    corpus: tuple[np.ndarray, list[date], list[date]],
    variant: dict[str, str],
    values: Groups,
    sides: tuple[str, str],
) -> None:
    assert_within_and_across(corpus, variant, values[: len(corpus[1])], sides)


@pytest.mark.parametrize("variant", FIXED_VARIANTS, ids=lambda one: " ".join(one.values()))
def test_each_variant_within_and_across_groups_equals_its_twin_where_there_is_much_to_add(
    variant: dict[str, str],
) -> None:
    corpus = drawn_corpus()
    values = random_groups(60, 3)
    assert_within_and_across(corpus, variant, values, ("within", "across"))


def assert_within_and_across(
    corpus: tuple[np.ndarray, list[date], list[date]],
    variant: dict[str, str],
    values: Groups,
    sides: tuple[str, str],
) -> None:
    counts, filed, issued = corpus
    chosen = ScoreSettings(
        backward=2,
        forward=(1, 3),
        keep_lags=True,
        group="group",
        backward_compare=sides[0],
        forward_compare=sides[1],
        **variant,
    )
    columns = {"filing_date": filed, "issue_date": issued, "group": lists(values)}
    years = np.array([day.year for day in filed])
    with tempfile.TemporaryDirectory() as folder, tiny_pieces(2 if len(filed) < 20 else 30):
        frame = score_patents(counted(Path(folder) / "counts", counts, years, columns), chosen).frame
    dates = {"filing": filed, "issue": issued}[chosen.date]

    def keep(p: int, q: int, _: float) -> bool:
        side = sides[0] if dates[q].year < dates[p].year else sides[1]
        return kpst_groups.shares(values, p, q, "any") == (side == "within")

    # who has no group is compared with nobody within one
    lonely = [f"P{i}" for i, one in enumerate(values) if not one]
    within = "^backward_lag.*$" if sides[0] == "within" else "^forward_lag.*$"
    alone = frame.filter(pl.col("patent_id").is_in(lonely)).select(pl.col(within))
    assert sum(alone.null_count().row(0)) == alone.height * alone.width
    assert_twin(frame.filter(~pl.col("patent_id").is_in(lonely)), counts, filed, issued, chosen, keep)
