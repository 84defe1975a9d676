"""Which of the package's own functions Python enters during a call: what a compiled call must not
do again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def entered(function: Callable[..., Any], *arguments: Any) -> list[str]:
    """The functions of compatlosses, in order, that Python enters in ``function(*arguments)``."""
    found: list[str] = []

    def watch(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.split(".")[0] == "compatlosses":
            found.append(f"{module}.{frame.f_code.co_qualname}")

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function(*arguments)
    finally:
        sys.setprofile(before)
    return found


LOOKING = {"compatlosses.libraries.common_library", "compatlosses.plans.Plans.known"}
"""How an eager call finds its library, or the plan of a call like it."""


def assert_paid_at_trace_time(
    compiled: Callable[..., Any], eager: Callable[..., Any], *arguments: Any
) -> None:
    """Once it has been called, ``compiled`` enters nothing of the package, where ``eager`` looks up
    each time what it is about.
    """
    assert LOOKING.intersection(entered(eager, *arguments))
    compiled(*arguments)
    assert entered(compiled, *arguments) == []
