"""How time and memory grow with the corpus: written and scored in fresh processes, size by size.

    python -m benchmarks.scale --patents 100000,1000000,10000000 --memory 4GB --folder /tmp

Prints a Markdown table. Corpora are simulated: 100 distinct terms a patent from a Zipf vocabulary of
200,000, 30 years; ten million patents take about 4 GB of disk, and are deleted when they are scored.

Seconds are those of whole processes less the time that one takes for a thousand patents, which is start-up.
Peak memory is the system's figure for the process: of it, pages of files that are mapped can be taken back
at any time; the peak of the rest is sampled ten times a second (Linux only).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# nothing heavy is imported here: a child's peak begins at that of the process that started it

WRITE = """
import json, sys
from pathlib import Path
from patentmetrics.simulate.counts import simulate_counts
output, patents, seed, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
counts = simulate_counts(
    Path(output), patents=patents, first_year=1990, last_year=2019, seed=seed, threads=threads or None
)
print(json.dumps({"nonzeros": counts.nonzeros}))
"""
SCORE = "from patentmetrics.cli import main; main()"
SMALL = 1_000


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a process took; memory in MiB, ``anonymous`` without pages of files (0 where unknown)."""

    seconds: float
    peak: float
    anonymous: float
    output: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One size: the corpus, its writing and its scoring."""

    patents: int
    nonzeros: int
    disk: float
    written: Measured
    scored: Measured | None


def measured(command: list[str]) -> Measured:
    """Run a command in a process of its own and say what it took."""
    with tempfile.TemporaryFile("w+") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=output)
        anonymous = [0]
        watcher = threading.Thread(target=_watch, args=(process.pid, anonymous), daemon=True)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        watcher.join()
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.exit(f"failed with status {process.returncode}: {' '.join(command)}\n{text}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(
        seconds=seconds, peak=usage.ru_maxrss * unit / 2**20, anonymous=anonymous[0] / 1024, output=text
    )


def _watch(pid: int, most: list[int]) -> None:
    """Keep the largest anonymous memory of a process, in KiB, until it ends."""
    status = Path(f"/proc/{pid}/status")
    while True:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        found = [int(line.split()[1]) for line in lines if line.startswith("RssAnon:")]
        if not found:
            return
        most[0] = max(most[0], found[0])
        time.sleep(0.1)


def measure(folder: Path, patents: int, options: argparse.Namespace) -> Row:
    """Write a corpus of one size, score it, delete it."""
    counts, scores = folder / f"counts{patents}", folder / f"scores{patents}.parquet"
    try:
        written = measured(
            [
                sys.executable,
                "-c",
                WRITE,
                str(counts),
                str(patents),
                str(options.seed),
                str(options.threads or 0),
            ]
        )
        disk = sum(path.stat().st_size for path in counts.rglob("*") if path.is_file()) / 1e9
        command = [
            sys.executable,
            "-c",
            SCORE,
            "score",
            str(counts),
            "-o",
            str(scores),
            "--quiet",
        ]
        command += ["--memory", options.memory] if options.memory else []
        command += ["--threads", str(options.threads)] if options.threads else []
        scored = None if options.write_only else measured(command)
    finally:
        if not options.keep:
            shutil.rmtree(counts, ignore_errors=True)
            scores.unlink(missing_ok=True)
    return Row(
        patents=patents,
        nonzeros=json.loads(written.output)["nonzeros"],
        disk=disk,
        written=written,
        scored=scored,
    )


def table(rows: list[Row], start: float, *, stage: str) -> list[str]:
    """Lay one stage, ``written`` or ``scored``, out as Markdown; costs are relative to the first size."""
    heads = ["patents", "non-zeros", "GB on disk", "seconds", "patents/s", "ns per non-zero", "peak MiB"]
    heads += ["of it not mapped", "cost per patent"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---:|' * len(heads)}"]
    # a small corpus can be done before start-up is: nothing is then known of its cost
    seconds = [max(getattr(row, stage).seconds - start, 0.01) for row in rows]
    for row, took in zip(rows, seconds, strict=True):
        one = getattr(row, stage)
        cells = [
            f"{row.patents:,}",
            f"{row.nonzeros:,}",
            f"{row.disk:.2f}",
            f"{took:.1f}",
            f"{row.patents / took:,.0f}",
            f"{took / row.nonzeros * 1e9:.1f}",
            f"{one.peak:,.0f}",
            f"{one.anonymous:,.0f}" if one.anonymous else "–",
            f"{took / row.patents / (seconds[0] / rows[0].patents):.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patents", default="100000,1000000", help="sizes, with commas between")
    parser.add_argument("--memory", help="passed to `patentmetrics score`, e.g. 4GB")
    parser.add_argument("--threads", type=int, help="of both processes; all cores by default")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where to write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write-only", action="store_true", help="do not score")
    parser.add_argument("--keep", action="store_true", help="keep the corpora and the scores")
    options = parser.parse_args()
    sizes = sorted(int(float(one)) for one in options.patents.split(","))
    with tempfile.TemporaryDirectory(dir=options.folder) as small:
        # the first run compiles, or loads what was compiled; the others are start-up and nothing else
        starts = [measure(Path(small), SMALL, options) for _ in range(4)][1:]
    rows: list[Row] = []
    for patents in sizes:
        rows.append(measure(options.folder, patents, options))
        print(f"{patents:,} patents done", file=sys.stderr)
    cores = options.threads or os.cpu_count()
    for stage in ["written"] if options.write_only else ["written", "scored"]:
        start = min(getattr(one, stage).seconds for one in starts)
        print(f"Corpora {stage}, {cores} threads, less {start:.1f} s of start-up:\n")
        print("\n".join([*table(rows, start, stage=stage), ""]))


if __name__ == "__main__":
    main()
