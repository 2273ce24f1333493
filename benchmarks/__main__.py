"""All ratios in one run: the tables of docs/ratios.md.

    python -m benchmarks                          prints them
    python -m benchmarks --write docs/ratios.md   replaces the file

Each table compares ways that were measured in the same run and checked to agree. Peers that are not
installed are left out; `pip install -e '.[bench]'` brings them.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

# the heading of each module
TABLES = {
    "similarity": "The linear measure",
    "pairwise": "The thresholded measure",
    "segmentation": "Chinese segmentation",
    "counting": "From texts to a counted corpus",
    "matching": "Matching of classes",
    "keywords": "Keywords of policy documents",
    "placebo": "500 placebo draws and group differences",
}


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--only", default=",".join(TABLES), help="modules, joined by commas")
    options = parser.parse_args()
    parts = [
        "# Ratios\n",
        "Made by `python -m benchmarks --write docs/ratios.md`: ratios of one run, not times.\n",
    ]
    for name in options.only.split(","):
        load = os.getloadavg()[0]
        # a process each: the memory of one is not the peak of the next
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], capture_output=True, text=True, check=True
        )
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        parts.append(f"## {TABLES[name]}\n\n{machine}, load {load:.1f} at the beginning.\n\n{done.stdout}")
        print(parts[-1], flush=True)
    if options.write is not None:
        options.write.write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    main()
