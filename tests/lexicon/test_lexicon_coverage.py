"""Coverage of a lexicon: sums by hand, ranks without a term against the slow twin and against a recount."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.sparse import csr_array

from patentmetrics.core.errors import ColumnError, LexiconError, SettingError
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.coverage import WHOLE, Coverage, lexicon_coverage
from patentmetrics.lexicon.frequencies import keyword_frequencies
from patentmetrics.lexicon.leaving_out import Measure, concentration, leave_out
from patentmetrics.lexicon.load import list_lexicons, load_lexicon
from patentmetrics.lexicon.rules import RULES
from patentmetrics.lexicon.sample import sample_corpus
from patentmetrics.read.policy import read_policy_folder
from tests.reference import lexicon_coverage as slow


# two correlations of some hundred numbers, added up in another order
def near(value: float | None) -> object:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)


FRAMES = [name for name, kind in Coverage.__annotations__.items() if kind == "pl.DataFrame"]


def lexicon_of(entries: list[tuple[str, str, str | None]]) -> Lexicon:
    frame = pl.DataFrame(
        entries, schema={"term": pl.String, "dimension": pl.String, "variant_of": pl.String}, orient="row"
    )
    text = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "ours")
    return Lexicon(**text, levels=("dimension",), entries=frame, sha256="")


SMALL = lexicon_of(
    [
        ("云计算", "cloud", None),
        ("大数据", "data", None),
        ("海量数据", "data", "大数据"),
        ("数据", "data", None),
        ("区块链", "chain", None),
    ]
)
# document, place, code, year, text
DOCUMENTS = [
    ("a1", "上海", "310000", 2020, "云计算与云计算与大数据"),
    ("a2", "上海市", "310000", 2020, "海量数据"),
    ("a3", "上海", "310000", 2022, "数据"),
    ("b1", "北京", "110000", 2020, "区块链，没有别的"),
    ("b2", "北京", "110000", 2022, None),
    ("c1", "某地", None, 2020, "什么也没有"),
    ("d1", None, None, 2020, "云计算"),
    ("e1", "上海", "310000", None, "区块链"),
]


def corpus_of(rows: list[tuple[object, ...]]) -> Corpus:
    schema = {
        "document_id": pl.String, "place": pl.String, "place_code": pl.String, "year": pl.Int32,
        "text": pl.String,
    }  # fmt: skip
    return Corpus(frame=pl.DataFrame(rows, schema=schema, orient="row"), key="document_id", text=("text",))


def small(**options: object) -> Coverage:
    return lexicon_coverage(corpus_of(DOCUMENTS), SMALL, **options)  # type: ignore[arg-type]


def test_hits_of_terms_are_those_counted_by_hand_with_variants_added_to_their_term() -> None:
    found = small()
    # 数据 lies in 大数据 and in 海量数据 too
    assert found.terms.drop("dimension", "share_of_documents", "cumulative_share").rows() == [
        (1, "云计算", "云计算", 3, 2, 2020, 2020, 3 / 10),
        (2, "数据", "数据", 3, 3, 2020, 2022, 3 / 10),
        (3, "区块链", "区块链", 2, 2, 2020, 2020, 2 / 10),
        (4, "大数据", "大数据; 海量数据", 2, 2, 2020, 2020, 2 / 10),
    ]
    assert found.terms["cumulative_share"].to_list() == [0.3, 0.6, 0.8, 1.0]
    assert found.terms["share_of_documents"][0] == 2 / 7
    assert found.forms.rows()[1:3] == [("大数据", "大数据", 1, 1), ("大数据", "海量数据", 1, 1)]
    assert found.groups.select("group", "terms", "hits", "documents", "terms_with_hits").rows() == [
        ("cloud", 1, 3, 2, 1),
        ("data", 2, 5, 3, 2),
        ("chain", 1, 2, 2, 1),
    ]


def test_documents_without_text_place_or_year_are_null_and_counted_and_never_zero() -> None:
    found = small()
    assert found.counts == {
        "documents": 8, "documents_without_text": 1, "documents_without_hits": 1,
        "documents_without_place": 1, "documents_without_year": 1, "units": 5, "units_without_value": 1,
        "terms": 4, "terms_without_hits": 0, "hits": 10,
    }  # fmt: skip
    # the years 2021 and 2023 have no documents, and no row
    assert found.years.select("year", "documents", "documents_without_text", "hits").rows() == [
        (2020, 5, 0, 8),
        (2022, 2, 1, 1),
        (None, 1, 0, 1),
    ]
    assert found.places.select("place", "documents", "documents_with_hits", "hits").rows() == [
        ("北京", 2, 1, 1),
        ("上海", 4, 4, 8),
        ("某地", 1, 0, 0),
        (None, 1, 1, 1),
    ]
    assert found.units.rows() == [
        ("北京", "110000", 2020, 1, 0, 1.0, 2.5),
        ("北京", "110000", 2022, 1, 1, None, None),
        ("上海", "310000", 2020, 2, 0, 6.0, 1.0),
        ("上海", "310000", 2022, 1, 0, 1.0, 2.5),
        ("某地", None, 2020, 1, 0, 0.0, 4.0),
    ]
    year = found.term_years.filter(pl.col("term") == "数据").select("year", "hits", "documents")
    assert year.rows() == [(2020, 2, 2), (2022, 1, 1)]
    assert found.term_places.filter(pl.col("term") == "区块链").select("place", "hits").rows() == [
        ("北京", 1),
        ("上海", 1),
    ]


def test_a_year_whose_documents_have_no_text_is_null_not_zero() -> None:
    found = lexicon_coverage(corpus_of([DOCUMENTS[0], DOCUMENTS[4]]), SMALL)
    assert found.years.select("year", "hits", "tokens").row(1) == (2022, None, None)
    assert found.term_years.filter(year=2022)["hits"].to_list() == [None] * 4
    assert found.term_years.filter(year=2020)["hits"].null_count() == 0


def test_every_hit_is_in_each_sum_once() -> None:
    found = small(rule="longest")
    hits = found.counts["hits"]
    assert hits == 8
    for frame in (found.terms, found.forms, found.groups, found.years, found.places):
        assert frame["hits"].sum() == hits
    # d1 has no place and e1 no year: one hit each
    assert found.units["value"].sum() == hits - 2
    assert found.concentration["amount"][0] == hits


def test_without_a_term_the_ranks_are_those_of_the_sums_without_it() -> None:
    found = small()
    rows = {row["term"]: row for row in found.without_terms.iter_rows(named=True)}
    # units with a value: 北京 2020, 上海 2020, 上海 2022, 某地 2020 = 1, 6, 1, 0; without 区块链 0, 6, 1, 0
    chain = rows["区块链"]
    assert (chain["mean_rank_change"], chain["largest_rank_change"]) == (0.5, 1.0)
    assert (chain["place"], chain["year"], chain["rank"], chain["rank_without"]) == ("北京", 2020, 2.5, 3.5)
    assert chain["units_with_hits"] == 1
    # the largest loses half, and stays the largest
    cloud = rows["云计算"]
    assert (cloud["spearman"], cloud["mean_rank_change"], cloud["place"]) == (1.0, 0.0, None)
    assert cloud["pearson"] < 1


def test_a_variable_of_nothing_else_has_no_correlation_without_it() -> None:
    found = small(variable="cloud_count")
    assert found.without_terms.select("term", "pearson", "spearman", "share").rows() == [
        ("云计算", None, None, 1.0)
    ]
    assert found.units["value"].to_list() == [0.0, None, 2.0, 0.0, 0.0]
    assert found.without_groups.select("group", "spearman").rows() == [("cloud", None)]
    # terms outside the variable have hits, and no share in it
    assert found.terms.select("term", "hits", "share").row(1) == ("数据", 3, None)


def test_places_with_one_code_are_one_place_and_documents_stand_alone_without_places() -> None:
    rows = [(key, None, None, year, text) for key, _, _, year, text in DOCUMENTS]
    found = lexicon_coverage(corpus_of(rows), SMALL)
    assert found.unit == ("document_id", "year")
    assert found.units["value"].to_list() == [4.0, 2.0, 1.0, 1.0, None, 0.0, 1.0, 1.0]
    assert found.without_terms.filter(term="云计算")["document_id"][0] == "d1"
    assert small().units.filter(year=2020, place_code="310000")["documents"].to_list() == [2]
    plain = Corpus(
        frame=corpus_of(rows).frame.select("document_id", "text"), key="document_id", text=("text",)
    )
    assert lexicon_coverage(plain, SMALL).unit == ("document_id",)


@pytest.mark.parametrize("variable", WHOLE)
def test_without_each_term_is_what_a_count_with_the_shorter_lexicon_gives(variable: str) -> None:
    """Under `substring`, where terms are counted each by itself, nothing but the term's own hits can go."""
    corpus = sample_corpus()
    lexicon = load_lexicon("science_attention_zhang2026")
    found = lexicon_coverage(corpus, lexicon, variable=variable)
    rows = {row["term"]: row for row in found.without_terms.iter_rows(named=True)}
    # the tokens of a shorter lexicon's segmentation are others; all else is the same
    whole = keyword_frequencies(corpus, lexicon).documents
    for term in ("科技创新", "人才队伍", "基础研究"):
        rest = lexicon.entries.filter(pl.col("term") != term)
        counted = keyword_frequencies(corpus, replace(lexicon, entries=rest)).documents
        if variable == "share_of_tokens":
            counted = counted.with_columns(share_of_tokens=counted["total_count"] / whole["tokens"])
        units = {
            (place, year): (one, other)
            for place, year, one, other in whole.select("place", "year", variable)
            .with_columns(counted[variable].alias("other"))
            .rows()
        }
        values = [dict(zip(units, one, strict=True)) for one in zip(*units.values(), strict=True)]
        wanted = slow.compared(*values)
        assert rows[term]["spearman"] == near(wanted["spearman"])
        assert rows[term]["pearson"] == near(wanted["pearson"])
        assert rows[term]["mean_rank_change"] == near(wanted["mean"])
        assert rows[term]["largest_rank_change"] == wanted["largest"]


@pytest.mark.parametrize("rule", [*RULES, "own"])
def test_the_variable_is_that_of_the_frequencies_where_a_place_has_one_document(rule: str) -> None:
    corpus, lexicon = sample_corpus(), load_lexicon("digital_technology")
    counted = keyword_frequencies(corpus, lexicon, rule=rule).documents  # type: ignore[arg-type]
    for variable in (*WHOLE, "data_count", "underlying_technology_count"):
        found = lexicon_coverage(corpus, lexicon, rule=rule, variable=variable)  # type: ignore[arg-type]
        assert found.units.height == counted.height
        joined = found.units.join(counted, on=["place_code", "year"], how="inner")
        assert joined.height == counted.height
        np.testing.assert_allclose(joined["value"], joined[variable], rtol=1e-14)


def test_negated_hits_are_dropped_from_all_sums() -> None:
    corpus = corpus_of([("a", "上海", "310000", 2020, "没有大数据，有云计算")])
    assert lexicon_coverage(corpus, SMALL).counts["hits"] == 3
    assert lexicon_coverage(corpus, SMALL, negation=3).counts["hits"] == 1


counts = st.lists(
    st.tuples(
        st.sampled_from(["p", "q", "r", None]),
        st.sampled_from([2001, 2002, None]),
        st.one_of(st.none(), st.lists(st.integers(0, 3), min_size=3, max_size=3)),
    ),
    min_size=1,
    max_size=12,
)
TERMS = ("甲子", "乙丑丑", "丙")
THREE = lexicon_of([("甲子", "one", None), ("乙丑丑", "two", None), ("丙", "two", None)])


def written(counted: list[int]) -> str:
    return "。".join(term for term, number in zip(TERMS, counted, strict=True) for _ in range(number)) + "。"


@pytest.mark.parametrize("variable", WHOLE)
@given(rows=counts)
@settings(max_examples=25)
def test_leaving_terms_out_equals_the_slow_twin(
    variable: str, rows: list[tuple[str | None, int | None, list[int] | None]]
) -> None:
    texts = [None if counted is None else written(counted) for _, _, counted in rows]
    corpus = corpus_of(
        [(str(n), p, None, y, text) for n, ((p, y, _), text) in enumerate(zip(rows, texts, strict=True))]
    )
    if not any(place for place, _, _ in rows) or not any(year for _, year, _ in rows):
        return  # other units
    sizes = keyword_frequencies(corpus, THREE).documents
    documents = [
        {
            "place": place,
            "year": year,
            "counts": None if counted is None else dict(zip(TERMS, counted, strict=True)),
            "tokens": tokens,
            "characters": characters,
        }
        for (place, year, counted), tokens, characters in zip(
            rows, sizes["tokens"], sizes["characters"], strict=True
        )
    ]
    lengths = {term: len(term) for term in TERMS}
    found = lexicon_coverage(corpus, THREE, variable=variable)

    whole = slow.variable(documents, TERMS, variable, lengths)
    known = found.units.drop_nulls("value").select("place", "year", "value")
    assert {(place, year): value for place, year, value in known.rows()} == pytest.approx(whole)
    parts = {term: [term] for term in TERMS} | {"one": ["甲子"], "two": ["乙丑丑", "丙"]}
    frames = [found.without_terms, found.without_groups.drop("level").rename({"group": "term"})]
    for row in pl.concat(frames).iter_rows(named=True):
        wanted = slow.without(documents, TERMS, parts[row["term"]], variable, lengths)
        assert row["pearson"] == near(wanted["pearson"])
        assert row["spearman"] == near(wanted["spearman"])
        assert row["mean_rank_change"] == near(wanted["mean"])
        assert row["largest_rank_change"] == wanted["largest"]
        assert (row["rank"], row["rank_without"]) == (wanted["rank"], wanted["rank_without"])
        unit = None if row["place"] is None else (row["place"], row["year"])
        assert unit == wanted["unit"]


@given(
    amounts=st.dictionaries(
        st.tuples(st.sampled_from([2001, 2002, None]), st.sampled_from("甲乙丙丁")), st.integers(0, 9)
    ),
    most=st.sampled_from([0.1, 0.5, 0.7, 0.8]),
)
def test_concentration_equals_the_slow_twin(amounts: dict[tuple[int | None, str], int], most: float) -> None:
    rows = [(year, term, amount) for (year, term), amount in amounts.items()]
    schema = {"year": pl.Int32, "term": pl.String, "amount": pl.Int64}
    found = concentration(pl.DataFrame(rows, schema=schema, orient="row"), most=most)
    years = sorted({year for year, _ in amounts if year is not None})
    assert found["year"].to_list() == [None, *years]
    for row in found.iter_rows(named=True):
        sums: dict[str, int] = {}
        for year, term, amount in rows:
            if row["year"] in (None, year):
                sums[term] = sums.get(term, 0) + amount
        wanted = slow.concentrated(sums, Fraction(str(most)))
        assert row["terms_for_most"] == wanted["terms_for_most"]
        assert row["largest_terms"] == wanted["largest"]
        assert row["share_of_largest_terms"] == near(wanted["share"])
        assert row["herfindahl"] == near(wanted["herfindahl"])
        assert row["terms_with_hits"] == sum(amount > 0 for amount in sums.values())


@given(rows=counts, order=st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_the_order_of_the_documents_changes_nothing(
    rows: list[tuple[str | None, int | None, list[int] | None]], order: object
) -> None:
    made = [
        (str(n), place, None, year, None if counted is None else written(counted))
        for n, (place, year, counted) in enumerate(rows)
    ]
    if not any(place for place, _, _ in rows):
        return  # documents are units, in their own order
    shuffled = list(made)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (lexicon_coverage(corpus_of(some), THREE) for some in (made, shuffled))
    for name in FRAMES:
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_blocks_of_parts_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    parts = csr_array(random.poisson(0.3, (23, 40)))
    total = parts.sum(axis=0).astype(np.float64)
    one = leave_out(parts, total, Measure(log=True))
    monkeypatch.setattr("patentmetrics.lexicon.leaving_out._BLOCK", 100)
    other = leave_out(parts, total, Measure(log=True))
    for name in vars(one):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_counting_rules_are_compared_by_unit_document_and_term() -> None:
    found = small()
    pair = found.rules.row(0, named=True)
    assert (pair["rule"], pair["other_rule"], pair["units"], pair["documents"]) == (
        "substring", "longest", 4, 7,
    )  # fmt: skip
    # 数据 inside 大数据 and 海量数据: a1 and a2 differ, by one hit each
    assert (pair["documents_that_differ"], pair["mean_difference"]) == (2, 2 / 7)
    assert pair["spearman"] == 1.0
    assert found.rule_units["longest"].to_list() == [1.0, 4.0, 1.0, 0.0]
    assert found.rule_terms.select("term", "substring", "longest", "divergence").row(0) == ("数据", 3, 1, 2)
    by_rule = {rule: small(rule=rule) for rule in RULES}
    for rule, coverage in by_rule.items():
        assert coverage.units.drop_nulls("value")["value"].to_list() == found.rule_units[rule].to_list()
        hits = dict(coverage.terms.select("term", "hits").rows())
        assert dict(found.rule_terms.select("term", rule).rows()) == hits


@pytest.mark.parametrize("texts", [[None], [None, None], ["。"], ["没有词", "也没有"], ["大数据"]])
@pytest.mark.parametrize("variable", [*WHOLE, "cloud_count"])
def test_corpora_without_text_or_hits_or_with_one_document_give_nulls_not_errors(
    texts: list[str | None], variable: str
) -> None:
    corpus = corpus_of([(str(n), "上海", "310000", 2020 + n, text) for n, text in enumerate(texts)])
    found = lexicon_coverage(corpus, SMALL, variable=variable)
    assert found.counts["documents"] == len(texts)
    if found.counts["hits"] == 0:
        assert found.concentration["herfindahl"].to_list() == [None]
        assert found.terms["share"].null_count() == found.terms.height
    assert found.without_terms["spearman"].null_count() == found.without_terms.height
    hits = found.terms["hits"].to_list()
    assert hits == [None] * 4 if texts[0] is None else None not in hits
    nothing = corpus_of([])
    assert lexicon_coverage(nothing, SMALL, variable=variable).units.height == 0


def test_lexicons_without_levels_have_no_groups() -> None:
    entries = SMALL.entries.select("term")
    found = lexicon_coverage(corpus_of(DOCUMENTS), replace(SMALL, levels=(), entries=entries))
    assert found.groups.is_empty()
    assert found.without_groups.is_empty()
    assert found.terms.height == 5


def test_wrong_options_are_refused_with_what_is_allowed() -> None:
    with pytest.raises(SettingError, match="variable") as error:
        small(variable="big_data_count")
    assert "data_count" in str(error.value)
    with pytest.raises(SettingError, match="rule"):
        small(rule="stem")
    for most in (0.0, 1.0, 80):
        with pytest.raises(SettingError, match="most"):
            small(most=most)
    named = replace(SMALL, levels=("share",), entries=SMALL.entries.rename({"dimension": "share"}))
    with pytest.raises(LexiconError, match="name of a column"):
        lexicon_coverage(corpus_of(DOCUMENTS), named)
    with pytest.raises(ColumnError, match="no text"):
        lexicon_coverage(Corpus(frame=corpus_of(DOCUMENTS).frame, key="document_id", text=()), SMALL)


@pytest.mark.larger
def test_what_is_known_of_sixty_city_reports_stays_so(larger_data: Path) -> None:
    corpus = read_policy_folder(larger_data / "policy" / "city_2024", year=2024).corpus
    known = {
        # terms with hits, hits, terms for 80 %, first term to leave out, its Spearman
        "digital_transformation_wu2021": (21, 292, 7, "大数据", 0.952),
        "digital_technology": (144, 2060, 47, "电商", 0.990),
        "science_attention_zhang2026": (24, 760, 7, "科技创新", 0.932),
        "attention_pang2025": (2, 947, 2, "数字", 0.759),
    }
    assert set(known) <= set(list_lexicons()["id"])
    for name, wanted in known.items():
        found = lexicon_coverage(corpus, load_lexicon(name))
        first = found.without_terms.row(0, named=True)
        assert (
            found.counts["terms"] - found.counts["terms_without_hits"],
            found.counts["hits"],
            found.concentration["terms_for_most"][0],
            first["term"],
            round(first["spearman"], 3),
        ) == wanted
