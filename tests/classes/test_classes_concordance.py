"""Concordance files: read strictly, errors name the place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from patentmetrics.classes.concordance import list_concordances, load_concordance
from patentmetrics.core.errors import InputError, LexiconError
from patentmetrics.core.files import sha256_of
from patentmetrics.core.reviewed import read_reviewed

GOOD: dict[str, object] = {
    "id": "mine",
    "version": "1",
    "title_en": "Mine",
    "title_zh": "我的",
    "source": "me",
    "licence": "MIT",
    "status": "made up",
    "levels": ["field"],
    "entries": [{"id": "1", "field": "Cells", "patterns": ["H01L31/%", "H02S"]}],
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "mine.yml"
    content = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_a_file_of_ones_own_loads_with_standard_patterns(tmp_path: Path) -> None:
    path = write(tmp_path, note="mine")
    loaded = load_concordance(path)
    kept = loaded.entries.select("entry_id", "field", "pattern")
    assert kept.rows() == [("1", "Cells", "H01L31/*"), ("1", "Cells", "H02S")]
    assert loaded.entries.select("excluded", "keywords").null_count().row(0) == (2, 2)
    assert loaded.sha256 == sha256_of(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": None}, "'source' is missing"),
        ({"sources": "me"}, "'sources' is unknown"),
        ({"version": 1}, "version must be text"),
        ({"status": " "}, "status must be text"),
        ({"levels": []}, "levels"),
        ({"levels": ["pattern"]}, "a level cannot have this name"),
        ({"entries": []}, "entries"),
        ({"entries": [{"id": "1", "field": "a", "patterns": []}]}, "patterns"),
        (
            {"entries": [{"id": "1", "field": "a", "patterns": ["H01L33-31"]}]},
            "a range ends before it begins",
        ),
        ({"entries": [{"id": "1", "field": "a", "patterns": ["H01L31/%", "H01L31"]}]}, "pattern twice"),
        ({"entries": [{"id": "1", "field": "a", "patterns": ["H02S"]}] * 2}, "entry id occurs twice"),
        ({"entries": [{"id": "1", "patterns": ["H02S"]}]}, "'field' is missing"),
        ({"entries": [{"id": 1, "field": "a", "patterns": ["H02S"]}]}, "id must be text"),
    ],
)
def test_a_malformed_file_is_refused_by_name(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(LexiconError, match=message) as caught:
        load_concordance(path)
    assert caught.value.where is not None
    assert caught.value.where.startswith(str(path))


def test_unknown_names_and_missing_files_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(LexiconError) as caught:
        load_concordance("wipo36")
    assert caught.value.hint == "did you mean 'wipo35'?"
    with pytest.raises(InputError, match="no such file"):
        load_concordance(tmp_path / "none.yml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id: a\nid: b\n", "a key occurs twice"),
        (b"entries:\n- {id: a, id: b}\n", "a key occurs twice"),
        (b"id: [\n", "not YAML"),
        (b"id: \xff\n", "not UTF-8"),
        (b"- a\n", "holds no keys"),
        (b"id: !!python/object/apply:os.getcwd []\n", "not YAML"),
    ],
)
def test_reviewed_files_are_read_strictly(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(content)
    with pytest.raises(LexiconError, match=message):
        read_reviewed(path)


def test_the_shipped_concordances_are_listed() -> None:
    assert "wipo35" in list_concordances()["id"].to_list()
