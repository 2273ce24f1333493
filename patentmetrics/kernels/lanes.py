"""Eight float64 numbers at a time: what the compiler does not make of a short inner loop by itself.

In a kernel, `load` gives a row of eight as one value, which `+` and `*` work on, and `store` puts it
back. An array of rows has a width that is a multiple of `LANES`; row ``i`` of chunk ``k`` has the number
``i * chunks + k``. Compiled, no bounds are checked. Outside of compiled code the same functions work on
numpy rows: that is the plain form which the tests run.
"""

# numba reads these functions by the names of their arguments, and its types are not annotated
# ruff: noqa: ANN401, ARG001, PLW0108
# mypy: disable-error-code="call-arg, no-untyped-call"

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model
from numpy.typing import NDArray

LANES = 8
CACHE_LINE = 64  # bytes: LANES float64 that begin at a multiple of it lie in one line
_scratch = threading.local()
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)


def scratch(name: str, rows: int, width: int) -> NDArray[np.float64]:
    """Give room for rows, each widened to whole lanes, none across a cache line; its content is any.

    The room is this thread's own under a name: the next call with that name takes it back, so what it
    held must be used up by then. Fresh memory costs more than the work that is done in it.

    Examples
    --------
    >>> scratch("example", 3, 11).shape
    (3, 16)
    """
    padded = -(-max(width, 1) // LANES) * LANES
    size = rows * padded
    kept: NDArray[np.float64] | None = getattr(_scratch, name, None)
    if kept is None or len(kept) < size:
        # blocks of later years are larger, by little
        raw = np.empty(size + size // 4 + LANES)
        kept = raw[-raw.ctypes.data % CACHE_LINE // raw.itemsize :]
        setattr(_scratch, name, kept)
    found: NDArray[np.float64] = kept[:size].reshape(rows, padded)
    return found


def load(rows: NDArray[np.float64], i: int) -> NDArray[np.float64]:
    """Give row ``i`` of eight."""
    found: NDArray[np.float64] = rows.reshape(-1, LANES)[i].copy()
    return found


def store(rows: NDArray[np.float64], i: int, lanes: NDArray[np.float64]) -> None:
    """Put eight numbers into row ``i``."""
    rows.reshape(-1, LANES)[i] = lanes


class LanesType(types.Type):
    """The type of eight numbers in compiled code."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


_lanes = LanesType()


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    i = context.cast(builder, arguments[1], signature.args[1], types.intp)
    first = builder.bitcast(array.data, ir.DoubleType().as_pointer())
    return builder.bitcast(
        builder.gep(first, [builder.mul(i, ir.Constant(i.type, LANES))]), _VECTOR.as_pointer()
    )


@intrinsic
def _load(_: Any, rows: Any, i: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.load(_pointer(context, builder, signature, arguments))
        found.align = 8  # an array may begin anywhere
        return found

    return _lanes(rows, i), generate


@intrinsic
def _store(_: Any, rows: Any, i: Any, lanes: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        done = builder.store(arguments[2], _pointer(context, builder, signature, arguments))
        done.align = 8
        return context.get_dummy_value()

    return types.void(rows, i, lanes), generate


@intrinsic
def _times(_: Any, lanes: Any, number: Any) -> Any:
    def generate(__: Any, builder: Any, ___: Any, arguments: Any) -> Any:
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        one = builder.insert_element(nothing, arguments[1], ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.fmul(arguments[0], builder.shuffle_vector(one, nothing, mask))

    return _lanes(lanes, types.float64), generate


@intrinsic
def _plus(_: Any, lanes: Any, others: Any) -> Any:
    def generate(__: Any, builder: Any, ___: Any, arguments: Any) -> Any:
        return builder.fadd(arguments[0], arguments[1])

    return _lanes(lanes, others), generate


@intrinsic
def _times_lanes(_: Any, lanes: Any, others: Any) -> Any:
    def generate(__: Any, builder: Any, ___: Any, arguments: Any) -> Any:
        return builder.fmul(arguments[0], arguments[1])

    return _lanes(lanes, others), generate


@overload(load, strict=False)
def _compiled_load(rows: Any, i: Any) -> Callable[..., Any]:
    return lambda rows, i: _load(rows, i)


@overload(store, strict=False)
def _compiled_store(rows: Any, i: Any, lanes: Any) -> Callable[..., Any]:
    return lambda rows, i, lanes: _store(rows, i, lanes)


@overload(operator.mul, strict=False)
def _compiled_times(lanes: Any, number: Any) -> Callable[..., Any] | None:
    if isinstance(lanes, LanesType) and number == types.float64:
        return lambda lanes, number: _times(lanes, number)
    if isinstance(lanes, LanesType) and isinstance(number, LanesType):
        return lambda lanes, number: _times_lanes(lanes, number)
    return None


@overload(operator.add, strict=False)
def _compiled_plus(lanes: Any, others: Any) -> Callable[..., Any] | None:
    if isinstance(lanes, LanesType) and isinstance(others, LanesType):
        return lambda lanes, others: _plus(lanes, others)
    return None
