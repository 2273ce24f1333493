"""What `import patentmetrics` and `patentmetrics --help` load, and what they show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import patentmetrics as pm
from patentmetrics.cli import COMMANDS, main

HEAVY = {
    "docx", "fastexcel", "jieba", "jinja2", "matplotlib", "msgspec", "nicegui", "numba", "numpy", "pandas",
    "polars", "pyarrow", "pyfixest", "rich", "scipy", "sklearn",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_no_library() -> None:
    assert loaded_by("import patentmetrics") & HEAVY == set()


def test_help_loads_no_library() -> None:
    statement = "from patentmetrics.cli import main\nmain(['--help'], standalone_mode=False)"
    assert loaded_by(statement) & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_loads_no_library(name: str) -> None:
    statement = (
        f"from patentmetrics.cli import main\nmain({[*name.split(), '--help']}, standalone_mode=False)"
    )
    assert loaded_by(statement) & HEAVY == set()


@pytest.mark.parametrize("name", pm.__all__)
def test_every_exported_name_exists_and_says_what_it_is(name: str) -> None:
    assert getattr(pm, name).__doc__


def test_exported_names_are_known_to_the_type_checker() -> None:
    source = Path(str(pm.__file__)).read_text("utf-8")
    for name in pm.__all__:
        assert f"import {name} as {name}" in source


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pm.nothing  # noqa: B018 - the access is the test


def commands() -> list[list[str]]:
    found = []
    for name in COMMANDS:
        command = main.get_command(None, name)
        found.append(name.split())
        found += [[name, sub] for sub in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(words: list[str]) -> None:
    shown = CliRunner().invoke(main, [*words, "--help"])
    assert shown.exit_code == 0
    is_group = "COMMAND" in shown.output.splitlines()[0]
    assert is_group or "Example: patentmetrics " + " ".join(words) in " ".join(shown.output.split())


@pytest.mark.parametrize("words", [["nonsense"], ["score"], ["score", "x", "-o", "y", "--date", "grant"]])
def test_wrong_usage_ends_with_status_two(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2


def test_segmentation_is_where_its_subpackage_is() -> None:
    assert list(pm.text.segment(["a b"], segmenter="whitespace")) == [["a", "b"]]
    assert pm.text.segment is pm.segment
    assert pm.text.segment_ids is pm.segment_ids
    with pytest.raises(AttributeError, match=r"patentmetrics\.text"):
        pm.text.no_such_function  # noqa: B018
