"""One spelling for each character, before anything is segmented or compared."""

from __future__ import annotations

import unicodedata


def normalise(text: str) -> str:
    """Normalise text (文本规范化): Unicode NFKC, then lower case, and nothing else.

    NFKC gives full-width letters and digits, ligatures and compatibility forms their plain spelling
    (``５Ｇ`` → ``5G``). White space inside a word stays: ``大 数据`` remains two pieces.
    Lower case is `str.lower`, not `str.casefold`: folding is for comparing keys and rewrites words
    (``ß`` → ``ss``, ``ς`` → ``σ``), while a vocabulary is shown to readers.

    Parameters
    ----------
    text : str
        Any text; the empty string stays empty.

    Returns
    -------
    str
        May be shorter or longer than ``text``.

    Source: Unicode Standard Annex 15, Unicode Normalization Forms.

    Examples
    --------
    >>> normalise("５Ｇ Solar ﬁlm 太陽能")
    '5g solar film 太陽能'
    """
    return unicodedata.normalize("NFKC", text).lower()
