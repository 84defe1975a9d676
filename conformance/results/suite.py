"""Which suite judged a run: its version, and what its cases and tolerances are, in a few characters."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from ... import __version__
from ..places import CASES

DIGITS = 16
TOLERANCES = "tolerances.toml"


@cache
def suite() -> dict[str, str]:
    """The version of the suite, and the hashes of its cases and tolerances."""
    files = sorted(CASES.rglob("*.toml"))
    return {
        "version": __version__,
        "cases": hashed([path for path in files if path.name != TOLERANCES]),
        "tolerances": hashed([path for path in files if path.name == TOLERANCES]),
    }


def hashed(files: list[Path]) -> str:
    """What files are, by their places among the cases and their text."""
    found = hashlib.sha256()
    for path in files:
        text = path.read_text(encoding="utf-8")
        found.update(f"{path.relative_to(CASES).as_posix()}\0{text}\0".encode())
    return found.hexdigest()[:DIGITS]
