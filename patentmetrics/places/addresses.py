"""From the address of an applicant to its city and county (申请人地址→地级市、县区代码), never by a guess."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import ColumnError, SettingError, check_choice
from patentmetrics.core.types import require_columns
from patentmetrics.core.utf8 import utf8_of
from patentmetrics.kernels.address_chains import ABROAD, CHAIN, NONE, find_chains
from patentmetrics.kernels.automaton import find_terms
from patentmetrics.places.chains import ADDRESS_LEVELS, AddressLevel, Meant, resolve_chain
from patentmetrics.places.codes import FIRST_YEAR, LAST_YEAR
from patentmetrics.places.countries import AT_HOME, FOREIGN
from patentmetrics.places.gazetteer import names_of_places

ADDRESS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "code": pl.String,
    "name": pl.String,
    "province_code": pl.String,
    "city_code": pl.String,
    "city_name": pl.String,
    "county_code": pl.String,
    "county_name": pl.String,
    "named_code": pl.String,
    "start": pl.Int32,
    "end": pl.Int32,
    "status": pl.String,
    "near": pl.String,
}
RESOLVED: tuple[str, ...] = ("found", "former name", "later name", "merged")
# full-width signs, spaces of all kinds and characters that look like others
_TO_NORMALISE = r"[\s\u2e80-\u2fdf\uf900-\ufaff\uff01-\uff5e]"
_BITS = 14  # of a term's number in a key
_FIRST_KEY_YEAR, _LAST_KEY_YEAR = 1979, 2105  # years are seven bits of it


def resolve_addresses(
    addresses: pl.Series | Sequence[str | None],
    *,
    year: int | Sequence[int | None] | pl.Series | None = None,
    base_year: int | None = LAST_YEAR,
    level: AddressLevel = "city",
) -> pl.DataFrame:
    """Resolve addresses to the codes of city and county of one base year (地址归并到行政区划代码).

    Read is the leftmost chain province > city > county whose names lie in one another: 广东省深圳市南山区,
    江苏无锡滨湖区, 杭州市西湖区, 昆山市 alone where the name is one place. Postal codes, signs, spaces and
    full-width characters before or between the names do not matter; 上海市南京路 is in 上海市 only. A name
    that can mean two places is not guessed.

    Parameters
    ----------
    addresses : polars.Series or sequence of str
        As they are in the register. Null and blank give ``missing``.
    year : int, sequence of int or polars.Series, optional
        The year of the address, one for all or one for each: 巢湖市 of 2005 is another place than that of
        2015. Without it the names in force today come before those of the past.
    base_year : int, optional
        The year whose codes are given, so that a place has one code over time. None gives the codes of
        ``year``, address by address.
    level : {'city', 'county'}
        Which code is asked for. Cities are prefectures, leagues, autonomous prefectures and the four
        municipalities. A county tells its city, also of another year: 巢湖市无为县 is in 芜湖市 today.

    Returns
    -------
    polars.DataFrame
        One row an address, in order, see `ADDRESS_SCHEMA`: ``code, name`` at the level, in the base year;
        ``province_code, city_code, city_name, county_code, county_name`` as far as they are certain, in the
        base year; ``named_code, start, end``: the place that the address names, and from the end of which
        year until the end of which it was called so, as in `patentmetrics.places.codes.Area`; ``status``,
        ``near``. The status is one of

        - ``found``: the name was in force in the year;
        - ``former name``, ``later name``: it was before, or only later; the place is certain;
        - ``merged``: the county is now part of the one whose code is given (卢湾区: 黄浦区);
        - ``abolished``, ``founded later``, ``divided``: the base year has no such place; where there is a
          code it is its own, and ``near`` is what took it over;
        - ``other level``: the place is certain, and not of the level: a province alone, 仙桃市 (which no
          city governs) for a city, a city alone for a county; ``near`` names it;
        - ``ambiguous``: 鼓楼区 alone; ``near`` lists what it may mean;
        - ``contradictory``: the names do not lie in one another (江苏省杭州市); ``near`` is both;
        - ``foreign``: another country; ``unknown``: no name of a place; ``missing``.

    Raises
    ------
    SettingError
        The level is unknown, the base year is not one of 1981 to 2024, or the years are not as many as the
        addresses.
    ColumnError
        The addresses are not text, or the years no whole numbers.

    Source: codes of 1981 to 2024 as collected in github.com/yescallop/areacodes (CC0).

    Examples
    --------
    >>> found = resolve_addresses(["518057 广东省深圳市南山区高新区", "上海市卢湾区南京路"], level="county")
    >>> found.select("code", "name", "city_name", "status").rows()
    [('440305', '南山区', '深圳市', 'found'), ('310101', '黄浦区', '上海市', 'merged')]
    """
    check_choice(level, ADDRESS_LEVELS, argument="level")
    if base_year is not None and not FIRST_YEAR <= base_year <= LAST_YEAR:
        raise SettingError(
            "the codes of the base year are not known",
            where="base_year",
            got=base_year,
            allowed=f"{FIRST_YEAR} to {LAST_YEAR}",
        )
    written = _as_series(addresses)
    years = _as_years(year, len(written))
    chains = _chains_of(written)
    keys, place = _distinct(chains, years)
    rows = [_row(*key, base_year, level) for key in keys]
    table = pl.DataFrame(rows, schema=ADDRESS_SCHEMA, orient="row")
    return _with_reasons(table[place], written, chains)


def place_columns(found: pl.DataFrame) -> pl.DataFrame:
    """Name the columns of `resolve_addresses` as they stand beside others in a table of patents.

    Examples
    --------
    >>> place_columns(resolve_addresses(["杭州市"])).columns[:3]
    ['place_code', 'place_name', 'place_status']
    """
    return found.select(
        pl.col("code").alias("place_code"),
        pl.col("name").alias("place_name"),
        pl.col("status").alias("place_status"),
        pl.col("near").alias("place_near"),
        "province_code",
        "city_code",
        "city_name",
        "county_code",
        "county_name",
        "named_code",
        pl.col("start").alias("named_from"),
        pl.col("end").alias("named_until"),
    )


def unresolved_addresses(
    addresses: pl.Series | Sequence[str | None], found: pl.DataFrame, *, top: int | None = None
) -> pl.DataFrame:
    """List the addresses without a code in force, the most frequent first (未能归并的地址).

    Parameters
    ----------
    addresses : polars.Series or sequence of str
        As they were given to `resolve_addresses`.
    found : polars.DataFrame
        What it gave.
    top : int, optional
        How many to list; by default all.

    Returns
    -------
    polars.DataFrame
        ``address, status, near, rows``; missing addresses are one line with null.

    Raises
    ------
    SettingError
        The addresses are not as many as the rows.

    Examples
    --------
    >>> addresses = ["鼓楼区", "东京", "鼓楼区", "杭州市"]
    >>> unresolved_addresses(addresses, resolve_addresses(addresses)).select("address", "rows").rows()
    [('鼓楼区', 2), ('东京', 1)]
    """
    require_columns(found, ["status", "near"], where="found")
    written = _as_series(addresses)
    if len(written) != found.height:
        raise SettingError(
            "there are not as many addresses as rows",
            where="addresses",
            got=f"{len(written)} and {found.height}",
        )
    left = (
        found.select("status", "near").with_columns(address=written).filter(~pl.col("status").is_in(RESOLVED))
    )
    return most_frequent(left.with_columns(rows=pl.lit(1, pl.Int64)), top=top)


def most_frequent(unresolved: pl.DataFrame, *, top: int | None = None) -> pl.DataFrame:
    """Add the rows of lists of `unresolved_addresses`, the most frequent first.

    Examples
    --------
    >>> part = unresolved_addresses(["东京"], resolve_addresses(["东京"]))
    >>> most_frequent(pl.concat([part, part]))["rows"].to_list()
    [2]
    """
    counted = unresolved.group_by("address", "status", "near").agg(pl.col("rows").sum())
    ordered = counted.sort(
        ["rows", "address", "status", "near"], descending=[True, False, False, False], nulls_last=True
    )
    return ordered.head(top) if top is not None else ordered


def _as_series(addresses: pl.Series | Sequence[str | None]) -> pl.Series:
    written = addresses if isinstance(addresses, pl.Series) else pl.Series("address", addresses, pl.String)
    if written.dtype not in (pl.String, pl.Null):
        raise ColumnError("the addresses are not text", where=written.name or "addresses", got=written.dtype)
    return written.cast(pl.String).alias("address")


def _as_years(year: int | Sequence[int | None] | pl.Series | None, n: int) -> NDArray[np.int64]:
    """Give the years as numbers of seven bits; 0 where none is known."""
    if year is None or isinstance(year, int):
        years = pl.repeat(year, n, dtype=pl.Int64, eager=True)
    else:
        years = year if isinstance(year, pl.Series) else pl.Series("year", year, pl.Int64)
        if len(years) != n:
            raise SettingError(
                "there are not as many years as addresses", where="year", got=f"{len(years)} and {n}"
            )
        if not (years.dtype.is_integer() or years.dtype == pl.Null):
            raise ColumnError("the years are not whole numbers", where=years.name or "year", got=years.dtype)
    # names are known of the years from 1981 to 2024, so an earlier year is as good as 1980
    clipped = years.cast(pl.Int64).clip(_FIRST_KEY_YEAR + 1, _LAST_KEY_YEAR) - _FIRST_KEY_YEAR
    return clipped.fill_null(0).to_numpy()


def _plain(written: pl.Series) -> pl.Series:
    """Write addresses with half-width characters and without spaces."""
    odd = written.str.contains(_TO_NORMALISE).fill_null(value=False)
    if not odd.any():
        return written
    plain = written.filter(odd).str.normalize("NFKC").str.replace_all(r"\s+", "")
    return written.scatter(odd.arg_true(), plain)


def _chains_of(written: pl.Series) -> NDArray[np.int32]:
    names = names_of_places()
    data, offset = utf8_of(_plain(written))
    first, term, place = find_terms(data, offset, names.automaton, False)
    return find_chains(data, offset, first, term, place, names.places)


def _distinct(
    chains: NDArray[np.int32], years: NDArray[np.int64]
) -> tuple[Iterable[tuple[tuple[int, ...], int]], NDArray[np.uint32]]:
    """Give the distinct pairs of chain and year, and which of them each address has."""
    key = years.astype(np.int64)
    for i in range(CHAIN):
        # numbers from −2 on
        key = (key << _BITS) | (chains[:, i].astype(np.int64) - ABROAD)
    distinct, place = np.unique(key, return_inverse=True)
    mask = (1 << _BITS) - 1
    terms = [((distinct >> (_BITS * (CHAIN - 1 - i))) & mask) + ABROAD for i in range(CHAIN)]
    known = distinct >> (_BITS * CHAIN)
    keys = zip(zip(*(one.tolist() for one in terms), strict=True), known.tolist(), strict=True)
    return keys, place.astype(np.uint32).reshape(-1)


# the same chains come again in each batch of a file
@functools.lru_cache(maxsize=1 << 18)
def _row(
    chain: tuple[int, ...], year: int, base_year: int | None, level: AddressLevel
) -> tuple[str | int | None, ...]:
    if chain[0] == ABROAD:
        return _as_row(Meant(status="foreign"))
    names = names_of_places()
    terms = [term for term in chain[:-1] if term != NONE]
    if not terms:
        return _as_row(Meant(status="unknown"))
    found = resolve_chain(
        [names.meanings[term] for term in terms],
        form=names.terms[terms[-1]],
        short=names.is_short(terms[-1]),
        year=year + _FIRST_KEY_YEAR if year else None,
        base_year=base_year,
        level=level,
    )
    if chain[-1] != NONE:
        found = dataclasses.replace(found, near=(*found.near, names.terms[chain[-1]]))
        if found.status == "other level":
            return _as_row(Meant(status="contradictory", near=found.near))
    return _as_row(found)


def _as_row(found: Meant) -> tuple[str | int | None, ...]:
    def code(area: object) -> str | None:
        return getattr(area, "code", None)

    named = found.named
    return (
        code(found.area),
        found.area.name if found.area else None,
        code(found.province),
        code(found.city),
        found.city.name if found.city else None,
        code(found.county),
        found.county.name if found.county else None,
        code(named),
        named.start if named else None,
        named.end if named else None,
        found.status,
        "; ".join(found.near) or None,
    )


def _with_reasons(found: pl.DataFrame, written: pl.Series, chains: NDArray[np.int32]) -> pl.DataFrame:
    """Tell missing and foreign addresses from those in which no name was found."""
    none = pl.Series(chains[:, :3].max(axis=1) == NONE) & pl.Series(chains[:, 0] != ABROAD)
    if not none.any():
        return found
    left = written.filter(none)
    blank = left.is_null() | (left.str.strip_chars() == "")
    abroad = left.str.contains(FOREIGN) & ~left.str.contains(AT_HOME)
    reasons = pl.select(
        pl.when(blank)
        .then(pl.lit("missing"))
        .when(abroad)
        .then(pl.lit("foreign"))
        .otherwise(pl.lit("unknown"))
    ).to_series()
    return found.with_columns(status=found["status"].scatter(none.arg_true(), reasons))
