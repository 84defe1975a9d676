"""What a command does about an error of its own, which is neither a finding nor a wrong call."""

from __future__ import annotations

import sys
import traceback

from .printable import printable

INTERNAL = 70
"""The exit status, as in <sysexits.h>."""


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
