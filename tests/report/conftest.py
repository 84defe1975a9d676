"""A headless Chromium, and the report of two versions open in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import browser
import pytest
import runs
from playwright.sync_api import Browser, Page, sync_playwright

from compatlosses.conformance.report.html import page as page_of

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, one for all tests."""
    path = browser.find()
    if path is None:
        pytest.skip(browser.MISSING)
    with sync_playwright() as playwright:
        # A container's root has no sandbox to put it in; the page is our own.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on disk."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page_of(runs.two_versions()), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium: Browser, report: Path) -> Iterator[Open]:
    """Opens the report from disk, in a window of its own; at the end nothing was wrong and nothing was
    fetched.
    """
    contexts, faults, fetched = [], [], []

    def open_report(fragment: str = "", **options: Any) -> Page:
        context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on(
            "console",
            lambda message: faults.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(report.as_uri() + fragment)
        page.wait_for_selector("html[data-ready]", state="attached")
        page.evaluate("document.getElementById('matrix').open = true")
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert not faults
    assert {url.partition("#")[0] for url in fetched} == {report.as_uri()}
