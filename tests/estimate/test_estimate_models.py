"""The registry: every model imports, is documented, and goes the whole way from settings to files."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import patentmetrics.estimate
from patentmetrics.cli import main
from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.files import read_results, write_results
from patentmetrics.estimate.model_help import list_models, list_settings
from patentmetrics.estimate.model_list import MODELS, Model
from patentmetrics.estimate.models import fit, fit_all, model_of, read_model
from patentmetrics.estimate.reading import read_words
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.formats import to_markdown
from patentmetrics.report.model_figures import plot_model
from patentmetrics.report.tables import estimates_table
from tests.estimate.models_for_tests import SETTINGS, panel_for_all, table_of

PACKAGE = Path(patentmetrics.estimate.__file__).parent
TIDY = ["model", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n"]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_for_all()


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_registered_model_imports_and_says_what_it_is(model: Model) -> None:
    spec, function = model.spec_class(), model.fit_function()
    assert spec.__doc__
    assert function.__doc__
    assert model.help.endswith(".")
    assert re.search(r"[\u4e00-\u9fff]|DID|dCDH", model.chinese)
    assert model.extra in {"estimate", "dml", "bart", "wild"}
    assert "name" in model.fields()
    assert spec.__dataclass_params__.frozen
    undocumented = list_settings(model.name).filter(pl.col("what") == "")["setting"].to_list()
    assert undocumented == []


def test_every_function_of_a_specification_is_registered() -> None:
    found = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("fit_"):
                second = node.args.args[1] if len(node.args.args) > 1 else None
                if second is not None and second.arg == "spec" and path.stem != "models":
                    found.add((path.stem, node.name))
    assert found == {(model.module, model.function) for model in MODELS.values()}
    assert set(SETTINGS) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_goes_from_settings_to_table_file_and_figure(
    name: str, panel: Panel, tmp_path: Path
) -> None:
    if MODELS[name].extra in {"dml", "bart"}:
        pytest.importorskip({"dml": "doubleml", "bart": "stochtree"}[MODELS[name].extra])
    results = fit_all(panel, table_of(name))
    for result in results:
        assert [one for one in TIDY if one not in result.estimates.columns] == []
        assert result.simulated
        assert result.notes, "a model says which errors it gives"
        assert result.settings["model"] == name
        json.dumps(result.settings)
    table = estimates_table(results)
    assert len(table.rows) > 1
    assert "SIMULATED" in to_markdown(table)
    write_results(results, tmp_path / "a.parquet")
    write_results(results, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    for again, result in zip(read_results(tmp_path / "a.parquet"), results, strict=True):
        assert again.estimates.equals(result.estimates.with_columns(model=pl.lit(result.name)))
        assert list(again.frames) == list(result.frames)
        for key, frame in result.frames.items():
            assert again.frames[key].equals(frame)
        assert again.settings == result.settings
        assert again.notes == result.notes
    for language in ("en", "zh"):
        save_figure(plot_model(results[0], language=language), tmp_path / f"{language}.png")


def test_one_way_in_takes_a_specification_a_mapping_and_a_formula(panel: Panel) -> None:
    direct = fit_did(panel, DidSpec(name="(1)", outcome="outcome", controls=("control",)))
    by_spec = fit(panel, DidSpec(name="(1)", outcome="outcome", controls=("control",)))
    by_table = fit(panel, {"kind": "did", "name": "(1)", "outcome": "outcome", "controls": ["control"]})
    by_formula = fit(panel, {"model": "did", "formula": "outcome ~ treated + control | place + year"})
    for one in (by_spec, by_table, by_formula):
        assert one.estimates.equals(direct.estimates)
        assert one.statistics == direct.statistics


@pytest.mark.parametrize(
    ("table", "what", "hint"),
    [
        ({"model": "dod", "name": "m"}, "unknown kind", "did"),
        ({"name": "m"}, "needs its kind", None),
        ({"model": "did", "name": "m", "outcom": "y"}, "unknown key", "outcome"),
        ({"model": "did", "name": "m"}, "missing", "outcome"),
        ({"model": "did", "name": "m", "outcome": 3}, "wrong type", None),
        ({"model": "did", "name": "m", "outcome": "y", "controls": "gdp"}, "wrong type", None),
        ({"model": "did", "name": "m", "outcome": "y", "errors": "clusters"}, "wrong type", None),
        ({"model": "psm_did", "name": "m", "outcome": "y", "matching": {"covariate": ["x"]}}, "unknown key",
         "covariates"),
        ({"model": "did", "formula": "y ~ x | place", "control": []}, "unknown key", "controls"),
    ],
)  # fmt: skip
def test_a_mapping_is_read_strictly(table: dict[str, object], what: str, hint: str | None) -> None:
    with pytest.raises(SettingError, match=what) as caught:
        read_model(table)
    assert hint is None or hint in str(caught.value.hint)


def test_a_specification_of_nothing_registered_is_refused(panel: Panel) -> None:
    with pytest.raises(SettingError, match="no specification of a model"):
        fit(panel, object())


def test_a_model_of_several_columns_is_not_one_result(panel: Panel) -> None:
    with pytest.raises(SettingError, match="several columns"):
        fit(panel, table_of("stepwise"))


def test_a_subclass_of_a_specification_is_its_own_model() -> None:
    assert model_of(read_model(table_of("placebo"))).name == "placebo"
    assert model_of(read_model(table_of("did"))).name == "did"


@pytest.mark.parametrize(
    ("model", "words", "expected"),
    [
        ("did", ["controls=a, b", "errors=robust"], {"controls": ("a", "b"), "errors": "robust"}),
        ("did", ["controls="], {"controls": ()}),
        ("event_study", ["leads=3", "bins=false"], {"leads": 3, "bins": False}),
        ("callaway_santanna", ["balanced="], {"balanced": None}),
        ("callaway_santanna", ["balanced=2"], {"balanced": 2}),
        ("fixed_placebo", ["shifts=1,2"], {"shifts": (1, 2)}),
        ("psm_did", ["matching.covariates=a,b", "matching.caliper=0.05"],
         {"matching": {"covariates": ("a", "b"), "caliper": 0.05}}),
        ("psm_did", ['matching={covariates = ["a"]}'], {"matching": {"covariates": ["a"]}}),
        ("double_ml", ["options={max_depth = 3}"], {"options": {"max_depth": 3}}),
    ],
)  # fmt: skip
def test_words_of_the_command_line_take_the_type_of_their_field(
    model: str, words: list[str], expected: dict[str, object]
) -> None:
    assert read_words(MODELS[model].spec_class(), words) == expected


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["leads"], "key=value"),
        (["leads=three"], "wrong type"),
        (["leeds=3"], "unknown key"),
        (["leads=3", "leads=4"], "twice"),
        (["outcome.leads=3"], "unknown key"),
    ],
)
def test_wrong_words_are_named(words: list[str], what: str) -> None:
    with pytest.raises(SettingError, match=what):
        read_words(MODELS["event_study"].spec_class(), words)


def test_the_list_of_models_and_settings_is_printed() -> None:
    assert list_models().height == len(MODELS)
    shown = CliRunner().invoke(main, ["estimate", "list"])
    assert shown.exit_code == 0
    assert all(name in shown.output for name in MODELS)
    shown = CliRunner().invoke(main, ["estimate", "list", "event-study"])
    assert "leads  (int; default 4)" in shown.output


HASHED = """
import json, warnings
from patentmetrics.estimate.models import fit_all
from tests.estimate.models_for_tests import panel_for_all, table_of
panel = panel_for_all()
found = {}
for name in MODELS:
    for result in fit_all(panel, table_of(name)):
        numbers = [repr(result.estimates.rows()), repr(result.statistics)]
        found[result.name + " " + name] = [*numbers, result.notes]
        for key, frame in result.frames.items():
            found[name + " " + result.name + " " + key] = repr(frame.rows())
print(json.dumps(found))
"""


def uses_pyfixest(model: Model) -> bool:
    """Say whether a model's module reaches the boundary to pyfixest, through others or by itself."""
    seen, waiting = set(), [model.module]
    while waiting:
        module = waiting.pop()
        if module == "within":
            return True
        if module not in seen and (PACKAGE / f"{module}.py").is_file():
            seen.add(module)
            text = (PACKAGE / f"{module}.py").read_text("utf-8")
            waiting += re.findall(r"from patentmetrics\.estimate\.(\w+) import", text)
    return False


@pytest.mark.slow
def test_no_digit_of_any_model_on_pyfixest_depends_on_the_hash_seed() -> None:
    names = [name for name, model in MODELS.items() if uses_pyfixest(model) and model.extra == "estimate"]
    assert {"did", "event_study", "fixed_effects", "iv", "stepwise"} <= set(names)
    root = Path(__file__).resolve().parents[2]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", HASHED.replace("MODELS", repr(names))],
            env=os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    outputs = [(*run.communicate(), run.returncode) for run in runs]
    assert [err for _, err, status in outputs if status != 0] == []
    found = [json.loads(out) for out, _, _ in outputs]
    assert len(found[0]) >= len(names)
    for other in found[1:]:
        differing = [key for key in found[0] if other[key] != found[0][key]]
        assert differing == []


def test_every_model_has_its_row_in_the_documentation() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "estimators.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted(MODELS)
