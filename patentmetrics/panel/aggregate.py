"""From scores, keyword counts and matches to place × year.

Each function names its measures and leaves the work to `patentmetrics.panel.place_years.aggregate`. Rows in =
rows used + rows left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Scores, require_columns, require_unique
from patentmetrics.panel.keys import KEY, require_numeric, typed_keys
from patentmetrics.panel.measures import Measure
from patentmetrics.panel.place_years import PlaceYears as PlaceYears
from patentmetrics.panel.place_years import aggregate, told


def aggregate_scores(
    scores: Scores, places: pl.DataFrame, *, windows: Sequence[int], year: str = "year"
) -> PlaceYears:
    """Count patents and breakthrough patents by place and year, and average breakthrough (突破性创新).

    Parameters
    ----------
    scores : Scores
        One row a patent: ``patent_id``, the year, ``breakthrough_{w}_net`` and ``is_breakthrough_{w}``.
    places : polars.DataFrame
        ``patent_id, place``; other columns are ignored. A patent has one place.
    windows : sequence of int
        Forward windows in years, e.g. ``(5,)``.
    year : str
        Column of the year.

    Returns
    -------
    PlaceYears
        ``place, year, patents`` and, for each window, ``breakthroughs_{w}`` and
        ``mean_breakthrough_{w}_net``. Where no patent of a place and year has a score, both are null:
        unknown is not none. Patents without a place or year are left out and counted.

    Raises
    ------
    ColumnError
        A column is missing.
    DataError
        A patent occurs twice in the scores or in the places.
    SettingError
        No window is given.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {
    ...         "patent_id": ["a", "b", "c"],
    ...         "year": [2000, 2000, 2001],
    ...         "breakthrough_5_net": [0.5, -0.1, None],
    ...         "is_breakthrough_5": [True, False, None],
    ...     }
    ... )
    >>> places = pl.DataFrame({"patent_id": ["a", "b", "c"], "place": ["X", "X", "X"]})
    >>> scores = Scores(frame=frame, key="patent_id", made_by={})
    >>> aggregate_scores(scores, places, windows=[5]).frame.rows()
    [('X', 2000, 2, 1, 0.2), ('X', 2001, 1, None, None)]
    """
    if not windows:
        raise SettingError("no window is given", where="windows", hint="e.g. windows=[5]")
    key = scores.key
    wanted = [name for w in windows for name in (f"breakthrough_{w}_net", f"is_breakthrough_{w}")]
    require_columns(scores.frame, [key, year, *wanted], where="scores")
    require_columns(places, [key, "place"], where="places")
    require_unique(scores.frame, [key], where="scores")
    require_unique(places, [key], where="places of patents")
    require_numeric(scores.frame, [f"breakthrough_{w}_net" for w in windows], where="scores")

    rows = scores.frame.select(key, pl.col(year).alias("year"), *wanted).join(
        places.select(key, "place"), on=key, how="left"
    )
    measures = [Measure(name="patents", how="count")]
    for w in windows:
        measures.append(Measure(name=f"breakthroughs_{w}", how="sum", of=f"is_breakthrough_{w}"))
        score = f"breakthrough_{w}_net"
        measures.append(Measure(name=f"mean_{score}", how="mean", of=score))
    made = aggregate(typed_keys(rows, where="scores"), measures=measures, unit="patents")
    counts = _located(made.counts, "patents")
    counts["places_without_scores"] = places.join(scores.frame, on=key, how="anti").height
    for w in windows:
        counts[f"patents_without_breakthrough_{w}"] = made.counts[f"patents_without_breakthrough_{w}_net"]
    return PlaceYears(frame=made.frame, log=(told("scores", counts, made.frame),), counts=counts)


def aggregate_frequencies(documents: pl.DataFrame) -> PlaceYears:
    """Add up the keyword counts of policy documents by place and year (政策关键词词频).

    Parameters
    ----------
    documents : polars.DataFrame
        One row a document: ``document_id, place, year, total_count`` and, where present, ``tokens``,
        ``characters``, ``share_of_tokens``, ``share_of_characters``, ``log_count`` and further whole-number
        columns (the counts of a lexicon's dimensions). Other columns are left out.

    Returns
    -------
    PlaceYears
        ``place, year, documents`` (how many) and the columns above: counts are summed, shares and the
        logarithm are computed from the sums. A sum with an unknown part is null. Documents without a
        place or year are left out and counted.

    Raises
    ------
    ColumnError
        A column is missing, or a count does not hold numbers.
    DataError
        A document occurs twice, for instance under two counting rules.

    Examples
    --------
    >>> documents = pl.DataFrame(
    ...     {
    ...         "document_id": ["a", "b"],
    ...         "place": ["北京", "北京"],
    ...         "year": [2020, 2020],
    ...         "total_count": [3, 5],
    ...         "tokens": [100, 300],
    ...         "share_of_tokens": [0.03, 0.0167],
    ...     }
    ... )
    >>> aggregate_frequencies(documents).frame.rows()
    [('北京', 2020, 2, 8, 400, 0.02)]
    """
    require_columns(documents, ["document_id", *KEY, "total_count"], where="frequencies")
    doubled = documents["document_id"].is_duplicated().any()
    if doubled and "rule" in documents.columns and documents["rule"].n_unique() > 1:
        raise DataError(
            "documents occur once for each counting rule",
            where="frequencies: rule",
            got=", ".join(sorted(str(rule) for rule in documents["rule"].unique())),
            hint="keep the rows of one rule",
        )
    require_unique(documents, ["document_id"], where="frequencies")
    counted = [n for n in ("total_count", "tokens", "characters") if n in documents.columns]
    require_numeric(documents, counted, where="frequencies")
    summed = [
        n for n, kind in documents.schema.items() if n not in KEY and (kind.is_integer() or n in counted)
    ]

    rows = typed_keys(documents, where="frequencies")
    if "share_of_characters" in rows.columns and "characters" in rows.columns:
        # the share of a sum needs the characters of the hits, which the share and the total give back
        hits = (pl.col("share_of_characters") * pl.col("characters")).round().cast(pl.Int64)
        rows = rows.with_columns(hits.alias("_hits"))
        summed = [*summed, "_hits"]
    measures = [Measure(name="documents", how="count")]
    measures += [Measure(name=name, how="sum", of=name, unknown="null") for name in summed]
    made = aggregate(rows, measures=measures, unit="documents")
    frame = made.frame.with_columns(pl.col(summed).cast(pl.Int64))
    share = {
        "log_count": pl.col("total_count").cast(pl.Float64).log1p(),
        "share_of_tokens": _ratio("total_count", "tokens") if "tokens" in summed else None,
        "share_of_characters": _ratio("_hits", "characters") if "_hits" in summed else None,
    }
    frame = frame.with_columns(
        made.alias(name) for name, made in share.items() if made is not None and name in documents.columns
    )
    order = [*KEY, "documents", *(n for n in documents.columns if n in frame.columns and n not in KEY)]
    frame = frame.select(order)
    counts = _located(made.counts, "documents")
    counts["place_years_with_unknown_counts"] = frame["total_count"].null_count()
    return PlaceYears(frame=frame, log=(told("frequencies", counts, frame),), counts=counts)


def aggregate_matches(matches: pl.DataFrame, patents: pl.DataFrame, *, level: str) -> PlaceYears:
    """Count the patents of each technology by place and year (分技术领域专利数).

    Parameters
    ----------
    matches : polars.DataFrame
        ``patent_id`` and the level's column; a patent may match several categories, and counts once in each.
    patents : polars.DataFrame
        All patents that were matched, with or without success: ``patent_id, place, year``.
    level : str
        Column of the concordance's level, e.g. ``sector``.

    Returns
    -------
    PlaceYears
        ``place, year, patents, patents_{category}…`` and ``share_{category}…``: the share of the place's
        patents of that year. A category without a patent is a true zero here.

    Raises
    ------
    ColumnError
        A column is missing.
    DataError
        A patent occurs twice in ``patents``, or a matched patent is not among them.

    Examples
    --------
    >>> patents = pl.DataFrame({"patent_id": ["a", "b"], "place": ["X", "X"], "year": [2000, 2000]})
    >>> matches = pl.DataFrame({"patent_id": ["a", "a"], "sector": ["Chemistry", "Chemistry"]})
    >>> aggregate_matches(matches, patents, level="sector").frame.rows()
    [('X', 2000, 2, 1, 0.5)]
    """
    require_columns(matches, ["patent_id", level], where="matches")
    require_columns(patents, ["patent_id", *KEY], where="patents")
    require_unique(patents, ["patent_id"], where="patents")
    strange = matches.join(patents, on="patent_id", how="anti")["patent_id"].unique().sort()
    if strange.len():
        raise DataError(
            f"{strange.len()} matched patents are not among the patents",
            where="matches",
            got=", ".join(strange.head(5).to_list()),
        )
    located = typed_keys(patents, where="patents").select("patent_id", *KEY)
    found = matches.select("patent_id", level).drop_nulls().unique()
    count = [Measure(name="patents", how="count")]
    whole = aggregate(located, measures=count, unit="patents")
    by_category = aggregate(located.join(found, on="patent_id"), measures=count, by=level, unit="patents")
    categories = found[level].unique().sort().to_list()
    names = [f"patents_{category}" for category in categories]
    frame = whole.frame.join(by_category.frame.drop("patents"), on=KEY, how="left", maintain_order="left")
    # a category whose patents have no place has no column yet
    frame = frame.with_columns(
        (pl.col(name) if name in frame.columns else pl.lit(0)).fill_null(0).cast(pl.Int64).alias(name)
        for name in names
    ).select(*KEY, "patents", *names)
    frame = frame.with_columns(
        (pl.col(f"patents_{category}") / pl.col("patents")).alias(f"share_{category}")
        for category in categories
    )
    counts = _located(whole.counts, "patents")
    placed = located.drop_nulls(KEY)
    counts["patents_without_match"] = placed.join(found, on="patent_id", how="anti").height
    return PlaceYears(frame=frame, log=(told(f"matches by {level}", counts, frame),), counts=counts)


def _located(counts: dict[str, int], unit: str) -> dict[str, int]:
    # rows in, used and left out, without what is known of the columns
    names = [unit, f"{unit}_used", f"{unit}_without_place", f"{unit}_without_year"]
    return {name: counts[name] for name in names}


def _ratio(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))
