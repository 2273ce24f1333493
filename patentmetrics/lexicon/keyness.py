"""How strongly a word belongs to a part of a corpus: log-likelihood keyness and mutual information."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from patentmetrics.core.errors import SettingError


def log_likelihood_keyness(
    hits: ArrayLike, total: ArrayLike, reference_hits: ArrayLike, reference_total: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute log-likelihood keyness (对数似然关键性, G²) of words in a corpus against a reference.

    ``G² = 2 Σ O ln(O / E)`` over the four cells of the table word or other word × corpus or reference, with
    the sign of the difference of the shares: negative for words that the corpus has less often. As a test
    of one difference it is χ² with one degree of freedom: 3.84 is 5 %, 10.83 is 0.1 %; among thousands of
    words many exceed that by chance.

    Parameters
    ----------
    hits, reference_hits : array of int
        How often each word occurs in the corpus and in the reference.
    total, reference_total : int or array of int
        How many words each has in all.

    Returns
    -------
    ndarray of float64
        NaN where corpus or reference has no words.

    Raises
    ------
    SettingError
        A count is negative, or larger than its total.

    Sources: Dunning 1993, Computational Linguistics 19(1): 61–74; its Table 1 is tested.

    Examples
    --------
    >>> log_likelihood_keyness([110, 1], 221, [2442, 30], 31556).round(2).tolist()
    [270.72, 1.52]
    """
    a, n_a, b, n_b = np.broadcast_arrays(
        *(np.asarray(one, np.float64) for one in (hits, total, reference_hits, reference_total))
    )
    if ((a < 0) | (b < 0) | (a > n_a) | (b > n_b)).any():
        raise SettingError("a count lies between 0 and its total", where="hits")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (a + b) / (n_a + n_b)
        cells = [
            (a, n_a * share),
            (b, n_b * share),
            (n_a - a, n_a * (1 - share)),
            (n_b - b, n_b * (1 - share)),
        ]
        parts = [np.where(seen > 0, seen * np.log(seen / expected), 0.0) for seen, expected in cells]
        # rounding can leave a hair below zero where the shares are the same
        statistic = np.maximum(2 * (parts[0] + parts[1] + parts[2] + parts[3]), 0.0)
        signed = np.where(a / n_a < b / n_b, -statistic, statistic)
    return np.where((n_a > 0) & (n_b > 0), signed, np.nan)


def pointwise_mutual_information(
    joint: ArrayLike, first: ArrayLike, second: ArrayLike, total: ArrayLike
) -> NDArray[np.float64]:
    """Compute pointwise mutual information (点互信息, PMI) in bits.

    It is ``log2(joint · total / (first · second))``.

    By chance it is high for rare words: ask for some occurrences too.

    Parameters
    ----------
    joint : array of int
        Sentences (or windows) with both.
    first, second : array of int
        With the one, with the other.
    total : int or array of int
        All sentences.

    Returns
    -------
    ndarray of float64
        Minus infinity where the two never meet; NaN where one does not occur.

    Sources: Church & Hanks 1990, Computational Linguistics 16(1): 22–29; lines of its Table 2 are tested.

    Examples
    --------
    >>> pointwise_mutual_information([12, 0], [111, 5], [621, 5], 15_000_000).round(1).tolist()
    [11.4, -inf]
    """
    both, x, y, n = (np.asarray(one, np.float64) for one in (joint, first, second, total))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log2(both * n / (x * y))
