"""Counting further patents into a corpus is counting all at once, as far as that is promised."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.cli.count import command
from patentmetrics.core.errors import ColumnError, DataError, OutputError, SettingError
from patentmetrics.core.provenance import write_frame
from patentmetrics.core.types import Corpus, TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.csr import to_csr
from patentmetrics.counted.format import open_counts, verify_counts
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.read.rejected import rejected_path
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import ScoreSettings
from patentmetrics.simulate.counts import simulate_counts
from patentmetrics.text import counts as counts_module
from patentmetrics.text import further, spilled
from patentmetrics.text.counts import count_terms
from patentmetrics.text.english import EnglishRules
from patentmetrics.text.further import count_further, settings_of
from patentmetrics.text.rules import TextRules
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.terms import TermRules
from patentmetrics.text.user_word import UserWord


def patents(texts: Sequence[str | None], years: Sequence[int | None], first: int = 0) -> Corpus:
    frame = pl.DataFrame(
        {
            "patent_id": [f"P{first + i}" for i in range(len(texts))],
            "issue_date": [year and date(year, 3, 1) for year in years],
            "abstract": texts,
        },
        schema={"patent_id": pl.String, "issue_date": pl.Date, "abstract": pl.String},
    )
    return Corpus(frame=frame, key="patent_id", text=("abstract",), made_by={"step": "ingest"})


def counted(corpus: Corpus, output: Path, **options: object) -> TermCounts:
    return count_terms(corpus, output, **{"segmenter": "whitespace", "date": "issue"} | options)


def by_name(counts: TermCounts) -> dict[str, dict[str, int]]:
    """Counts by patent and term: what does not depend on the ids of terms or the order of documents."""
    matrix, documents = to_csr(counts)
    terms = counts.vocabulary["term"].to_list()
    found = {}
    for at, patent in enumerate(documents["patent_id"]):
        row = matrix[at].tocoo()
        found[patent] = {terms[i]: int(n) for i, n in zip(row.col, row.data, strict=True)}
    return found


def totals(counts: TermCounts) -> dict[str, tuple[int, int]]:
    return {term: (documents, n) for term, documents, n in counts.vocabulary.iter_rows()}


OLD = [("cell solar cell", 2000), ("lamp", 2000), ("solar roof", 2002)]
NEW = [("solar tile tile", 2003), ("lamp cell", 2002), ("tile", 1999)]


def old_and_new(folder: Path, **options: object) -> tuple[TermCounts, Corpus]:
    old = counted(patents(*zip(*OLD, strict=True)), folder / "old", **options)
    return old, patents(*zip(*NEW, strict=True), first=len(OLD))


@settings(max_examples=20, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(
            st.lists(st.sampled_from(["aa", "bb", "cc", "dd", "ee", "the", "!"]), max_size=6).map(" ".join),
            st.integers(2000, 2004),
            st.booleans(),
        ),
        min_size=2,
        max_size=20,
    ),
    stop=st.booleans(),
)
def test_without_limits_the_counts_are_those_of_counting_all_at_once(
    drawn: list[tuple[str, int, bool]], stop: bool
) -> None:
    drawn = [("aa the", 2000, False), ("aa bb", 2003, True), *drawn]
    parts = [[(text, year) for text, year, is_new in drawn if is_new is part] for part in (False, True)]
    options = {"stopwords": ["english_common"] if stop else None}
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as parent:
        patch.setattr(build, "BATCH_DOCUMENTS", 2)
        patch.setattr(build, "BLOCK_DOCUMENTS", 4)
        folder = Path(parent)
        whole = counted(patents(*zip(*parts[0], *parts[1], strict=True)), folder / "whole", **options)
        old = counted(patents(*zip(*parts[0], strict=True)), folder / "old", **options)
        new = patents(*zip(*parts[1], strict=True), first=len(parts[0]))
        extended = count_further(new, old, folder / "new")
        verify_counts(extended)
        assert by_name(extended) == by_name(whole)
        assert totals(extended) == totals(whole)
        # in the same blocks, in the same order
        assert to_csr(extended)[1].equals(to_csr(whole)[1])
        assert [(one.name, one.nonzeros) for one in extended.blocks] == [
            (one.name, one.nonzeros) for one in whole.blocks
        ]
        # and so the scores are the same, but for the order of additions
        chosen = ScoreSettings(backward=1, forward=(1,))
        one, other = (score_patents(counts, chosen).frame for counts in (extended, whole))
        assert one.columns == other.columns
        for name in ("backward_similarity", "forward_similarity_1"):
            assert one[name].is_null().equals(other[name].is_null())
            assert ((one[name] - other[name]).abs().max() or 0) < 1e-12


def test_the_ids_of_the_old_terms_stay_and_new_ones_come_behind(tmp_path: Path) -> None:
    old, new = old_and_new(tmp_path)
    extended = count_further(new, old, tmp_path / "new")
    assert extended.vocabulary["term"].to_list() == [*old.vocabulary["term"], "tile"]
    assert totals(extended) == {
        "cell": (2, 3),
        "lamp": (2, 2),
        "solar": (3, 3),
        "roof": (1, 1),
        "tile": (2, 3),
    }
    assert [block.year for block in extended.blocks] == [1999, 2000, 2002, 2003]
    unchanged = next(block for block in extended.blocks if block.year == 2000)
    assert (extended.folder / unchanged.name).samefile(old.folder / unchanged.name)


def test_a_word_enters_by_its_documents_among_the_new_patents_and_terms_never_leave(tmp_path: Path) -> None:
    texts = ["aa bb", "aa bb", "aa cc", "aa dd"]
    old = counted(patents(texts, [2000] * 4), tmp_path / "old", min_documents=2, max_share=0.75)
    assert old.vocabulary["term"].to_list() == ["bb"]
    # cc: too rare before, enough now; dd: enough in both together only; aa: was too frequent
    more = ["cc ee zz", "cc dd zz", "aa zz", "aa zz"]
    new = count_further(patents(more, [2001] * 4, first=4), old, tmp_path / "new")
    assert totals(new) == {"bb": (2, 2), "cc": (2, 2)}
    assert by_name(new)["P2"] == {}
    made = new.made_by["counts"]
    assert made["terms_seen"] == 5
    assert made["terms_known"] + made["terms_stopwords"] == 0
    assert (made["terms_new"], made["terms_too_rare"], made["terms_too_frequent"]) == (1, 2, 2)
    assert made["documents_without_terms"] == 2
    assert made["nonzeros"] == new.nonzeros == 4
    assert new.made_by["settings"]["too_frequent"] == ["aa", "zz"]
    # which are kept out for good
    third = count_further(
        patents(["aa", "zz xx", "aa xx", "zz"], [2002] * 4, first=8), new, tmp_path / "third"
    )
    assert third.vocabulary["term"].to_list() == ["bb", "cc", "xx"]


def test_patents_that_are_there_and_patents_without_a_date_are_rejected_and_listed(tmp_path: Path) -> None:
    old, _ = old_and_new(tmp_path)
    new = patents(["solar", "cell", "roof", "lamp"], [2000, 2003, None, 2003], first=2)
    extended = count_further(new, old, tmp_path / "new")
    rejected = pl.read_csv(rejected_path(extended.folder))
    assert rejected.select("patent_id", "reason", "column").rows() == [
        ("P2", "the patent is in the corpus already", "patent_id"),
        ("P4", "the date that decides the year is missing", "issue_date"),
    ]
    assert by_name(extended)["P2"] == {"solar": 1, "roof": 1}
    made = extended.made_by["counts"]
    assert (made["documents_before"], made["documents_in"]) == (3, 4)
    assert made["documents_out"] + made["documents_rejected"] == made["documents_in"]
    assert made["documents_already_counted"] == 1
    with pytest.raises(DataError, match="all patents are in the corpus already"):
        count_further(patents(["x", "y"], [2009, 2009]), old, tmp_path / "none")
    assert {one.name for one in tmp_path.iterdir()} == {"old", "new", "new.rejected.csv"}


def test_a_corpus_is_extended_again_and_again_with_its_history(tmp_path: Path) -> None:
    counts, _ = old_and_new(tmp_path)
    for year in (2003, 2004, 2005):
        before = counts
        counts = count_further(patents([f"solar w{year}"], [year], first=year), counts, tmp_path / str(year))
        assert counts.made_by["inputs"]["counts"] == before.made_by
    assert counts.vocabulary["term"].to_list()[-3:] == ["w2003", "w2004", "w2005"]
    assert totals(counts)["solar"] == (5, 5)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"segmenter": "english"}, "segmenter"),
        ({"min_documents": 2}, "min_documents"),
        ({"max_share": 0.5}, "max_share"),
        ({"stopwords": ["english_common"]}, "stopwords"),
        ({"shortest": 2}, "shortest"),
        ({"references": "remove"}, "references"),
        ({"bigrams": True}, "bigrams"),
        ({"weights": {"abstract": 2}}, "weights"),
    ],
)
def test_a_setting_that_contradicts_the_corpus_is_named(changes: dict, name: str, tmp_path: Path) -> None:
    old, new = old_and_new(tmp_path)
    with pytest.raises(SettingError, match=f"another {name}") as caught:
        count_further(new, old, tmp_path / "new", settings=settings_of(old, changes))
    assert caught.value.where == name
    assert [one.name for one in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(("options", "name"), [({"date": "filing"}, "date"), ({"text": ["title"]}, "text")])
def test_another_date_or_other_columns_than_those_of_the_corpus_are_named(
    options: dict, name: str, tmp_path: Path
) -> None:
    old, new = old_and_new(tmp_path)
    with pytest.raises(SettingError, match=f"another {name}") as caught:
        count_further(new, old, tmp_path / "new", **options)
    assert caught.value.where == name
    agreeing = {"settings": TextSettings(segmenter="whitespace"), "date": "issue", "text": ["abstract"]}
    count_further(new, old, tmp_path / "new", **agreeing)


def test_lists_of_the_users_must_be_given_again_unchanged(tmp_path: Path) -> None:
    words, other = tmp_path / "mine.txt", tmp_path / "other.txt"
    words.write_text("solar\n", "utf-8")
    other.write_text("solar\nroof\n", "utf-8")
    old, new = old_and_new(tmp_path, stopwords=["english_common", str(words)])
    with pytest.raises(SettingError, match="no part of the package") as caught:
        count_further(new, old, tmp_path / "new")
    assert caught.value.got == "mine"
    assert "--stopwords english_common --stopwords mine" in str(caught.value.hint)
    for stopwords in (["english_common", str(other)], [str(words)], "none"):
        settings = settings_of(old, {"stopwords": stopwords})
        with pytest.raises(SettingError, match="another stopwords"):
            count_further(new, old, tmp_path / "new", settings=settings)
    settings = settings_of(old, {"stopwords": ["english_common", str(words)]})
    extended = count_further(new, old, tmp_path / "new", settings=settings)
    assert "solar" not in totals(extended)


def test_all_settings_are_taken_from_the_corpus(tmp_path: Path) -> None:
    settings = TextSettings(
        segmenter="english",
        text=TextRules(references="remove", openings=("english_openings",), hyphenation="join"),
        english=EnglishRules(hyphens="keep", digits="keep"),
        terms=TermRules(stopwords=("english_common",), numbers="drop", shortest=2),
        user_terms=("solar cell",),
        bigrams=True,
        weights={"abstract": 2},
    )
    texts = ["The solar cell (12) x absorbs light.", "A thin-film solar cell, 3 layers of H2O."]
    whole = counted(patents(texts, [2000, 2001]), tmp_path / "whole", segmenter=None, settings=settings)
    old = counted(patents(texts[:1], [2000]), tmp_path / "old", segmenter=None, settings=settings)
    assert settings_of(old) == settings
    extended = count_further(patents(texts[1:], [2001], first=1), old, tmp_path / "new")
    assert by_name(extended) == by_name(whole)
    assert totals(extended)["solar_cell"] == (2, 4)
    assert totals(extended)["thin-film solar_cell"] == (1, 2)
    assert settings_of(extended) == settings


def test_user_terms_are_taken_from_the_corpus_in_their_order(tmp_path: Path) -> None:
    words = (UserWord("石墨烯", 20), "太阳能板")
    old = counted(patents(["石墨烯太阳能"], [2000]), tmp_path / "old", segmenter="jieba", user_terms=words)
    assert settings_of(old).user_terms == words
    new = patents(["石墨烯"], [2001], first=1)
    extended = count_further(new, old, tmp_path / "new")
    assert totals(extended)["石墨烯"] == (2, 2)
    settings = settings_of(old, {"user_terms": ["石墨烯"]})
    with pytest.raises(SettingError, match="another user_terms"):
        count_further(new, old, tmp_path / "other", settings=settings)


def test_a_table_on_disk_extends_a_corpus_as_one_in_memory_does(tmp_path: Path) -> None:
    old, new = old_and_new(tmp_path)
    new.frame.write_parquet(tmp_path / "new.parquet")
    one = count_further(new, old, tmp_path / "one")
    two = count_further(tmp_path / "new.parquet", old, tmp_path / "two")
    assert by_name(one) == by_name(two)
    assert [block.sha256 for block in one.blocks] == [block.sha256 for block in two.blocks]


def test_a_corpus_of_an_earlier_version_says_so(tmp_path: Path) -> None:
    old, new = old_and_new(tmp_path)
    manifest = old.folder / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    del content["made_by"]["settings"]["term_rules"]
    manifest.write_text(json.dumps(content), "utf-8")
    with pytest.raises(SettingError, match="another version of this package"):
        count_further(new, open_counts(old.folder), tmp_path / "new")


def test_another_version_of_the_segmenter_is_refused(tmp_path: Path) -> None:
    old, new = old_and_new(tmp_path)
    manifest = old.folder / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["made_by"]["settings"]["segmenter_version"] = "jieba 0.1"
    manifest.write_text(json.dumps(content), "utf-8")
    with pytest.raises(SettingError, match="another segmenter_version") as caught:
        count_further(new, open_counts(old.folder), tmp_path / "new")
    assert caught.value.allowed == "jieba 0.1"


def test_a_corpus_that_was_not_counted_from_texts_is_refused(tmp_path: Path) -> None:
    simulated = simulate_counts(
        tmp_path / "simulated",
        patents=20,
        first_year=2000,
        last_year=2001,
        vocabulary=30,
        terms_per_patent=3,
        seed=1,
    )
    with pytest.raises(SettingError, match="not counted from texts"):
        count_further(patents(["solar"], [2003]), simulated, tmp_path / "new")


def test_what_cannot_be_extended_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    old, new = old_and_new(tmp_path)
    with pytest.raises(SettingError, match="into another folder"):
        count_further(new, old, old.folder)
    bare = Corpus(frame=new.frame.drop("abstract"), key="patent_id", text=())
    with pytest.raises(ColumnError, match="abstract"):
        count_further(bare, old, tmp_path / "new")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("thesis")
    with pytest.raises(OutputError, match="not made by an earlier run"):
        count_further(new, old, tmp_path / "mine")
    assert {one.name for one in tmp_path.iterdir()} == {"old", "mine"}


def everything(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_is_stopped_goes_on_with_the_pieces_it_counted(tmp_path: Path, monkeypatch) -> None:
    old = counted(patents(["a b", "a c"], [2000, 2001]), tmp_path / "old")
    new = patents([f"a word{i}" for i in range(9)], [2001, 2002, 2003] * 3, first=10)
    monkeypatch.setattr(spilled, "PIECE_DOCUMENTS", 2)
    whole = everything(count_further(new, old, tmp_path / "whole").folder)
    real, begun = counts_module.spill_piece, []

    def stopping(work: Path, piece: spilled.Piece, **options: object) -> spilled.Spilled:
        begun.append(piece.number)
        if len(begun) == 4:
            raise KeyboardInterrupt
        return real(work, piece, **options)

    monkeypatch.setattr(counts_module, "spill_piece", stopping)
    with pytest.raises(KeyboardInterrupt):
        count_further(new, old, tmp_path / "new", threads=1)
    assert everything(count_further(new, old, tmp_path / "new", threads=1).folder) == whole
    # the fourth, and one behind it that was in work, are counted again
    assert not {0, 1, 2} & set(begun[4:])
    assert {one.name for one in tmp_path.iterdir()} == {"old", "whole", "new"}


def test_what_was_counted_before_a_stop_is_not_counted_again(tmp_path: Path, monkeypatch) -> None:
    old, new = old_and_new(tmp_path)
    whole = everything(count_further(new, old, tmp_path / "whole").folder)
    with monkeypatch.context() as patch:
        patch.setattr(further, "extend_counts", stopped)
        with pytest.raises(KeyboardInterrupt):
            count_further(new, old, tmp_path / "new")
    monkeypatch.setattr(further, "count_source", stopped)
    assert everything(count_further(new, old, tmp_path / "new").folder) == whole
    assert not (tmp_path / "new.added").exists()


def test_unfinished_work_of_other_patents_or_another_corpus_is_refused(tmp_path: Path, monkeypatch) -> None:
    old, new = old_and_new(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(further, "extend_counts", stopped)
        with pytest.raises(KeyboardInterrupt):
            count_further(new, old, tmp_path / "new")
    others = patents(["other words"], [2005], first=500)
    with pytest.raises(OutputError, match="unfinished work") as caught:
        count_further(others, old, tmp_path / "new")
    assert "another patents" in str(caught.value)
    another = counted(patents(["other words"], [2005], first=500), tmp_path / "another")
    with pytest.raises(OutputError, match="another corpus"):
        count_further(new, another, tmp_path / "new")


def test_a_damaged_intermediate_corpus_is_deleted(tmp_path: Path, monkeypatch) -> None:
    old, new = old_and_new(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(further, "extend_counts", stopped)
        with pytest.raises(KeyboardInterrupt):
            count_further(new, old, tmp_path / "new")
    block = next((tmp_path / "new.added" / "added" / "blocks").iterdir())
    block.write_bytes(block.read_bytes()[:-200])
    with pytest.raises(DataError):
        count_further(new, old, tmp_path / "new")
    assert not (tmp_path / "new.added").exists()
    count_further(new, old, tmp_path / "new")


def write_patents(path: Path, rows: Sequence[tuple[str, str, int]]) -> None:
    frame = pl.DataFrame(
        [{"patent_id": name, "title": title, "filing_date": date(year, 1, 1)} for name, title, year in rows]
    )
    full = pl.concat([pl.DataFrame(schema=PATENT_SCHEMA), frame], how="diagonal")
    write_frame(full, path, {"step": "ingest"})


def test_the_command_extends_a_corpus_with_its_settings(tmp_path: Path) -> None:
    write_patents(tmp_path / "a.parquet", [("P1", "Solar cell", 2011), ("P2", "Lamp", 2012)])
    write_patents(tmp_path / "b.parquet", [("P2", "Lamp", 2012), ("P3", "Solar roof", 2013)])
    first = ["--segmenter", "english", "--text", "title", "--stopwords", "english_common"]
    ran = CliRunner().invoke(command, [str(tmp_path / "a.parquet"), "-o", str(tmp_path / "a"), *first])
    assert ran.exit_code == 0, ran.output
    further = [str(tmp_path / "b.parquet"), "--extend", str(tmp_path / "a"), "-o", str(tmp_path / "b")]
    ran = CliRunner().invoke(command, [*further, "--json"])
    assert ran.exit_code == 0, ran.output
    result = json.loads(ran.output)
    assert result["years"] == [2011, 2013]
    assert result["most frequent terms"] == {"solar": 2, "cell": 1, "lamp": 1, "roof": 1}
    assert result["documents_already_counted"] == 1
    assert result["rejected"] == str(tmp_path / "b.rejected.csv")
    assert "P2" in (tmp_path / "b.rejected.csv").read_text("utf-8-sig")
    words = CliRunner().invoke(command, [*further, *first])  # the command of the first year, and where from
    assert words.exit_code == 0, words.output
    assert "2011-2013, by filing date" in words.output
    for wrong, message in (
        (["--date", "issue"], "another date"),
        (["--segmenter", "whitespace"], "another segmenter"),
        (["--stopwords", "none"], "another stopwords"),
        (["--no-hmm", "--segmenter", "jieba"], "another segmenter"),
        (["--hyphens", "keep"], "another hyphens"),
        (["--min-documents", "2"], "another min_documents"),
    ):
        refused = CliRunner().invoke(command, [*further, *wrong])
        assert refused.exit_code == 1, refused.output
        assert message in refused.output
    missing = CliRunner().invoke(command, further[:1] + further[3:])
    assert missing.exit_code == 2
    assert "--segmenter" in missing.output
