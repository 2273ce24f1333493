"""Stop words: the shipped lists are clean, a user's list loads or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from patentmetrics.core.errors import InputError, LexiconError
from patentmetrics.core.files import sha256_of
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.text.stopwords import list_stopwords, load_stopwords
from patentmetrics.text.word_list import read_word_list

GOOD = {
    "id": "mine",
    "version": "1",
    "title_en": "Mine",
    "title_zh": "我的",
    "language": "en",
    "source": "me",
    "licence": "MIT",
    "terms": ["no", "the"],
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "mine.yml"
    content = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "terms", "sample"),
    [
        ("chinese_common", 778, "的"),
        ("chinese_patents", 89, "所述"),
        ("english_common", 361, "the"),
        ("english_patents", 100, "wherein"),
        ("english_uspto", 99, "whereby"),
        ("units", 112, "毫米"),
        ("units_after_numbers", 38, "v"),
    ],
)
def test_a_shipped_list_holds_its_terms_with_source_and_licence(name, terms, sample):
    path = lexicon_folder() / "stopwords" / f"{name}.yml"
    content = yaml.safe_load(path.read_text("utf-8"))
    assert content["id"] == name
    assert content["source"]
    assert content["licence"] in {"MIT", "public domain (work of the United States Government)"}
    assert content["terms"] == sorted(set(content["terms"]))
    assert len(content["terms"]) == terms
    words = load_stopwords(name)
    assert (words.id, words.version, words.sha256) == (name, content["version"], sha256_of(path))
    assert sample in words.terms


def test_every_shipped_file_is_listed_and_loads():
    files = {path.name for path in (lexicon_folder() / "stopwords").iterdir()}
    assert files == {f"{name}.yml" for name in list_stopwords()}
    assert all(load_stopwords(name).terms for name in list_stopwords())


def test_words_that_yaml_reads_as_truth_values_are_words_in_the_shipped_lists():
    assert {"no", "on", "off", "y"} <= load_stopwords("english_common").terms


@pytest.mark.larger
def test_the_shipped_common_lists_are_those_of_their_source(larger_data):
    source = yaml.safe_load((larger_data / "lexicons" / "enzh_common_StopWords.yaml").read_text("utf-8"))
    for language in ("chinese", "english"):
        path = lexicon_folder() / "stopwords" / f"{language}_common.yml"
        assert yaml.safe_load(path.read_text("utf-8"))["terms"] == sorted(source["Dictionary"][language])


def test_an_unknown_name_is_refused_with_the_near_names():
    with pytest.raises(LexiconError) as caught:
        load_stopwords("english_comon")
    assert caught.value.hint == "did you mean 'english_common' or 'english_uspto' or 'english_patents'?"
    assert "chinese_common" in str(caught.value.allowed)


def test_a_users_list_loads_from_yaml_and_from_plain_text_normalised(tmp_path):
    assert load_stopwords(write(tmp_path)).terms == {"no", "the"}
    plain = tmp_path / "own.txt"
    plain.write_bytes("\ufeffThe\r\n\r\n５Ｇ\r\n".encode())
    words = load_stopwords(str(plain))
    assert (words.id, words.version, words.terms) == ("own", "", {"the", "5g"})


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": ["the", "no"]},
        {"terms": ["no", "no"]},
        {"terms": [True]},
        {"terms": ["a", " "]},
        {"terms": []},
        {"terms": "the"},
        {"version": 1.0},
        {"source": None},
        {"colour": "red"},
    ],
)
def test_a_malformed_list_is_refused(tmp_path, changes):
    with pytest.raises(LexiconError):
        load_stopwords(write(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"- a\n- b\n", b"id: [", b"\xff\xfe\x00"])
def test_a_file_that_is_no_such_yaml_is_refused(tmp_path, content):
    path = tmp_path / "mine.yml"
    path.write_bytes(content)
    with pytest.raises(LexiconError):
        load_stopwords(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError):
        load_stopwords(tmp_path / "none.yml")


@pytest.mark.parametrize("content", ["大数据 5 n\n".encode(), "大数据".encode("gb18030"), b""])
def test_a_word_list_of_another_format_is_refused_with_its_place(tmp_path, content):
    path = tmp_path / "terms.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_word_list(path)
    assert str(path) in str(caught.value.where)
