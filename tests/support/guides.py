"""Guides that quote files: each block that names a file is a part of it, and no line of a file is left
out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def check_quotes(guide: Path, folder: Path, whole: Iterable[str]) -> None:
    """Each block ``guide`` quotes under the name of a file of ``folder`` is a part of that file; of the files
    named in ``whole`` every line is quoted.
    """
    blocks = re.findall(r"`([\w/.]+)`:\n\n```\w+\n(.*?)```", guide.read_text(), re.DOTALL)
    quoted: dict[str, str] = {}
    for name, block in blocks:
        assert block in (folder / name).read_text(), f"{guide.name} quotes {name} wrongly:\n{block}"
        quoted[name] = quoted.get(name, "") + block
    for name in whole:
        for line in (folder / name).read_text().splitlines():
            assert line in quoted[name].splitlines() or line.startswith("# "), (
                f"{guide.name} leaves out of {name}: {line}"
            )
