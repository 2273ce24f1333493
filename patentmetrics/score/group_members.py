"""Which patents share which group values, and how that is divided into work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.classes.symbols import parse_symbols, split_symbols
from patentmetrics.core.errors import ColumnError, near_names
from patentmetrics.core.types import TermCounts
from patentmetrics.counted.format import read_documents

Integers = NDArray[np.int64]

# up to so many values a patent is always in cells; above so many never
FEW_VALUES, MANY_VALUES = 3, 12


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Short lists of numbers, one for each document: ``value[first[d]:first[d + 1]]``."""

    first: Integers
    value: Integers

    @property
    def sizes(self) -> Integers:
        """Length of each list."""
        return np.diff(self.first)

    @property
    def owner(self) -> Integers:
        """Document of each value."""
        return np.repeat(np.arange(len(self.first) - 1), self.sizes)

    def of(self, chosen: Integers) -> Lists:
        """Give the lists of some documents."""
        sizes = self.sizes[chosen]
        return Lists(
            first=np.concatenate([[0], np.cumsum(sizes)]),
            value=self.value[ranges(self.first[chosen], sizes)],
        )


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Sets of values with the documents that have them all, those of one smallest value side by side.

    ``begin`` (cells + 1,), ``sign`` (cells,), ``root`` (cells,): the smallest value; ``member``.
    """

    begin: Integers
    sign: Integers
    root: Integers
    member: Integers


def ipc_subclass(ipc: pl.Series) -> pl.Series:
    """Give the subclasses of each patent's symbols (IPC小类), without repetition, in their order.

    Parameters
    ----------
    ipc : polars.Series of List(String) or String
        Symbols in any spelling, see `patentmetrics.classes.symbols`.

    Returns
    -------
    polars.Series of List(String)
        Null where no symbol can be read.

    Examples
    --------
    >>> ipc_subclass(pl.Series([["G06F 17/30", "G06F3/048", "H04L9/32"], ["14-02"], None])).to_list()
    [['G06F', 'H04L'], None, None]
    """
    every = pl.DataFrame({"row": np.arange(len(ipc)), "ipc": ipc})
    one = every.explode("ipc") if isinstance(ipc.dtype, pl.List) else every
    one = one.with_columns(split_symbols(one["ipc"]).alias("ipc")).explode("ipc")
    found = one.with_columns(parse_symbols(one["ipc"])["subclass"]).drop_nulls("subclass")
    lists = found.group_by("row", maintain_order=True).agg(pl.col("subclass").unique(maintain_order=True))
    given = every.select("row").join(lists, on="row", how="left", maintain_order="left")
    return given["subclass"].rename("ipc_subclass")


def members_by_document(
    counts: TermCounts, group: str, values: Literal["any", "first"]
) -> tuple[Lists, NDArray[np.bool_]]:
    """Give the values that two documents or more share, as numbers; say which documents have any."""
    parts, first = [], 0
    for block in counts.blocks:
        column = group_column(read_documents(counts, block), group, where=str(counts.folder))
        rows = pl.DataFrame({"row": np.arange(first, first + block.documents), "value": column})
        if isinstance(column.dtype, pl.List):
            rows = rows.explode("value")
        rows = rows.with_columns(pl.col("value").cast(pl.String))
        rows = rows.filter(pl.col("value").str.strip_chars() != "")
        subset = ["row"] if values == "first" else ["row", "value"]
        parts.append(rows.unique(subset, keep="first", maintain_order=True))
        first += block.documents
    every = pl.concat(parts)
    row = every["row"].to_numpy()
    # the ranks of the texts: numbers that do not depend on the order of the documents
    value = every["value"].rank("dense").cast(pl.Int64).to_numpy() - 1
    has_group = np.zeros(counts.documents, np.bool_)
    has_group[row] = True
    shared = np.bincount(value, minlength=1) > 1
    kept = shared[value]
    row, value = row[kept], (np.cumsum(shared) - 1)[value[kept]]
    order = np.lexsort((value, row))
    sizes = np.bincount(row, minlength=counts.documents)
    return Lists(first=np.concatenate([[0], np.cumsum(sizes)]), value=value[order]), has_group


def group_column(documents: pl.DataFrame, group: str, *, where: str) -> pl.Series:
    """Give the column of group values; ``ipc_subclass`` is derived from ``ipc`` where it is absent."""
    if group in documents.columns:
        column = documents[group]
    elif group == "ipc_subclass" and "ipc" in documents.columns:
        column = ipc_subclass(documents["ipc"])
    else:
        raise ColumnError(
            f"the documents have no column {group!r}",
            where=where,
            allowed=documents.columns,
            hint=near_names(group, documents.columns)
            or "the column ipc is needed" * (group == "ipc_subclass")
            or None,
        )
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else column.dtype
    if not (inner.is_integer() or inner in (pl.String, pl.Categorical, pl.Enum, pl.Null)):
        raise ColumnError(
            f"the values of the column {group!r} name no group",
            where=where,
            got=str(column.dtype),
            allowed="text, whole numbers, or lists of these",
        )
    return column


def is_long_list(member_of: Lists, lags: int) -> NDArray[np.bool_]:
    """Say which documents have so many values that pairs are cheaper than cells, or cells too many."""
    sizes = member_of.sizes
    pairs = np.bincount(
        member_of.owner,
        weights=np.bincount(member_of.value, minlength=1)[member_of.value],
        minlength=len(sizes),
    )
    dear = np.exp2(np.minimum(sizes, 60)) * lags > pairs
    return (sizes > MANY_VALUES) | ((sizes > FEW_VALUES) & dear)


def cells_of(member_of: Lists, is_long: NDArray[np.bool_]) -> Cells:
    """Find all sets of values that two short documents or more have, smaller sets first."""
    end = member_of.first[1:]
    owner = member_of.owner
    at = np.flatnonzero(~is_long[owner])
    document, root = owner[at], member_of.value[at]
    parent = np.zeros(len(at), np.int64)
    values = int(member_of.value.max(initial=0)) + 1
    found: list[tuple[Integers, ...]] = []
    first_cell, sign = 0, 1
    while len(at):
        # a set is its parent and one more, larger value; one that a single document has leads nowhere
        keys = parent * values + member_of.value[at]
        cell, sizes = np.unique(keys, return_inverse=True, return_counts=True)[1:]
        kept = sizes[cell] > 1
        renumbered = np.cumsum(sizes > 1) - 1
        document, root, at, cell = document[kept], root[kept], at[kept], renumbered[cell[kept]]
        found.append((root, first_cell + cell, document, np.full(len(cell), sign)))
        first_cell, sign = first_cell + int((sizes > 1).sum()), -sign
        more = end[document] - at - 1
        at = ranges(at + 1, more)
        document, root, parent = np.repeat(document, more), np.repeat(root, more), np.repeat(cell, more)
    if not found:
        none = np.zeros(0, np.int64)
        return Cells(begin=np.zeros(1, np.int64), sign=none, root=none, member=none)
    root, number, member, signs = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    order = np.lexsort((member, number, root))
    number = number[order]
    begin = np.flatnonzero(np.diff(number, prepend=-1))
    return Cells(
        begin=np.append(begin, len(number)),
        sign=signs[order][begin],
        root=root[order][begin],
        member=member[order],
    )


def portions_of(cells: Cells, terms: Integers, result_bytes: int, memory: int) -> Iterator[slice]:
    """Cut the cells where their smallest value changes; the first cell of each holds all its documents."""
    begins = np.flatnonzero(np.diff(cells.root, prepend=-1))
    nonzeros = np.concatenate([[0], np.cumsum(terms[cells.member])])
    rows = 8 * (nonzeros[cells.begin[begins + 1]] - nonzeros[cells.begin[begins]]) if len(begins) else begins
    edges = np.append(begins, len(cells.sign))
    results = result_bytes * np.diff(cells.begin[edges])
    for portion in cut(rows + results, memory):
        yield slice(int(edges[portion.start]), int(edges[portion.stop]))


def cut(costs: Integers, limit: int) -> Iterator[slice]:
    """Cut a row of costs into portions below a limit, or of one."""
    ends = np.cumsum(costs)
    begin = 0
    while begin < len(costs):
        before = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, before + limit, side="right")))
        yield slice(begin, end)
        begin = end


def ranges(first: Integers, sizes: Integers) -> Integers:
    """Give first, first + 1, … of each of several ranges, one after the other."""
    ends = np.cumsum(sizes)
    numbers: Integers = np.arange(int(sizes.sum())) + np.repeat(first - (ends - sizes), sizes)
    return numbers
