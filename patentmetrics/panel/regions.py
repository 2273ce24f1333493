"""The four economic regions (东部、中部、西部、东北) of places, as the statistics bureau draws them."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ColumnError
from patentmetrics.core.reviewed import check_keys, mappings_of, read_reviewed, text_of, texts_of
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.places.resolve import resolve_places

REGIONS = ("东部", "中部", "西部", "东北")
_TABLE = Path(__file__).with_name("regions.yml")


def region_table() -> pl.DataFrame:
    """Give the table of provinces and their regions (四大地区划分).

    Returns
    -------
    polars.DataFrame
        ``province`` (first two digits of its code), ``name``, ``region``, ``region_en``; 31 rows by code.

    Source: National Bureau of Statistics, 东西中部和东北地区划分方法, 2011-06-13.

    Examples
    --------
    >>> region_table().row(0)
    ('11', '北京', '东部', 'East')
    >>> region_table()["region"].value_counts().sort("count").rows()
    [('东北', 3), ('中部', 6), ('东部', 10), ('西部', 12)]
    """
    return _table()


@functools.cache
def _table() -> pl.DataFrame:
    where = _TABLE.name
    content = read_reviewed(_TABLE)
    check_keys(content, required=["title", "source", "regions"], where=where)
    rows = []
    for region in mappings_of(content, "regions", where=where):
        check_keys(region, required=["name", "name_en", "provinces"], where=where)
        name, english = (text_of(region, key, where=where) for key in ("name", "name_en"))
        for one in texts_of(region, "provinces", where=where):
            code, _, province = one.partition(" ")
            rows.append((code, province, name, english))
    return pl.DataFrame(rows, schema=["province", "name", "region", "region_en"], orient="row").sort(
        "province"
    )


def add_region(panel: Panel, *, by: str = "place") -> Panel:
    """Add ``region``: east, centre, west or northeast of China (东部、中部、西部、东北).

    Parameters
    ----------
    panel : Panel
        The panel.
    by : str
        Column with codes of GB/T 2260 (``330100``) or names (杭州市) of places.

    Returns
    -------
    Panel
        ``region`` is the Chinese name; null where the place is not resolved, or is in none (Hong Kong).
        The log counts these and names the first.

    Raises
    ------
    ColumnError
        The column is missing, or the panel has a region already.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["杭州市", "650100", "火星"], "year": [2020] * 3})
    >>> add_region(Panel(frame=frame)).frame["region"].to_list()
    ['东部', '西部', None]
    """
    frame = panel.frame
    require_columns(frame, [by], where="panel")
    if "region" in frame.columns:
        raise ColumnError("the panel already has the column 'region'", where="panel")
    names = frame[by].cast(pl.String).unique().sort().drop_nulls()
    # six digits are taken as they are: the province does not change when a code does
    coded = names.str.contains(r"^\d{6}$")
    codes = names.filter(coded).to_list()
    found = resolve_places(names.filter(~coded).to_list(), level="any", base_year=None)
    known = pl.DataFrame(
        {
            by: [*codes, *found["place"].to_list()],
            "province": [*(code[:2] for code in codes), *(_province(row) for row in found.to_dicts())],
        },
        schema={by: pl.String, "province": pl.String},
    ).join(region_table().select("province", "region"), on="province", how="left")
    region = frame.select(pl.col(by).cast(pl.String)).join(
        known.select(by, "region"), on=by, how="left", maintain_order="left"
    )["region"]
    without = frame.filter(region.is_null())[by].cast(pl.String).unique().sort().drop_nulls().to_list()
    told = f" ({', '.join(without[:10])}{', …' if len(without) > 10 else ''})" if without else ""
    counts = ", ".join(f"{name} {frame.filter(region == name)['place'].n_unique()}" for name in REGIONS)
    line = f"region by {by}: {counts} places; {len(without)} without{told}"
    return replace(panel, frame=frame.with_columns(region.alias("region")), log=(*panel.log, line))


def _province(row: dict[str, str | None]) -> str | None:
    """Give the province of a resolved name; a name of several places has one only if all are in it."""
    if row["code"]:
        return row["code"][:2]
    near = {part.rpartition(" ")[2][:2] for part in (row["near"] or "").split("; ") if part}
    return near.pop() if row["status"] in {"other level", "ambiguous"} and len(near) == 1 else None
