"""Confidence sets under bounded violations of parallel trends: the conditional test of moment inequalities.

A restriction says ``A δ ≤ d`` of the violations δ. A value θ of the effect is kept when some effects after
treatment agree with it and with the inequalities, up to sampling error. The test statistic is a linear
program over those effects (Andrews, Roth and Pakes 2023). For the restrictions here the inequalities after
treatment come in pairs, one pair a year, and their block is square and invertible; so the vertices of the
dual program are known in closed form: one for each side of θ, one for each pair, one for each inequality
that concerns years before treatment alone. No program is solved; conditioning on a vertex is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

# Draws of the least favourable critical value; its error then moves an interval by 0.001 standard errors
DRAWS = 100_000
# Variances and slopes below it are rounding
_NOTHING = 1e-10
# Values of the effect that are tried at once, and how often the range is doubled
_GRID, _DOUBLINGS = 2001, 24


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A set of violations ``{δ: A δ ≤ d}``: one part of a restriction.

    Parameters
    ----------
    own : ndarray, shape (q, before + after)
        Rows of A with a plus sign, of the years after treatment; A has ``other`` as well.
    other : ndarray, shape (q, before + after)
        Their partners: the same, the sign of what concerns the years after treatment turned round.
    limit : float
        Their d.
    before : ndarray, shape (m, before + after)
        Rows that concern years before treatment alone; their d is ``limit`` too.
    """

    own: Floats
    other: Floats
    limit: float
    before: Floats


@dataclass(frozen=True, kw_only=True)
class Vertices:
    """The dual vertices of a piece: normalised statistics, linear in the effect.

    At the effect θ they have the values ``values − slopes·θ`` and the covariance ``covariance``; ``roots``
    times standard normals has that covariance.
    """

    values: Floats
    slopes: Floats
    covariance: Floats
    roots: Floats


def relative_magnitudes(before: int, after: int, bound: float) -> list[Piece]:
    """Give ΔRM: no step after treatment is larger than ``bound`` times the largest step before.

    A union of pieces, one for each step before treatment and each of its signs. That this step is the largest
    need not be said: the union is the same.

    Parameters
    ----------
    before, after : int
        Coefficients before and after treatment; the base year between them is zero.
    bound : float
        M̄.

    Examples
    --------
    >>> len(relative_magnitudes(3, 2, 1.0))
    6
    """
    steps = _differences(before, after)
    pieces = []
    for s in range(before):
        for sign in (1.0, -1.0):
            largest = sign * steps[s]
            pieces.append(
                Piece(
                    own=steps[before:] - bound * largest,
                    other=-steps[before:] - bound * largest,
                    limit=0.0,
                    before=steps[:0],
                )
            )
    return pieces


def smoothness(before: int, after: int, bound: float) -> list[Piece]:
    """Give ΔSD: the slope of the violation changes by no more than ``bound`` from year to year.

    Examples
    --------
    >>> piece = smoothness(2, 1, 0.1)[0]
    >>> piece.own.tolist(), piece.before.tolist()
    ([[0.0, 1.0, 1.0]], [[1.0, -2.0, 0.0], [-1.0, 2.0, -0.0]])
    """
    steps = _differences(before, after)
    turns = np.diff(steps, axis=0)
    late, early = turns[before - 1 :], turns[: before - 1]
    return [Piece(own=late, other=-late, limit=bound, before=np.vstack([early, -early]))]


def vertices(piece: Piece, weights: Floats, estimates: Floats, covariance: Floats) -> Vertices:
    """Give the dual vertices of a piece for the effect ``weights′τ`` after treatment.

    With more than one year after treatment the inequalities of years before alone are left out, as in the
    authors' software: the test is then not moved by pre-trends that say nothing about the effect.

    Parameters
    ----------
    weights : ndarray, shape (after,)
        The effect as a mean of the effects after treatment.
    estimates, covariance : ndarray
        Of the coefficients before and after treatment, in order of time.
    """
    after = len(weights)
    alone = piece.before if after == 1 else piece.before[:0]
    a = np.vstack([piece.own, piece.other, alone])
    d = np.full(len(a), piece.limit)
    sizes = np.sqrt(np.einsum("ri,ij,rj->r", a, covariance, a))
    share = np.linalg.solve(piece.own[:, -after:].T, weights)
    duals = np.zeros((after + 2 + len(alone), len(a)))
    positive, negative = np.maximum(share, 0), np.maximum(-share, 0)
    duals[0, : 2 * after] = np.concatenate([positive, negative])
    duals[1, : 2 * after] = np.concatenate([negative, positive])
    for year in range(after):
        duals[2 + year, [year, after + year]] = 1.0
    for row in range(len(alone)):
        duals[2 + after + row, 2 * after + row] = 1.0
    duals /= np.einsum("vr,r->v", duals, sizes)[:, None]
    combined = np.einsum("vr,ri->vi", duals, a)
    slopes = np.einsum("vi,i->v", combined[:, -after:], _toward(weights))
    slopes[2:] = 0.0
    own = np.einsum("vi,ij,wj->vw", combined, covariance, combined)
    return Vertices(
        values=np.einsum("vi,i->v", combined, estimates) - np.einsum("vr,r->v", duals, d),
        slopes=slopes,
        covariance=own,
        roots=_root(own),
    )


def least_favourable(found: Vertices, normals: Floats, share: float) -> float:
    """Give the critical value that the largest of the vertices exceeds with this probability at most.

    Parameters
    ----------
    normals : ndarray, shape (before + after, draws)
        Standard normals.
    """
    normals = normals[: found.roots.shape[1]]
    largest = np.full(normals.shape[1], -np.inf)
    for row in found.roots:
        np.maximum(largest, np.einsum("i,id->d", row, normals), out=largest)
    return float(np.quantile(largest, 1 - share))


def rejected(
    found: Vertices, effects: Floats, *, alpha: float, first_stage: float | None
) -> npt.NDArray[np.bool_]:
    """Test values of the effect by the conditional test, or by the hybrid with the least favourable one.

    Parameters
    ----------
    effects : ndarray, shape (g,)
        The values.
    alpha : float
        Size of the test, for the hybrid that of its second stage.
    first_stage : float or None
        The critical value of the first stage; None for the conditional test alone.

    Source: Andrews, Roth & Pakes (2023), doi:10.1093/restud/rdad004, sections 4 and 5.
    """
    at = found.values - effects[:, None] * found.slopes
    which = at.argmax(axis=1)
    largest = at[np.arange(len(effects)), which]
    size = np.diag(found.covariance)[which]
    known = size > _NOTHING * np.diag(found.covariance).max()
    scale = np.sqrt(np.where(known, size, 1.0))
    # in the direction of the largest vertex the others move with it: where would another overtake it?
    moves = found.covariance[which] / np.where(known, size, 1.0)[:, None]
    rest = at - moves * largest[:, None]
    gap = 1 - moves
    with np.errstate(divide="ignore", invalid="ignore"):
        meets = rest / gap
    low = np.where(gap > _NOTHING, meets, -np.inf).max(axis=1)
    high = np.where(gap < -_NOTHING, meets, np.inf).min(axis=1)
    if first_stage is not None:
        high = np.minimum(high, first_stage)
    small = _log_tail(largest / scale, low / scale, high / scale) < np.log(alpha)
    second = known & (largest > 0) & small
    return np.asarray(second if first_stage is None else second | (largest > first_stage), dtype=np.bool_)


def accepted_range(
    tests: list[tuple[Vertices, float | None]], *, alpha: float, centre: float, reach: float
) -> tuple[float, float] | None:
    """Give the smallest and the largest value of the effect that some piece does not reject; None for none.

    Parameters
    ----------
    tests : list of tuple
        For each piece its vertices and the critical value of the first stage.
    centre, reach : float
        Where to look first: this far on both sides; further as long as the ends are not rejected.
    """

    def kept(effects: Floats) -> npt.NDArray[np.bool_]:
        every = [rejected(found, effects, alpha=alpha, first_stage=first) for found, first in tests]
        return np.asarray(~np.all(every, axis=0), dtype=np.bool_)

    for _ in range(_DOUBLINGS):
        grid = np.linspace(centre - reach, centre + reach, _GRID)
        inside = kept(grid)
        if not (inside[0] or inside[-1]):
            break
        reach *= 2
    at = np.flatnonzero(inside)
    if not len(at):
        return None
    low = -np.inf if inside[0] else _edge(kept, grid[at[0] - 1], grid[at[0]])
    high = np.inf if inside[-1] else _edge(kept, grid[at[-1] + 1], grid[at[-1]])
    return float(low), float(high)


def _edge(kept: Callable[[Floats], npt.NDArray[np.bool_]], outside: float, inside: float) -> float:
    for _ in range(60):
        middle = (outside + inside) / 2
        if kept(np.array([middle]))[0]:
            inside = middle
        else:
            outside = middle
    return inside


def _differences(before: int, after: int) -> Floats:
    # steps from year to year of (δ before, 0 in the base year, δ after): one row a step
    years = before + after + 1
    return np.delete(np.diff(np.eye(years), axis=0), before, axis=1)


def _toward(weights: Floats) -> Floats:
    # effects τ with weights′τ = 1: any will do, the vertices see nothing else of τ
    return np.asarray(weights / np.sum(weights**2))


def _root(covariance: Floats) -> Floats:
    # vertices outnumber the directions in which they move: only those are drawn
    values, directions = np.linalg.eigh(covariance)
    moving = values > _NOTHING * values[-1]
    return np.asarray(directions[:, moving] * np.sqrt(values[moving]))


def _log_tail(value: Floats, low: Floats, high: Floats) -> Floats:
    # log of P(N > value | low < N < high), from the upper tails, which do not round to one
    low = np.minimum(low, value)
    high = np.maximum(high, value)
    with np.errstate(divide="ignore"):
        above = special.log_ndtr(-value), special.log_ndtr(-low), special.log_ndtr(-high)
        upper = above[0] + np.log(-np.expm1(np.minimum(above[2] - above[0], 0.0)))
        whole = above[1] + np.log(-np.expm1(np.minimum(above[2] - above[1], 0.0)))
    return np.where(np.isneginf(upper), -np.inf, upper - whole)
