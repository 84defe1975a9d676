"""The form of a run's data (docs/results-schema.md): what each field holds, checked once, so that its readers
need not ask.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..judging.judge import STATUSES, YARDSTICKS

Table = dict[str, Any]
NEEDED = object()
"""The default of a field that every table has."""
LEFT_OUT = object()
"""The default of a field that a table may lack."""
EXPECTATIONS = ("", "expected", "unexpected", "stale")
NO_NUMBERS = ("inf", "-inf", "nan")


class SchemaError(ValueError):
    """Data that has not the form of a run: says where, what was found and what was expected."""


Form = Callable[[Any, str], None]
"""A check of a value at a place, which raises SchemaError."""


@dataclass(frozen=True)
class Field:
    """What a field holds, and what a table that lacks it stands for."""

    form: Form
    default: Any = NEEDED


def refuse(value: object, where: str, expected: str) -> None:
    """Raise the error that says all three."""
    shown = repr(value)
    raise SchemaError(f"{where} is {shown if len(shown) <= 60 else shown[:60] + '...'}; expected {expected}")


def text(value: Any, where: str) -> None:
    """A string."""
    if not isinstance(value, str):
        refuse(value, where, "a string")


def text_or_null(value: Any, where: str) -> None:
    """A string or null."""
    if value is not None and not isinstance(value, str):
        refuse(value, where, "a string or null")


def boolean(value: Any, where: str) -> None:
    """A boolean."""
    if not isinstance(value, bool):
        refuse(value, where, "true or false")


def number(value: Any, where: str) -> None:
    """A number, or one of those that JSON lacks as a string."""
    if isinstance(value, str) and value in NO_NUMBERS:
        return
    try:
        fits = not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(float(value))
    except OverflowError:
        fits = False
    if not fits:
        refuse(value, where, 'a number, "inf", "-inf" or "nan"')


def number_or_null(value: Any, where: str) -> None:
    """A number or null."""
    if value is not None:
        number(value, where)


def one_of(*known: str) -> Form:
    """One of some strings."""

    def form(value: Any, where: str) -> None:
        if not isinstance(value, str) or value not in known:
            refuse(value, where, " or ".join(map(repr, known)))

    return form


def list_of(form: Form) -> Form:
    """A list of values of one form."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            refuse(value, where, "a list")
        for place, item in enumerate(value):
            form(item, f"{where}[{place}]")

    return check


def object_of(form: Form) -> Form:
    """An object whose values have one form, whatever their keys."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            refuse(value, where, "an object")
        for key, item in value.items():
            form(item, f"{where}[{key[:60]!r}]")

    return check


def table_of(fields: Mapping[str, Field]) -> Form:
    """An object with these fields; others are left alone. Defaults are put in."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            refuse(value, where, "an object")
        for name, field in fields.items():
            if name in value:
                field.form(value[name], f"{where}.{name}")
            elif field.default is NEEDED:
                raise SchemaError(f"{where} has no {name}")
            elif field.default is not LEFT_OUT:
                value[name] = field.default() if callable(field.default) else field.default

    return check


SIDE = {name: Field(text) for name in ("implementation", "framework", "kind")} | {
    "mode": Field(text, "eager")
}
CHECK = {
    "what": Field(text),
    "yardstick": Field(one_of(*YARDSTICKS)),
    "status": Field(one_of(*STATUSES)),
    "message": Field(text),
    "ulps": Field(number_or_null, LEFT_OUT),
    "limit": Field(number_or_null, LEFT_OUT),
    "strata": Field(object_of(number), LEFT_OUT),
    "actual": Field(list_of(number), LEFT_OUT),
    "worst": Field(list_of(list_of(number)), LEFT_OUT),
    "expectation": Field(one_of(*EXPECTATIONS), LEFT_OUT),
    "finding": Field(text, LEFT_OUT),
}
VERDICT = {
    "case": Field(text),
    **SIDE,
    "status": Field(one_of(*STATUSES)),
    "message": Field(text),
    "checks": Field(list_of(table_of(CHECK))),
    "version": Field(text, LEFT_OUT),
    "seconds": Field(number, LEFT_OUT),
    "expectation": Field(one_of(*EXPECTATIONS), ""),
    "finding": Field(text, ""),
    "stale": Field(list_of(text), list),
}
TARGET = {
    "framework": Field(text),
    "kind": Field(text),
    "mode": Field(text, "eager"),
    "label": Field(text, ""),
    "version": Field(text, ""),
    "python": Field(text, ""),
    "numpy": Field(text, ""),
    "platform": Field(text, ""),
    "seconds": Field(number, LEFT_OUT),
    "error": Field(text, ""),
    "available": Field(object_of(text_or_null), dict),
}
CURVE = {
    **SIDE,
    "version": Field(text, LEFT_OUT),
    "label": Field(number),
    "value": Field(list_of(number)),
    "gradient": Field(list_of(number)),
}
DIFFERENCE = {
    "case": Field(text),
    "what": Field(text, ""),
    "message": Field(text),
    "ulps": Field(number_or_null, LEFT_OUT),
    "explained": Field(list_of(text), LEFT_OUT),
}
PAIR = {
    "one": Field(table_of(SIDE)),
    "other": Field(table_of(SIDE)),
    "relation": Field(text, ""),
    "compared": Field(number, LEFT_OUT),
    "differences": Field(list_of(table_of(DIFFERENCE))),
}
TALLY = {
    **SIDE,
    "dtype": Field(text),
    "what": Field(text),
    "limit": Field(number),
    "failing": Field(object_of(number)),
    "passing": Field(object_of(number), LEFT_OUT),
}
RUN = {
    "targets": Field(list_of(table_of(TARGET))),
    "verdicts": Field(list_of(table_of(VERDICT))),
    "partial": Field(boolean, False),
    "created": Field(text, ""),
    "suite": Field(table_of({name: Field(text) for name in ("version", "cases", "tolerances")}), LEFT_OUT),
    "seconds": Field(number, LEFT_OUT),
    "cases": Field(object_of(table_of({"clause": Field(text, "")})), dict),
    "agreement": Field(list_of(table_of(PAIR)), list),
    "strata": Field(list_of(table_of(TALLY)), LEFT_OUT),
    "curves": Field(
        table_of({"logits": Field(list_of(number)), "of": Field(list_of(table_of(CURVE)))}), LEFT_OUT
    ),
}


def check_run(run: Any) -> None:
    """Refuse what has not the form of a run; put in what a run may lack.

    Raises:
        SchemaError: a field that is missing, or that holds something else.
    """
    table_of(RUN)(run, "the run")
