"""Which patents share which group values, and in which sets of values they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.classes.symbols import parse_symbols, split_symbols
from patentmetrics.core.errors import ColumnError, near_names
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_documents
from patentmetrics.kernels.groups import Cells

Integers = NDArray[np.int64]
GroupValues = Literal["any", "first"]

# up to so many values a patent is always in cells; above so many never
FEW_VALUES, MANY_VALUES = 3, 12
# passes over the terms of a document that a cell costs, against one for a pair
PASSES = 4


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Short lists of numbers, one for each document: ``value[first[d]:first[d + 1]]``, ascending."""

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


def group_values(
    counts: TermCounts, blocks: Sequence[Block], group: str, values: GroupValues
) -> pl.DataFrame:
    """Give the group values of the documents of some blocks: ``row`` (from 0), ``value``, each once.

    Documents with no value, or blank ones, have no row.
    """
    parts, first = [], 0
    for block in blocks:
        column = group_column(read_documents(counts, block), group, where=str(counts.folder))
        rows = pl.DataFrame({"row": np.arange(first, first + block.documents), "value": column})
        if isinstance(column.dtype, pl.List):
            rows = rows.explode("value")
        rows = rows.with_columns(pl.col("value").cast(pl.String))
        rows = rows.filter(pl.col("value").str.strip_chars() != "")
        subset = ["row"] if values == "first" else ["row", "value"]
        parts.append(rows.unique(subset, keep="first", maintain_order=True))
        first += block.documents
    return pl.concat(parts)


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


def shared_lists(base: pl.DataFrame, later: pl.DataFrame, documents: tuple[int, int]) -> tuple[Lists, Lists]:
    """Give the values that both sides have, as numbers from 0, of the documents of each side."""
    common = base.select("value").unique().join(later.select("value").unique(), on="value")
    # numbers in the order of the texts: they do not depend on the order of the documents
    numbers = common.sort("value").with_row_index("number")
    sides = []
    for side, number in zip((base, later), documents, strict=True):
        found = side.join(numbers, on="value").sort("row", "number")
        sizes = np.bincount(found["row"].to_numpy(), minlength=number)
        value = found["number"].to_numpy().astype(np.int64)
        sides.append(Lists(first=np.concatenate([[0], np.cumsum(sizes)]), value=value))
    return sides[0], sides[1]


def is_long_list(lists: Lists, others: Lists) -> NDArray[np.bool_]:
    """Say which documents have so many values that pairs are cheaper than cells, or cells too many."""
    sizes = lists.sizes
    in_group = np.bincount(others.value, minlength=1)
    pairs = np.bincount(lists.owner, weights=in_group[lists.value], minlength=len(sizes))
    dear = np.exp2(np.minimum(sizes, 60)) * PASSES > pairs
    return (sizes > MANY_VALUES) | ((sizes > FEW_VALUES) & dear)


def cells_of(base: Lists, later: Lists) -> Cells:
    """Find all sets of values that documents of both sides have, smaller sets first."""
    documents = len(base.sizes)
    sizes = np.concatenate([base.sizes, later.sizes])
    every = np.concatenate([base.value, later.value])
    end = np.cumsum(sizes)
    document, at = np.repeat(np.arange(len(sizes)), sizes), np.arange(len(every))
    parent, values = np.zeros(len(at), np.int64), int(every.max(initial=0)) + 1
    found: list[tuple[Integers, ...]] = []
    cells, sign = 0, 1
    while len(at):
        # a set is its parent and one more, larger value; one that one side does not have leads nowhere
        keys = parent * values + every[at]
        number = np.unique(keys, return_inverse=True)[1]
        is_base = document < documents
        of_base, of_later = (
            np.bincount(number[one], minlength=number.max() + 1) for one in (is_base, ~is_base)
        )
        shared = (of_base > 0) & (of_later > 0)
        kept = shared[number]
        document, at, cell = document[kept], at[kept], (np.cumsum(shared) - 1)[number[kept]]
        found.append((cells + cell, document, np.full(len(cell), sign)))
        cells, sign = cells + int(shared.sum()), -sign
        more = end[document] - at - 1
        parent, at = np.repeat(cell, more), ranges(at + 1, more)
        document = np.repeat(document, more)
    if not found:
        none = np.zeros(0, np.int64)
        return Cells(np.zeros(1, np.int64), none, none, none)
    number, member, signs = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    order = np.lexsort((member, number))
    number, member = number[order], member[order]
    begin = np.searchsorted(number, np.arange(cells + 1))
    is_later = member >= documents
    middle = begin[:-1] + np.bincount(number[~is_later], minlength=cells)
    return Cells(begin, middle, signs[order][begin[:-1]], member - documents * is_later)


def ranges(first: Integers, sizes: Integers) -> Integers:
    """Give first, first + 1, … of each of several ranges, one after the other."""
    ends = np.cumsum(sizes)
    numbers: Integers = np.arange(int(sizes.sum())) + np.repeat(first - (ends - sizes), sizes)
    return numbers
