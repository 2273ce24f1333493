"""From texts to terms by one set of settings: the order of the steps, for few texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import Utf8, utf8_of
from patentmetrics.kernels.words import make_words
from patentmetrics.text.english import english_utf8, word_strings
from patentmetrics.text.phrases import (
    MultiWordTerms,
    multi_word_terms,
    pair_strings,
    with_bigrams,
    with_multi_word_terms,
)
from patentmetrics.text.rules import apply_rules, text_steps
from patentmetrics.text.segmenters import segment
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.terms import map_terms, number_terms
from patentmetrics.text.token_ids import TokenIds
from patentmetrics.text.user_word import UserWord


def terms_of(texts: Iterable[str | None], *, settings: TextSettings) -> list[list[str]]:
    """Give the terms of texts (文本的词项), one list for each text, as a count with these settings sees them.

    Limits of document frequency and weights of columns are those of a corpus: they are not applied here.
    To count a corpus use `patentmetrics.text.counts.count_terms`.

    Parameters
    ----------
    texts : iterable of str
        Texts as they were read; a null has no terms.
    settings : TextSettings
        See `patentmetrics.text.settings`.

    Returns
    -------
    list of list of str
        As many lists as texts. With ``bigrams``, a pair stands after its second term.

    Raises
    ------
    ExtraError
        A library that the settings ask for is not installed.
    LexiconError
        A list that they name is unknown or malformed.

    Examples
    --------
    >>> from patentmetrics.text.presets import text_preset
    >>> english = text_preset("english_patents")
    >>> terms_of(["A solar cell (12) wherein said layer absorbs H2O."], settings=english)
    [['solar', 'cell', 'layer', 'absorbs', 'h2o']]
    >>> terms_of(["本发明公开了一种太阳能电池（10a），见图3。"], settings=text_preset("chinese_patents"))
    [['太阳能', '电池']]
    """
    normalised = apply_rules(pl.Series("text", list(texts), dtype=pl.String), text_steps(settings.text))
    if settings.segmenter == "english":
        listed = multi_word_terms(_words(settings), rules=settings.english) if settings.user_terms else None
        block = english_block(utf8_of(normalised), Room(), settings=settings, listed=listed)
        tokens = word_strings(block.words)
        kept: Sequence[str] = listed.terms if listed else ()
    else:
        block, tokens = _other_block(normalised, settings)
        kept = _words(settings)
    found = map_terms(
        tokens,
        rules=settings.terms,
        english=settings.english if settings.segmenter == "english" else None,
        kept=kept,
    )
    names, term_of_id = number_terms(found)
    if settings.bigrams:
        pairs = with_bigrams(block, term_of_id, first_pair=len(names))
        ids, offsets = pairs.ids, pairs.offsets
        names = names + pair_strings(pairs.pairs, names)
    else:
        # a break, −1, is no term either
        ids = np.append(term_of_id, np.int32(-1))[block.ids]
        before = np.concatenate([[0], np.cumsum(ids >= 0)])
        ids, offsets = ids[ids >= 0], before[block.offsets]
    return [[names[one] for one in ids[begin:stop]] for begin, stop in pairwise(offsets.tolist())]


def english_block(
    texts: Utf8, room: Room, *, settings: TextSettings, listed: MultiWordTerms | None
) -> TokenIds:
    """Cut a block of alphabetic texts and join the user's terms (英文分块切词).

    Parameters
    ----------
    texts : tuple of ndarray
        Texts after the rules for texts, as bytes, see `patentmetrics.core.utf8.utf8_of`.
    room : Room
        See `patentmetrics.text.english.english_utf8`.
    settings : TextSettings
        Of the segmenter ``english``.
    listed : MultiWordTerms, optional
        `patentmetrics.text.phrases.multi_word_terms` of the user's terms, made once for all blocks.

    Examples
    --------
    >>> settings = TextSettings(segmenter="english", user_terms=("solar cell",))
    >>> listed = multi_word_terms(["solar cell"])
    >>> block = english_block(utf8_of(["a solar cell"]), Room(), settings=settings, listed=listed)
    >>> [word_strings(block.words)[one] for one in block.ids]
    ['a', 'solar_cell']
    """
    words = listed.words if listed else None
    block = english_utf8(texts, room, rules=settings.english, breaks=settings.needs_breaks, words=words)
    return with_multi_word_terms(block, listed) if listed else block


def _other_block(texts: pl.Series, settings: TextSettings) -> tuple[TokenIds, list[str]]:
    """Segment with strings, and number them as they come."""
    segmented = segment(
        texts.fill_null(""),
        segmenter=settings.segmenter,
        hmm=settings.hmm,
        user_terms=settings.user_terms,
    )
    numbers: dict[str, int] = {}
    ids: list[int] = []
    offsets = [0]
    for tokens in segmented:
        ids.extend(numbers.setdefault(token, len(numbers)) for token in tokens)
        offsets.append(len(ids))
    block = TokenIds(
        ids=np.array(ids, np.int32), offsets=np.array(offsets, np.int64), words=make_words(), first_new=0
    )
    return block, list(numbers)


def _words(settings: TextSettings) -> list[str]:
    """Give the terms that are asked for; a frequency of 0 asks for a word to be none."""
    return [one if isinstance(one, str) else one.word for one in settings.user_terms if not _is_removed(one)]


def _is_removed(term: str | UserWord) -> bool:
    return isinstance(term, UserWord) and term.frequency == 0
