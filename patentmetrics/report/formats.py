"""A table as plain text, Markdown, LaTeX, HTML or CSV; each escapes what has a meaning of its own there.

Word and Excel, which are no text, are in `patentmetrics.report.word` and `patentmetrics.report.excel`.
"""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata
from pathlib import Path

from patentmetrics.core.errors import SettingError
from patentmetrics.core.files import write_text
from patentmetrics.report.cells import NUMBER, in_spreadsheet, split_stars
from patentmetrics.report.excel import write_excel
from patentmetrics.report.tables import Table
from patentmetrics.report.word import write_word
from patentmetrics.report.wording import say

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}",
    # after the \\ of a row, [ would begin an option and * would be its star
    "[": "{[}", "]": "{]}", "*": "{*}",
    # in mathematics, so that every engine and font has them
    "−": "$-$", "×": r"$\times$", "²": "$^{2}$", "≤": r"$\leq$", "≥": r"$\geq$", "∞": r"$\infty$",
    "τ": r"$\tau$", "—": "---", "–": "--",
}  # fmt: skip


def to_markdown(table: Table) -> str:
    r"""Write a table as GitHub-flavoured Markdown; further rows of the head become rows of the body.

    Examples
    --------
    >>> print(to_markdown(Table(title="Patents", header=(("Place", "n"),), rows=(("北京|a", "2"),))))
    **Patents**
    <BLANKLINE>
    | Place | n |
    |:---|---:|
    | 北京\|a | 2 |
    <BLANKLINE>
    """
    marks = {"left": ":---", "center": ":---:", "right": "---:"}
    head, *rest = table.header
    lines = [f"**{in_markdown(table.title)}**", "", _markdown_row(head)]
    lines.append("|" + "|".join(marks[one] for one in table.alignment) + "|")
    lines += [_markdown_row(row) for row in rest]
    lines += [
        f"| **{in_markdown(row[0])}** |" + " |" * (table.columns - 1)
        if number in table.headings
        else _markdown_row(row)
        for number, row in enumerate(table.rows)
    ]
    if table.notes:
        lines += ["", say("notes", table.language), "", *(f"- {in_markdown(note)}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def to_text(table: Table) -> str:
    """Write a table as aligned plain text, for a terminal; Chinese characters are two columns wide there.

    Examples
    --------
    >>> print(to_text(Table(title="Patents", header=(("Place", "n"),), rows=(("北京", "2"), ("Ulm", "10")))))
    Patents
    ----------
    Place    n
    ----------
    北京     2
    Ulm     10
    ----------
    <BLANKLINE>
    """
    rows = [*table.header, *table.rows]
    heads = {number + len(table.header) for number in table.headings}
    cells_of = [row for number, row in enumerate(rows) if number not in heads]
    widths = [max(_columns(row[i]) for row in cells_of) for i in range(table.columns)]
    rule = "-" * (sum(widths) + 3 * (table.columns - 1))
    lines = [table.title, rule]
    for number, row in enumerate(rows):
        if number == len(table.header):
            lines.append(rule)
        if number in heads:
            lines.append(row[0])
            continue
        cells = [
            _padded(cell, width, side) for cell, width, side in zip(row, widths, table.alignment, strict=True)
        ]
        lines.append("   ".join(cells).rstrip())
    lines += [rule, *table.notes]
    return "\n".join(lines) + "\n"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _padded(text: str, width: int, side: str) -> str:
    space = width - _columns(text)
    left = {"left": 0, "right": space, "center": space // 2}[side]
    return " " * left + text + " " * (space - left)


def to_latex(table: Table, *, label: str | None = None) -> str:
    r"""Write a table as LaTeX: three lines (三线表), notes below by ``threeparttable``.

    Needs the packages ``booktabs`` and ``threeparttable``; Chinese goes through as UTF-8 and needs
    XeLaTeX or LuaLaTeX with ``ctex``.

    Parameters
    ----------
    label : str, optional
        For ``\ref``.

    Raises
    ------
    SettingError
        The label has characters that a label cannot have.

    Examples
    --------
    >>> table = Table(title="R&D", header=(("", "(1)"),), rows=(("a_b", "-0.25***"),))
    >>> print(to_latex(table).splitlines()[9])
    a\_b & $-$0.25$^{***}$ \\
    """
    if label is not None and not re.fullmatch(r"[\w:.-]+", label, re.ASCII):
        raise SettingError("a label holds letters, digits, : . - _ only", where="label", got=label)
    columns = "".join(one[0] for one in table.alignment)
    lines = [
        "% needs \\usepackage{booktabs,threeparttable}; for Chinese, XeLaTeX or LuaLaTeX with ctex",
        r"\begin{table}[htbp]",
        r"\centering",
        r"\begin{threeparttable}",
        rf"\caption{{{_in_latex(table.title)}}}" + (rf"\label{{{label}}}" if label else ""),
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        *(_latex_row(row) for row in table.header),
        r"\midrule",
    ]
    for number, row in enumerate(table.rows):
        if number in table.rules and number:
            lines.append(r"\midrule")
        lines.append(
            rf"\multicolumn{{{table.columns}}}{{l}}{{\textit{{{_in_latex(row[0])}}}}} \\"
            if number in table.headings
            else _latex_row(row)
        )
    lines += [r"\bottomrule", r"\end{tabular}"]
    if table.notes:
        lines += [r"\begin{tablenotes}[flushleft]", r"\footnotesize"]
        lines += [rf"\item {_in_latex(note)}" for note in table.notes]
        lines.append(r"\end{tablenotes}")
    lines += [r"\end{threeparttable}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def to_html(table: Table) -> str:
    """Write a table as an HTML fragment; all text is escaped.

    Examples
    --------
    >>> "R&amp;D" in to_html(Table(title="R&D", header=(("a",),), rows=(("1",),)))
    True
    """
    simulated = " simulated" if table.simulated else ""
    lines = [f'<table class="table{simulated}">', f"<caption>{html.escape(table.title)}</caption>", "<thead>"]
    for row in table.header:
        cells = (
            f'<th scope="col" class="{align}">{html.escape(cell)}</th>'
            for cell, align in zip(row, table.alignment, strict=True)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    lines += ["</thead>", "<tbody>"]
    for number, row in enumerate(table.rows):
        rule = ' class="rule"' if number in table.rules and number else ""
        if number in table.headings:
            head = f'<th scope="rowgroup" colspan="{table.columns}" class="left">{html.escape(row[0])}</th>'
            lines.append(f"<tr{rule}>{head}</tr>")
            continue
        cells = (
            f'<td class="{align}">{html.escape(cell)}</td>'
            for cell, align in zip(row, table.alignment, strict=True)
        )
        lines.append(f"<tr{rule}>{''.join(cells)}</tr>")
    lines.append("</tbody>")
    if table.notes:
        notes = "<br>".join(html.escape(note) for note in table.notes)
        lines.append(f'<tfoot><tr><td colspan="{table.columns}">{notes}</td></tr></tfoot>')
    lines.append("</table>")
    return "\n".join(lines) + "\n"


def to_csv(table: Table) -> str:
    """Write a table as CSV for spreadsheets: title, head, body, notes.

    A cell that a spreadsheet would run as a formula (one that begins with = + - @ or their full-width
    forms, a tab or a line end) gets an apostrophe before it, unless it is a number. So does a number in
    parentheses, which a spreadsheet would read as a negative one. Thousands separators are left out.

    Examples
    --------
    >>> table = Table(title="t", header=(("a", "b", "c"),), rows=(("=1+1", "-0.5*", "(0.1)"),))
    >>> to_csv(table).splitlines()[-1]
    "'=1+1,-0.5*,'(0.1)"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows = [(table.title,), *table.header, *table.rows, *((note,) for note in table.notes)]
    writer.writerows([in_spreadsheet(cell) for cell in row] for row in rows)
    return text.getvalue()


FORMATS = {".md": to_markdown, ".tex": to_latex, ".html": to_html, ".csv": to_csv}
ENDINGS = (*FORMATS, ".docx", ".xlsx")


def write_table(table: Table, path: Path | str) -> None:
    r"""Write a table whole or not at all, in the format of the file's ending.

    ``.md``, ``.tex``, ``.html``, ``.csv``, ``.docx`` (`patentmetrics.report.word`), ``.xlsx``
    (`patentmetrics.report.excel`). CSV begins with a byte-order mark, without which Excel misreads Chinese.

    Raises
    ------
    SettingError
        The ending is not among the formats.
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(Table(title="t", header=(("a",),), rows=()), Path(folder) / "t.csv")
    ...     (Path(folder) / "t.csv").read_bytes()
    b'\xef\xbb\xbft\na\n'
    """
    path = Path(path)
    if path.suffix not in ENDINGS:
        raise SettingError("tables are not written in this format", got=path.name, allowed=ENDINGS)
    if path.suffix == ".docx":
        write_word(table, path)
    elif path.suffix == ".xlsx":
        write_excel(table, path)
    else:
        text = FORMATS[path.suffix](table)
        write_text(path, "\ufeff" + text if path.suffix == ".csv" else text)


def in_markdown(text: str) -> str:
    r"""Escape what Markdown would take for its own signs.

    Examples
    --------
    >>> print(in_markdown("a|b"))
    a\|b
    """
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~$#])", r"\\\1", text)


def _markdown_row(row: tuple[str, ...]) -> str:
    return "| " + " | ".join(in_markdown(cell) for cell in row) + " |"


def _in_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def _latex_row(row: tuple[str, ...]) -> str:
    return " & ".join(_latex_cell(cell) for cell in row) + r" \\"


def _latex_cell(cell: str) -> str:
    number, stars = split_stars(cell)
    text = _in_latex(number)
    if NUMBER.fullmatch(number.strip("()")):
        text = text.replace("-", "$-$")
    return text + (f"$^{{{stars}}}$" if stars else "")
