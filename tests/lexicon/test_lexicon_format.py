"""The format of lexicons: what a term can say, the schema, the one form in which files are written."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import LexiconError, OutputError
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.lexicon.format import (
    HEAD_KEYS,
    TERM_KEYS,
    LexiconFile,
    LexiconGroup,
    LexiconTerm,
    read_lexicon_file,
)
from patentmetrics.lexicon.load import lexicon_of, load_lexicon
from patentmetrics.lexicon.schema import lexicon_schema, schema_file, schema_text
from patentmetrics.lexicon.write import lexicon_yaml, write_lexicon
from patentmetrics.text.normalise import normalise

SHIPPED = sorted(lexicon_folder().glob("*.yml"))
HEAD = {
    "version": "1",
    "title_en": "Mine",
    "title_zh": "我的",
    "language": "zh",
    "source": "me",
    "licence": "MIT",
}
RICH = {
    "term": "算法",
    "variants": ["演算法"],
    "match": "token",
    "source": ["reports", "wu2021"],
    "added": "2026-01-31",
    "note": "algorithms",
    "example": "推广算法",
    "counterexample": "预算法",
    "at_least": 3,
}


def content(*terms: object, **head: object) -> dict[str, object]:
    return {
        "id": "mine",
        **HEAD,
        "sources": {"reports": "reports", "wu2021": "Wu et al."},
        "levels": ["dimension"],
        "groups": [{"dimension": "data", "dimension_zh": "数据", "terms": list(terms)}],
        **head,
    }


def write(folder: Path, content: object) -> Path:
    path = folder / "mine.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def test_a_term_can_say_all_that_the_format_knows(tmp_path: Path) -> None:
    file = read_lexicon_file(write(tmp_path, content("大数据", RICH, status="made up", match="longest")))
    rich = next(term for _, term in file.terms() if term.term == "算法")
    expected = {**RICH, "variants": ("演算法",), "source": ("reports", "wu2021")}
    assert {key.name: getattr(rich, key.name) for key in TERM_KEYS} == expected
    assert (file.status, file.match) == ("made up", "longest")
    assert {key.name for key in HEAD_KEYS} == {one.name for one in fields(LexiconFile)}
    assert {key.name for key in TERM_KEYS} == {one.name for one in fields(LexiconTerm)}


def test_variants_are_counted_forms_and_say_whose_they_are(tmp_path: Path) -> None:
    lexicon = load_lexicon(write(tmp_path, content("大数据", RICH, match="longest")))
    assert lexicon.entries.select("term", "variant_of", "match").rows() == [
        ("大数据", None, "longest"),
        ("算法", None, "token"),
        ("演算法", "算法", "token"),
    ]
    assert "variant_of" not in load_lexicon(write(tmp_path, content("大数据"))).entries.columns


@pytest.mark.parametrize(
    ("changes", "what", "line"),
    [
        ({"term": {"term": "算法", "weight": 1}}, "'weight' is unknown", "term: 算法"),
        ({"term": {"note": "算法"}}, "'term' is missing", "note: 算法"),
        ({"term": 5}, "terms must hold text", "- 5"),
        ({"term": {"term": "算法", "match": "word"}}, "no such counting rule", "match: word"),
        ({"term": {"term": "算法", "added": "31.1.2026"}}, "added is no date", "added: 31.1.2026"),
        ({"term": {"term": "算法", "added": "2026-13-01"}}, "added is no date", "added: '2026-13-01'"),
        ({"term": {"term": "算法", "at_least": 0}}, "whole number from 1", "at_least: 0"),
        ({"term": {"term": "算法", "at_least": True}}, "whole number from 1", "at_least: true"),
        ({"term": {"term": "算法", "variants": []}}, "variants must be a list", "variants: []"),
        ({"term": {"term": "算法", "variants": ["算法"]}}, "the same once normalised", "term: 算法"),
        (
            {"term": {"term": "算法", "source": "wu2012"}},
            "a source that the file does not have",
            "term: 算法",
        ),
        ({"match": "word"}, "no such counting rule", "match: word"),
        ({"sources": {}}, "sources must be a mapping", "sources: {}"),
        ({"sources": {"Wu 2021": "a"}}, "cannot have this short name", "Wu 2021: a"),
        ({"status": ""}, "status must be text", "status: ''"),
        ({"levels": ["dimension", "dimension"]}, "a level cannot have this name", "levels:"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    tmp_path: Path, changes: dict[str, object], what: str, line: str
) -> None:
    head = {key: value for key, value in changes.items() if key != "term"}
    path = write(tmp_path, content("大数据", changes.get("term", "互联网"), **head))
    with pytest.raises(LexiconError, match=what) as caught:
        read_lexicon_file(path)
    assert caught.value.where is not None
    file, _, number = caught.value.where.rpartition(", line ")
    assert file == str(path)
    assert line in path.read_text("utf-8").splitlines()[int(number) - 1] or line == "levels:"


def test_a_group_has_one_chinese_name(tmp_path: Path) -> None:
    groups = [
        {"layer": "a", "dimension": "b", "layer_zh": "层", "terms": ["大数据"]},
        {"layer": "a", "dimension": "c", "layer_zh": "面", "terms": ["互联网"]},
    ]
    path = write(tmp_path, content(levels=["layer", "dimension"], groups=groups))
    with pytest.raises(LexiconError, match="two Chinese names"):
        read_lexicon_file(path)


# the one form


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_writing_a_shipped_lexicon_gives_its_bytes(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    write_lexicon(read_lexicon_file(path), copy)
    assert copy.read_bytes() == path.read_bytes()


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).map(str.strip).filter(bool)
OPTIONAL = st.none() | TEXT


@st.composite
def lexicons(draw: st.DrawFn) -> LexiconFile:
    words = draw(st.lists(TEXT, min_size=1, max_size=8, unique_by=normalise))
    words = [word for word in words if normalise(word).strip()] or ["a"]
    terms = tuple(
        LexiconTerm(
            term=word,
            match=draw(st.sampled_from([None, "token"])),
            source=tuple(draw(st.sets(st.sampled_from(["a", "b"])))) and ("a", "b"),
            note=draw(OPTIONAL),
            example=draw(OPTIONAL),
            at_least=draw(st.none() | st.integers(1, 9)),
        )
        for word in sorted(words)
    )
    head = {name: draw(TEXT) for name in ("id", *HEAD)}
    sources = (("a", draw(TEXT)), ("b", draw(TEXT)))
    cut = draw(st.integers(0, len(terms) - 1))
    parts = [part for part in (terms[:cut], terms[cut:]) if part]
    groups = tuple(
        LexiconGroup(path=(f"g{number}",), names_zh=(draw(OPTIONAL),), terms=part)
        for number, part in enumerate(parts)
    )
    return LexiconFile(**head, status=draw(OPTIONAL), sources=sources, levels=("dimension",), groups=groups)


@settings(max_examples=30)
@given(lexicons())
def test_what_is_written_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, file: LexiconFile
) -> None:
    path = tmp_path_factory.getbasetemp() / "mine.yml"
    path.write_bytes(lexicon_yaml(file).encode())
    assert read_lexicon_file(path) == file


def test_variants_and_sources_are_written_in_order() -> None:
    term = LexiconTerm(term="5G", variants=("乙", "甲"), source=("b", "a"))
    group = LexiconGroup(path=(), names_zh=(), terms=(term,))
    file = LexiconFile(id="mine", **HEAD, sources=(("a", "A"), ("b", "B")), groups=(group,))
    turned = replace(term, variants=("甲", "乙"), source=("a", "b"))
    assert lexicon_yaml(replace(file, groups=(replace(group, terms=(turned,)),))) == lexicon_yaml(file)


def test_one_term_more_is_one_line_more(tmp_path: Path) -> None:
    file = read_lexicon_file(write(tmp_path, content("互联网", "大数据")))
    group = file.groups[0]
    more = replace(file, groups=(replace(group, terms=(*group.terms, LexiconTerm(term="区块链"))),))
    before, after = lexicon_yaml(file).splitlines(), lexicon_yaml(more).splitlines()
    assert [line for line in after if line not in before] == ['      - "区块链"']
    assert len(after) == len(before) + 1


def test_a_lexicon_that_contradicts_itself_is_not_written(tmp_path: Path) -> None:
    file = read_lexicon_file(write(tmp_path, content("互联网")))
    group = replace(file.groups[0], terms=(LexiconTerm(term="5G"), LexiconTerm(term="５Ｇ")))
    with pytest.raises(LexiconError, match="the same once normalised"):
        write_lexicon(replace(file, groups=(group,)), tmp_path / "other.yml")
    assert not (tmp_path / "other.yml").exists()
    with pytest.raises(OutputError, match=r"to a \.yml file"):
        write_lexicon(file, tmp_path / "other.txt")


# the schema


def test_the_schema_that_ships_is_that_of_the_format() -> None:
    assert schema_file().read_text("utf-8") == schema_text()
    assert json.loads(schema_text()) == lexicon_schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_lexicon_fits_the_schema(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(lexicon_schema()).validate(yaml.safe_load(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "wrong",
    [
        content({"term": "算法", "weight": 1}),
        content({"note": "算法"}),
        content({"term": "算法", "match": "word"}),
        content({"term": "算法", "at_least": 0}),
        content(""),
        content("大数据", source=""),
        content("大数据", version=1),
        content("大数据", other="a"),
        content("大数据", groups=[{"dimension": "total", "terms": ["大数据"]}]),
        content("大数据", groups=[{"dimension": "Big Data", "terms": ["大数据"]}]),
        content(groups=[]),
    ],
)
def test_the_schema_refuses_what_loading_refuses(wrong: object, tmp_path: Path) -> None:
    with pytest.raises(LexiconError):
        read_lexicon_file(write(tmp_path, wrong))
    jsonschema = pytest.importorskip("jsonschema")
    assert not jsonschema.Draft202012Validator(lexicon_schema()).is_valid(wrong)


# what ships


@pytest.mark.parametrize(
    ("name", "groups", "terms"),
    [
        ("digital_transformation_wu2021", 5, 76),
        ("science_attention_zhang2026", 2, 28),
        ("attention_pang2025", 2, 2),
        ("digital_technology", 10, 168),
    ],
)
def test_the_shipped_lexicons_have_the_size_that_they_say(name: str, groups: int, terms: int) -> None:
    file = read_lexicon_file(lexicon_folder() / f"{name}.yml")
    assert (len(file.groups), sum(1 for _ in file.terms())) == (groups, terms)
    assert file.status or name == "digital_transformation_wu2021"


def test_our_own_lexicon_says_so_and_every_term_has_a_source_a_date_and_a_note() -> None:
    file = read_lexicon_file(lexicon_folder() / "digital_technology.yml")
    assert "a list of our own" in file.source
    assert len({group.path[0] for group in file.groups}) == 2
    for _, term in file.terms():
        assert term.source
        assert term.added
        assert term.note


@pytest.mark.larger
def test_terms_of_our_own_lexicon_stand_in_the_documents_that_are_named_as_their_source(
    larger_data: Path,
) -> None:
    reports = [
        path.read_text("utf-8") for path in sorted((larger_data / "policy" / "city_2024").glob("*.txt"))
    ]
    text = normalise("\n".join(reports))
    file = read_lexicon_file(lexicon_folder() / "digital_technology.yml")
    cited = [term for _, term in file.terms() if "city_reports_2024" in term.source]
    assert len(cited) > 100
    assert not [term.term for term in cited if not any(normalise(form) in text for form in term.forms)]
    assert lexicon_of(file).entries["term"].n_unique() == lexicon_of(file).entries.height
