"""A study file is read strictly: what is wrong in it is named, with where and the near names."""

from __future__ import annotations

from pathlib import Path

import pytest

from patentmetrics.core.errors import InputError, PatentmetricsError, StudyError
from patentmetrics.core.resources import demo_folder
from patentmetrics.estimate.did import DidSpec
from patentmetrics.study.specification import as_json, read_study

SIMULATE = "places=3\nfirst_year=1\nlast_year=2\neffect=1.0\ncohorts=[2]"
COUNTED = "[patents]\nfiles=['a']\n[count]\nsegmenter='jieba'"


def study(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_demo_is_read_whole() -> None:
    spec = read_study(demo_folder() / "study.toml")
    assert spec.patents is not None
    assert spec.panel is not None
    assert spec.panel.simulate is not None
    assert spec.panel.simulate.cohorts == (1997, 2000, 2003)
    assert isinstance(spec.models[1], DidSpec)
    assert spec.models[1].controls == ("control",)


def test_the_recorded_specification_holds_every_setting_and_no_path() -> None:
    recorded = as_json(read_study(demo_folder() / "study.toml"))
    assert list(recorded["score"]["forward"]) == [1, 5, 10]
    assert [model["model"] for model in recorded["models"]] == ["did", "did", "did", "event_study"]
    assert str(demo_folder()) not in str(recorded)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("title = 'x'\ntitel = 'x'", "unknown key", "did you mean 'title'?"),
        ("title='x'\n[patents]\nfiles=['a.csv']\n[count]\nsegmentr='jieba'", "unknown key", "segmenter"),
        ("title='x'\n[panel.simulate]\nplace=3", "unknown key", "places"),
        ("title='x'\n[panel]\n[[models]]\nkind='did'\nname='a'\noutcom='y'", "unknown key", "outcome"),
        ("title='x'\n[panel]\n[[models]]\nkind='dod'", "unknown kind", "did"),
        ("title='x'\n[panel]\n[[models]]\nname='a'", "needs its kind", None),
        ("title='x'\n[patents]\nfiles='a.csv'", "wrong type", None),
        ("title='x'\n[patents]", "missing or has the wrong type", None),
        ("title='x'\n[patents]\nfiles=['a']\n[count]\nsegmenter='jiba'", "wrong type", None),
        ("[patents]\nfiles=['a.csv']", "missing", None),
        ("title='x'\n[count]\nsegmenter='jieba'", r"\[count\] needs \[patents\]", None),
        ("title='x'\n[score]", r"\[score\] needs \[count\]", None),
        ("title='x'\n[[models]]\nkind='did'\nname='a'\noutcome='y'", r"\[models\] needs \[panel\]", None),
        (f"title='x'\n[panel]\nbase='b.csv'\n[panel.simulate]\n{SIMULATE}", "not both", None),
        (f"title='x'\nwindow=3\n{COUNTED}\n[score]", "not among", None),
        ("title = ", "not TOML", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, message: str, hint: str | None, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        read_study(study(tmp_path, text))
    assert caught.value.where is not None
    assert hint is None or hint in str(caught.value.hint)


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "a/../../b.csv"])
def test_a_path_may_not_leave_the_folder_of_the_study(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leads out of its folder"):
        read_study(study(tmp_path, f"title='x'\n[patents]\nfiles=['{name}']"))


def test_a_missing_or_empty_file_is_an_error(tmp_path: Path) -> None:
    for path in [tmp_path / "none.toml", study(tmp_path, "")]:
        with pytest.raises(PatentmetricsError):
            read_study(path)
