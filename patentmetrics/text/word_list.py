"""Plain word lists: a text file with one word a line."""

from __future__ import annotations

from pathlib import Path

from patentmetrics.core.errors import InputError
from patentmetrics.core.files import existing_file


def read_word_list(path: Path | str) -> list[str]:
    r"""Read a list of words (词表), one a line, in the order of the file; empty lines are skipped.

    Parameters
    ----------
    path : Path
        UTF-8 text, with or without a byte order mark.

    Raises
    ------
    InputError
        There is no such file, it is not UTF-8, or a line holds white space inside: another format,
        such as jieba's with frequency and tag, is refused rather than half understood.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "terms.txt"
    >>> _ = path.write_text("大数据\n\n区块链\n", "utf-8")
    >>> read_word_list(path)
    ['大数据', '区块链']
    >>> folder.cleanup()
    """
    path = existing_file(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the word list is not UTF-8", where=f"{path}, byte {error.start}", hint="save it as UTF-8"
        ) from error
    words = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if len(word.split()) > 1:
            raise InputError(
                "a line of the word list holds more than one word",
                where=f"{path}, line {number}",
                got=word,
                allowed="one word a line, without frequency or tag",
            )
        if word:
            words.append(word)
    return words
