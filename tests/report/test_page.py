"""The report in a real browser: it opens in silence, filters, drills down, and serves phones, keyboards and
screen readers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import runs
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
HERE = "#" + urlencode({"case": runs.CASE, "at": f"{runs.NATIVE}, torch 2.13.0"})


def cell(page: Page, row: str, column: str) -> str:
    """What a screen reader is told of a cell."""
    return str(page.get_by_role("button", name=f"{row}, {column}").get_attribute("aria-label"))


def test_it_opens_from_disk_in_silence_with_every_column(opened: Open) -> None:
    page = opened()
    expect(page.locator("#count")).to_have_text("16 verdicts on 5 cases in 4 columns")
    heads = page.locator("#table thead tr").last.locator("th").all_inner_texts()
    assert heads == ["torch 2.1.0", "torch 2.13.0", "torch 2.1.0", "torch 2.13.0"]
    assert cell(page, "all cases", "torch 2.13.0").endswith("3 unexpected, 2 pass")
    assert cell(page, "all cases", "compatlosses on torch 2.13.0").endswith("3 pass")


def test_it_begins_with_the_summary_and_folds_all_cases(opened: Open) -> None:
    page = opened()
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator("#table")).to_be_hidden()
    page.get_by_role("link", name="All cases").first.click()
    expect(page.locator("#table")).to_be_visible()


def test_markup_is_shown_and_does_nothing(opened: Open) -> None:
    page = opened("#" + urlencode({"case": runs.HARMLESS, "at": f"{runs.NATIVE}, torch 2.13.0"}))
    expect(page.locator("dialog")).to_contain_text(runs.MARKUP)
    page.keyboard.press("Escape")
    page.get_by_text("1 not there").first.click()
    expect(page.locator("#environments li").first).to_contain_text(runs.MARKUP)
    assert page.title() == "compatlosses conformance"
    assert page.locator("img").count() == 0


@pytest.mark.parametrize(
    ("field", "value", "count"),
    [
        ("kind", "shim", "6 verdicts on 3 cases in 2 columns"),
        ("implementation", runs.NATIVE, "10 verdicts on 5 cases in 2 columns"),
        ("loss", "binary_cross_entropy_with_logits", "16 verdicts on 5 cases in 4 columns"),
        ("severity", "digits", "3 verdicts on 2 cases in 4 columns"),
        ("finding", "new-the-gradient-by-logits-has-lost-digits", "1 verdict on 1 case in 4 columns"),
        ("status", "unexpected", "5 verdicts on 3 cases in 4 columns"),
        ("status", "broken", "2 verdicts on 1 case in 4 columns"),
        ("status", "pass", "11 verdicts on 5 cases in 4 columns"),
        ("yardstick", "exact", "3 verdicts on 2 cases in 4 columns"),
    ],
)
def test_filters(opened: Open, field: str, value: str, count: str) -> None:
    page = opened()
    page.locator(f"[name={field}]").select_option(value)
    expect(page.locator("#count")).to_have_text(count)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#count")).to_have_text("16 verdicts on 5 cases in 4 columns")


def test_text_and_framework_filter_too(opened: Open) -> None:
    page = opened()
    page.get_by_label("Text").fill("onerror=")
    expect(page.locator("#count")).to_have_text("2 verdicts on 1 case in 4 columns")
    page.get_by_label("Text").fill("softplus(x) + p y")
    expect(page.locator("#count")).to_have_text("6 verdicts on 2 cases in 4 columns")
    page.get_by_label("Text").fill("")
    page.get_by_role("checkbox", name="torch").first.uncheck()
    expect(page.locator("#count")).to_have_text("0 verdicts on 0 cases in 0 columns")


def test_versions_stand_side_by_side(opened: Open) -> None:
    page = opened()
    page.get_by_label("Columns").select_option("version")
    assert page.locator("#table .group").all_inner_texts() == ["functional torch", "torch on torch"]
    assert page.locator("#table .head").all_inner_texts() == ["2.1.0", "2.13.0", "2.1.0", "2.13.0"]


def test_from_a_cell_to_a_case_with_all_there_is_to_know(opened: Open) -> None:
    page = opened()
    page.get_by_role("button", name="all cases, torch 2.13.0: 3 unexpected, 2 pass").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("5 verdicts")
    dialog.get_by_role("button", name=runs.CASE).click()
    expect(dialog.get_by_role("heading", name=runs.CASE)).to_be_focused()
    expect(dialog).to_contain_text(runs.CASES[runs.CASE].clause)
    row = dialog.get_by_role("row").filter(has=page.get_by_role("rowheader", name="3", exact=True)).first
    number, logit, target, expected, actual, ulp = row.locator("th,td").all_inner_texts()
    assert (number, logit, target) == ("3", "-1", "1")
    softplus = math.log1p(math.e)
    assert float(expected) == pytest.approx(softplus, abs=2**-23)
    assert float(actual) == pytest.approx(
        softplus * 1.00001, abs=2**-22
    )  # two roundings, and the digits shown
    assert float(ulp) == pytest.approx((float(actual) - softplus) * 2**23, abs=1)
    compile(dialog.locator("pre.script").inner_text(), runs.CASE, "exec")
    dialog.get_by_role("button", name=f"{runs.NATIVE}, torch 2.1.0").click()
    expect(dialog.locator("h3").first).to_have_text(f"{runs.NATIVE}, torch 2.1.0")
    dialog.get_by_role("button", name="Back").click()
    expect(dialog.locator("h3").first).to_have_text(f"{runs.NATIVE}, torch 2.13.0")


def test_a_case_has_an_address(opened: Open) -> None:
    page = opened(HERE)
    expect(page.get_by_role("heading", name=runs.CASE)).to_be_visible()
    expect(page).to_have_url(re.compile("case="))
    page.get_by_role("button", name="Close").click()
    expect(page).not_to_have_url(re.compile("case="))


def test_the_keyboard_is_enough(opened: Open) -> None:
    page = opened()
    page.get_by_role("region", name="Table of cases").focus()
    page.keyboard.press("Tab")
    said = "document.activeElement.getAttribute('aria-label')"
    first = page.evaluate(said)
    page.keyboard.press("ArrowDown")
    second = page.evaluate(said)
    assert first != second
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('td') !== null")
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.closest('th') !== null")
    page.keyboard.press("ArrowRight")
    label = page.evaluate(said)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate(said) == label, "the focus comes back to where it was"


def test_the_arrow_keys_move_between_behaviours(opened: Open) -> None:
    page = opened("#kind=native")
    page.get_by_role("region", name="Table of behaviours").focus()
    page.keyboard.press("Tab")
    said = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(said) == "The documents' own examples, torch 2.1.0: 0 of 1 pass, crash"
    page.keyboard.press("ArrowRight")
    assert "torch 2.13.0" in page.evaluate(said)
    page.keyboard.press("ArrowRight")
    assert "torch 2.13.0" in page.evaluate(said), "the shim's columns are hidden"
    page.keyboard.press("ArrowDown")
    assert not page.evaluate(said).startswith("The documents' own examples")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.behaviours')"), "one stop for the table"


def test_a_branch_opens_and_keeps_the_focus(opened: Open) -> None:
    page = opened()
    rows = page.locator("#table tbody tr")
    assert rows.count() == 5, "all cases and four groups"
    branch = page.get_by_role("button", name="value, 2 cases")
    expect(branch).to_have_attribute("aria-expanded", "false")
    branch.focus()
    page.keyboard.press("Enter")
    assert rows.count() == 7
    expect(branch).to_be_focused()
    expect(branch).to_have_attribute("aria-expanded", "true")


def test_curves_can_be_seen_and_read(opened: Open) -> None:
    page = opened()
    assert page.locator("#panels svg").count() == 2
    names = page.locator("#lines tbody th").all_inner_texts()
    assert len(names) == 2, "the older version and the shim on both are exact, and share a line"
    row = page.locator("#lines tbody tr").filter(has_text="2.13.0").last
    at_zero = row.locator("td").first.inner_text()
    page.locator("#cursor").focus()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#at")).to_have_text("-40")
    assert row.locator("td").first.inner_text() != at_zero
    assert page.locator("#panels svg").first.locator("path").count() == 2
    page.locator("#lines input").first.uncheck()
    assert page.locator("#panels svg").first.locator("path").count() == 1
    page.locator("#labels input").last.check()
    assert "at label 1" in str(page.locator("#panels svg").first.get_attribute("aria-label"))


def test_versions_are_compared(opened: Open) -> None:
    page = opened()
    pairs = page.locator(".pair > summary").all_inner_texts()
    assert pairs[0].endswith("1 call worse, 0 better, 4 unchanged"), "the greatest harm comes first"
    page.locator(".pair > summary").first.click()
    page.locator(".pair .change > summary").first.click()
    page.locator(".pair").first.get_by_role("link", name=runs.TAIL).click()
    expect(page.get_by_role("heading", name=runs.TAIL)).to_be_visible()


def test_filters_stand_in_the_address_and_come_from_there(opened: Open) -> None:
    page = opened()
    page.locator("[name=severity]").select_option("digits")
    page.get_by_label("Text").fill("gradient")
    expect(page.locator("#count")).to_have_text("1 verdict on 1 case in 4 columns")
    page.wait_for_function("location.hash === '#severity=digits&text=gradient'")
    again = opened("#severity=digits&text=gradient&kind=native")
    expect(again.locator("#count")).to_have_text("1 verdict on 1 case in 2 columns")
    expect(again.locator("#active")).to_have_text("(3 in use)")
    again.get_by_role("button", name="Clear").click()
    expect(again.locator("#count")).to_have_text("16 verdicts on 5 cases in 4 columns")
    assert again.url.endswith("#")


def test_a_behaviour_opens_to_the_cases_that_fail(opened: Open) -> None:
    page = opened()
    name = "The gradient of the logits within its ULPs, torch 2.13.0: 0 of 1 pass, digits"
    page.get_by_role("link", name=name).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 verdict")
    expect(page).to_have_url(re.compile("behaviour=gradient-logits"))
    dialog.get_by_role("button", name=runs.TAIL).click()
    expect(page.get_by_role("heading", name=runs.TAIL)).to_be_visible()


def test_a_card_leads_to_its_finding_and_that_to_its_cases(opened: Open) -> None:
    page = opened("#kind=native")
    page.locator(".card").first.get_by_text("3 findings").click()
    page.locator(".card").first.get_by_role(
        "link", name="The gradient by logits has lost digits"
    ).last.click()
    finding = page.locator("#finding-new-the-gradient-by-logits-has-lost-digits")
    expect(finding).to_have_attribute("open", "")
    expect(finding).to_contain_text(f"compatlosses repro {runs.TAIL}")
    finding.get_by_role("link", name="All cases of this finding").click()
    expect(page.locator("#count")).to_have_text("1 verdict on 1 case in 2 columns")


def test_findings_are_filtered_and_searched(opened: Open) -> None:
    page = opened()
    expect(page.locator("#found")).to_have_text("3 findings")
    page.get_by_label("Text").fill("gradient by logits has lost")
    expect(page.locator("#found")).to_have_text("1 finding")
    page.get_by_label("Text").fill("")
    page.locator("[name=severity]").select_option("crash")
    expect(page.locator("#found")).to_have_text("1 finding")


def test_a_phone_folds_the_filters_and_stacks_rows(opened: Open) -> None:
    page = opened(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    expect(page.locator("#filters")).to_be_hidden()
    page.get_by_text("Filters").click()
    expect(page.locator("#filters")).to_be_visible()
    wide = """[...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.getAttribute("aria-label") ?? one.getAttribute("aria-labelledby"))"""
    assert page.evaluate(wide) == []


@pytest.mark.parametrize("fragment", ["", HERE])
def test_a_phone_scrolls_no_page_sideways(opened: Open, fragment: str) -> None:
    page = opened(fragment, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 360


def test_light_and_dark(opened: Open) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = opened(color_scheme="light"), opened(color_scheme="dark")
    assert light.evaluate(ground) != dark.evaluate(ground)
    light.get_by_role("button", name="Dark theme").click()
    assert light.evaluate(ground) == dark.evaluate(ground)
    expect(light.get_by_role("button", name="Light theme")).to_be_visible()


CONTRAST = """() => {
  const light = (color) => {
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const parts = color.match(/[\\d.]+/g).slice(0, 3).map((v) => linear(v / 255));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  return [...document.querySelectorAll(".cell, caption, header p, label")].map((one) => {
    const own = getComputedStyle(one).backgroundColor;
    const behind = /rgba?\\(.*, 0\\)/.test(own) ? getComputedStyle(document.body).backgroundColor : own;
    const [a, b] = [light(getComputedStyle(one).color), light(behind)].sort((x, y) => y - x);
    return [one.className || one.tagName, (a + 0.05) / (b + 0.05)];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened: Open, scheme: str) -> None:
    found = opened(color_scheme=scheme).evaluate(CONTRAST)
    assert len(found) > 20
    assert not [entry for entry in found if entry[1] < 4.5]


PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("fragment", ["", HERE])
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
def test_axe_finds_nothing(opened: Open, fragment: str, options: dict[str, Any]) -> None:
    page = opened(fragment, **options)
    page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()


def test_a_screen_reader_finds_captions_and_row_headings(opened: Open) -> None:
    page = opened(HERE)
    headless = """() => [...document.querySelectorAll("table")].filter((table) =>
      !table.caption || !table.querySelector("tbody th[scope=row]")
      || table.querySelector("thead th:not([scope])"))
      .map((table) => table.outerHTML.slice(0, 200))"""
    assert page.evaluate(headless) == []
