"""Degrees of freedom that absorbed effects use up, counted as Stata's ``reghdfe`` counts them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Codes = npt.NDArray[np.int64]


def absorbed_degrees(effects: Codes, clusters: Codes | None = None) -> int:
    """Count the degrees of freedom that absorbed effects use up, the constant included.

    Effects that are nested in the clusters do not count: the clustered variance already allows for
    anything that is common to a cluster. Of the others, an effect of K levels counts K less the number of
    its levels that the constant and an earlier effect make redundant: one for each connected component
    of the two. So place and year effects count (places − 1) + (years − 1) + 1, and years alone
    when the errors are clustered by place.

    Parameters
    ----------
    effects : ndarray, shape (n, e)
        Levels of each effect.
    clusters : ndarray, shape (n,), optional
        Clusters; None counts all effects.

    Source: Correia (2017), "Linear models with high-dimensional fixed effects", section 4; the
    ``clusters`` and ``pairwise`` adjustments of ``reghdfe``.

    Examples
    --------
    >>> place, year = np.repeat([0, 1, 2], 4), np.tile([0, 1, 2, 3], 3)
    >>> effects = np.column_stack([place, year])
    >>> absorbed_degrees(effects), absorbed_degrees(effects, clusters=place)
    (6, 4)
    """
    free = [one for one in effects.T if clusters is None or not nested(one, clusters)]
    total = 1
    for position, effect in enumerate(free):
        redundant = max([1, *(_components(effect, earlier) for earlier in free[:position])])
        total += len(np.unique(effect)) - redundant
    return total


def nested(effect: Codes, clusters: Codes) -> bool:
    """Say whether every level of an effect lies within one cluster.

    Examples
    --------
    >>> nested(np.array([0, 0, 1]), np.array([5, 5, 5])), nested(np.array([0, 0, 1]), np.array([5, 6, 6]))
    (True, False)
    """
    pairs = np.unique(np.column_stack([effect, clusters]), axis=0)
    return len(pairs) == len(np.unique(effect))


def _components(one: Codes, other: Codes) -> int:
    # levels of both effects as nodes, rows as edges
    _, a = np.unique(one, return_inverse=True)
    _, b = np.unique(other, return_inverse=True)
    nodes = int(a.max() + b.max()) + 2
    graph = sparse.coo_array((np.ones(len(a)), (a, b + int(a.max()) + 1)), shape=(nodes, nodes))
    count, _ = sparse.csgraph.connected_components(graph, directed=False)
    return int(count)
