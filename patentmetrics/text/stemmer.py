"""English stems, by the Snowball stemmers: the one module that imports them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from patentmetrics.core.errors import ExtraError, check_choice

Stemmer = Literal["english", "porter"]
STEMMERS: tuple[Stemmer, ...] = get_args(Stemmer)


def stems(words: Sequence[str], *, stemmer: Stemmer) -> list[str]:
    """Give the stem of each word (词干提取); words with other than ASCII letters stay as they are.

    Parameters
    ----------
    words : sequence of str
        Distinct lower-case words: a stem costs microseconds, so stem a vocabulary, not a corpus.
    stemmer : {"english", "porter"}
        ``english`` is Porter's second algorithm, ``porter`` his first.

    Raises
    ------
    ExtraError
        The package snowballstemmer is not installed.

    Source: Porter 1980, doi:10.1108/eb046814; Snowball, https://snowballstem.org.

    Examples
    --------
    >>> stems(["panels", "generating", "h2o"], stemmer="english")  # doctest: +SKIP
    ['panel', 'generat', 'h2o']
    """
    check_choice(stemmer, STEMMERS, argument="stemmer")
    stem = _algorithms()[stemmer]
    return [stem(word) if word.isascii() and word.isalpha() else word for word in words]


def stemmer_version(stemmer: Stemmer) -> str:
    """Name the stemmer and the version of its library.

    Raises
    ------
    ExtraError
        The package snowballstemmer is not installed.
    """
    check_choice(stemmer, STEMMERS, argument="stemmer")
    _algorithms()
    return f"snowballstemmer {importlib.metadata.version('snowballstemmer')} {stemmer}"


def _algorithms() -> dict[str, Callable[[str], str]]:
    try:
        # by name: snowballstemmer.stemmer() gives another library's stemmer where that is installed
        from snowballstemmer.english_stemmer import EnglishStemmer
        from snowballstemmer.porter_stemmer import PorterStemmer
    except ModuleNotFoundError as error:
        raise ExtraError(
            "words cannot be stemmed: snowballstemmer is not installed",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[english]", or choose no stemmer',
        ) from error
    return {"english": EnglishStemmer().stemWord, "porter": PorterStemmer().stemWord}
