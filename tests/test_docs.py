"""What the documents say runs as written."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from compatlosses import definitions

ROOT = Path(__file__).resolve().parent.parent


def test_readme() -> None:
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried >= 10 and failed == 0


@pytest.mark.parametrize(
    "module", ["compatlosses.calls", *(f.__module__ for f in definitions.neutral_functions().values())]
)
def test_docstrings(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0 and failed == 0


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), f"{document} links to {target}"


def test_every_page_is_in_the_index_and_in_the_site() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    index = (ROOT / "docs" / "index.md").read_text()
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == pages
    site = (ROOT / "mkdocs.yml").read_text()
    assert set(re.findall(r"^ +- ([\w-]+\.md)$", site, re.MULTILINE)) == pages


def test_the_architecture_names_every_file_and_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    core, definitions, loops = (
        text[text.index(f"{heading} (`compatlosses/{folder}`)") :].partition(end)[0]
        for heading, folder, end in (
            ("## The core", "", "### Definitions"),
            ("### Definitions", "definitions/", "### Loops"),
            ("### Loops", "loops/", "## An adapter"),
        )
    )
    for folder, section in (("", core), ("definitions", definitions), ("loops", loops)):
        named = set(re.findall(r"`(\w+\.py)`", section)) - ({"__init__.py"} if folder else set())
        files = {path.name for path in (ROOT / "compatlosses" / folder).glob("*.py")}
        assert named == files - ({"__init__.py"} if folder else set())
    suite = text[text.index("## The conformance suite") : text.index("## Decisions")]
    rooms = {path.name for path in (ROOT / "conformance").iterdir() if path.is_dir()} - {"__pycache__"}
    assert set(re.findall(r"`(\w+)/`", suite)) - {"conformance"} == rooms
