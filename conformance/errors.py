"""The suite's errors: of what it was given, and its own."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from difflib import get_close_matches

from .printable import printable

INTERNAL = 70
"""The exit status of an internal error, as in <sysexits.h>."""


class SuiteError(ValueError):
    """A call, a file or an environment that the suite cannot use: what was given, what was expected."""


def instead(name: str, known: Iterable[str], expected: str) -> str:
    """The end of a sentence about an unknown name: the known names that are nearest to it; where none is
    near, what was expected.
    """
    near = get_close_matches(name, known, 3)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; expected {expected}"


def internal_error() -> int:
    """Print the error that is being handled as what it is; the exit status."""
    print(printable(traceback.format_exc()), end="", file=sys.stderr)
    error = sys.exception()
    print(
        f"compatlosses: internal error: {type(error).__name__}; the lines above say where. "
        "It is a fault of compatlosses, whatever the call was: please report it with them.",
        file=sys.stderr,
    )
    return INTERNAL
