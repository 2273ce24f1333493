"""A frame as a Stata file (.dta): names, values and labels checked first, written by pandas.

pandas is the maintained writer of Stata's format 118 (Stata 14 and newer, Unicode) whose bytes can be kept
the same: the time of writing is an argument. It comes with the extra ``estimate``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, ExtraError, check_choice
from patentmetrics.core.files import written_whole

MOST_NAME = 32
MOST_LABEL = 80
# https://www.stata.com/manuals/u11.pdf, section 11.3
RESERVED = frozenset(
    ("_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_se", "_skip", "byte", "double",
     "float", "if", "in", "int", "long", "strL", "using", "with")
)  # fmt: skip
_LONG = (-2_147_483_647, 2_147_483_620)
_DOUBLE = 8.9884656743115785e307
_EXACT = 2**53
_MOST_STR = 2045  # bytes; longer text is strL
# the same bytes from the same panel: no time of writing
_WRITTEN = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - Stata knows no time zones


@dataclass(frozen=True, kw_only=True, slots=True)
class StataNames:
    """Names of columns in a Stata file, and the labels that were cut to fit."""

    names: dict[str, str]
    cut: tuple[str, ...]


def stata_names(columns: Sequence[str], *, names: Literal["check", "mend"] = "check") -> dict[str, str]:
    """Give each column a name that Stata takes (变量名检查).

    A name has at most 32 letters (of any script), digits and underscores, begins with no digit, and is no
    reserved word.

    Parameters
    ----------
    columns : sequence of str
        The columns.
    names : {"check", "mend"}
        Refuse a name that Stata does not take; or mend it: other signs become ``_``, what is too long is
        cut, what then occurs twice is numbered.

    Raises
    ------
    ColumnError
        With ``check``: names that Stata does not take, with what mending would make of them.

    Examples
    --------
    >>> stata_names(["place", "产值(万元)", "2015"], names="mend")
    {'place': 'place', '产值(万元)': '产值_万元', '2015': '_2015'}
    """
    check_choice(names, ["check", "mend"], argument="names")
    bad = [name for name in columns if not _is_name(name)]
    taken = {name for name in columns if _is_name(name)}
    made: dict[str, str] = {}
    for name in columns:
        if name in taken:
            made[name] = name
            continue
        mended = new = _mended(name)
        number = 2
        while new in taken:
            new = f"{mended[: MOST_NAME - len(str(number)) - 1]}_{number}"
            number += 1
        taken.add(new)
        made[name] = new
    if bad and names == "check":
        raise ColumnError(
            f"Stata does not take the names of {len(bad)} columns",
            where="names",
            got=", ".join(bad[:5]),
            allowed=f"at most {MOST_NAME} letters, digits and underscores, no digit first, no reserved word",
            hint="names='mend' gives " + ", ".join(made[name] for name in bad[:5]),
        )
    return made


def write_stata(
    frame: pl.DataFrame,
    path: Path | str,
    *,
    labels: Mapping[str, str],
    data_label: str = "",
    names: Literal["check", "mend"] = "check",
) -> StataNames:
    """Write a frame as a Stata file in format 118, with labels of variables (Stata数据文件).

    Nulls are Stata's missing value ``.``, or empty text. Whole numbers without nulls that fit are long,
    all other numbers double; dates are ``%td``, times ``%tc``; text is str or strL.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns of numbers, truth values, text, dates and times.
    path : Path or str
        The file.
    labels : mapping
        Label of each column; one longer than 80 characters is cut, and named in the result.
    data_label : str
        Of the data; cut at 80 characters.
    names : {"check", "mend"}
        As for `stata_names`.

    Raises
    ------
    ColumnError
        A name that Stata does not take.
    DataError
        A value that Stata cannot hold: infinite, too large, a list.
    ExtraError
        pandas is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     frame = pl.DataFrame({"place": ["北京"], "gdp": [None]}, schema_overrides={"gdp": pl.Float64})
    ...     write_stata(frame, Path(folder) / "a.dta", labels={"gdp": "地区生产总值"}).names
    {'place': 'place', 'gdp': 'gdp'}
    """
    pandas = _pandas()
    made = stata_names(frame.columns, names=names)
    data: dict[str, Any] = {}
    dates: dict[str, str] = {}
    long_text = []
    for name, new in made.items():
        values = frame[name]
        data[new] = _stata_values(values, pandas)
        if values.dtype == pl.Date:
            dates[new] = "td"
        elif values.dtype == pl.Datetime:
            dates[new] = "tc"
        elif values.dtype in {pl.String, pl.Categorical} and _most_bytes(values) > _MOST_STR:
            long_text.append(new)
    cut = tuple(name for name in made if len(labels.get(name, "")) > MOST_LABEL)
    with written_whole(Path(path)) as temporary:
        pandas.DataFrame(data).to_stata(
            temporary,
            write_index=False,
            version=118,
            variable_labels={new: labels.get(name, name)[:MOST_LABEL] for name, new in made.items()},
            data_label=data_label[:MOST_LABEL] or None,
            convert_dates=dates,
            convert_strl=long_text,
            time_stamp=_WRITTEN,
        )
    return StataNames(names=made, cut=cut)


def _stata_values(values: pl.Series, pandas: ModuleType) -> Any:  # noqa: ANN401 - numpy or pandas, as pandas takes it
    kind = values.dtype
    if kind in {pl.String, pl.Categorical}:
        return pandas.Series(values.cast(pl.String).fill_null("").to_list(), dtype="object")
    if kind == pl.Date:
        return pandas.Series(values.cast(pl.Datetime("ms")).to_numpy())
    if kind == pl.Datetime:
        return pandas.Series(values.dt.replace_time_zone(None).cast(pl.Datetime("ms")).to_numpy())
    if kind == pl.Boolean:
        values = values.cast(pl.Int8)
    elif not (kind.is_numeric() or kind == pl.Null):
        raise DataError(
            "Stata holds numbers, text and dates",
            where=f"panel: {values.name}",
            got=str(kind),
            hint="leave it out",
        )
    if values.dtype.is_integer():
        largest = max(
            (abs(int(one)) for one in (values.min(), values.max()) if isinstance(one, int)), default=0
        )
        if largest > _EXACT:
            raise DataError(
                "a whole number is too large for Stata to hold exactly",
                where=f"panel: {values.name}",
                got=largest,
                hint="keep it as text",
            )
        if not values.null_count() and _LONG[0] <= -largest and largest <= _LONG[1]:
            return values.cast(pl.Int32).to_numpy()
    numbers = values.cast(pl.Float64).to_numpy()
    wrong = np.isinf(numbers) | (np.abs(numbers) > _DOUBLE)
    if wrong.any():
        raise DataError(
            f"{int(wrong.sum())} values are infinite, or too large for Stata",
            where=f"panel: {values.name}",
            got=float(numbers[wrong][0]),
        )
    return numbers


def _most_bytes(values: pl.Series) -> int:
    most = values.cast(pl.String).str.len_bytes().max()
    return most if isinstance(most, int) else 0


def _is_name(name: str) -> bool:
    right = all(one == "_" or one.isalpha() or one in "0123456789" for one in name)
    is_str = name.startswith("str") and name[3:].isdigit()
    return bool(
        right and 0 < len(name) <= MOST_NAME and not name[0].isdigit() and name not in RESERVED and not is_str
    )


def _mended(name: str) -> str:
    made = "".join(one if one == "_" or one.isalpha() or one in "0123456789" else "_" for one in name)
    while "__" in made:
        made = made.replace("__", "_")
    made = made.strip("_") or "v"
    if made[0].isdigit() or made in RESERVED or (made.startswith("str") and made[3:].isdigit()):
        made = f"_{made}"
    return made[:MOST_NAME].rstrip("_") or "v"


def _pandas() -> ModuleType:
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise ExtraError(
            "a Stata file needs the library pandas",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[estimate]"',
        ) from error
    module: ModuleType = pd
    return module
