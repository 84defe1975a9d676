"""How bad a failed check is.

A run that an earlier suite kept has of a failure its message alone, so a severity is read from that: the
judge's message has the element of an array that is worst, as it came and as it should be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FAILURES = ("fail", "crash", "timeout")
SEVERITIES = {
    "crash": "ends the process, or hangs",
    "wrong": "has a wrong value or sign",
    "missing": "is missing, without a word",
    "infinite": "is NaN or infinite where it must not be, or the reverse",
    "form": "has another error, shape or dtype than documented",
    "digits": "has lost digits",
    "rounding": "is off by a few ULP",
}
"""The severities, the worst first, in words that go on from the name of a quantity."""
ORDER = tuple(SEVERITIES)
FEW_ULP = 16.0
TINY = 1e-6
"""Zeros for numbers below this are digits that are lost, not a result that is missing."""
FIRST_DIGIT = 0.1
"""A result that is off by more than this part of the exact one has no digit right."""
NUMBER = r"[-+]?(?:inf|nan|[\d.]+(?:e[-+]?\d+)?)"
ELEMENT = re.compile(rf": ({NUMBER}), exactly ({NUMBER})")
ZEROS = re.compile(r": all zeros, silently; expected \[(.*?)\]")


def severity_of(check: Mapping[str, Any]) -> str:
    """The severity of a check as data; '' of one that does not fail."""
    if check["status"] not in FAILURES:
        return ""
    message = check["message"]
    if check["status"] != "fail" or check["what"] in ("crash", "timeout"):
        return "crash"
    if message.endswith(": None, silently"):
        return "missing"
    zeros, element = ZEROS.search(message), ELEMENT.search(message)
    if zeros:
        return of_zeros(check["what"], [float(number) for number in zeros[1].split(", ")])
    if not element:
        return "form"
    return of_element(check, float(element[1]), float(element[2]))


def of_zeros(what: str, exact: list[float]) -> str:
    """The severity of zeros alone where these numbers, or others after them, were due."""
    if not all(map(is_finite, exact)):
        return "infinite"
    if max(map(abs, exact)) < TINY:
        return "digits"
    return "wrong" if what == "value" else "missing"


def of_element(check: Mapping[str, Any], got: float, exact: float) -> str:
    """The severity of an array's worst element."""
    if not is_finite(got) or not is_finite(exact):
        return "infinite"
    if check["yardstick"] == "documented":
        return "wrong" if is_wrong(got, exact) else "digits"
    return "rounding" if float(check.get("ulps") or 0.0) <= FEW_ULP else "digits"


def is_finite(value: float) -> bool:
    """Whether it is a number, and no infinity."""
    return abs(value) < float("inf")


def is_wrong(got: float, exact: float) -> bool:
    """Whether a number has not even the first digit of the exact one."""
    return abs(got - exact) > FIRST_DIGIT * abs(exact)


def worst(severities: Any) -> str:
    """The worst of some severities; '' of none."""
    return min((one for one in severities if one), key=ORDER.index, default="")


def is_worse(one: str, other: str) -> bool:
    """Whether the first is worse than the second; nothing is worse than a severity that is not known."""
    return bool(one and other) and ORDER.index(one) < ORDER.index(other)
