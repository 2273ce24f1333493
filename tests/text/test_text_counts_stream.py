"""Counting as a stream gives the bytes of counting at once, whatever happens on the way."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patentmetrics.cli import main
from patentmetrics.core.errors import DataError, InputError, OutputError, SettingError
from patentmetrics.core.types import Corpus, TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.format import open_counts
from patentmetrics.read import batches
from patentmetrics.read.rejected import rejected_path
from patentmetrics.text import counts as engine
from patentmetrics.text import spilled
from patentmetrics.text.counts import count_terms
from patentmetrics.text.english import EnglishRules
from patentmetrics.text.rules import TextRules
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.source import source_of
from patentmetrics.text.spilled import cut_pieces
from patentmetrics.text.terms import TermRules
from patentmetrics.text.tokens import terms_of
from tests.conftest import REPOSITORY
from tests.reference.term_counts import counted, english_tokens

SCHEMA = {
    "patent_id": pl.String,
    "filing_date": pl.Date,
    "issue_date": pl.Date,
    "title": pl.String,
    "abstract": pl.String,
    "ipc": pl.List(pl.String),
}
WORDS = ["cell", "Solar", "the", "5mm", "x", "10a", "panels", "panel", "h2o", "，", "(12)", "电池", "42"]
TEXT = st.one_of(st.none(), st.just(" "), st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join))
YEARS = [1999, 2000, 2003, None]
Row = tuple[str | None, str | None, int | None]


def frame_of(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "patent_id": f"P{i:03d}",
                "filing_date": None if year is None else dt.date(year, 5, 1),
                "issue_date": dt.date(2010, 1, 1),
                "title": title,
                "abstract": abstract,
                "ipc": ["H01L31/04", f"G06F{i}"][: i % 3] or None,
            }
            for i, (title, abstract, year) in enumerate(rows)
        ],
        schema=SCHEMA,
    )


def corpus_of(frame: pl.DataFrame) -> Corpus:
    return Corpus(frame=frame, key="patent_id", text=("title", "abstract"), made_by={})


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def slow_twin(
    folder: Path, frame: pl.DataFrame, rows: list[Counter[str]], vocabulary: list[tuple], like: TermCounts
) -> TermCounts:
    """Write what counts of a Counter give, all at once, with the provenance of the other."""
    placed = frame.filter(pl.col(f"{like.date}_date").is_not_null())
    number = {term: at for at, (term, *_) in enumerate(vocabulary)}
    columns = ["patent_id", "filing_date", "issue_date", "ipc"]
    return build_counts(
        folder,
        documents=placed.select(name for name in columns if name in placed.columns),
        years=placed[f"{like.date}_date"].dt.year().to_numpy().astype(np.int32),
        indptr=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        indices=np.array([number[term] for row in rows for term in row], np.uint32),
        data=np.array([n for row in rows for n in row.values()], np.uint32),
        vocabulary=pl.DataFrame(
            vocabulary,
            schema={"term": pl.String, "documents": pl.Int64, "occurrences": pl.Int64},
            orient="row",
        ),
        date=like.date,
        made_by=like.made_by,
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 2)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, st.sampled_from(YEARS)), min_size=1, max_size=20),
    threads=st.sampled_from([1, 2, 4]),
    piece_documents=st.sampled_from([1, 2, 3, 100]),
    piece_bytes=st.sampled_from([1, 30, 10**6]),
    batch_rows=st.sampled_from([1, 3, 1000]),
    on_disk=st.booleans(),
)
@pytest.mark.usefixtures("small")
def test_any_pieces_threads_and_batches_give_the_bytes_of_the_twin(
    rows, threads, piece_documents, piece_bytes, batch_rows, on_disk
):
    rows = [*rows, ("solar", "cell", 2000)]  # one word at least
    frame = frame_of(rows)
    placed = [list(row[:2]) for row in rows if row[2] is not None]
    expected, vocabulary = counted(placed, english_tokens)
    with tempfile.TemporaryDirectory() as parent, pytest.MonkeyPatch.context() as patch:
        folder = Path(parent)
        patch.setattr(spilled, "PIECE_DOCUMENTS", piece_documents)
        patch.setattr(spilled, "PIECE_BYTES", piece_bytes)
        patch.setattr(batches, "BATCH_ROWS", batch_rows)
        if on_disk:
            frame.write_parquet(folder / "patents.parquet", row_group_size=4)
        patents = folder / "patents.parquet" if on_disk else corpus_of(frame)
        found = count_terms(patents, folder / "counts", segmenter="english", date="filing", threads=threads)
        twin = slow_twin(folder / "twin", frame, expected, vocabulary, found)
        assert contents(found.folder) == contents(twin.folder)
        made = found.made_by["counts"]
        assert made["documents_in"] == len(rows)
        assert made["documents_out"] + made["documents_rejected"] == len(rows)
        rejected = rejected_path(found.folder)
        listed = pl.read_csv(rejected)["patent_id"].to_list() if rejected.exists() else []
        assert listed == [f"P{i:03d}" for i, row in enumerate(rows) if row[2] is None]
        expected_files = {"counts", "twin"} | ({"patents.parquet"} if on_disk else set())
        assert {one.name for one in folder.iterdir()} - {rejected.name} == expected_files


SETTINGS = st.builds(
    TextSettings,
    segmenter=st.just("english"),
    text=st.builds(TextRules, references=st.sampled_from(["keep", "remove"])),
    english=st.builds(EnglishRules, digits=st.sampled_from(["cut", "keep"])),
    terms=st.builds(
        TermRules,
        stopwords=st.sampled_from([(), ("english_common",)]),
        numbers=st.sampled_from(["keep", "drop"]),
        units=st.sampled_from(["keep", "drop"]),
        part_references=st.sampled_from(["keep", "drop"]),
        shortest=st.sampled_from([1, 2]),
        stemmer=st.sampled_from([None, "english"] if find_spec("snowballstemmer") else [None]),
    ),
    user_terms=st.sampled_from([(), ("solar cell",)]),
    bigrams=st.booleans(),
    weights=st.sampled_from([{}, {"title": 3}, {"title": 2, "abstract": 5}]),
    min_documents=st.sampled_from([1, 2]),
)


@pytest.mark.parametrize(("segmenter", "examples"), [("english", 15), ("whitespace", 8), ("jieba", 8)])
def test_any_settings_give_the_counts_of_a_counter_over_the_terms_of_each_text(segmenter, examples):
    @settings(max_examples=examples, deadline=None)
    @given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=10), SETTINGS, st.data())
    def check(texts, drawn, data):
        changes = {"segmenter": segmenter}
        if segmenter != "english":
            changes |= {"english": EnglishRules(), "user_terms": ()}
        drawn = TextSettings(
            **{
                name: getattr(drawn, name)
                for name in ("text", "terms", "bigrams", "weights", "min_documents", "english", "user_terms")
            }
            | changes
        )
        expected = []
        for title, abstract in texts:
            counter: Counter[str] = Counter()
            for name, text in (("title", title), ("abstract", abstract)):
                for term in terms_of([text], settings=drawn)[0]:
                    counter[term] += drawn.weight(name)
            expected.append(counter)
        frequency = Counter(term for counter in expected for term in counter)
        kept = {term for term, n in frequency.items() if n >= drawn.min_documents}
        frame = frame_of([(title, abstract, 2000) for title, abstract in texts])
        with tempfile.TemporaryDirectory() as parent, pytest.MonkeyPatch.context() as patch:
            patch.setattr(spilled, "PIECE_DOCUMENTS", data.draw(st.sampled_from([1, 3, 100])))
            folder = Path(parent)
            if not kept:
                with pytest.raises(DataError):
                    count_terms(corpus_of(frame), folder / "counts", settings=drawn, date="filing")
                return
            found = count_terms(corpus_of(frame), folder / "counts", settings=drawn, date="filing")
            rows = [Counter({t: n for t, n in row.items() if t in kept}) for row in expected]
            occurrences = sum(rows, Counter())
            vocabulary = sorted(
                ((term, frequency[term], occurrences[term]) for term in kept),
                key=lambda row: (-row[1], row[0]),
            )
            twin = slow_twin(folder / "twin", frame, rows, vocabulary, found)
            assert contents(found.folder) == contents(twin.folder)
            made = found.made_by["counts"]
            by_reason = [n for name, n in made.items() if name.startswith("terms_") and name != "terms_seen"]
            assert made["terms_seen"] == sum(by_reason)
            assert made["documents_without_terms"] == sum(not row for row in rows)

    check()


def word(number: int) -> str:
    """Spell a number in letters, which English tokens are made of."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


# words that come once, in a few pieces, and in all
MANY: list[Row] = [
    (f"Solar {'cell ' * (i % 4)}w{word(i % 17)}", f"the u{word(i % 23)} v{word(i // 2)}", YEARS[(7 * i) % 4])
    for i in range(60)
]
CHOSEN = TextSettings(segmenter="english", bigrams=True, min_documents=2)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    monkeypatch.setattr(spilled, "PIECE_DOCUMENTS", 5)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    frame_of(MANY).write_parquet(tmp_path / "patents.parquet", row_group_size=7)
    return tmp_path / "patents.parquet"


def run(patents: Path | Corpus, output: Path, **options: object) -> TermCounts:
    return count_terms(patents, output, **{"settings": CHOSEN, "date": "filing"} | options)


@pytest.mark.usefixtures("small")
def test_pairs_and_frequencies_are_added_up_over_the_pieces(table, tmp_path, monkeypatch):
    whole = run(table, tmp_path / "whole")
    monkeypatch.setattr(spilled, "PIECE_DOCUMENTS", 5)
    pieces = run(table, tmp_path / "pieces")
    assert contents(pieces.folder) == contents(whole.folder)
    frequency: Counter[str] = Counter()
    for title, abstract, year in MANY:
        if year is not None:
            found: set[str] = set()
            for text in (title, abstract):
                tokens = english_tokens(text)
                found.update(tokens, map(" ".join, itertools.pairwise(tokens)))
            frequency.update(found)
    assert dict(pieces.vocabulary.select("term", "documents").iter_rows()) == {
        term: number for term, number in frequency.items() if number >= 2
    }


@pytest.mark.usefixtures("small_pieces")
def test_progress_counts_documents_and_ends_with_all_of_them(table, tmp_path):
    told = []
    run(table, tmp_path / "counts", threads=1, progress=lambda *state: told.append(state))
    documents = sum(row[2] is not None for row in MANY)
    of_terms = [(done, total) for stage, done, total in told if stage == "counting terms"]
    assert of_terms[0] == (0, documents)
    assert of_terms[-1] == (documents, documents)
    assert of_terms == sorted(of_terms)
    assert {stage for stage, _, _ in told} == {"counting terms", "numbering terms", "writing counts"}


@pytest.mark.usefixtures("small_pieces")
def test_a_run_that_is_stopped_goes_on_behind_the_pieces_that_are_there(table, tmp_path, monkeypatch):
    expected = contents(run(table, tmp_path / "whole").folder)
    counted_pieces: list[int] = []
    real = engine.spill_piece

    def stopping(work: Path, piece: spilled.Piece, **options: object) -> spilled.Spilled:
        if piece.number == stop_at:
            raise KeyboardInterrupt
        counted_pieces.append(piece.number)
        return real(work, piece, **options)

    monkeypatch.setattr(engine, "spill_piece", stopping)
    for stop_at in (3, 7, None):
        if stop_at is not None:
            with pytest.raises(KeyboardInterrupt):
                run(table, tmp_path / "counts", threads=1)
            assert not (tmp_path / "counts").exists()
    run(table, tmp_path / "counts", threads=1)
    # each once, but for one behind the stop that was in work
    assert set(counted_pieces) == set(range(12))
    assert len(counted_pieces) <= 12 + 2
    assert contents(tmp_path / "counts") == expected
    assert {one.name for one in tmp_path.iterdir()} == {
        *("whole", "whole.rejected.csv", "counts", "counts.rejected.csv", "patents.parquet")
    }


@pytest.mark.usefixtures("small_pieces")
def test_a_piece_that_was_damaged_since_is_counted_again(table, tmp_path, monkeypatch):
    expected = contents(run(table, tmp_path / "whole").folder)
    real = engine.fill_counts

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "fill_counts", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(table, tmp_path / "counts")
    work = tmp_path / "counts.part"
    with (work / "spilled" / "piece-00004.arrow").open("r+b") as file:
        file.seek(-200, os.SEEK_END)
        file.write(b"\xff" * 8)
    (work / "journal" / "piece-00009.json").write_text("{", "utf-8")
    monkeypatch.setattr(engine, "fill_counts", real)
    assert contents(run(table, tmp_path / "counts").folder) == expected


@pytest.mark.usefixtures("small_pieces")
def test_unfinished_work_of_another_kind_is_never_taken_for_ones_own(table, tmp_path, monkeypatch):
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(engine, "fill_counts", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(table, tmp_path / "counts")
    for options in (
        {"date": "issue"},
        {"text": ["title"]},
        {"min_documents": 3},
        {"segmenter": "whitespace"},
    ):
        with pytest.raises(OutputError, match="unfinished work with other settings"):
            run(table, tmp_path / "counts", **options)
    changed = frame_of([("other", "text", 2000), *MANY[1:]])
    with pytest.raises(OutputError) as caught:
        run(corpus_of(changed), tmp_path / "counts")
    assert "another patents" in str(caught.value)
    run(table, tmp_path / "counts")
    assert not (tmp_path / "counts.part").exists()


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda frame: pl.concat([frame, frame[3:4]]), "occur more than once"),
        (
            lambda frame: frame.with_columns(patent_id=pl.col("patent_id").replace("P050", None)),
            "no patent_id",
        ),
        (lambda frame: frame.with_columns(filing_date=pl.lit(None, pl.Date)), "no patent has a filing_date"),
        (lambda frame: frame.clear(), "no patent has a filing_date"),
        (lambda frame: frame.with_columns(title=pl.lit("12"), abstract=pl.lit("")), "hold no words"),
    ],
)
def test_wrong_data_anywhere_in_the_file_is_found_and_nothing_is_left(spoil, message, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_ROWS", 7)
    monkeypatch.setattr(batches, "BATCH_ROWS_WITHOUT_TEXT", 7)
    spoil(frame_of(MANY)).write_parquet(tmp_path / "patents.parquet")
    if "words" not in message:
        # before a text is counted
        monkeypatch.setattr(engine, "spill_piece", None)
    with pytest.raises((DataError, SettingError), match=message):
        run(tmp_path / "patents.parquet", tmp_path / "counts", text=["title", "abstract"])
    assert [one.name for one in tmp_path.iterdir()] == ["patents.parquet"]


def test_a_file_that_is_cut_off_or_no_table_of_patents_is_refused(table, tmp_path):
    whole = table.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    damaged = bytearray(whole)
    damaged[20:400] = b"\x00" * 380
    (tmp_path / "damaged.parquet").write_bytes(bytes(damaged))
    pl.DataFrame({"patent_id": [1]}).write_parquet(tmp_path / "numbers.parquet")
    for name, error in (
        ("cut.parquet", InputError),
        ("damaged.parquet", InputError),
        ("numbers.parquet", DataError),
        ("missing.parquet", InputError),
    ):
        with pytest.raises(error):
            run(tmp_path / name, tmp_path / "counts", text=["title"])
        assert not (tmp_path / "counts").exists()


@pytest.mark.usefixtures("small_pieces")
def test_little_memory_gives_the_same_bytes_and_too_little_is_refused(table, tmp_path, monkeypatch):
    expected = contents(run(table, tmp_path / "whole").folder)
    monkeypatch.setattr(spilled, "PIECE_BYTES", 1000)
    least = engine.PIECE_GROWTH * 1000
    assert contents(run(table, tmp_path / "counts", memory=least).folder) == expected
    with pytest.raises(SettingError, match="does not suffice for one piece"):
        run(table, tmp_path / "small", memory=least - 1)
    monkeypatch.setattr(engine, "BYTES_A_NONZERO", 10**6)
    with pytest.raises(SettingError, match="does not suffice for one block"):
        run(table, tmp_path / "small", memory=least)
    # what was counted stays: with more memory the run goes on
    assert (tmp_path / "small.part" / "spilled").is_dir()
    assert contents(run(table, tmp_path / "small").folder) == expected


def test_pieces_end_where_they_are_full_however_the_rows_are_read(table, monkeypatch):
    monkeypatch.setattr(spilled, "PIECE_DOCUMENTS", 9)
    monkeypatch.setattr(spilled, "PIECE_BYTES", 200)
    found = []
    for rows in (1, 4, 1000):
        monkeypatch.setattr(batches, "BATCH_ROWS", rows)
        pieces = cut_pieces(source_of(table), ["title", "abstract"], date="filing")
        found.append([(one.number, one.first, one.stop, dict(one.before)) for one in pieces])
    assert found[0] == found[1] == found[2]
    assert found[0][0][1] == 0
    assert found[0][-1][2] == len(MANY)
    assert all(one[2] == other[1] for one, other in zip(found[0], found[0][1:], strict=False))
    assert len(found[0]) > 60 / 9


CODE = """
from patentmetrics.counted import build
from patentmetrics.text import spilled
from patentmetrics.cli import main
build.BATCH_DOCUMENTS, build.BLOCK_DOCUMENTS, spilled.PIECE_DOCUMENTS = 16, 32, 40
main()
"""


def test_a_run_killed_at_any_moment_goes_on_and_gives_the_same_bytes(tmp_path, monkeypatch):
    rows = [
        (f"solar w{word(i % 97)}", f"cell u{word(i % 301)} v{word(i % 1009)}", 1990 + i % 20)
        for i in range(2_400)
    ]
    frame_of(rows).write_parquet(tmp_path / "patents.parquet")
    work = tmp_path / "counts.part"
    moments = random.Random(7)

    def arguments(output: Path) -> list[str]:
        options = ["--segmenter", "english", "--bigrams", "--min-documents", "2", "--quiet", "--threads", "2"]
        return ["count", str(tmp_path / "patents.parquet"), *options, "-o", str(output)]

    def at_once(output: Path) -> dict[str, bytes]:
        ran = CliRunner().invoke(main, arguments(output))
        assert ran.exit_code == 0, ran.output
        return contents(output)

    def done() -> int:
        return len(list(work.glob("journal/*.json"))) + len(list(work.glob("counts/vocabulary.parquet")))

    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 16)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 32)
    monkeypatch.setattr(spilled, "PIECE_DOCUMENTS", 40)
    expected = at_once(tmp_path / "whole")
    pieces, blocks, killed, before = 60, 80, 0, 0
    for wanted in (1, 30, pieces + 20, pieces + blocks):
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, *arguments(tmp_path / "counts")], cwd=REPOSITORY
        )
        while process.poll() is None and done() < wanted:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.02))
        process.kill()
        process.wait()
        assert process.returncode in (0, -9)
        killed += process.returncode == -9
        # what is there stays
        assert done() >= before or not work.exists()
        before = done()
        assert not (tmp_path / "counts").exists() or contents(tmp_path / "counts") == expected
    assert killed >= 3
    assert at_once(tmp_path / "counts") == expected
    assert {one.name for one in tmp_path.iterdir()} == {"patents.parquet", "counts", "whole"}


def chinese_titles(folder: Path) -> pl.DataFrame:
    titles = pl.read_csv(folder / "patents" / "cn_titles_ipc.csv", infer_schema=False).to_series(1)
    rows: list[Row] = [(title, None, 1990 + i % 31) for i, title in enumerate(titles)]
    return frame_of(rows)


def solar_grants(folder: Path) -> pl.DataFrame:
    frame = pl.read_parquet(folder / "patents" / "us_solar_grants.parquet")
    return frame.with_columns(pl.col("text").str.slice(0, 600).alias("abstract")).drop("text")


@pytest.mark.larger
@pytest.mark.parametrize(
    ("read", "segmenter", "date"), [(chinese_titles, "jieba", "filing"), (solar_grants, "english", "issue")]
)
def test_real_patents_on_disk_are_counted_as_the_twin_counts_them(
    read: Callable, segmenter: str, date: str, larger_data: Path, tmp_path, monkeypatch
):
    monkeypatch.setattr(spilled, "PIECE_DOCUMENTS", 1000)
    frame = read(larger_data)
    frame.write_parquet(tmp_path / "patents.parquet", row_group_size=700)
    tokens = english_tokens if segmenter == "english" else pytest.importorskip("jieba").Tokenizer().lcut
    texts = [list(row) for row in frame.select("title", "abstract").rows()]
    expected, vocabulary = counted(texts, tokens, min_documents=2, max_share="0.9")
    found = count_terms(
        tmp_path / "patents.parquet",
        tmp_path / "counts",
        segmenter=segmenter,
        date=date,
        min_documents=2,
        max_share=0.9,
    )
    assert found.documents == frame.height > 2500
    documents = frame
    for name in ("filing_date", "issue_date"):
        if name not in frame.columns:
            documents = documents.with_columns(pl.lit(None, pl.Date).alias(name))
    twin = slow_twin(tmp_path / "twin", documents, expected, vocabulary, found)
    assert contents(open_counts(found.folder).folder) == contents(twin.folder)
