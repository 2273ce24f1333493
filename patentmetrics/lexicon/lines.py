"""Where a value stands in a reviewed file: its line, for messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml


def line_of(path: Path, pointer: Sequence[str]) -> int | None:
    r"""Give the line of a value in a YAML file (行号), or of the nearest thing around it.

    Parameters
    ----------
    path : Path
        A file that `patentmetrics.core.reviewed.read_reviewed` has read.
    pointer : sequence of str
        Keys, and places in lists from 0: ``["groups", "0", "terms", "2"]``.

    Returns
    -------
    int or None
        From 1; null where nothing of the pointer is there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.yml"
    ...     _ = path.write_text("id: mine\nterms:\n  - a\n  - b\n", encoding="utf-8")
    ...     line_of(path, ["terms", "1"]), line_of(path, ["none"])
    (4, None)
    """
    # composing builds nodes with their places and no objects: nothing of the file can run
    node = yaml.compose(path.read_bytes().decode("utf-8-sig"), Loader=yaml.SafeLoader)
    line = None
    for step in pointer:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode):
            if not step.isdecimal() or int(step) >= len(node.value):
                break
            node = node.value[int(step)]
            line = node.start_mark.line + 1
        else:
            break
    return line
