"""Other implementations of jieba, each as a function from a text to its tokens.

    pip install -e '.[bench]'                 brings those with wheels
    pip install jieba-fast                    needs a C compiler
    pip install --target FOLDER jieba-py      names its package `jieba`: only in a folder of its own

Whoever is not installed is left out.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType

Cut = Callable[[str], list[str]]


def _rjieba(module: ModuleType, hmm: bool) -> Cut:
    return lambda text: module.cut(text, hmm)


def _like_jieba(module: ModuleType, hmm: bool) -> Cut:
    return lambda text: module.lcut(text, HMM=hmm)


def _jieba_fast_dat(module: ModuleType, hmm: bool) -> Cut:
    module.initialize()  # lcut alone works without a dictionary, and cuts single characters
    return _like_jieba(module, hmm)


def _opencc(module: ModuleType, hmm: bool) -> Cut:
    converter = module.OpenCC()
    return lambda text: converter.jieba_cut(text, hmm)


def _lindera(module: ModuleType, _: bool) -> Cut:
    # it knows the dictionary but no hidden Markov model
    tokenizer = module.Tokenizer(module.load_dictionary("embedded://jieba"), mode="normal")
    return lambda text: [token.surface for token in tokenizer.tokenize(text)]


_MADE_BY = {
    "rjieba": _rjieba,
    "jieba_fast_dat": _jieba_fast_dat,
    "cppjieba_py_dat": _like_jieba,
    "opencc_jieba_pyo3": _opencc,
    "jieba_next": _like_jieba,
    "lindera": _lindera,
    "jieba_fast": _like_jieba,
}


def installed() -> list[str]:
    """The peers that this environment has."""
    return [name for name in _MADE_BY if importlib.util.find_spec(name) is not None]


def cut_of(name: str, *, hmm: bool) -> Cut:
    """Make a peer ready to cut texts."""
    return _MADE_BY[name](importlib.import_module(name), hmm)


_JIEBA_PY = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import jieba
if not jieba.__file__.startswith(sys.argv[1]):
    sys.exit(f"{sys.argv[1]} holds no package jieba")
texts, hmm = json.load(sys.stdin)
jieba.lcut(texts[0][:10], HMM=hmm)
begin = time.process_time()
tokens = [jieba.lcut(text, HMM=hmm) for text in texts]
json.dump([time.process_time() - begin, tokens], sys.stdout)
"""


def jieba_py(folder: Path, texts: Sequence[str], *, hmm: bool) -> tuple[float, list[list[str]]]:
    """Seconds of the processor and tokens of jieba-py, in a process where `jieba` is that package."""
    done = subprocess.run(
        [sys.executable, "-c", _JIEBA_PY, str(folder.resolve())],
        input=json.dumps([list(texts), hmm]),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, tokens = json.loads(done.stdout)
    return seconds, tokens


def agreement(texts: Sequence[str], reference: Iterable[list[str]], found: Iterable[list[str]]) -> float:
    """The share of the reference's tokens that the other gives too, with the same begin and end.

    Blanks are not counted: some segmenters leave them out.
    """
    expected = same = 0
    for text, right, other in zip(texts, reference, found, strict=True):
        spans = _spans(text, right)
        expected += len(spans)
        same += len(spans & _spans(text, other))
    return same / expected


def _spans(text: str, tokens: list[str]) -> set[tuple[int, int]]:
    spans, end = set(), 0
    for token in tokens:
        if not token.strip():
            continue
        begin = text.index(token, end)
        end = begin + len(token)
        spans.add((begin, end))
    return spans
