"""The suite's errors: of what it was given, and its own."""

from __future__ import annotations

import sys
import traceback

from .printable import printable

INTERNAL = 70
"""The exit status of an internal error, as in <sysexits.h>."""


class SuiteError(ValueError):
    """A call, a file or an environment that the suite cannot use: what was given, what was expected."""


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
