"""Repeat the published checks of the breakthrough score on one's own data (突破性指标的检验)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Scores, require_columns, require_unique
from patentmetrics.score import checks
from patentmetrics.score.breakthrough import kept_shares
from patentmetrics.score.forward_citations import count_forward_citations


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The checks of a breakthrough score, as tidy frames (检验结果).

    Parameters
    ----------
    windows : tuple of int
        Forward windows of the score, in years.
    citation_window : int
        Years within which citations count.
    citing_years : tuple of int, optional
        First and last year that the citing data are taken to cover; none without citations.
    distribution : polars.DataFrame
        One row for each window and year: ``window, year, patents, scored, mean, p05, p25, p50, p75,
        p95`` of breakthrough; ``null_share`` and the patents without a score by the first reason that
        holds: ``backward_incomplete, forward_incomplete, without_terms, zero_similarity``.
    histogram : polars.DataFrame
        ``window, low, high, patents`` of breakthrough net of effects.
    kept : polars.DataFrame
        See `patentmetrics.score.breakthrough.kept_shares`.
    persistence : polars.DataFrame
        One row for each pair of windows: ``window, other, n`` (patents with both), ``spearman`` of
        breakthrough, ``spearman_net`` of breakthrough net of effects, ``kept_by_both`` (share of the
        breakthrough patents of the shorter window that are such in the longer one).
    correlations : polars.DataFrame, optional
        One row for each window and method: ``window, method, n, estimate, conf_low, conf_high,
        p_value``.
    citation_bins : polars.DataFrame, optional
        ``window, bin, n, breakthrough, citations, conf_low, conf_high``: means within bins of equal
        size, citations as ln(1 + citations), both net of year effects.
    landmarks : polars.DataFrame, optional
        One row for each landmark patent and window, see `validate_scores`.
    landmark_summary : polars.DataFrame, optional
        One row a window: ``window, landmarks, scored, mean_percentile, median_percentile,
        breakthroughs, p_value``.
    unknown_landmarks : tuple of str
        Landmark patents that the scores do not hold.
    counts : dict
        What was left out, and why.
    made_by : dict
        Provenance.
    """

    windows: tuple[int, ...]
    citation_window: int
    citing_years: tuple[int, int] | None
    distribution: pl.DataFrame
    histogram: pl.DataFrame
    kept: pl.DataFrame
    persistence: pl.DataFrame
    correlations: pl.DataFrame | None = None
    citation_bins: pl.DataFrame | None = None
    landmarks: pl.DataFrame | None = None
    landmark_summary: pl.DataFrame | None = None
    unknown_landmarks: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    made_by: Provenance = field(default_factory=dict)


def validate_scores(
    scores: Scores,
    *,
    windows: Sequence[int],
    citations: pl.DataFrame | None = None,
    citation_window: int = 5,
    citing_years: tuple[int, int] | None = None,
    applicants: pl.DataFrame | None = None,
    landmarks: Sequence[str] | None = None,
    inputs: dict[str, object] | None = None,
) -> Validation:
    """Check a breakthrough score as its authors checked theirs (检验突破性指标).

    Kelly et al. 2021 (section III, doi:10.1257/aeri.20190499) show that the score goes with forward
    citations, ranks patents of historical importance high, and keeps its order over windows. This
    repeats it on one's own scores:

    * **distribution** by year, and why scores are null;
    * **persistence**: rank correlations of the score between windows;
    * **correlation with forward citations** within ``citation_window`` years: Spearman; Pearson of the
      logs, that is, of breakthrough and ln(1 + citations); and both of the residuals on year dummies
      (``…_within_year``: patents of one year compared with each other; their degrees of freedom are
      less by the years). Confidence intervals at 95 % by Fisher's z (Spearman's with the variance of
      Bonett & Wright 2000, doi:10.1007/BF02294183). Patents whose citation window the citing years do not
      cover are left out and counted: see
      `patentmetrics.score.forward_citations.count_forward_citations`;
    * **landmarks**: the percentile of each patent of a list, by breakthrough, by breakthrough net of
      effects, and within its year; the same for its citations. A percentile is the share of patents
      below plus half of those level with it (mid-rank), in percent, so 50 is what chance gives. The
      ``p_value`` is of a one-sided Mann–Whitney test of landmarks against all others, net of effects.

    Null scores are left out everywhere and never taken for zero.

    Parameters
    ----------
    scores : Scores
        As `patentmetrics.score.patents.score_patents` gives them.
    windows : sequence of int
        Which forward windows of the scores.
    citations : polars.DataFrame, optional
        ``citing_id, cited_id`` and, where citing patents are not among the scores, ``citing_year``.
    citation_window : int
        Citations count from the patent's own year to so many years after.
    citing_years : tuple of int, optional
        First and last year that the citing data cover whole; by default those found in the data, which
        takes a last year that is covered in part for a whole one.
    applicants : polars.DataFrame, optional
        ``patent_id, applicants``: citations within one applicant are dropped.
    landmarks : sequence of str, optional
        Ids of patents known to be important.
    inputs : dict, optional
        Identities of the files of citations, applicants and landmarks, for the provenance.

    Raises
    ------
    SettingError
        No window; a window or citing years that cannot be.
    ColumnError
        The scores lack a column of a window, or their ids are no text; the citations lack an id.
    DataError
        The scores are empty; a patent occurs twice; no citation has a year.

    Examples
    --------
    >>> from patentmetrics.score.breakthrough import add_breakthrough
    >>> frame = pl.DataFrame(
    ...     {
    ...         "patent_id": ["a", "b", "c", "d"], "year": [2000] * 4, "backward_similarity": [1.0] * 4,
    ...         "forward_similarity_5": [4.0, 3.0, 2.0, None], "backward_complete": [True] * 4,
    ...         "forward_complete_5": [True] * 3 + [False],
    ...     }
    ... )
    >>> frame = add_breakthrough(frame, windows=[5], top_share=0.5)
    >>> found = validate_scores(
    ...     Scores(frame=frame, key="patent_id", made_by={}), windows=[5], landmarks=["b", "x"]
    ... )
    >>> found.landmarks["percentile"].to_list(), found.unknown_landmarks
    ([50.0], ('x',))
    """
    chosen = _checked(scores, windows)
    frame, counts = scores.frame, {"patents": scores.frame.height}
    made: dict[str, pl.DataFrame] = {}
    found = None
    if citations is not None:
        found = count_forward_citations(
            frame, citations, window=citation_window, citing_years=citing_years, applicants=applicants
        )
        counts |= found.counts
        counts["patents_outside_citing_years"] = found.frame["citations"].null_count()
        citing = citations["citing_id"].drop_nulls().unique()
        counts["citing_patents"] = citing.len()
        counts["citing_patents_scored"] = int(citing.is_in(frame["patent_id"].implode()).sum())
        made |= checks.citation_checks(frame, found, chosen)
    unknown: tuple[str, ...] = ()
    if isinstance(landmarks, str):
        raise SettingError("landmarks are a list of patent ids", where="landmarks", got=landmarks)
    if landmarks is not None:
        wanted = list(dict.fromkeys(landmarks))
        held = set(frame["patent_id"].filter(frame["patent_id"].is_in(wanted)).to_list())
        unknown = tuple(one for one in wanted if one not in held)
        counts |= {
            "landmarks": len(wanted),
            "landmarks_repeated": len(landmarks) - len(wanted),
            "landmarks_unknown": len(unknown),
        }
        rows = checks.landmarks(frame, [one for one in wanted if one in held], found, chosen)
        made |= {"landmarks": rows, "landmark_summary": checks.landmark_summary(frame, rows, chosen)}
    return Validation(
        windows=chosen,
        citation_window=citation_window,
        citing_years=found.citing_years if found else None,
        distribution=pl.concat(checks.distribution(frame, window) for window in chosen),
        histogram=pl.concat(checks.histogram(frame, window) for window in chosen),
        kept=kept_shares(frame, windows=chosen),
        persistence=checks.persistence(frame, chosen),
        unknown_landmarks=unknown,
        counts=counts,
        made_by=provenance(
            "validate",
            settings={
                "windows": list(chosen),
                "citation_window": citation_window,
                "citing_years": list(found.citing_years) if found else None,
            },
            inputs={"scores": scores.made_by, **(inputs or {})},
            counts=counts,
        ),
        **made,
    )


def scored_windows(frame: pl.DataFrame) -> tuple[int, ...]:
    """Give the forward windows that a frame of scores holds.

    Examples
    --------
    >>> scored_windows(pl.DataFrame({"breakthrough_10_net": [0.1], "breakthrough_5_net": [0.1]}))
    (5, 10)
    """
    parts = (name.split("_") for name in frame.columns)
    return tuple(
        sorted(
            int(part[1])
            for part in parts
            if len(part) == 3 and part[0] == "breakthrough" and part[2] == "net" and part[1].isdigit()
        )
    )


def _checked(scores: Scores, windows: Sequence[int]) -> tuple[int, ...]:
    chosen = tuple(sorted(set(windows)))
    if not chosen or chosen[0] < 1:
        raise SettingError("name one window or more, of one year or more", where="windows", got=list(windows))
    names = ["patent_id", "year", "backward_similarity", "backward_complete"]
    for window in chosen:
        names += [
            f"forward_similarity_{window}",
            f"forward_complete_{window}",
            f"breakthrough_{window}",
            f"breakthrough_{window}_net",
            f"is_breakthrough_{window}",
        ]
    require_columns(scores.frame, names, where="scores")
    if scores.frame["patent_id"].dtype != pl.String:
        raise ColumnError("patent ids are text", where="scores", got=str(scores.frame["patent_id"].dtype))
    require_unique(scores.frame, ["patent_id"], where="scores")
    if scores.frame.is_empty():
        raise DataError("there are no scores to check", where="scores")
    return chosen
