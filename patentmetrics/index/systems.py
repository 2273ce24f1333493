"""Index systems (指标体系): a small TOML file names the indicators, their direction and their dimension."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import polars as pl

from patentmetrics.core.errors import StudyError, near_names
from patentmetrics.core.files import existing_file, sha256_of

Direction = Literal["positive", "negative"]

_SHIPPED = Path(__file__).resolve().parent / "systems"


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One dimension of an index system (维度): its id is part of a column's name."""

    id: str
    title_en: str
    title_zh: str


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One indicator (指标): the panel's column, its names, unit, direction and dimension.

    ``weight`` is a published weight, in any unit; all indicators of a system have one, or none.
    """

    name: str
    title_en: str
    title_zh: str
    direction: Direction
    dimension: str
    subdimension: str | None = None
    unit_en: str = ""
    unit_zh: str = ""
    weight: float | None = None


@dataclass(frozen=True, kw_only=True)
class IndexSystem:
    """An index system (指标体系): indicators in dimensions, at will in subdimensions of these.

    Parameters
    ----------
    id : str
        Name of the system.
    title_en, title_zh, source : str
        What it is, and whose.
    dimensions, subdimensions : tuple of Dimension
        In the order in which tables show them.
    indicators : tuple of Indicator
        In the order in which tables show them.
    sha256 : str
        Hash of the file, empty for a system made in code.

    Raises
    ------
    StudyError
        An indicator stands twice, or names a dimension that is not there; a dimension has no
        indicator; a weight is negative, or only some indicators have one.
    """

    id: str
    title_en: str
    title_zh: str
    source: str
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    subdimensions: tuple[Dimension, ...] = ()
    sha256: str = ""

    def __post_init__(self) -> None:
        where = f"index system {self.id}"
        dimensions = [one.id for one in self.dimensions]
        parts = [one.id for one in self.subdimensions]
        _once([one.name for one in self.indicators], "indicator", where)
        _once([*dimensions, *parts], "dimension", where)
        for id_ in dimensions:
            # it becomes part of a column's name
            if not (id_.isascii() and id_.isidentifier() and id_ == id_.lower()):
                raise StudyError(
                    "the id of a dimension is made of small letters, digits and _", where=where, got=id_
                )
        for one in self.indicators:
            _known(one.dimension, dimensions, "dimension", f"{where}: {one.name}")
            if one.subdimension is not None:
                _known(one.subdimension, parts, "subdimension", f"{where}: {one.name}")
        used = {one.dimension for one in self.indicators} | {one.subdimension for one in self.indicators}
        for id_ in [*dimensions, *parts]:
            if id_ not in used:
                raise StudyError("the dimension has no indicator", where=where, got=id_)
        weights = [one.weight for one in self.indicators if one.weight is not None]
        if weights and (len(weights) < len(self.indicators) or min(weights) < 0 or not sum(weights) > 0):
            raise StudyError(
                "weights are given to all indicators, none of them negative, or to none",
                where=where,
                got=f"{len(weights)} of {len(self.indicators)}",
            )

    @property
    def names(self) -> list[str]:
        """The columns of the panel, in order."""
        return [one.name for one in self.indicators]


def read_index_system(name: str | Path) -> IndexSystem:
    """Read an index system (指标体系): a file, or one that ships with the package by its name.

    Parameters
    ----------
    name : str or Path
        A ``.toml`` file, or a name out of `list_index_systems`.

    Raises
    ------
    InputError
        The file is missing or empty.
    StudyError
        There is no shipped system of that name; the file is not TOML; an unknown key; a value of the
        wrong type; a contradiction, see `IndexSystem`.

    Examples
    --------
    >>> system = read_index_system("urban_innovation_2026")
    >>> len(system.dimensions), len(system.indicators), system.indicators[0].title_zh
    (5, 25, '教育经费支出占地方财政支出的比重')
    """
    path = Path(name)
    if path.suffix.lower() != ".toml":
        shipped = [one.stem for one in sorted(_SHIPPED.glob("*.toml"))]
        if str(name) not in shipped:
            raise StudyError(
                "no index system of that name ships with the package",
                got=str(name),
                allowed=shipped,
                hint=near_names(str(name), shipped) or "a file ends with .toml",
            )
        path = _SHIPPED / f"{name}.toml"
    path = existing_file(path)
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError("the index system is not TOML in UTF-8", where=path.name, got=str(error)) from error
    _check_keys(content, IndexSystem, where=path.name)
    for key, kind in (("dimensions", Dimension), ("subdimensions", Dimension), ("indicators", Indicator)):
        listed = content.get(key, [])
        for number, table in enumerate(listed if isinstance(listed, list) else [], start=1):
            if isinstance(table, dict):
                _check_keys(table, kind, where=f"{path.name}: {key}[{number}]")
    try:
        return msgspec.convert(content | {"sha256": sha256_of(path)}, IndexSystem, strict=True)
    except msgspec.ValidationError as error:
        raise StudyError(
            "a value of the index system is missing or has the wrong type", where=path.name, got=str(error)
        ) from error


def list_index_systems() -> pl.DataFrame:
    """List the index systems that ship with the package.

    Returns
    -------
    polars.DataFrame
        ``id, indicators, dimensions, title_en, title_zh, source``.

    Examples
    --------
    >>> list_index_systems()["id"].to_list()
    ['science_industry_2025', 'urban_innovation_2026']
    """
    systems = [read_index_system(path) for path in sorted(_SHIPPED.glob("*.toml"))]
    return pl.DataFrame(
        [
            {
                "id": one.id,
                "indicators": len(one.indicators),
                "dimensions": len(one.dimensions),
                "title_en": one.title_en,
                "title_zh": one.title_zh,
                "source": one.source,
            }
            for one in systems
        ]
    )


def indicator_table(system: IndexSystem) -> pl.DataFrame:
    """Give the indicators of a system as a frame, one row each, with the titles of their dimensions.

    Returns
    -------
    polars.DataFrame
        ``dimension, dimension_en, dimension_zh, subdimension, subdimension_en, subdimension_zh,
        indicator, indicator_en, indicator_zh, unit_en, unit_zh, direction``.

    Examples
    --------
    >>> indicator_table(read_index_system("science_industry_2025"))["dimension_zh"].unique().sort().to_list()
    ['产业创新', '科技创新']
    """
    titles = {one.id: one for one in [*system.dimensions, *system.subdimensions]}

    def titled(id_: str | None, level: str) -> dict[str, str | None]:
        known = titles.get(id_) if id_ is not None else None
        return {
            level: id_,
            f"{level}_en": known.title_en if known else None,
            f"{level}_zh": known.title_zh if known else None,
        }

    rows: list[dict[str, str | None]] = [
        titled(one.dimension, "dimension")
        | titled(one.subdimension, "subdimension")
        | {"indicator": one.name, "indicator_en": one.title_en, "indicator_zh": one.title_zh}
        | {"unit_en": one.unit_en, "unit_zh": one.unit_zh, "direction": one.direction}
        for one in system.indicators
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)) if rows else pl.DataFrame()


def _check_keys(table: Mapping[str, Any], kind: type, *, where: str) -> None:
    names = [one.name for one in dataclasses.fields(kind) if one.name != "sha256"]
    for key in table:
        if key not in names:
            raise StudyError("unknown key", where=where, got=key, allowed=names, hint=near_names(key, names))


def _known(id_: str, allowed: list[str], level: str, where: str) -> None:
    if id_ not in allowed:
        raise StudyError(
            f"the {level} is not among those of the system",
            where=where,
            got=id_,
            allowed=allowed,
            hint=near_names(id_, allowed),
        )


def _once(names: Iterable[str], what: str, where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise StudyError(f"the {what} stands twice", where=where, got=name)
        seen.add(name)
    if not seen:
        raise StudyError(f"the system has no {what}", where=where)
