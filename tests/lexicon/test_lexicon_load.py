"""Lexicon files: what ships is what the source has; what is malformed is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from patentmetrics.core.errors import InputError, LexiconError
from patentmetrics.core.files import sha256_of
from patentmetrics.lexicon.catalogue import catalogue, describe
from patentmetrics.lexicon.lint import lint_lexicon, reviewed_files
from patentmetrics.lexicon.load import list_lexicons, load_lexicon

GOOD: dict[str, object] = {
    "id": "mine",
    "version": "1",
    "title_en": "Mine",
    "title_zh": "我的",
    "language": "zh",
    "source": "me",
    "licence": "MIT",
    "levels": ["dimension"],
    "groups": [
        {"dimension": "data", "dimension_zh": "数据", "terms": ["大数据"]},
        {"dimension": "net", "dimension_zh": "网络", "terms": ["B2B", "互联网"]},
    ],
}


def write(folder: Path, name: str = "mine", **changes: object) -> Path:
    path = folder / f"{name}.yml"
    content = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def group(*terms: object, **keys: object) -> list[dict[str, object]]:
    return [{"dimension": "data", "terms": list(terms), **keys}]


def messages(path: Path, severity: str) -> list[str]:
    return [one.message for one in lint_lexicon(path) if one.severity == severity]


@pytest.mark.larger
def test_the_shipped_lexicon_is_the_source_file_term_by_term(larger_data: Path) -> None:
    path = larger_data / "lexicons" / "zh_common_Digitalization.yaml"
    source = yaml.safe_load(path.read_text(encoding="utf-8"))["Dictionary"]
    entries = load_lexicon("digital_transformation_wu2021").entries
    ours = [set(part["term"]) for part in entries.partition_by("dimension", maintain_order=True)]
    assert ours == [set(terms) for terms in source.values()]
    assert entries.height == sum(map(len, source.values())) == entries["term"].n_unique() == 76


def test_dimensions_have_an_english_id_and_a_chinese_name() -> None:
    entries = load_lexicon("digital_transformation_wu2021").entries
    assert entries.select("dimension", "dimension_zh").unique(maintain_order=True).rows() == [
        ("artificial_intelligence", "人工智能技术"),
        ("big_data", "大数据技术"),
        ("cloud_computing", "云计算技术"),
        ("blockchain", "区块链技术"),
        ("digital_technology_application", "数字技术应用"),
    ]


def test_a_file_of_ones_own_loads(tmp_path: Path) -> None:
    path = write(tmp_path, note="mine")
    lexicon = load_lexicon(path)
    assert lexicon.entries.rows() == [
        ("大数据", "data", "数据"),
        ("B2B", "net", "网络"),
        ("互联网", "net", "网络"),
    ]
    assert lexicon.sha256 == sha256_of(path)


def test_levels_may_be_none_or_several(tmp_path: Path) -> None:
    flat = load_lexicon(write(tmp_path, levels=[], groups=[{"terms": ["大数据"]}]))
    assert flat.entries.columns == ["term"]
    groups = [{"part": "a", "dimension": "b", "terms": ["大数据"]}]
    assert load_lexicon(write(tmp_path, levels=["part", "dimension"], groups=groups)).entries.columns == [
        "term",
        "part",
        "dimension",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": None}, "'source' is missing"),
        ({"source": ""}, "source must be text"),
        ({"sorce": "me"}, "'sorce' is unknown"),
        ({"version": 1.0}, "version must be text"),
        ({"levels": ["term"]}, "a level cannot have this name"),
        ({"levels": ["kind_zh"]}, "a level cannot have this name"),
        ({"groups": []}, "groups"),
        ({"groups": group()}, "terms"),
        ({"groups": group("大数据", "")}, "must hold text"),
        ({"groups": group("大数据", True)}, "must hold text"),
        ({"groups": group("大数据", weight=1)}, "'weight' is unknown"),
        ({"groups": group("5G", "５Ｇ")}, "the same once normalised"),
        ({"groups": group("B2B", "b2b")}, "the same once normalised"),
        ({"groups": group("a", "a")}, "the same once normalised"),
        ({"groups": [{"dimension": "Big Data", "terms": ["大数据"]}]}, "name of a column"),
        ({"groups": [{"dimension": "total", "terms": ["大数据"]}]}, "name of a column"),
        (
            {
                "levels": ["part", "dimension"],
                "groups": [
                    {"part": "a", "dimension": "c", "terms": ["大数据"]},
                    {"part": "b", "dimension": "c", "terms": ["互联网"]},
                ],
            },
            "stands for two groups",
        ),
    ],
)
def test_a_malformed_file_is_refused_by_name(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(LexiconError, match=message) as caught:
        load_lexicon(path)
    assert caught.value.where is not None
    assert caught.value.where.startswith(str(path))
    assert any(message in one for one in messages(path, "error"))


def test_an_unknown_name_gets_near_names_and_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LexiconError) as caught:
        load_lexicon("digital_transformation_wu2012")
    assert caught.value.hint == "did you mean 'digital_transformation_wu2021'?"
    with pytest.raises(InputError, match="no such file"):
        load_lexicon(tmp_path / "none.yml")


def test_all_shipped_files_are_without_errors() -> None:
    found = {
        path.name: [one for one in lint_lexicon(path) if one.severity == "error"] for path in reviewed_files()
    }
    assert {"digital_transformation_wu2021.yml", "wipo35.yml", "english_common.yml"} <= set(found)
    assert not any(found.values()), found


def test_the_catalogue_has_every_shipped_file() -> None:
    listed = catalogue()
    assert sorted(listed["id"]) == sorted(path.stem for path in reviewed_files())
    assert listed["id"].is_unique().all()
    assert list_lexicons()["id"].to_list() == listed.filter(kind="lexicon")["id"].to_list()
    for name in listed["id"]:
        assert {"kind", "source", "licence", "sha256"} <= set(describe(name))
    assert "not proofed" in str(describe("wipo35")["status"])


def test_unsorted_terms_and_a_wrong_id_are_errors_to_lint_only(tmp_path: Path) -> None:
    path = write(tmp_path, "other", groups=group("大数据", "互联网"))
    assert load_lexicon(path).terms == ["互联网", "大数据"]
    assert messages(path, "error") == [
        "the id is mine, the file's name is not",
        "group 1 is not sorted: 大数据 stands where 互联网 belongs",
    ]


def test_nested_terms_and_terms_that_are_never_tokens_are_notes(tmp_path: Path) -> None:
    path = write(tmp_path, groups=group("互联网", "大 数据", "移动互联网"))
    assert messages(path, "error") == []
    assert messages(path, "note") == [
        "互联网 lies inside 移动互联网: the counting rules differ",
        "can never be one token, so rule=token never counts: 大 数据",
        "1 of 2 forms are no words of jieba's: they would have no token without the lexicon as user "
        "dictionary: 移动互联网",
    ]


def test_patterns_are_checked_for_order_and_overlap(tmp_path: Path) -> None:
    head = {"language": None, "groups": None, "status": "made up", "levels": ["field"]}
    entries = [
        {"id": "1", "field": "a", "patterns": ["H04N", "G06F"]},
        {"id": "2", "field": "b", "patterns": ["H04N3/*", "H04N21/*"]},
        {"id": "3", "field": "c", "patterns": ["H04N3/*"]},
    ]
    path = write(tmp_path, **head, entries=entries)
    assert messages(path, "error") == ["entry 1: the patterns are not sorted as symbols are"]
    shared, nested = messages(path, "note")
    assert "H04N3/* (2 entries)" in shared
    assert "H04N3/* in H04N, H04N21/* in H04N" in nested


def test_a_file_of_no_known_kind_is_an_error(tmp_path: Path) -> None:
    other = tmp_path / "list.txt"
    other.write_text("大数据", encoding="utf-8")
    assert "not a .yml file" in messages(other, "error")[0]
    neither = tmp_path / "a.yml"
    neither.write_text("id: a\n", encoding="utf-8")
    assert "no kind of list" in messages(neither, "error")[0]
    assert "no such file" in messages(tmp_path / "none.yml", "error")[0]
