"""What a framework printed is shown, and obeyed by nothing: no terminal, no markup, no file format."""

from __future__ import annotations

import io
import itertools
import json
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer
from rich.console import Console
from rich.markup import render
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.commands import fuzz as fuzz_command
from compatlosses.conformance.commands.terminal import print_lines
from compatlosses.conformance.fuzz import campaign as fuzzing
from compatlosses.conformance.judging import agreement
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.model.case import Case, Tensor
from compatlosses.conformance.model.implementations import Implementation
from compatlosses.conformance.printable import printable, printable_data, shown
from compatlosses.conformance.report import answer as report_answer
from compatlosses.conformance.report import changes as report_changes
from compatlosses.conformance.report import text
from compatlosses.conformance.report.html import page
from compatlosses.conformance.results import answer, changes, results
from compatlosses.conformance.results.junit import junit
from compatlosses.conformance.running.target import Target

EVIL = (
    "\x1b]0;title\x07\x1b[2J\x9b2J\r\x00\x7f\u202e\u2066\u200b\u2028\ufeff\ud800 [red]red[/] "
    "[/] \\[bold] :warning: \\\\\\"
)
"""Escapes of the terminal, marks that turn text, a lone surrogate, markup, an emoji's name, and backslashes
at the end.
"""
VISIBLE = (
    r"\x1b]0;title\x07\x1b[2J\x9b2J\r\x00\x7f\u202e\u2066\u200b\u2028\ufeff\ud800 [red]red[/] [/] \[bold] "
    r":warning: " + "\\" * 3
)


def obeyed(said: str) -> set[str]:
    """The characters of an output that are no plain text."""
    return {c for c in said if c != "\n" and unicodedata.category(c)[0] == "C"}


def test_every_character_is_shown_or_escaped() -> None:
    for code in range(0x3000):
        character = chr(code)
        assert not obeyed(printable(character).replace("\t", "")), code
    assert printable("plain, 中文, \u3000 é\n\t") == "plain, 中文, \u3000 é\n\t"
    assert printable(EVIL) == VISIBLE
    assert printable_data({"\x1b": ["\ud800", {"x": "\x07"}, 1, None, True]}) == {
        "\\x1b": ["\\ud800", {"x": "\\x07"}, 1, None, True]
    }


@pytest.mark.parametrize("markup", ["[dim]{}[/]", "{}[bold]x[/]", "x {}", "[b]{} [/b]"])
def test_no_text_is_markup(markup: str) -> None:
    bare = render(markup.replace("{}", "\0")).plain
    for parts in itertools.chain.from_iterable(
        itertools.product("\\[]b/ ", repeat=length) for length in range(6)
    ):
        given = "".join(parts)
        assert render(markup.format(shown(given))).plain == bare.replace("\0", given)


def verdict() -> Verdict:
    check = Check("value", "exact", "fail", EVIL, ulps=9.0, expectation="unexpected", finding=EVIL)
    known = Check("value", "documented", "fail", EVIL, expectation="expected", finding=EVIL)
    return Verdict(
        f"value/{EVIL}",
        EVIL,
        "torch",
        "native",
        "fail",
        EVIL,
        [check, known],
        expectation="unexpected",
        finding=EVIL,
    )


def test_nothing_that_is_shown_of_a_run_is_obeyed() -> None:
    target = Target(
        "torch", "native", version=EVIL, python=EVIL, error=EVIL, available={EVIL: None, f"gone{EVIL}": EVIL}
    )
    one, other = (Implementation(EVIL, "torch", "native", EVIL) for _ in range(2))
    pair = agreement.Pair(one, other, "frameworks", 1, [agreement.Difference(EVIL, EVIL, EVIL, 1.0)])
    stale = Verdict(f"stale/{EVIL}", EVIL, "torch", "native", "pass", expectation="stale", stale=[EVIL])
    out = io.StringIO()
    console = Console(file=out, emoji=False, width=200)
    verdicts = [verdict(), stale]
    text.matrix(console, [target], verdicts)
    text.details(console, [target], verdicts)
    text.agreement(console, [pair])
    run = results.as_json([target], verdicts, False, agreement=[pair.to_json()])
    found, ending = answer.answer_of([run]), report_answer.Ending(1, (EVIL,), 1.0, EVIL)
    print_lines(console, report_answer.lines(found, ending))
    assert not obeyed(report_answer.markdown(found, ending))
    before = {**run, "verdicts": [{**verdict().to_json(), "status": "pass", "checks": []}]}
    after = {**run, "verdicts": [verdict().to_json()]}
    for verbose in (False, True):
        print_lines(console, report_changes.lines(changes.compare(before, after), verbose))
    failed = fuzzing.Fuzz([target], 0, 1, lambda implementation: True)
    one_tensor = Tensor("float32", (), (0.0,))
    case = Case("a", EVIL, {"logits": one_tensor, "targets": one_tensor})
    failed.failures.append(fuzzing.Failure(one, frozenset({"exact/value"}), case, EVIL, "wrong"))
    fuzz_command.show(console, failed)
    said = out.getvalue()
    assert not obeyed(said)
    assert "[red]red[/]" in said and ":warning:" in said


def test_a_wrong_call_shows_what_was_given() -> None:
    application = typer.Typer()
    cli.add_commands(application)
    for arguments in (
        ["conform", "--framework", EVIL],
        ["conform", "--case", EVIL],
        ["repro", EVIL, "--framework", "torch"],
    ):
        result = CliRunner().invoke(application, arguments)
        assert result.exit_code == 2, result.output
        assert not obeyed(result.output)


def test_no_file_is_lost_for_a_character(tmp_path: Path) -> None:
    run = results.as_json(
        [Target("torch", "native", version=EVIL, error=EVIL, available={EVIL: EVIL})], [verdict()], False
    )
    read = tmp_path / "run.json"
    read.write_text(json.dumps(run))
    shown_page = page([results.read(read)])
    assert not obeyed(shown_page)
    shown_page.encode()
    suite = ElementTree.fromstring(junit([run]))
    assert suite.findall("testsuite/testcase/failure") and suite.findall("testsuite/testcase/error")


def test_a_comparison_for_machines_is_ascii(tmp_path: Path) -> None:
    paths = []
    for status in ("pass", "fail"):
        paths.append(tmp_path / f"{status}.json")
        one = Verdict("a", "f", "torch", "native", status, EVIL, [Check("value", "exact", status, EVIL)])
        paths[-1].write_text(json.dumps(results.as_json([], [one], False)))
    application = typer.Typer()
    cli.add_commands(application)
    result = CliRunner().invoke(application, ["compare", *map(str, paths), "--json"])
    assert result.exit_code == 1
    assert result.output.isascii() and "\\ud800" in result.output
