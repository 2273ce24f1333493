"""Patents with made-up words and known breakthroughs, for tests, documents and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from patentmetrics.core.errors import SettingError
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Corpus


@dataclass(frozen=True, kw_only=True)
class SimulatedCorpus:
    """A simulated corpus and the patents that are breakthroughs in it, by construction.

    ``planted``: frame with ``patent_id``, ``year``, one row a planted breakthrough.
    """

    corpus: Corpus
    planted: pl.DataFrame


def simulate_corpus(
    *,
    first_year: int,
    last_year: int,
    patents_per_year: int,
    vocabulary: int = 2000,
    terms_per_patent: int = 40,
    breakthroughs_per_year: int = 1,
    new_words: int = 12,
    seed: int,
) -> SimulatedCorpus:
    """Draw patents from a Zipf vocabulary, some of which bring words that later patents take up.

    Words are ``w0, w1 …``, their frequency falls as 1 / (rank + 10). Each year ``breakthroughs_per_year``
    patents use ``new_words`` words that nobody used before; a third of all later patents take up
    some words of a breakthrough of the last ten years. So the planted patents are unlike what came
    before and like what comes after: what a breakthrough score must find.

    Parameters
    ----------
    first_year, last_year : int
        Filing years; issue follows one to three years later.
    patents_per_year, vocabulary, terms_per_patent, breakthroughs_per_year, new_words : int
        Sizes.
    seed : int
        The same seed gives the same corpus.

    Raises
    ------
    SettingError
        No years, or more breakthroughs than patents.

    Examples
    --------
    >>> simulated = simulate_corpus(first_year=2000, last_year=2001, patents_per_year=5, seed=7)
    >>> simulated.corpus.frame.height, simulated.planted.height
    (10, 2)
    """
    if last_year < first_year or not 0 <= breakthroughs_per_year <= patents_per_year:
        raise SettingError(
            "the sizes of the simulation do not fit each other",
            where="first_year, last_year, patents_per_year, breakthroughs_per_year",
            got=[first_year, last_year, patents_per_year, breakthroughs_per_year],
        )
    random = np.random.default_rng(seed)
    chances = 1.0 / (np.arange(vocabulary) + 10.0)
    chances /= chances.sum()
    brought: list[tuple[int, list[str]]] = []
    rows, planted = [], []
    for year in range(first_year, last_year + 1):
        recent = [words for when, words in brought if year - when <= 10]
        arriving = []
        for number in range(patents_per_year):
            words = [f"w{i}" for i in random.choice(vocabulary, terms_per_patent, p=chances)]
            patent_id = f"SIM{year}{number:06d}"
            if number < breakthroughs_per_year:
                new = [f"n{year}x{number}x{i}" for i in range(new_words)]
                arriving.append((year, new))
                words += new * 2
                planted.append((patent_id, year))
            elif recent and random.random() < 1 / 3:
                words += list(random.choice(recent[random.integers(len(recent))], new_words // 2)) * 2
            filed = date(year, int(random.integers(1, 13)), int(random.integers(1, 29)))
            issued = filed.replace(year=year + int(random.integers(1, 4)))
            rows.append((patent_id, filed, issued, " ".join(words)))
        brought += arriving
    settings: dict[str, object] = {
        "first_year": first_year,
        "last_year": last_year,
        "patents_per_year": patents_per_year,
        "vocabulary": vocabulary,
        "terms_per_patent": terms_per_patent,
        "breakthroughs_per_year": breakthroughs_per_year,
        "new_words": new_words,
        "seed": seed,
        "simulated": True,
    }
    frame = pl.DataFrame(rows, schema=["patent_id", "filing_date", "issue_date", "abstract"], orient="row")
    return SimulatedCorpus(
        corpus=Corpus(
            frame=frame,
            key="patent_id",
            text=("abstract",),
            made_by=provenance("simulate corpus", settings=settings, counts={"patents": frame.height}),
        ),
        planted=pl.DataFrame(planted, schema={"patent_id": pl.String, "year": pl.Int64}, orient="row"),
    )
