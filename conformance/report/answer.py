"""What people see first of a run: at most 40 lines of 80 columns that say what is new, what holds, which
findings were met, and how to see one.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..model import cases
from ..printable import printable
from ..results.answer import OTHER, Answer, Column, Example, Group, Met, counted
from ..results.support import behaviours
from .repro import ReproError, script

WIDTH = 80
LINES = 40
MOST_NEW = 4
"""Groups of what is new that are shown with an example."""
MOST_MESSAGE = 230
"""Characters of an example's message: three lines."""
LEAST_FINDINGS = 3
ALL = "--verbose has them all"


@dataclass(frozen=True)
class Ending:
    """How a run ended, for the last lines."""

    status: int
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    stopped: str = ""
    """Why it ended before all was done."""


def lines(answer: Answer, ending: Ending, width: int = WIDTH) -> list[str]:
    """The whole answer: with as many examples of what is new as there is room for."""
    last = [*command(answer, width), *verdict(answer, ending, width)]
    for most in range(MOST_NEW, 0, -1):
        first = [*new(answer, most, width), *missing(answer, most, width), *standings(answer, most, width)]
        room = LINES - len(first) - len(last)
        rows = table(answer.columns, room - LEAST_FINDINGS, width)
        if len(rows) + LEAST_FINDINGS <= room:
            break
    return [printable(row) for row in (*first, *rows, *findings(answer.met, room - len(rows), width), *last)]


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """A text in lines, none cut; what a framework printed has no breaks of its own."""
    plain = " ".join(printable(text).split())
    return textwrap.wrap(
        plain, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ) or [first.rstrip()]


def missing(answer: Answer, most: int, width: int) -> list[str]:
    """What could not be run or called."""
    shown = [line for text in answer.missing[:most] for line in wrapped(brief(text), width, "", "  ")]
    more = len(answer.missing) - most
    return shown + ([f"and {more} more that could not be called: {ALL}"] if more > 0 else [])


def standings(answer: Answer, most: int, width: int) -> list[str]:
    """By what releases are judged that nobody reviewed."""
    return [line for text in answer.standings[:most] for line in wrapped(text, width, "", "  ")]


def brief(message: str) -> str:
    """A message of a few lines at most: what a framework says may have thousands."""
    return message if len(message) <= MOST_MESSAGE else message[:MOST_MESSAGE] + " ..."


def new(answer: Answer, most: int, width: int) -> list[str]:
    """What is new, the worst first, each with an example."""
    total = len(answer.new) + len(answer.differing)
    if not total:
        return []
    rows = [f"NEW, which no expectation knows, worst first: {counted(total, 'kind')}"]
    for group in answer.new[:most]:
        rows += wrapped(str(group), width, "! ", "  ")
        rows += wrapped(example_of(group), width, "    ", "    ")
    shown = min(len(answer.new), most)
    for text in answer.differing[: most - shown]:
        rows += wrapped(brief(text), width, "! ", "  ")
        shown += 1
    return rows + ([f"  and {total - shown} more: {ALL}"] if total > shown else [])


def example_of(group: Group) -> str:
    """A group's plainest example: the case and what came back."""
    found, check = group.example
    message = brief(check.get("message", ""))
    return f"{found['case']}, {found['implementation']}" + (f": {message}" if message else "")


def table(columns: Sequence[Column], room: int, width: int) -> list[str]:
    """How much of each behaviour holds: a row each, a column for each framework, if that fits the width.

    Where there are too many rows, those that hold everywhere share a line.
    """
    if not columns:
        return []
    head = "Pass of total, main functions"
    short = {one.id: one.short for one in behaviours()} | {OTHER: OTHER}
    rows = [id for id in short if any(id in column.passed for column in columns)]
    widths = [
        max(len(column.title), len(column.version), *map(len, cells(column, rows))) for column in columns
    ]
    left = max(len(head), *(len(short[id]) for id in rows))
    if left + sum(widths) + 2 * len(widths) > width:
        return summary(columns, room)

    def line(title: str, parts: Iterable[str]) -> str:
        row = "".join("  " + part.rjust(size) for part, size in zip(parts, widths, strict=True))
        return (title.ljust(left) + row).rstrip()

    heads = [line(head, (column.title for column in columns))]
    if any(column.version for column in columns):
        heads.append(line("", (column.version for column in columns)))
    fold = len(heads) + len(rows) > room
    whole = [id for id in rows if fold and all(is_whole(column, id) for column in columns)]
    body = [line(short[id], (cell(column, id) for column in columns)) for id in rows if id not in whole]
    folded = wrapped("all pass: " + ", ".join(short[id] for id in whole), width, "", "  ") if whole else []
    return [*heads, *body, *folded]


def cells(column: Column, rows: Sequence[str]) -> list[str]:
    """A column's cells."""
    return [cell(column, id) for id in rows]


def cell(column: Column, id: str) -> str:
    """How many pass, of those that are supported."""
    passed, total = column.passed.get(id, (0, 0))
    return f"{passed}/{total}" if total else "-"


def is_whole(column: Column, id: str) -> bool:
    """Whether everything of a behaviour passes, or nothing of it is supported."""
    passed, total = column.passed.get(id, (0, 0))
    return passed == total


def summary(columns: Sequence[Column], room: int) -> list[str]:
    """A line for each column, where there are too many to stand side by side."""
    rows = ["Behaviours of main functions: whole, in part, not at all"]
    most = len(columns) if len(columns) < room else max(room - 2, 1)
    for column in columns[:most]:
        counts = column.passed.values()
        whole = sum(passed == total for passed, total in counts)
        none = sum(not passed for passed, _ in counts)
        sums = f"{sum(passed for passed, _ in counts)} of {sum(total for _, total in counts)} pass"
        name = f"{column.title} {column.version}".strip()
        rows.append(f"  {name:<32} {whole:>3} {len(counts) - whole - none:>3} {none:>3}   {sums}")
    more = len(columns) - most
    return rows + ([f"  and {more} more: {ALL}"] if more > 0 else [])


def findings(mets: Sequence[Met], room: int, width: int) -> list[str]:
    """The findings that were met, the worst first, as many as there is room for."""
    if not mets:
        return []
    rows = ["Known findings that were met, worst first, by cases (compatlosses finding)"]
    for number, one in enumerate(mets):
        row = wrapped(str(one.finding), width, f"  {one.severity:<8} {one.cases:>5}  ", " " * 18)
        left = len(mets) - number - 1
        if len(rows) + len(row) + (left > 0) > room:
            return [*rows, f"  and {left + 1} more: {ALL}"]
        rows += row
    return rows


def command(answer: Answer, width: int) -> list[str]:
    """The command that shows the worst: of what is new, else of the findings."""
    for examples in (*(group.others for group in answer.new), *(one.examples for one in answer.met)):
        found = next((each for each in examples[:20] if has_script(each)), None)
        if found:
            return ["Show the worst as a script for a bug report:", *command_of(found[0], width)]
    return []


def has_script(example: Example) -> bool:
    """Whether there is a script that shows it."""
    known = {case.id: case for case in cases.load()}
    found, check = example
    if "message" not in check or found["mode"] != "eager" or found["case"] not in known:
        return False
    try:
        script(known[found["case"]], found["framework"], found["implementation"])
    except ReproError:
        return False
    return True


def command_of(found: dict[str, str], width: int) -> list[str]:
    """The command, in lines that a shell reads as one."""
    words = [
        f"compatlosses repro {found['case']}",
        f"--framework {found['framework']}",
        f"--implementation {quoted(found['implementation'])}",
    ]
    rows = ["  " + words[0]]
    for word in words[1:]:
        if len(rows[-1]) + len(word) + 3 > width:
            rows[-1] += " \\"
            rows.append("      " + word)
        else:
            rows[-1] += " " + word
    return rows


def quoted(word: str) -> str:
    """A word of a command."""
    return f'"{word}"' if " " in word else word


def verdict(answer: Answer, ending: Ending, width: int) -> list[str]:
    """The last line: ok or not, why, the exit status, where the files are."""
    known = sum(one.cases for one in answer.met)
    where = f" on {', '.join(answer.frameworks)}" if answer.frameworks else ""
    calls = f"{counted(answer.cases, 'case')}, {counted(answer.verdicts, 'call')}{where}"
    size = f"{calls}, {ending.seconds:.0f} s"
    files = f"; files: {', '.join(ending.files)}" if ending.files else ""
    return wrapped(f"{reason(answer, ending, known)}; {size}; exit status {ending.status}{files}", width)


def reason(answer: Answer, ending: Ending, known: int) -> str:
    """Ok or not, and why."""
    kinds = counted(len(answer.new) + len(answer.differing), "kind")
    if ending.stopped:
        return f"not ok: {ending.stopped}"
    if ending.status == 3 and not answer.verdicts and not answer.missing:
        return "not ok: no case that was chosen is about what was run (--list shows cases and modes)"
    if ending.status == 3:
        what = "not everything" if answer.verdicts else "nothing"
        return f"not ok: {what} could be run" + (f", and {kinds} of new results" if answer.new else "")
    if ending.status:
        return f"not ok: {kinds} of new results"
    return f"ok: nothing new, {known:,} known failures" if known else "ok: nothing new, nothing fails"


def markdown(answer: Answer, ending: Ending) -> str:
    """The answer as Markdown, for the summary of a CI job: nothing is left out but examples."""
    return "\n".join(markdown_lines(answer, ending)) + "\n"


def markdown_lines(answer: Answer, ending: Ending) -> Iterator[str]:
    """The lines of the Markdown."""
    yield f"## compatlosses: {escaped(' '.join(verdict(answer, ending, 10_000)))}"
    for text in answer.missing:
        yield f"\n{escaped(text)}"
    if answer.new or answer.differing:
        yield "\n### New\n\n| severity | what | example |\n|---|---|---|"
    for group in answer.new:
        yield f"| {group.severity or 'passes'} | {escaped(str(group))} | {escaped(example_of(group))} |"
    for text in answer.differing:
        yield f"| differs | {escaped(text)} | |"
    if answer.columns:
        yield from behaviour_rows(answer.columns)
    if answer.met:
        yield "\n### Known findings\n\n| severity | cases | finding |\n|---|---|---|"
    for one in answer.met:
        yield f"| {one.severity} | {one.cases} | {escaped(str(one.finding))} |"


def behaviour_rows(columns: Sequence[Column]) -> Iterator[str]:
    """The table of behaviours in Markdown."""
    titles = " | ".join(escaped(f"{column.title} {column.version}".strip()) for column in columns)
    yield f"\n### Pass of total, main functions\n\n| | {titles} |\n|---|{'---|' * len(columns)}"
    names = {one.id: one.title for one in behaviours()} | {OTHER: "Other cases"}
    for id, name in names.items():
        if any(id in column.passed for column in columns):
            yield f"| {name} | {' | '.join(cells_of(columns, id))} |"


def cells_of(columns: Sequence[Column], id: str) -> list[str]:
    """A row's cells."""
    return [cell(column, id) for column in columns]


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line of a table."""
    plain = " ".join(printable(text).split())
    for mark in "\\`*_[]<>|&":
        plain = plain.replace(mark, f"\\{mark}" if mark not in "<&" else {"<": "&lt;", "&": "&amp;"}[mark])
    return plain
