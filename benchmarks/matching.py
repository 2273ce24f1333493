"""Symbols and matching against the ways one would else go: ratios in one run.

    python -m benchmarks.matching              all tables
    python -m benchmarks.matching 1000000      another number of patents for the parser
    asv run                                    times and peak memory, release by release

Patents are simulated: three symbols each, drawn from 70,000 in the usual spellings. The matcher is compared
with a pandas merge of the symbols, expanded to all their prefixes, on the patterns; both give the same pairs.
The parser is compared with regular expressions of polars. Times are of the processor, the best of some rounds
in which all take turns, so a busy machine slows all of them; peak memory is that of a process that does
nothing else.
"""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.connection
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from patentmetrics.classes.compiled import Compiled, compile_concordance
from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.match import match_classes
from patentmetrics.classes.symbols import parse_symbols, read_symbol_lists, symbol_texts
from patentmetrics.core.types import Corpus
from patentmetrics.kernels.matching import Matched, Sought, match_documents

PATENTS = 1_000_000
CODES = 10_000_000
MERGED = 1_000_000  # pandas takes long, and its time is proportional
ROUNDS = 3


def spelled_symbols(number: int = 70_000) -> list[str]:
    draw = random.Random(1)
    wipo = load_concordance("wipo35").entries["pattern"].str.slice(0, 4).unique().sort().to_list()
    ways = ("{}{}/{}", "{} {}/{}", "{}{}/{}(2006.01)I", "{}{:0>4}{:0<6}")
    return [
        draw.choice(ways).format(draw.choice(wipo), draw.randint(1, 99), f"{draw.randint(0, 99):02}")
        for _ in range(number)
    ]


def lists(patents: int) -> pl.Series:
    draw = np.random.default_rng(2)
    symbols = pl.Series(spelled_symbols())
    columns = [symbols.gather(draw.integers(0, len(symbols), patents)).alias(name) for name in "abc"]
    return pl.DataFrame(columns).select(pl.concat_str(pl.all(), separator="; ")).to_series().alias("ipc")


def codes(number: int) -> np.ndarray:
    draw = np.random.default_rng(3)
    known = read_symbol_lists(pl.Series(spelled_symbols())).code
    return known[draw.integers(0, len(known), number)]


def parse_by_regex(texts: pl.Series) -> pl.DataFrame:
    """What polars would do: one regular expression, on distinct symbols, for the commonest spellings only."""
    long = pl.DataFrame({"raw": texts}).with_columns(pl.col("raw").str.split(";")).explode("raw")
    distinct = long.unique()
    clean = pl.col("raw").str.normalize("NFKC").str.to_uppercase().str.strip_chars()
    slash = r"^([A-HY]\d{2}[A-Z])\s*0*(\d{1,4})\s*/\s*(\d{2,6})(?:\s*\(\d{4}\.\d{2}\)\s*[A-Z]*)?$"
    padded = r"^([A-HY]\d{2}[A-Z])(\d{4})(\d{6})$"
    parts = [pl.coalesce(clean.str.extract(slash, n), clean.str.extract(padded, n)) for n in (1, 2, 3)]
    group = parts[1].cast(pl.Int32).cast(pl.String)
    subgroup = parts[2].str.slice(0, 2) + parts[2].str.slice(2).str.strip_chars_end("0")
    symbol = pl.concat_str(parts[0], group, pl.lit("/"), subgroup).alias("symbol")
    return long.join(distinct.with_columns(symbol), on="raw", how="left")


def match_by_merge(frame: object, patterns: object) -> object:
    """What pandas would do: each symbol with all its prefixes, merged on the patterns."""
    pandas = importlib.import_module("pandas")
    symbol = frame["symbol"].str  # type: ignore[index]
    head = symbol.split("/").str[0] + "/*"
    prefixes = [symbol[:1], symbol[:3], symbol[:4], head, frame["symbol"]]  # type: ignore[index]
    expanded = pandas.concat([frame.assign(pattern=one) for one in prefixes])  # type: ignore[attr-defined]
    merged = expanded.merge(patterns, on="pattern")
    return merged[["row", "entry_id"]].drop_duplicates()


def match_by_kernel(compiled: Compiled, code: np.ndarray) -> Matched:
    """The compiled matcher alone: each code a patent of its own, so that pairs are those of the merge."""
    first = np.arange(len(code) + 1)
    sought = Sought(first=first, symbol=code, first_entry=np.zeros_like(first), entry=first[:0])
    end, outcome = np.zeros(len(code), np.int64), np.empty(len(code), np.uint8)
    line = compiled.line._replace(asks=np.zeros_like(compiled.line.asks))
    room = len(code)
    while True:
        matched = Matched(np.empty(room, np.int32), np.empty(room, np.int32), np.empty(0))
        found = match_documents(line, sought, 0, True, False, matched, end, outcome)
        if found <= room:
            return Matched(matched.symbol[:found], matched.row[:found], matched.weight)
        room = found


def best(works: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    found: dict[str, float] = {}
    for _ in range(rounds):
        for name, work in works.items():
            begin = time.process_time()
            work()
            found[name] = min(found.get(name, float("inf")), time.process_time() - begin)
    return found


def peak_memory(kind: str, number: int) -> float:
    """Megabytes that a process needs beside its input."""
    receiving, sending = multiprocessing.get_context("spawn").Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(target=_report_peak, args=(sending, kind, number))
    child.start()
    used: float = receiving.recv()
    child.join()
    return used


def _report_peak(sending: multiprocessing.connection.Connection, kind: str, number: int) -> None:
    if kind == "parser":
        texts = lists(number)
        read_symbol_lists(texts[:10])
        before = _peak()
        read_symbol_lists(texts, written=False)
    else:
        compiled = compile_concordance(load_concordance("wipo35"))
        code = codes(number)
        match_by_kernel(compiled, code[:10])
        before = _peak()
        match_by_kernel(compiled, code)
    sending.send(_peak() - before)


def _peak() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1e3
    return float("nan")


def parser(patents: int) -> None:
    texts = lists(patents)
    small = texts.head(10)
    for work in (read_symbol_lists, parse_symbols, parse_by_regex):
        work(small)
    both = parse_by_regex(texts.head(20_000))["symbol"].to_list()
    ours = symbol_texts(read_symbol_lists(texts.head(20_000)).code).to_list()
    same = sum(one == other for one, other in zip(ours, both, strict=True))
    found = best(
        {
            "numba on bytes": lambda: read_symbol_lists(texts, written=False),
            "polars, regular expressions": lambda: parse_by_regex(texts),
        }
    )
    print(
        f"\nParser: {patents:,} patents, three symbols each; {same:,} of {len(ours):,} symbols are the same\n"
    )
    print("| parser | seconds of the processor | symbols/s | times polars |\n|---|---|---|---|")
    slow = found["polars, regular expressions"]
    for name, seconds in found.items():
        print(f"| {name} | {seconds:.2f} | {3 * patents / seconds:,.0f} | {slow / seconds:.1f} |")
    print(f"\npeak memory of the parser beside the texts: {peak_memory('parser', patents):.0f} MB")


def matcher(number: int, merged: int) -> None:
    pandas = importlib.import_module("pandas")
    code = codes(number)
    print(f"\nMatcher: {number:,} symbols; pandas has {merged:,} of them\n")
    print("| concordance | pairs, both | compiled, symbols/s | merge, symbols/s | times pandas |")
    print("|---|---|---|---|---|")
    for name, share in (("wipo35", 1), ("key_digital_technology_2023", 20)):
        table = load_concordance(name)
        compiled = compile_concordance(table, keywords=False)
        few = code[: merged // share]
        frame = pandas.DataFrame({"row": np.arange(len(few)), "symbol": symbol_texts(few).to_list()})
        # the merge knows prefixes only; G06F3/1* and the like are left to the matcher
        patterns = table.entries.select("pattern", "entry_id").to_pandas()
        many = code[: number // share]
        match_by_kernel(compiled, code[:10])
        pairs = match_by_kernel(compiled, few)
        owner = compiled.line.entry[pairs.row]
        ours = len(np.unique(pairs.symbol.astype(np.int64) * len(compiled.entry_ids) + owner))
        theirs = len(match_by_merge(frame, patterns))  # type: ignore[arg-type]
        found = best(
            {
                "compiled": lambda c=compiled, m=many: match_by_kernel(c, m),  # type: ignore[misc]
                "merge": lambda f=frame, p=patterns: match_by_merge(f, p),  # type: ignore[misc]
            }
        )
        fast, slow = len(many) / found["compiled"], len(few) / found["merge"]
        print(f"| {name} | {ours:,} and {theirs:,} | {fast:,.0f} | {slow:,.0f} | {fast / slow:.0f} |")
    print(f"\npeak memory of the matcher beside the symbols, wipo35: {peak_memory('matcher', number):.0f} MB")


def whole(patents: int) -> None:
    frame = pl.DataFrame(
        {"patent_id": pl.int_range(patents, eager=True).cast(pl.String), "ipc": lists(patents)}
    )
    corpus = Corpus(frame=frame, key="patent_id", text=())
    table = load_concordance("wipo35")
    match_classes(Corpus(frame=frame.head(10), key="patent_id", text=()), table)
    begin, wall = time.process_time(), time.perf_counter()
    found = match_classes(corpus, table)
    spent, passed = time.process_time() - begin, time.perf_counter() - wall
    print(
        f"\nmatch_classes, wipo35, from texts to frames: {patents:,} patents, {found.frame.height:,} rows, "
        f"{spent:.1f} s of the processor, {passed:.1f} s passed"
    )


class Matching:
    """For asv: the parser and the matcher."""

    def setup(self) -> None:
        self.texts = lists(100_000)
        self.code = codes(1_000_000)
        self.compiled = compile_concordance(load_concordance("wipo35"))
        self.time_parser()
        self.time_matcher()

    def time_parser(self) -> None:
        read_symbol_lists(self.texts, written=False)

    def time_matcher(self) -> None:
        match_by_kernel(self.compiled, self.code)

    def peakmem_parser(self) -> None:
        read_symbol_lists(self.texts, written=False)

    def peakmem_matcher(self) -> None:
        match_by_kernel(self.compiled, self.code)


def main(patents: str | None = None) -> None:
    """Print the tables."""
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    parser(int(patents or PATENTS))
    matcher(CODES, MERGED)
    whole(int(patents or PATENTS))


if __name__ == "__main__":
    main(*sys.argv[1:2])
