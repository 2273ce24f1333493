"""Machine code on disk: never that of another version, whatever was killed or ran beside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCE = """
import numpy as np
from patentmetrics.kernels._jit import kernel

@kernel
def sign(values):
    return {result}

if __name__ == "__main__":
    print(sign(np.ones(1)))
"""


def run(folder: Path, result: str, stamp: int) -> str:
    path = folder / "cached.py"
    path.write_text(SOURCE.format(result=result))
    os.utime(path, (stamp, stamp))
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{STAMPED.format(stamp)}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout.strip()


# the stamp that all kernels share changes with any of their files; here it is set
STAMPED = """
import patentmetrics.kernels._jit as jit
jit._stamp_of_all_kernels = lambda: {0}
import numpy as np, cached
print(cached.sign(np.ones(1)))
"""


def test_a_run_killed_between_the_list_and_the_machine_code_leaves_no_older_code_in_use(
    tmp_path: Path,
) -> None:
    assert run(tmp_path, "1.0", 1) == "1.0"
    [first] = tmp_path.rglob("*.nbc")
    older = first.read_bytes()
    assert run(tmp_path, "2.0", 2) == "2.0"
    [second] = [path for path in tmp_path.rglob("*.nbc") if path != first]
    # as numba would have left it: the list is new, the file that it names is not there, or not yet
    second.unlink()
    assert run(tmp_path, "2.0", 2) == "2.0"
    assert first.read_bytes() == older


def test_two_processes_never_write_the_same_file() -> None:
    from patentmetrics.kernels.counting import mark_ids

    cache_file = mark_ids._cache._cache_file  # type: ignore[attr-defined]
    assert cache_file._data_name(1) != cache_file._data_name(1)
