"""The command ``support``: the support table and the page's table, generated from runs or checked
against them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import files as texts
from ..model import cases
from ..model.implementations import FRAMEWORKS, TABLE
from ..places import RUNS
from ..results import results
from ..results import support as statements

Table = dict[str, Any]
BEGIN, END = "<!-- support: begin -->", "<!-- support: end -->"


def support(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="Releases' runs; by default those that are kept here.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the support table to this file.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Put the short table between this file's markers.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a file is not what the runs say.")
    ] = False,
) -> None:
    """For each API and behaviour, since which release it holds, from runs of releases; the short table in
    Markdown.
    """
    found = [results.read(path) for path in runs or sorted(RUNS.glob("*.json"))]
    check_releases(found, runs or [])
    made = files(found, json_file, page)
    faults = differing(made) if check else []
    if check and json_file is not None and json_file.exists():
        faults += statements.lint(statements.load(json_file), found, statements.described(cases.load()))
    if not json_file and not page:
        print(markdown(found))
    if not check:
        texts.write_all(made)
    for fault in faults:
        print(fault)
    raise typer.Exit(1 if faults else 0)


def check_releases(found: Sequence[Table], paths: Sequence[Path]) -> None:
    """Refuse what is no run of one release: the table is made of releases in their order."""
    if not found:
        raise texts.ResultError(
            "there are no runs: give some, such as those that lab run writes with --results"
        )
    for place, run in enumerate(found):
        fault = statements.fault_of_release(run)
        if fault:
            raise texts.ResultError(
                f"{paths[place] if paths else 'a kept run'} {fault}; expected the run of one release"
            )


def differing(made: Sequence[tuple[Path, str]]) -> list[str]:
    """Which files are not what the runs say."""
    return [
        f"{path} is not what the runs say; make it anew: compatlosses support"
        for path, text in made
        if not path.exists() or texts.read_text(path) != text
    ]


def files(runs: Sequence[Table], json_file: Path | None, page: Path | None) -> list[tuple[Path, str]]:
    """What belongs into the files that were asked for."""
    asked = []
    if json_file is not None:
        asked.append((json_file, statements.dumps(statements.table_of(runs))))
    if page is not None:
        before, begin, rest = texts.read_text(page).partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise texts.ResultError(f"{page} has no {BEGIN} and {END}, between which the table goes")
        asked.append((page, f"{before}{BEGIN}\n{markdown(runs)}\n{END}{after}"))
    return asked


def markdown(runs: Sequence[Table]) -> str:
    """A row for each behaviour, a column for each release's main function, and one for the shim on all of
    them.
    """
    columns = [
        (f"{title_of(framework)} {statements.version_of(run)}", native_tallies(run))
        for framework, members in sorted(
            statements.in_order(runs).items(), key=lambda item: place_of(item[0])
        )
        for run in members
    ]
    shim = shim_tallies(runs)
    if shim:
        columns.append(("compatlosses", shim))
    lines = ["| | " + " | ".join(title for title, _ in columns) + " |", "|---|" + "---|" * len(columns)]
    for behaviour in statements.behaviours():
        cells = [cell(told.get(behaviour.id)) for _, told in columns]
        if set(cells) != {"-"}:
            lines.append(f"| {behaviour.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def title_of(framework: str) -> str:
    """A framework's name in prose."""
    return FRAMEWORKS[framework].title if framework in FRAMEWORKS else framework


def is_main(label: str) -> bool:
    """Whether it is a framework's main function, natively."""
    return label in TABLE and TABLE[label].kind == "native" and TABLE[label].primary


def is_neutral(label: str) -> bool:
    """Whether it is a neutral function of the shim, in eager mode."""
    name, _, where = label.partition(" on ")
    return where in FRAMEWORKS and name in TABLE and TABLE[name].kind == "shim" and TABLE[name].primary


def place_of(framework: str) -> int:
    """A framework's place among those that are known; others come last."""
    return [*FRAMEWORKS].index(framework) if framework in FRAMEWORKS else len(FRAMEWORKS)


def native_tallies(run: Table) -> dict[str, statements.Tally]:
    """By behaviour, what came of a run's main native functions in eager mode."""
    return summed([run], is_main)


def shim_tallies(runs: Sequence[Table]) -> dict[str, statements.Tally]:
    """By behaviour, what came of the neutral functions of the shim, on all releases together."""
    return summed(runs, is_neutral)


def summed(runs: Sequence[Table], counts: Callable[[str], bool]) -> dict[str, statements.Tally]:
    """By behaviour, what came of the implementations that count, together."""
    found: dict[str, Counter[str]] = {}
    for run in runs:
        for (label, behaviour), tally in statements.tallies(run).items():
            if counts(label):
                found.setdefault(behaviour, Counter()).update(
                    passed=tally.passed, failed=tally.failed, unsupported=tally.unsupported
                )
    return {
        behaviour: statements.Tally(count["passed"], count["failed"], count["unsupported"], ())
        for behaviour, count in found.items()
    }


def cell(tally: statements.Tally | None) -> str:
    """A cell: a tick where all pass, else how many of those that are supported."""
    if tally is None or not tally.passed + tally.failed:
        return "-"
    return (
        "✓"
        if not tally.failed
        else "✗"
        if not tally.passed
        else f"{tally.passed}/{tally.passed + tally.failed}"
    )
