"""Keywords of policy documents, by each rule, against the ways one would else go: ratios in one run.

    python -m benchmarks.keywords              all tables
    python -m benchmarks.keywords 160          another size of the texts, in MB

Texts are the bundled work reports, each begun at another character, until they have the size; the terms
are words of the 2023 patent classification. `str.count` and jieba get a part of the texts, for their time is
proportional. Times are of the processor, the best of some rounds in which all take turns.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jieba
import polars as pl

from benchmarks.matching import best
from patentmetrics.classes.concordance import load_concordance
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.frequencies import keyword_frequencies
from patentmetrics.lexicon.hits import as_texts, find_hits, make_finder, sizes_of
from patentmetrics.lexicon.rules import RULES
from patentmetrics.lexicon.texts import normalised
from patentmetrics.read.encoding import decode_file
from patentmetrics.text.normalise import normalise

BUNDLED = Path(__file__).resolve().parent.parent / "patentmetrics" / "studies" / "demo" / "policy"
MEGABYTES = 40


def reports(megabytes: float) -> list[str]:
    texts = [decode_file(path).text for path in sorted(BUNDLED.glob("*.txt"))]
    draw = random.Random(1)
    found: list[str] = []
    size = 0.0
    while size < megabytes * 1e6:
        one = texts[len(found) % len(texts)]
        found.append(one[draw.randrange(50) :])
        size += len(found[-1].encode())
    return found


def terms_of(number: int) -> list[str]:
    table = load_concordance("key_digital_technology_2023")
    words = sorted({normalise(one) for one in table.entries["keywords"].explode().drop_nulls()})
    return random.Random(number).sample(words, min(number, len(words)))


def lexicon_of(terms: list[str]) -> Lexicon:
    head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "")
    return Lexicon(**head, levels=(), entries=pl.DataFrame({"term": terms}), sha256="")


def by_extract_many(texts: pl.Series, terms: list[str]) -> pl.Series:
    """Count all hits of all terms, overlaps included."""
    return texts.str.extract_many(terms, overlapping=True).list.len()


def rules(texts: list[str], number: int) -> None:
    terms = terms_of(number)
    finder = make_finder(terms)
    block = normalised(pl.Series(texts))
    ready = as_texts(block)
    size = len(ready.data) / 1e6
    few = block.head(max(1, len(block) // 40)).to_list()
    part = sum(len(one.encode()) for one in few) / 1e6
    tokenizer = jieba.Tokenizer()
    for term in terms:
        tokenizer.add_word(term)
    works: dict[str, Callable[[], object]] = {
        f"kernel, {rule}": lambda r=rule: find_hits(ready, finder, rule=r)  # type: ignore[misc]
        for rule in RULES
    }
    works["characters and sentences"] = lambda: sizes_of(ready)
    works["polars extract_many"] = lambda: by_extract_many(block, terms)
    for work in works.values():
        work()
    seconds = best(works)
    speeds = {name: size / one for name, one in seconds.items()}
    once = best(
        {
            "str.count for each term": lambda: [one.count(term) for one in few for term in terms],
            "jieba and Counter": lambda: [Counter(tokenizer.lcut(one)) for one in few],
        },
        1,
    )
    speeds |= {name: part / one for name, one in once.items()}
    hits = {f"kernel, {rule}": len(find_hits(ready, finder, rule=rule).term) for rule in RULES}
    print(f"\n{len(terms):,} terms, {size:.0f} MB of work reports\n")
    print("| way | hits | MB/s of the processor | times str.count | times jieba |\n|---|---:|---:|---:|---:|")
    for name, speed in speeds.items():
        slow = [speed / speeds[other] for other in ("str.count for each term", "jieba and Counter")]
        count = f"{hits[name]:,}" if name in hits else ""
        print(f"| {name} | {count} | {speed:,.1f} | {slow[0]:,.1f} | {slow[1]:,.1f} |")


def whole(texts: list[str], number: int) -> None:
    frame = pl.DataFrame({"document_id": [str(n) for n in range(len(texts))], "text": texts})
    lexicon = lexicon_of(terms_of(number))
    keyword_frequencies(Corpus(frame=frame.head(2), key="document_id", text=("text",)), lexicon)
    corpus = Corpus(frame=frame, key="document_id", text=("text",))
    begin, wall = time.process_time(), time.perf_counter()
    found = keyword_frequencies(corpus, lexicon)
    spent, passed = time.process_time() - begin, time.perf_counter() - wall
    size = sum(len(one.encode()) for one in texts) / 1e6
    print(
        f"\nkeyword_frequencies, all three rules, from texts to frames: {len(texts):,} reports, "
        f"{size:.0f} MB, {number:,} terms, {found.by_rule.height:,} rows, {spent:.1f} s of the processor, "
        f"{passed:.1f} s passed"
    )


class Keywords:
    """For asv: the three rules, and the whole way."""

    def setup(self) -> None:
        self.texts = reports(8)
        self.ready = as_texts(normalised(pl.Series(self.texts)))
        self.finder = make_finder(terms_of(1000))
        frame = pl.DataFrame({"document_id": [str(n) for n in range(len(self.texts))], "text": self.texts})
        self.corpus = Corpus(frame=frame, key="document_id", text=("text",))
        self.lexicon = lexicon_of(terms_of(1000))
        self.time_substring()
        self.time_longest()
        self.time_token()

    def time_substring(self) -> None:
        find_hits(self.ready, self.finder, rule="substring")

    def time_longest(self) -> None:
        find_hits(self.ready, self.finder, rule="longest")

    def time_token(self) -> None:
        find_hits(self.ready, self.finder, rule="token")

    def peakmem_whole(self) -> None:
        keyword_frequencies(self.corpus, self.lexicon)


def main(megabytes: str | None = None) -> None:
    """Print the tables."""
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    texts = reports(float(megabytes or MEGABYTES))
    for number in (121, 1000):
        rules(texts, number)
    whole(reports(160), 1000)


if __name__ == "__main__":
    main(*sys.argv[1:2])
