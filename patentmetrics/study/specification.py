"""study.toml → one frozen specification. An unknown key is an error with the near names."""

from __future__ import annotations

import tomllib
import typing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from patentmetrics.core.errors import SettingError, StudyError
from patentmetrics.core.files import existing_file, inside
from patentmetrics.estimate.formula import FormulaSpec
from patentmetrics.estimate.models import model_of, read_model
from patentmetrics.estimate.reading import check_keys, settings_of
from patentmetrics.score.settings import ScoreSettings


@dataclass(frozen=True, kw_only=True)
class PatentFiles:
    """``[patents]``: the files, and how to read them. ``columns``: our name = their header."""

    files: tuple[str, ...]
    columns: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None
    sheet: str | None = None
    date_order: Literal["dmy", "mdy"] | None = None


@dataclass(frozen=True, kw_only=True)
class Counting:
    """``[count]``: from patents to terms."""

    segmenter: Literal["jieba", "jieba-reference", "english", "whitespace"]
    date: Literal["filing", "issue"] = "filing"
    text: tuple[str, ...] | None = None
    min_documents: int = 1
    max_share: float = 1.0
    stopwords: tuple[str, ...] = ()
    hmm: bool = True


@dataclass(frozen=True, kw_only=True)
class Matching:
    """``[match]``: from IPC symbols to technologies."""

    concordance: str
    level: Literal["full", "subclass"] = "full"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """``[policy]``: the folder of documents, the lexicon and the counting rule.

    The keys are the options of `patentmetrics.read.policy.read_policy_folder` and
    `patentmetrics.lexicon.frequencies.keyword_frequencies`; ``clean`` names the rules of cleaning.
    """

    folder: str
    lexicon: str
    rule: Literal["substring", "longest", "token", "own"] = "substring"
    negation: int | None = None
    pattern: str | None = None
    year: int | None = None
    encoding: str | None = None
    recursive: bool = False
    table: str | None = None
    columns: dict[str, str] | None = None
    places: Literal["any", "prefecture", "province", "none"] = "any"
    clean: list[str] | None = None
    duplicates: Literal["reject", "keep"] = "reject"


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """``[panel.simulate]``: a made-up city panel with a planted effect.

    ``deal_patents`` deals the study's real patents at random to the simulated cities, so that the
    measured variables pass through the same steps as they would with real places.
    """

    places: int
    first_year: int
    last_year: int
    effect: float
    cohorts: tuple[int, ...]
    deal_patents: bool = False


@dataclass(frozen=True, kw_only=True)
class PanelBuilding:
    """``[panel]``: the base panel, what is merged to it, and what is done to its columns.

    ``base`` is a CSV or Parquet file with ``place`` and ``year``; without ``base`` and ``simulate`` the
    measured parts alone make the panel. ``zero``: count columns for which an absent place-year is a true
    zero. ``logs``: columns x that get a ``log_x`` = ln(1 + x) beside them.
    """

    base: str | None = None
    simulate: Simulation | None = None
    parts: tuple[Literal["patents", "policy"], ...] = ("patents", "policy")
    how: Literal["left", "outer", "inner"] = "left"
    zero: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    winsorise: tuple[str, ...] = ()
    limits: tuple[float, float] = (0.01, 0.99)


@dataclass(frozen=True, kw_only=True)
class Study:
    """A whole study: inputs, measures, panel, models. Sections that are absent are not run.

    ``models`` are specifications of any registered models (`patentmetrics.estimate.model_list`), or formulas.
    """

    title: str
    folder: Path
    language: Literal["en", "zh"] = "en"
    notes: tuple[str, ...] = ()
    seed: int = 1
    window: int = 5
    patents: PatentFiles | None = None
    count: Counting | None = None
    score: ScoreSettings | None = None
    match: Matching | None = None
    policy: Policy | None = None
    panel: PanelBuilding | None = None
    models: tuple[object, ...] = ()


def read_study(path: Path | str) -> Study:
    """Read a study file (研究设定文件).

    Paths in it are relative to its folder, and may not leave it.

    Raises
    ------
    InputError
        The file is missing or empty, or a path leaves the folder.
    StudyError
        Not TOML; an unknown key; a value of the wrong type; a section that needs another.

    Examples
    --------
    >>> from patentmetrics.core.resources import demo_folder
    >>> read_study(demo_folder() / "study.toml").count.segmenter
    'english'
    """
    path = existing_file(path)
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError("the study file is not TOML in UTF-8", where=str(path), got=str(error)) from error
    models = [_model(table, number, path) for number, table in enumerate(content.pop("models", []), start=1)]
    if "folder" in content:
        raise StudyError("unknown key", where=str(path), got="folder", hint="paths start at the study file")
    try:
        check_keys(content, Study, where=str(path), hidden=("folder",))
    except SettingError as error:
        raise _as_study_error(error) from error
    hints = typing.get_type_hints(Study)
    try:
        values = {key: msgspec.convert(value, hints[key], strict=True) for key, value in content.items()}
        study = Study(**values, folder=path.parent, models=tuple(models))
    except (msgspec.ValidationError, TypeError) as error:
        raise StudyError(
            "a value of the study file is missing or has the wrong type", where=str(path), got=str(error)
        ) from error
    _check_sections(study, path)
    return study


def as_json(study: Study) -> dict[str, Any]:
    """Give the specification as JSON values, without the folder: what the manifest records."""
    content: dict[str, Any] = msgspec.to_builtins(replace(study, models=()), enc_hook=str)
    del content["folder"]
    content["models"] = [
        settings_of(model)
        if isinstance(model, FormulaSpec)
        else {"model": model_of(model).name, "specification": settings_of(model)}
        for model in study.models
    ]
    return content


def _model(table: object, number: int, path: Path) -> object:
    where = f"{path}: models[{number}]"
    if not isinstance(table, dict):
        raise StudyError("a model is a table", where=where)
    try:
        return read_model(table, where=where)
    except SettingError as error:
        raise _as_study_error(error) from error


def _as_study_error(error: SettingError) -> StudyError:
    return StudyError(error.what, where=error.where, got=error.got, allowed=error.allowed, hint=error.hint)


def _check_sections(study: Study, path: Path) -> None:
    def need(condition: bool, section: str, needs: str) -> None:
        if not condition:
            raise StudyError(f"[{section}] needs [{needs}]", where=str(path))

    need(study.count is None or study.patents is not None, "count", "patents")
    need(study.score is None or study.count is not None, "score", "count")
    need(study.match is None or study.patents is not None, "match", "patents")
    need(not study.models or study.panel is not None, "models", "panel")
    if study.panel is not None and study.panel.base is not None and study.panel.simulate is not None:
        raise StudyError("a panel has one base: `base` or `simulate`, not both", where=f"{path}: panel")
    if study.score is not None and study.window not in study.score.forward:
        raise StudyError(
            "`window`, the one that is plotted and aggregated, is not among the forward windows",
            where=str(path),
            got=study.window,
            allowed=str(list(study.score.forward)),
        )
    named = [*(study.patents.files if study.patents else ())]
    named += [study.policy.folder] if study.policy else []
    named += [study.panel.base] if study.panel and study.panel.base else []
    for name in named:
        inside(study.folder, name)
