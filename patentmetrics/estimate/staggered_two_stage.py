"""Gardner's two-stage difference in differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.diff_diff import two_stage_effects
from patentmetrics.estimate.staggered import clustered_note, staggered_sample
from patentmetrics.estimate.staggered_imputation import averaged_result

CITATION = (
    "Gardner, J. (2022). Two-stage differences in differences. arXiv:2207.05943; computed with diff-diff"
)


@dataclass(frozen=True, kw_only=True)
class TwoStageSpec:
    """Gardner's two-stage difference in differences (两阶段双重差分, did2s).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    controls : tuple of str
        Further regressors of the first stage; they must not respond to treatment.
    cluster : str
        Column of the clusters, the place or coarser.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    cluster: str = "place"


def fit_two_stage(panel: Panel, spec: TwoStageSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate by two stages: what untreated rows say is taken out, the rest regressed (两阶段双重差分).

    The estimates are those of imputation; the standard errors are of the two stages as one generalised
    method of moments, clustered, as in R's ``did2s``. Event times before treatment are not told: the second
    stage gives mean residuals of rows that the first stage was fitted to, which lie too near zero and have
    no base. Test the years before treatment by `patentmetrics.estimate.staggered_imputation.fit_imputation`.

    Source: Gardner (2022), doi:10.48550/arXiv.2207.05943.

    Parameters
    ----------
    panel : Panel
        The panel; it may be unbalanced.
    spec : TwoStageSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The effect averaged over all treated rows, term ``treated``, then ``event_time_k`` from 0 on. Frame
        ``by_cohort``.

    Raises
    ------
    ColumnError
        A column is missing or no number.
    DataError
        There is nothing to compare with, or a fault named in
        `patentmetrics.estimate.staggered.staggered_sample`.
    ExtraError
        diff-diff is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, growth=0.1, seed=3).panel
    >>> result = fit_two_stage(panel, TwoStageSpec(name="(1)", outcome="outcome", controls=("control",)))
    >>> low, high = result.estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < result.truth["treated"] < high)
    True
    """
    sample = staggered_sample(
        panel,
        outcome=spec.outcome,
        cohort=spec.cohort,
        controls=spec.controls,
        cluster=spec.cluster,
        balanced=False,
    )
    return averaged_result(
        panel,
        sample,
        two_stage_effects(sample),
        name=spec.name,
        method="Two-stage difference in differences",
        citation=CITATION,
        statistics={},
        notes=[clustered_note(sample, what="of both stages together (GMM)")],
        truth=truth,
    )
