"""A run as JUnit XML, in the form that Jenkins' schema and its like take: a suite for each implementation in
a version, a test case for each case.

Known deviations and what is unsupported are skipped, what is unexpected is a failure, and what could not be
run is an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from ..model.implementations import TABLE, label_of
from ..printable import printable

Table = Mapping[str, Any]
SECONDS = len("2026-01-01T00:00:00")
"""Of a time stamp, what the schema takes: up to the seconds, without a zone. Runs have UTC."""
PROPERTIES = ("framework", "kind", "mode", "version", "python", "numpy", "platform")
FAILURES = ("unexpected", "stale")


def junit(tables: Sequence[Table]) -> str:
    """Runs, as `results.as_json` has them, in one file."""
    root = ElementTree.Element("testsuites", name="compatlosses")
    suites = [suite for table in tables for suite in suites_of(table)]
    root.extend(suites)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", seconds(sum(float(suite.get("time", "0")) for suite in suites)))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def suites_of(table: Table) -> Iterator[ElementTree.Element]:
    """A suite for each target that could not be run or lacks something, and for each implementation."""
    by_label: dict[tuple[str, ...], list[Table]] = defaultdict(list)
    for verdict in table["verdicts"]:
        by_label[(*key_of(verdict), verdict["implementation"])].append(verdict)
    for target in table["targets"]:
        faults = [*faults_of(target)]
        if faults:
            yield suite_of(table, target, target["label"], [fault(target["label"], *each) for each in faults])
        mine = [key for key in by_label if key[:-1] == key_of(target)]
        for key in sorted(mine):
            label = label_of(key[-1], target["kind"], target["framework"], target["mode"])
            name = f"{label}, {target['framework']} {target['version']}"
            yield suite_of(table, target, name, [case(name, verdict) for verdict in by_label.pop(key)])


def key_of(table: Table) -> tuple[str, ...]:
    """The target that a verdict is of, or the target itself."""
    return table["framework"], table["kind"], table["mode"]


def faults_of(target: Table) -> Iterator[tuple[str, str]]:
    """What of a target could not be run, and why: all of it, or what must be there and is not."""
    if target["error"]:
        yield "run", target["error"]
    for name, reason in target["available"].items():
        if reason is not None and (target["kind"] == "shim" or name not in TABLE):
            yield name, reason


def suite_of(
    table: Table, target: Table, name: str, items: Sequence[ElementTree.Element]
) -> ElementTree.Element:
    """A suite of test cases, with what their results depend on."""
    suite = ElementTree.Element("testsuite", name=printable(name), tests=str(len(items)))
    for attribute, child in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(item.find(child) is not None for item in items)))
    suite.set("time", seconds(sum(float(item.get("time", "0")) for item in items)))
    suite.set("timestamp", str(table["created"])[:SECONDS])
    properties = ElementTree.SubElement(suite, "properties")
    judged = {f"suite.{key}": value for key, value in table.get("suite", {}).items()}
    partial = str(table["partial"]).lower()
    of_target = {key: target[key] for key in PROPERTIES if target.get(key)}
    for key, value in {**of_target, **judged, "partial": partial}.items():
        ElementTree.SubElement(properties, "property", name=key, value=printable(str(value)))
    suite.extend(items)
    return suite


def case(name: str, verdict: Table) -> ElementTree.Element:
    """A verdict as a test case."""
    item = ElementTree.Element("testcase", classname=printable(name), name=printable(verdict["case"]))
    item.set("time", seconds(verdict["seconds"]))
    said = printable(verdict["message"])
    if verdict["expectation"] in FAILURES:
        kind = "unexpected pass" if verdict["expectation"] == "stale" else verdict["status"]
        ElementTree.SubElement(item, "failure", message=said or kind, type=kind)
    elif verdict["status"] != "pass":
        ElementTree.SubElement(item, "skipped", message=f"{verdict['status']}: {said}")
    return item


def fault(label: str, name: str, reason: str) -> ElementTree.Element:
    """What could not be run as a test case."""
    item = ElementTree.Element("testcase", classname=printable(label), name=printable(name), time=seconds(0))
    ElementTree.SubElement(item, "error", message=printable(reason), type="not run")
    return item


def seconds(value: float) -> str:
    """Seconds as a decimal number, which has no exponent."""
    return f"{value:.3f}"
