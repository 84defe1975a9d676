"""The result of a run as data: JSON of a versioned schema (docs/results-schema.md)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..files import ResultError, read_text
from ..judging.curves import CENTRES, Curve
from ..judging.judge import Verdict
from ..judging.tally import Tally
from ..model.case import Case
from ..running.target import Target
from .schema import SchemaError, check_run
from .suite import suite

SCHEMA = 1
Table = dict[str, Any]


def as_json(
    targets: Sequence[Target],
    verdicts: Sequence[Verdict],
    partial: bool,
    measured: Sequence[Curve] = (),
    cases: Sequence[Case] = (),
    agreement: Sequence[Table] = (),
    seconds: float = 0.0,
    tallied: Sequence[Tally] = (),
) -> Table:
    """A run as data."""
    shown = (
        "label",
        "framework",
        "kind",
        "mode",
        "version",
        "python",
        "numpy",
        "platform",
        "seconds",
        "error",
        "available",
    )
    data = {
        "schema": SCHEMA,
        "partial": partial,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "suite": suite(),
        "cases": {case.id: {"clause": case.clause} for case in cases},
        "targets": [{name: getattr(target, name) for name in shown} for target in targets],
        "verdicts": [verdict.to_json() for verdict in sorted(verdicts, key=lambda v: (v.label, v.case))],
        "agreement": list(agreement),
        "strata": [tally.to_json() for tally in tallied],
    }
    if measured:
        data["curves"] = {"logits": [*CENTRES], "of": [curve.to_json() for curve in measured]}
    return data


def read(path: Path) -> Table:
    """A run from its file, its schema checked.

    Raises:
        ResultError: it cannot be read, is no JSON, or is no run.
    """
    text = read_text(path)
    try:
        data = json.loads(text, object_pairs_hook=table_without_twins, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path} is no JSON: {error}") from error
    if not isinstance(data, dict) or type(data.get("schema")) is not int or data["schema"] != SCHEMA:
        raise ResultError(f"{path} is no result of schema {SCHEMA}")
    if "compact" in data:
        from .compact import expanded

        try:
            data = expanded(data)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ResultError(f"{path} is no compact result: {type(error).__name__}: {error}") from error
    try:
        check_run(data)
    except SchemaError as error:
        raise ResultError(f"{path} is no result: {error}") from error
    run: Table = data
    return run


def table_without_twins(pairs: Sequence[tuple[str, Any]]) -> Table:
    """A JSON object; of one that has a key twice, readers would take different values."""
    table = dict(pairs)
    if len(table) < len(pairs):
        twin = next(
            key for place, (key, _) in enumerate(pairs) if key in {earlier for earlier, _ in pairs[:place]}
        )
        raise ValueError(f"an object has the key {twin[:60]!r} twice")
    return table


def no_constant(name: str) -> None:
    """Refuse Python's extension of JSON; the schema writes these numbers as strings."""
    raise ValueError(f'{name} is no JSON; expected "inf", "-inf" or "nan" as a string')
