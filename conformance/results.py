"""The result of a run as data: JSON of a versioned schema (docs/results-schema.md), and JUnit."""

from __future__ import annotations

import datetime
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .cases import Case
from .curves import CENTRES, Curve
from .judge import STATUSES, Verdict
from .runner import Target
from .tally import Tally

SCHEMA = 1
LARGEST_FILE = 500_000_000
Table = dict[str, Any]
NEEDED = {"case": str, "implementation": str, "framework": str, "kind": str, "status": str, "message": str, "checks": list}
NEEDED_OF_CHECK = {"what": str, "yardstick": str, "status": str, "message": str}


class ResultError(ValueError):
    """A file of results that cannot be read or written."""


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
    shown = ("label", "framework", "kind", "mode", "version", "python", "numpy", "seconds", "error", "available")
    data = {
        "schema": SCHEMA,
        "partial": partial,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "cases": {case.id: {"clause": case.clause} for case in cases},
        "targets": [{name: getattr(target, name) for name in shown} for target in targets],
        "verdicts": [verdict.to_json() for verdict in sorted(verdicts, key=lambda v: (v.label, v.case))],
        "agreement": list(agreement),
        "strata": [tally.to_json() for tally in tallied],
    }
    if measured:
        data["curves"] = {"logits": [*CENTRES], "of": [curve.to_json() for curve in measured]}
    return data


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise ResultError(f"{path} cannot be written: {error.strerror}") from error


def check_writable(path: Path) -> None:
    """Refuse, before a long run, a path that cannot be written after it."""
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ResultError(f"{path} cannot be written: expected a file in a folder that exists and is writable")


def read(path: Path) -> Table:
    """A run from its file, its schema checked."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ResultError(f"{path} is larger than {LARGEST_FILE} bytes")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path} is no JSON: {error}") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ResultError(f"{path} is no result of schema {SCHEMA}")
    if "compact" in data:
        from .compact import expanded

        try:
            data = expanded(data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ResultError(f"{path} is no compact result: {type(error).__name__}: {error}") from error
    verdicts = data.get("verdicts")
    if not isinstance(verdicts, list) or not isinstance(data.get("targets"), list):
        raise ResultError(f"{path} has no list of verdicts or of targets")
    for verdict in verdicts:
        check_table(path, verdict, "verdict", NEEDED)
        for check in verdict["checks"]:
            check_table(path, check, "check", NEEDED_OF_CHECK)
    run: Table = data
    return run


def check_table(path: Path, table: object, what: str, needed: Mapping[str, type]) -> None:
    """Refuse a table that lacks a key or has an unknown status."""
    if not isinstance(table, dict) or any(not isinstance(table.get(key), kind) for key, kind in needed.items()):
        raise ResultError(f"{path} has a {what} without one of {', '.join(needed)}")
    if table["status"] not in STATUSES:
        raise ResultError(f"{path} has a {what} of status {table['status']!r}")


def junit(verdicts: Sequence[Verdict]) -> str:
    """A run as JUnit XML: known deviations and what is unsupported are skipped, what is unexpected is a failure."""
    root = ElementTree.Element("testsuites")
    for label in sorted({verdict.label for verdict in verdicts}):
        mine = [verdict for verdict in verdicts if verdict.label == label]
        suite = ElementTree.SubElement(root, "testsuite", name=label, tests=str(len(mine)))
        suite.set("failures", str(sum(v.expectation in ("unexpected", "stale") for v in mine)))
        for verdict in mine:
            item = ElementTree.SubElement(suite, "testcase", classname=label, name=verdict.case, time=str(verdict.seconds))
            said = printable(verdict.message)
            if verdict.expectation in ("unexpected", "stale"):
                kind = "unexpected pass" if verdict.expectation == "stale" else verdict.status
                ElementTree.SubElement(item, "failure", message=said or kind, type=kind)
            elif verdict.status != "pass":
                ElementTree.SubElement(item, "skipped", message=f"{verdict.status}: {said}")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def printable(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(c if c in "\t\n" or c.isprintable() else "?" for c in text)
