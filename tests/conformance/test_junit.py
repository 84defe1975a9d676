"""JUnit XML: what is in it, and that it has the form that readers of CI systems take."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from compatlosses.conformance.judging.judge import Verdict
from compatlosses.conformance.results import results
from compatlosses.conformance.results.junit import junit
from compatlosses.conformance.running.target import Target

LOSS = "torch.nn.functional.binary_cross_entropy_with_logits"
COUNT, DECIMAL, STAMP, TEXT = r"\d+", r"\d+(\.\d+)?", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", r"(?s).*"
FORM = {
    "testsuites": (
        {"name": TEXT, "time": DECIMAL, "tests": COUNT, "failures": COUNT, "errors": COUNT},
        ("testsuite",),
    ),
    "testsuite": (
        {
            "name": TEXT, "tests": COUNT, "failures": COUNT, "errors": COUNT, "skipped": COUNT,
            "time": DECIMAL, "timestamp": STAMP,
        },
        ("properties", "testcase"),
    ),
    "properties": ({}, ("property",)),
    "property": ({"name": TEXT, "value": TEXT}, ()),
    "testcase": ({"name": TEXT, "classname": TEXT, "time": DECIMAL}, ("skipped", "error", "failure")),
    "skipped": ({"message": TEXT}, ()),
    "error": ({"message": TEXT, "type": TEXT}, ()),
    "failure": ({"message": TEXT, "type": TEXT}, ()),
}  # fmt: skip
"""By element its attributes and children, in their order: what is here of Jenkins' junit-10.xsd."""


def check_form(element: ElementTree.Element) -> None:
    attributes, children = FORM[element.tag]
    assert set(element.attrib) == set(attributes)
    for name, value in element.attrib.items():
        assert re.fullmatch(attributes[name], value), (element.tag, name, value)
    order = [children.index(child.tag) for child in element]
    assert order == sorted(order)
    for child in element:
        check_form(child)


def verdict(case: str, status: str, expectation: str = "", kind: str = "native") -> Verdict:
    name = LOSS if kind == "native" else "compatlosses.torch"
    return Verdict(
        case, name, "torch", kind, status, f"said of {case}", seconds=1e-5, expectation=expectation
    )


@pytest.fixture(scope="module")
def root() -> ElementTree.Element:
    targets = [
        Target("torch", "native", version="2.13.0", python="3.11.7", numpy="1.26.4", available={LOSS: None}),
        Target("torch", "shim", version="2.13.0", available={"compatlosses.torch": None, "gone": "Error: x"}),
        Target("paddle", "native", error="paddle cannot be imported"),
    ]
    verdicts = [
        verdict("a", "pass"),
        verdict("b", "fail", "unexpected"),
        verdict("c", "fail", "expected"),
        verdict("d", "unsupported"),
        verdict("e", "pass", "stale"),
        verdict("a", "pass", kind="shim"),
    ]
    return ElementTree.fromstring(junit([results.as_json(targets, verdicts, False)]))


def suite_named(root: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = [suite for suite in root if suite.get("name") == name]
    return found


def test_it_has_the_form_that_readers_take(root: ElementTree.Element) -> None:
    check_form(root)


def test_the_counts_are_those_of_the_test_cases(root: ElementTree.Element) -> None:
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        for name, child in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name, "")) == len(suite.findall(f"testcase/{child}"))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("8", "2", "2")


def test_a_suite_is_an_implementation_in_a_version(root: ElementTree.Element) -> None:
    suite = suite_named(root, f"{LOSS}, torch 2.13.0")
    outcomes = {item.get("name"): [child.tag for child in item] for item in suite.findall("testcase")}
    assert outcomes == {"a": [], "b": ["failure"], "c": ["skipped"], "d": ["skipped"], "e": ["failure"]}
    kinds = [failure.get("type") for failure in suite.findall("testcase/failure")]
    assert kinds == ["fail", "unexpected pass"]
    assert suite_named(root, "compatlosses.torch on torch, torch 2.13.0").get("failures") == "0"


def test_its_properties_say_what_results_depend_on(root: ElementTree.Element) -> None:
    suite = suite_named(root, f"{LOSS}, torch 2.13.0")
    found = {each.get("name"): each.get("value") for each in suite.findall("properties/property")}
    assert {
        "version": "2.13.0",
        "python": "3.11.7",
        "numpy": "1.26.4",
        "mode": "eager",
    }.items() <= found.items()
    assert {"suite.version", "suite.cases", "suite.tolerances", "partial"} <= set(found)


def test_what_could_not_be_run_is_an_error(root: ElementTree.Element) -> None:
    said = {
        (item.get("classname"), item.get("name")): error.get("message")
        for item in root.iter("testcase")
        for error in item.findall("error")
    }
    assert said == {
        ("paddle", "run"): "paddle cannot be imported",
        ("compatlosses on torch 2.13.0", "gone"): "Error: x",
    }
