"""The linear programs of data envelopment analysis, many in one call to HiGHS.

A program asks how far one unit can go towards the frontier of a reference set. Its matrix is that of the
reference set, the same for all units. So the programs of many units are one sparse program with a block
for each: one call instead of hundreds. Before that the reference set is cut down to the units on the
frontier, without which no answer changes. Both together are what makes Malmquist indices of a city panel
a matter of seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from patentmetrics.index.variables import Matrix

Returns = Literal["crs", "vrs"]
Orientation = Literal["input", "output"]

# programs in one call: from about 30 on a larger call gains nothing
_BLOCKS = 64
_TOLERANCE = 1e-10  # the smallest that HiGHS takes
# a unit within this of the frontier stays in the reference set: one too many does no harm
_ON_FRONTIER = 1e-7


@dataclass(frozen=True, kw_only=True)
class Technology:
    """A frontier: its reference units, and the returns to scale.

    Parameters
    ----------
    inputs : numpy.ndarray, shape=(units, inputs)
        Not negative; each unit has some input.
    outputs : numpy.ndarray, shape=(units, outputs)
        Not negative; each unit has some output.
    returns : {"crs", "vrs"}
        Constant (CCR) or variable (BCC) returns to scale.
    positions : numpy.ndarray, shape=(units,)
        Where the units stood among those that the frontier was made of.
    """

    inputs: Matrix
    outputs: Matrix
    returns: Returns
    positions: NDArray[np.int64]

    def only(self, rows: NDArray[np.int64]) -> Technology:
        """Give the frontier of some of the units."""
        return replace(
            self, inputs=self.inputs[rows], outputs=self.outputs[rows], positions=self.positions[rows]
        )


def whole_technology(inputs: Matrix, outputs: Matrix, *, returns: Returns) -> Technology:
    """Give the frontier of some units with all of them in the reference set.

    Examples
    --------
    >>> whole_technology(np.array([[2.0], [5.0]]), np.array([[2.0], [6.0]]), returns="crs").positions.tolist()
    [0, 1]
    """
    return Technology(inputs=inputs, outputs=outputs, returns=returns, positions=np.arange(len(inputs)))


def technology(inputs: Matrix, outputs: Matrix, *, returns: Returns) -> Technology:
    """Give the frontier of some units, cut down to those that lie on it.

    Exact: a unit that is dominated, or radially inefficient, can be replaced in every reference by those
    that dominate it.

    Examples
    --------
    >>> x, y = np.array([[2.0], [4.0], [5.0]]), np.array([[2.0], [2.0], [6.0]])
    >>> technology(x, y, returns="crs").inputs.tolist()
    [[5.0]]
    """
    frontier = whole_technology(inputs, outputs, returns=returns)
    frontier = frontier.only(np.flatnonzero(~_dominated(inputs, outputs, returns)))
    tested = 0
    while tested < len(frontier.inputs):
        # what is found inefficient leaves at once: the next programs are smaller
        among = slice(tested, tested + _BLOCKS)
        own = solve(frontier, frontier.inputs[among], frontier.outputs[among], orientation="input")
        # a program that could not be solved says nothing against its unit
        stays = np.isnan(own) | (own >= 1 - _ON_FRONTIER)
        rows = np.arange(len(frontier.inputs))
        frontier = frontier.only(np.delete(rows, rows[among][~stays]))
        tested += int(stays.sum())
    return frontier


def solve(
    frontier: Technology,
    inputs: Matrix,
    outputs: Matrix,
    *,
    orientation: Orientation,
    without: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Solve the program of each unit against a frontier, of which the unit need not be part.

    Input-oriented, the least θ with ``Σλx ≤ θx_o, Σλy ≥ y_o``; output-oriented, the largest φ with
    ``Σλx ≤ x_o, Σλy ≥ φy_o``; λ ≥ 0, with variable returns Σλ = 1.

    Parameters
    ----------
    frontier : Technology
        The frontier.
    inputs, outputs : numpy.ndarray, shape=(units, inputs), (units, outputs)
        The units to measure.
    orientation : {"input", "output"}
        Which way.
    without : numpy.ndarray, shape=(units,), optional
        For each unit a row of the frontier that is not to be used for it: itself, for super-efficiency.

    Returns
    -------
    numpy.ndarray, shape=(units,)
        θ or φ; not-a-number where the program has no answer.

    Examples
    --------
    >>> frontier = technology(np.array([[5.0]]), np.array([[6.0]]), returns="crs")
    >>> solve(frontier, np.array([[2.0]]), np.array([[2.0]]), orientation="output").round(9).tolist()
    [1.2]
    """
    # units of measurement cancel; near one the program is well conditioned
    scale_in, scale_out = _scale(frontier.inputs), _scale(frontier.outputs)
    scaled = replace(frontier, inputs=frontier.inputs / scale_in, outputs=frontier.outputs / scale_out)
    x, y = inputs / scale_in, outputs / scale_out
    without = np.full(len(x), -1) if without is None else without
    found = np.full(len(x), np.nan)
    for start in range(0, len(x), _BLOCKS):
        block = slice(start, start + _BLOCKS)
        found[block] = _solve_block(scaled, x[block], y[block], orientation, without=without[block])
    return found


def _solve_block(
    frontier: Technology, x: Matrix, y: Matrix, orientation: Orientation, *, without: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Solve the programs as one; where one of them has no answer, halve until it stands alone."""
    k = len(x)
    if k == 0 or len(frontier.inputs) == 0:
        return np.full(k, np.nan)
    m, s, r = x.shape[1], y.shape[1], len(frontier.inputs)
    weights = sparse.csr_array(np.vstack([frontier.inputs.T, -frontier.outputs.T]))
    # first the k factors, then the λ of each block
    if orientation == "input":
        towards = np.hstack([-x, np.zeros((k, s))])
        bounds_above = np.hstack([np.zeros((k, m)), -y])
    else:
        towards = np.hstack([np.zeros((k, m)), y])
        bounds_above = np.hstack([x, np.zeros((k, s))])
    rows = np.arange(k * (m + s))
    factors = sparse.csr_array((towards.ravel(), (rows, rows // (m + s))), shape=(k * (m + s), k))
    identity = sparse.eye_array(k, format="csr")
    above = sparse.hstack([factors, sparse.kron(identity, weights)], format="csc")
    convex = None
    if frontier.returns == "vrs":
        ones = sparse.kron(identity, sparse.csr_array(np.ones((1, r))))
        convex = sparse.hstack([sparse.csr_array((k, k)), ones], format="csc")
    cost = np.concatenate([np.full(k, 1.0 if orientation == "input" else -1.0), np.zeros(k * r)])
    upper = np.full(k + k * r, np.inf)
    barred = np.flatnonzero(without >= 0)
    upper[k + barred * r + without[barred]] = 0
    answer = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
        cost,
        A_ub=above,
        b_ub=bounds_above.ravel(),
        A_eq=convex,
        b_eq=None if convex is None else np.ones(k),
        bounds=np.column_stack([np.zeros(len(upper)), upper]),
        method="highs-ds",
        options={
            "presolve": k == 1,
            "primal_feasibility_tolerance": _TOLERANCE,
            "dual_feasibility_tolerance": _TOLERANCE,
        },
    )
    if answer.status == 0 and answer.x is not None:
        factor: NDArray[np.float64] = answer.x[:k]
        return factor
    if k == 1:
        return np.full(1, np.nan)
    halves = (slice(0, k // 2), slice(k // 2, k))
    return np.concatenate(
        [_solve_block(frontier, x[one], y[one], orientation, without=without[one]) for one in halves]
    )


def _scale(values: Matrix) -> NDArray[np.float64]:
    mean = values.mean(axis=0) if len(values) else np.ones(values.shape[1])
    return np.where(mean > 0, mean, 1.0)


def _dominated(inputs: Matrix, outputs: Matrix, returns: Returns) -> NDArray[np.bool_]:
    """Mark units that another one does without: no more of any input, no less of any output.

    With constant returns the other one may be enlarged or reduced first. One by one, and not against those
    that are marked already: of equals the last one stays.
    """
    n = len(inputs)
    dominated = np.zeros(n, dtype=np.bool_)
    for o in range(n):
        others = ~dominated
        others[o] = False
        x, y = inputs[others], outputs[others]
        if returns == "vrs":
            better = (x <= inputs[o]).all(axis=1) & (y >= outputs[o]).all(axis=1)
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                # an input that the other one does not use bounds its size from no side
                largest = np.where(x > 0, inputs[o] / x, np.inf).min(axis=1)
                least = np.where(outputs[o] > 0, outputs[o] / y, 0.0).max(axis=1)
            better = least <= largest
        dominated[o] = bool(better.any())
    return dominated
