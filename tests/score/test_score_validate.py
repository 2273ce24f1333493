"""The checks of the score, against slow twins and numbers worked out by hand, and on real patents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import patentmetrics as pm
from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Scores
from patentmetrics.score.breakthrough import add_breakthrough
from patentmetrics.score.forward_citations import count_forward_citations
from patentmetrics.score.validate import Validation, scored_windows, validate_scores
from tests.reference import breakthrough as twin

PATENTS = ["a", "b", "c", "d", "e", "f"]


def scores(n: int = 400, *, seed: int = 1, windows: tuple[int, ...] = (1, 5)) -> Scores:
    """Similarities that go together over windows; 1990 and 1991 incomplete back, 2009 ahead."""
    random = np.random.default_rng(seed)
    quality = random.normal(size=n)
    year = 1990 + np.arange(n) % 20
    frame = pl.DataFrame(
        {
            "patent_id": [f"P{i}" for i in range(n)],
            "year": pl.Series(year, dtype=pl.Int32),
            "backward_similarity": np.exp(random.normal(size=n) / 4),
            "backward_complete": year >= 1992,
            **{f"forward_similarity_{w}": w * np.exp(quality + random.normal(size=n) / w) for w in windows},
            **{f"forward_complete_{w}": year < 2009 for w in windows},
        }
    )
    frame = frame.with_columns(
        pl.when("backward_complete").then("backward_similarity").alias("backward_similarity"),
        *(
            pl.when(f"forward_complete_{w}").then(f"forward_similarity_{w}").alias(f"forward_similarity_{w}")
            for w in windows
        ),
    )
    frame = add_breakthrough(frame, windows=windows, top_share=0.1)
    return Scores(frame=frame.with_columns(quality=quality), key="patent_id", made_by={})


def citations(of: Scores, *, last: int = 2015, seed: int = 2) -> pl.DataFrame:
    """Better patents are cited more, by patents outside the scores, from 1990 to ``last``."""
    random = np.random.default_rng(seed)
    rows = []
    for patent, year, quality in of.frame.select("patent_id", "year", "quality").iter_rows():
        for _ in range(random.poisson(2 * np.exp(quality))):
            rows.append((f"C{len(rows)}", patent, int(year + random.integers(0, 7))))
    rows.append(("C-last", "X", last))
    return pl.DataFrame(rows, schema=["citing_id", "cited_id", "citing_year"], orient="row")


def estimate(validation: Validation, method: str, *, window: int = 5) -> dict[str, Any]:
    assert validation.correlations is not None
    (row,) = validation.correlations.filter(pl.col("method") == method, pl.col("window") == window).iter_rows(
        named=True
    )
    return row


# --- forward citations


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(2000, 2008)), min_size=6, max_size=6),
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.sampled_from([*PATENTS, "x"])),
            st.one_of(st.none(), st.sampled_from([*PATENTS, "y"])),
        ),
        max_size=40,
    ),
    st.integers(0, 6),
    st.lists(st.sets(st.sampled_from(["A", "B", "C"])), min_size=6, max_size=6),
)
def test_forward_citations_are_those_of_the_slow_twin_and_every_row_is_accounted_for(
    years: list[int | None], pairs: list[tuple], window: int, owners: list[set[str]]
) -> None:
    patents = pl.DataFrame({"patent_id": PATENTS, "year": pl.Series(years, dtype=pl.Int32)})
    frame = pl.DataFrame(pairs, schema={"citing_id": pl.String, "cited_id": pl.String}, orient="row")
    applicants = pl.DataFrame(
        {"patent_id": PATENTS, "applicants": [sorted(one) for one in owners]},
        schema_overrides={"applicants": pl.List(pl.String)},
    )
    found = count_forward_citations(
        patents, frame, window=window, citing_years=(2001, 2008), applicants=applicants
    )
    known = dict(zip(PATENTS, years, strict=True))
    expected = twin.forward_citations(
        known, pairs, window, (2001, 2008), dict(zip(PATENTS, owners, strict=True))
    )
    assert dict(found.frame.iter_rows()) == expected
    fates = {k: v for k, v in found.counts.items() if k not in ("citations", "kept_without_applicant")}
    assert sum(fates.values()) == found.counts["citations"] == len(pairs)


def test_a_zero_is_a_zero_only_where_the_citing_years_cover_the_window() -> None:
    patents = pl.DataFrame({"patent_id": PATENTS, "year": [1999, 2000, 2003, 2005, 2006, None]})
    frame = pl.DataFrame({"citing_id": ["1", "2"], "cited_id": ["c", "c"], "citing_year": [2000, 2010]})
    found = count_forward_citations(patents, frame, window=5)
    assert found.citing_years == (2000, 2010)
    assert found.frame["citations"].to_list() == [None, 0, 0, 0, None, None]
    wider = count_forward_citations(patents, frame, window=5, citing_years=(1990, 2011))
    assert wider.frame["citations"].to_list() == [0, 0, 0, 0, 0, None]


def test_a_citation_of_the_same_year_counts_and_one_given_twice_counts_once() -> None:
    patents = pl.DataFrame({"patent_id": ["a", "b", "c"], "year": [2000, 2000, 2003]})
    frame = pl.DataFrame({"citing_id": ["b", "c", "c"], "cited_id": ["a", "a", "a"]})
    found = count_forward_citations(patents, frame, window=3)
    assert found.frame["citations"].to_list() == [2, 0, None]
    assert found.counts["citations_repeated"] == 1
    early = pl.DataFrame({"citing_id": ["a"], "cited_id": ["c"]})
    found = count_forward_citations(patents, early, window=3, citing_years=(2000, 2009))
    assert found.frame["citations"].to_list() == [0, 0, 0]
    assert found.counts["citations_before_the_cited"] == 1


def test_a_citing_year_given_goes_before_the_one_of_the_scores() -> None:
    patents = pl.DataFrame({"patent_id": ["a", "b"], "year": [2000, 2001]})
    frame = pl.DataFrame({"citing_id": ["b"], "cited_id": ["a"], "citing_year": [2009]})
    found = count_forward_citations(patents, frame, window=3, citing_years=(2000, 2010))
    assert found.frame["citations"].to_list() == [0, 0]
    assert found.counts["citations_after_the_window"] == 1


def test_an_applicant_as_text_is_one_applicant() -> None:
    patents = pl.DataFrame({"patent_id": ["a", "b"], "year": [2000, 2001]})
    frame = pl.DataFrame({"citing_id": ["b"], "cited_id": ["a"]})
    owners = pl.DataFrame({"patent_id": ["a", "b"], "applicants": ["华为", "华为"]})
    span = (2000, 2010)
    found = count_forward_citations(patents, frame, window=3, citing_years=span, applicants=owners)
    assert found.frame["citations"].to_list() == [0, 0]
    assert found.counts["citations_by_the_same_applicant"] == 1
    found = count_forward_citations(patents, frame, window=3, citing_years=span, applicants=owners[:1])
    assert found.frame["citations"].to_list() == [1, 0]
    assert found.counts["kept_without_applicant"] == 1


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({}, {"window": -1}, SettingError, "no negative years"),
        ({}, {"citing_years": (2005, 2000)}, SettingError, "end before they begin"),
        ({"citing_id": ["9"]}, {}, DataError, "no citation has a citing year"),
        ({"cited_id": [1]}, {}, ColumnError, "different types"),
    ],
)
def test_citations_that_cannot_be_counted_are_refused(
    change: dict, options: dict, error: type, message: str
) -> None:
    patents = pl.DataFrame({"patent_id": ["a", "b"], "year": [2000, 2001]})
    frame = pl.DataFrame({"citing_id": ["b"], "cited_id": ["a"]} | change)
    with pytest.raises(error, match=message):
        count_forward_citations(patents, frame, **{"window": 3, **options})


# --- correlations


def test_correlations_are_scipys_on_the_patents_that_have_both() -> None:
    given = scores()
    validation = validate_scores(given, windows=[5], citations=citations(given))
    counted = count_forward_citations(given.frame, citations(given), window=5)
    both = given.frame.join(counted.frame, on="patent_id").drop_nulls(["breakthrough_5", "citations"])
    assert both["year"].max() == 2008  # 2009 has no score; citing years would do to 2010
    x, y = both["breakthrough_5"].to_numpy(), np.log1p(both["citations"].to_numpy())
    pearson = stats.pearsonr(x, y)
    found = estimate(validation, "pearson_log")
    assert found["n"] == both.height
    assert found["estimate"] == pytest.approx(pearson.statistic)
    assert found["p_value"] == pytest.approx(pearson.pvalue, rel=1e-6, abs=0)
    interval = pearson.confidence_interval(0.95)
    assert (found["conf_low"], found["conf_high"]) == pytest.approx((interval.low, interval.high))
    spearman = stats.spearmanr(x, y)
    found = estimate(validation, "spearman")
    assert found["estimate"] == pytest.approx(spearman.statistic)
    assert found["p_value"] == pytest.approx(spearman.pvalue, rel=1e-6, abs=0)
    assert found["conf_low"] < found["estimate"] < found["conf_high"]


def test_the_correlation_within_years_is_the_partial_correlation_given_year_dummies() -> None:
    given = scores()
    # years that differ in both raise the plain correlation, and must not raise the one within years
    shifted = given.frame.with_columns(pl.col("breakthrough_5") + (pl.col("year") - 2000))
    given = Scores(frame=shifted, key="patent_id", made_by={})
    validation = validate_scores(given, windows=[5], citations=citations(given))
    counted = count_forward_citations(given.frame, citations(given), window=5)
    both = given.frame.join(counted.frame, on="patent_id").drop_nulls(["breakthrough_5", "citations"])
    years = [both["year"].to_list()]
    x = twin.dense_residual(both["breakthrough_5"].to_list(), years)
    y = twin.dense_residual(np.log1p(both["citations"].to_numpy()).tolist(), years)
    found = estimate(validation, "pearson_log_within_year")
    assert found["estimate"] == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found["estimate"] > estimate(validation, "pearson_log")["estimate"] + 0.1
    assert estimate(validation, "spearman_within_year")["estimate"] == pytest.approx(
        stats.spearmanr(x, y).statistic, abs=1e-3
    )
    # the t statistic of a regression with the year dummies in it
    free = both.height - len(set(years[0])) - 1
    slope = np.dot(x, y) / np.dot(x, x)
    error = np.sqrt(np.sum((np.array(y) - slope * np.array(x)) ** 2) / free / np.dot(x, x))
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(slope / error), free), rel=1e-6, abs=0)
    ranks = estimate(validation, "spearman_within_year")
    t = ranks["estimate"] * np.sqrt(free / (1 - ranks["estimate"] ** 2))
    assert ranks["p_value"] == pytest.approx(2 * stats.t.sf(t, free), rel=1e-6, abs=0)


def test_patents_without_citation_data_are_left_out_and_counted_not_taken_for_uncited() -> None:
    given = scores()
    validation = validate_scores(given, windows=[5], citations=citations(given), citing_years=(1990, 2005))
    left = given.frame.filter(pl.col("year") > 2000).height
    assert validation.counts["patents_outside_citing_years"] == left
    used = given.frame.filter(pl.col("year") <= 2000, pl.col("breakthrough_5").is_not_null()).height
    assert estimate(validation, "spearman")["n"] == used
    assert validation.citing_years == (1990, 2005)


def test_a_correlation_with_a_constant_is_null() -> None:
    given = scores()
    none = pl.DataFrame({"citing_id": ["c"], "cited_id": ["X"], "citing_year": [2000]})
    validation = validate_scores(given, windows=[5], citations=none, citing_years=(1980, 2020))
    row = estimate(validation, "spearman")
    assert row["n"] > 300
    assert row["estimate"] is row["p_value"] is row["conf_low"] is None


def test_bins_are_of_equal_size_and_their_means_are_those_of_all() -> None:
    given = scores()
    validation = validate_scores(given, windows=[5], citations=citations(given))
    bins = validation.citation_bins
    assert bins is not None
    assert bins.height == 20
    assert bins["n"].max() - bins["n"].min() <= 1
    assert bins["n"].sum() == estimate(validation, "spearman")["n"]
    assert bins["breakthrough"].is_sorted()
    for name in ("breakthrough", "citations"):  # residuals: their means over all patents are zero
        assert (bins[name] * bins["n"]).sum() == pytest.approx(0, abs=1e-9)
    assert (bins["conf_low"] < bins["citations"]).all()
    assert bins["citations"][-1] > bins["citations"][0] + 0.5


# --- landmarks


def test_percentiles_of_landmarks_are_mid_ranks_among_those_scored() -> None:
    given = scores()
    wanted = ["P45", "P7", "P0", "nobody", "P45"]
    validation = validate_scores(given, windows=[1, 5], citations=citations(given), landmarks=wanted)
    assert validation.unknown_landmarks == ("nobody",)
    assert validation.counts["landmarks_repeated"] == 1
    rows = validation.landmarks
    assert rows is not None
    assert rows["patent_id"].to_list() == ["P45", "P45", "P7", "P7", "P0", "P0"]
    ids = given.frame["patent_id"].to_list()
    counted = count_forward_citations(given.frame, citations(given), window=5).frame["citations"]
    for row in rows.filter(pl.col("window") == 5).iter_rows(named=True):
        at = ids.index(row["patent_id"])
        year = given.frame["year"] == row["year"]
        for name, column in {"percentile": "breakthrough_5", "percentile_net": "breakthrough_5_net"}.items():
            expected = twin.percentile(given.frame[column].to_list(), at)
            assert row[name] == (None if expected is None else pytest.approx(expected))
        same = given.frame.filter(year)
        place = same["patent_id"].to_list().index(row["patent_id"])
        expected = twin.percentile(same["breakthrough_5"].to_list(), place)
        assert row["percentile_within_year"] == (None if expected is None else pytest.approx(expected))
        assert row["citations_percentile"] == pytest.approx(twin.percentile(counted.to_list(), at))
    assert rows.filter(pl.col("patent_id") == "P0")["percentile"].to_list() == [
        None,
        None,
    ]  # 1990: incomplete


def test_good_patents_are_high_and_random_ones_are_not() -> None:
    given = scores()
    best = given.frame.sort("quality", descending=True)["patent_id"][:20].to_list()
    validation = validate_scores(given, windows=[5], landmarks=best)
    assert validation.landmark_summary is not None
    (row,) = validation.landmark_summary.iter_rows(named=True)
    assert row["landmarks"] == 20
    assert row["scored"] <= 20
    assert row["median_percentile"] > 90
    assert row["p_value"] < 1e-6
    chance = validate_scores(given, windows=[5], landmarks=given.frame["patent_id"][40:140].to_list())
    assert chance.landmark_summary is not None
    assert 40 < chance.landmark_summary["mean_percentile"][0] < 60
    assert chance.landmark_summary["p_value"][0] > 0.05


def test_landmarks_without_any_score_have_no_test() -> None:
    validation = validate_scores(scores(), windows=[5], landmarks=["P0"])
    assert validation.landmark_summary is not None
    assert validation.landmark_summary.rows() == [(5, 1, 0, None, None, 0, None)]


# --- persistence and distribution


def test_persistence_is_the_rank_correlation_over_patents_with_both() -> None:
    given = scores(windows=(1, 5, 10))
    rows = validate_scores(given, windows=[10, 1, 5, 5]).persistence
    assert rows.select("window", "other").rows() == [(1, 5), (1, 10), (5, 10)]
    both = given.frame.drop_nulls(["breakthrough_1", "breakthrough_10"])
    found = rows.row(1, named=True)
    assert found["n"] == both.height
    assert found["spearman"] == pytest.approx(
        stats.spearmanr(both["breakthrough_1"], both["breakthrough_10"]).statistic
    )
    assert found["spearman_net"] == pytest.approx(
        stats.spearmanr(both["breakthrough_1_net"], both["breakthrough_10_net"]).statistic
    )
    top = both.filter("is_breakthrough_1")
    assert found["kept_by_both"] == pytest.approx(top["is_breakthrough_10"].sum() / top.height)
    assert rows["spearman"][2] > rows["spearman"][0] > 0.3


def test_the_distribution_accounts_for_every_patent_of_every_year() -> None:
    given = scores()
    frame = given.frame.with_columns(
        # one without terms and one with a zero, in complete windows; one of them in 1990, where the first
        # reason is the window
        pl.when(pl.col("patent_id").is_in(["P5", "P0"]))
        .then(None)
        .otherwise("backward_similarity")
        .alias("backward_similarity"),
        pl.when(pl.col("patent_id") == "P6")
        .then(0.0)
        .otherwise("forward_similarity_5")
        .alias("forward_similarity_5"),
    )
    frame = add_breakthrough(frame, windows=[1, 5], top_share=0.1)
    validation = validate_scores(Scores(frame=frame, key="patent_id", made_by={}), windows=[5])
    rows = validation.distribution
    reasons = ["backward_incomplete", "forward_incomplete", "without_terms", "zero_similarity"]
    assert (rows["patents"] == rows.select(pl.sum_horizontal("scored", *reasons)).to_series()).all()
    assert rows.select(reasons).sum().row(0) == (40, 20, 1, 1)
    assert rows["patents"].sum() == frame.height
    year = rows.filter(pl.col("year") == 2000).row(0, named=True)
    values = frame.filter(pl.col("year") == 2000)["breakthrough_5"].to_numpy()
    assert [year[name] for name in ("p05", "p50", "p95")] == pytest.approx(
        np.quantile(values, [0.05, 0.5, 0.95])
    )
    assert rows.filter(pl.col("year") == 1990)["p50"].to_list() == [None]
    assert rows.filter(pl.col("year") == 1990)["null_share"].to_list() == [1.0]
    assert validation.histogram["patents"].sum() == rows["scored"].sum()


def test_what_is_kept_stands_beside_what_was_asked() -> None:
    validation = validate_scores(scores(), windows=[1, 5])
    assert validation.kept["window"].to_list() == [1, 5]
    assert validation.kept["share"].to_list() == pytest.approx([0.1, 0.1], abs=0.005)


def test_the_same_scores_in_another_order_give_the_same_checks() -> None:
    given = scores()
    turned = Scores(frame=given.frame.reverse(), key="patent_id", made_by={})
    cited = citations(given)
    one = validate_scores(given, windows=[1, 5], citations=cited, landmarks=["P45"])
    other = validate_scores(turned, windows=[1, 5], citations=cited.reverse(), landmarks=["P45"])
    assert one.counts == other.counts
    for name in ("distribution", "histogram", "persistence", "correlations", "citation_bins", "landmarks"):
        frames = getattr(one, name), getattr(other, name)
        numbers = [frame.select(pl.selectors.numeric()).fill_null(-9) for frame in frames]
        assert numbers[0].to_numpy() == pytest.approx(numbers[1].to_numpy(), rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"windows": []}, SettingError, "one window or more"),
        ({"windows": [0]}, SettingError, "one window or more"),
        ({"windows": [7]}, ColumnError, "forward_similarity_7"),
        ({"landmarks": "P45"}, SettingError, "list of patent ids"),
    ],
)
def test_checks_that_cannot_be_made_are_refused(options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        validate_scores(scores(), **{"windows": [5], **options})


def test_scores_that_are_none_are_refused() -> None:
    given = scores()
    with pytest.raises(DataError, match="no scores"):
        validate_scores(Scores(frame=given.frame.clear(), key="patent_id", made_by={}), windows=[5])
    doubled = pl.concat([given.frame, given.frame[:1]])
    with pytest.raises(DataError, match="more than once"):
        validate_scores(Scores(frame=doubled, key="patent_id", made_by={}), windows=[5])
    numbers = given.frame.with_columns(patent_id=pl.int_range(given.frame.height))
    with pytest.raises(ColumnError, match="ids are text"):
        validate_scores(Scores(frame=numbers, key="patent_id", made_by={}), windows=[5])


def test_the_windows_of_scores_are_found() -> None:
    assert scored_windows(scores(windows=(10, 1)).frame) == (1, 10)


@pytest.mark.larger
def test_breakthrough_of_real_patents_goes_with_their_forward_citations(
    larger_data: Path, tmp_path: Path
) -> None:
    """Solar patents and the references of 350 of them: what the score is for, on real data.

    Those who cite are a sample, of inverters and mountings above all, so part of the correlation is that
    these fields grew: it is a check that the score and the citations meet, not a measure of how well.
    The data end in June 2013, so 2012 is the last citing year that is whole.
    """
    frame = pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")
    # half the words of each patent do for a rank correlation, and take half the time
    frame = frame.with_columns(pl.col("text").str.slice(0, 4000))
    corpus = pm.Corpus(frame=frame, key="patent_id", text=("title", "text"))
    counts = pm.count_terms(corpus, tmp_path / "counts", segmenter="english", date="issue", min_documents=2)
    scored = pm.score_patents(counts)
    records = pl.read_csv(larger_data / "patents" / "us_solar_records.csv", infer_schema_length=0)
    cited = (
        records.filter(pl.col("references") != "")
        .select(
            citing_id="number",
            citing_year=pl.col("issue").str.slice(0, 4).cast(pl.Int64),
            cited_id=pl.col("references").str.split(","),
        )
        .explode("cited_id")
        .with_columns(pl.col("cited_id").str.strip_chars())
    )
    assert validate_scores(scored, windows=[5], citations=cited).citing_years == (2005, 2013)
    validation = validate_scores(scored, windows=[5], citations=cited, citing_years=(2005, 2012))
    assert validation.counts["citing_patents"] == 350
    assert validation.counts["citations"] == 12_691
    row = estimate(validation, "spearman_within_year")
    assert row["n"] == 231
    assert 0.1 < row["estimate"] < 0.5
    assert row["conf_low"] > 0
