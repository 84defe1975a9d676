"""The report as a site: every link leads somewhere, no page has a script but that of all cases."""

from __future__ import annotations

import copy
import html.parser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import runs
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from compatlosses.conformance.commands.report import write_site


class Page(html.parser.HTMLParser):
    """The ids and links of a page, and its tags."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.ids.add(found.get("id") or "")
        self.links += [value for name in ("href", "src") if (value := found.get(name))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site")
    write_site(path, runs.two_versions(), ("", ""))
    return path


def test_there_is_a_page_for_each_framework_loss_and_finding(folder: Path) -> None:
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
    assert {"index.html", "report.html", "framework/torch.html"} < names
    assert "loss/binary_cross_entropy_with_logits.html" in names
    assert "finding/new-the-gradient-by-logits-has-lost-digits.html" in names


def test_every_link_leads_somewhere(folder: Path) -> None:
    pages = {path: Page(path) for path in folder.rglob("*.html")}
    for path, page in pages.items():
        for link in page.links:
            if link.startswith("data:"):
                continue
            name, _, fragment = link.partition("#")
            there = (path.parent / unquote(name)).resolve() if name else path
            assert there.is_file(), (path.name, link)
            if fragment and "=" not in fragment:
                assert fragment in pages[there].ids, (path.name, link)


def test_a_page_holds_no_script(folder: Path) -> None:
    for path in folder.rglob("*.html"):
        if path.name != "report.html":
            assert not {"script", "img", "b"} & Page(path).tags, path


def test_a_name_that_a_run_gives_stays_within_the_folder(tmp_path: Path) -> None:
    strange: list[dict[str, Any]] = copy.deepcopy(runs.two_versions()[:1])
    for entry in (*strange[0]["targets"], *strange[0]["verdicts"]):
        entry["framework"] = "../../outside"
    write_site(tmp_path / "site", strange, ("",))
    assert (tmp_path / "site" / "framework" / "outside.html").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"site"}


@pytest.mark.parametrize("name", ["index.html", "framework/torch.html"])
def test_it_opens_from_disk_and_axe_finds_nothing(chromium: Browser, folder: Path, name: str) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 640})
    page.goto((folder / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    page.close()


def test_a_cell_opens_its_cases_on_the_page_of_all(chromium: Browser, folder: Path) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto((folder / "framework" / "torch.html").as_uri())
    page.get_by_role("link", name="The gradient of the logits within its ULPs, torch 2.13.0").click()
    expect(page.get_by_role("dialog")).to_contain_text(runs.TAIL)
    page.close()
