"""The tables of ``conform --verbose``: the matrix, what fell short, where implementations err."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from ..judging.agreement import Pair
from ..judging.judge import Verdict
from ..judging.tally import Tally, by_label
from ..model.grids import Census
from ..model.implementations import TABLE, label_of
from ..model.losses import group_of, loss_of
from ..printable import shown
from ..running.target import Target

WRONG = ("unexpected", "stale")


def code(implementation: str) -> str:
    """The name at the head of an implementation's column."""
    row = TABLE.get(implementation)
    return (row and row.code) or implementation.rpartition(".")[2][:10]


def cell_of(verdicts: Iterable[Verdict]) -> str:
    """One cell: how many pass, how many are known to deviate, and what is unexpected; 'u' if nothing is
    supported.
    """
    found = list(verdicts)
    statuses, kinds = Counter(v.status for v in found), Counter(v.expectation for v in found)
    marks = (
        (statuses["pass"] - kinds["stale"], "green", ""),
        (kinds["expected"], "yellow", "d"),
        (kinds["unexpected"], "bold red", "!"),
        (kinds["stale"], "bold magenta", "+"),
    )
    parts = [f"[{style}]{number}{mark}[/]" for number, style, mark in marks if number]
    return " ".join(parts) or ("[dim]u[/]" if statuses["unsupported"] else "[dim]-[/]")


def matrix(console: Console, targets: Sequence[Target], verdicts: Sequence[Verdict]) -> None:
    """A table for each target and loss: a row per case group, a column per implementation; then what the
    short names stand for.
    """
    by_cell: dict[tuple[str, ...], list[Verdict]] = defaultdict(list)
    groups: dict[str, set[str]] = defaultdict(set)
    for verdict in verdicts:
        loss, group = loss_of(verdict.case), group_of(verdict.case)
        whose = (verdict.framework, verdict.kind, verdict.mode, verdict.implementation)
        by_cell[(*whose, loss, group)].append(verdict)
        groups[loss].add(group)
    named: dict[str, list[str]] = defaultdict(list)
    for target, loss in itertools.product(targets, groups):
        place = (target.framework, target.kind, target.mode)
        rows = {
            name: [by_cell.get((*place, name, loss, group), []) for group in sorted(groups[loss])]
            for name in target.available
        }
        names = [name for name, row in rows.items() if any(row)]
        if not names:
            continue
        for name in names:
            known = named[target.kind if target.kind == "shim" else target.framework]
            known += [] if name in known else [name]
        of = f", {loss}" if len(groups) > 1 else ""
        title = f"[bold]{shown(target.label)}{of}[/]  (Python {shown(target.python)}, {target.seconds:.0f} s)"
        console.print(table_of(title, sorted(groups[loss]), {name: rows[name] for name in names}))
    for names in named.values():
        console.print(
            "[dim]" + shown(", ".join(f"{code(name)} = {name}" for name in names)) + "[/]", highlight=False
        )
    console.print(
        "[green]n[/] pass, [yellow]nd[/] known to deviate, [bold red]n![/] unexpected, "
        "[bold magenta]n+[/] pass although expected to deviate, [dim]u[/] all unsupported",
        highlight=False,
    )


def table_of(title: str, groups: Sequence[str], columns: dict[str, list[list[Verdict]]]) -> Table:
    """The table of a target and loss."""
    table = Table(
        title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("cases", no_wrap=True)
    for name in columns:
        table.add_column(shown(code(name)), justify="right", no_wrap=True)
    for index, group in enumerate(groups):
        table.add_row(shown(group), *(cell_of(row[index]) for row in columns.values()))
    table.add_section()
    without = [sum(v.status == "unsupported" for cell in row for v in cell) for row in columns.values()]
    table.add_row("[dim]unsupported[/]", *(f"[dim]{number}[/]" for number in without))
    return table


def details(console: Console, targets: Sequence[Target], verdicts: Sequence[Verdict]) -> None:
    """All that fell short: what could not be run or called, findings that were met, new failures."""
    for target in targets:
        if target.error:
            console.print(f"[bold red]{shown(target.label)} could not be run:[/] {shown(target.error)}")
        for name, reason in target.available.items():
            if reason is not None:
                style = "bold red" if name in target.missing else "dim"
                console.print(
                    f"[{style}]{shown(target.label)} has no {shown(name)}: {shown(reason)}[/]", soft_wrap=True
                )
    known: Counter[str] = Counter()
    for verdict in verdicts:
        known.update({check.finding for check in verdict.checks if check.expectation == "expected"})
    if known:
        console.print("\n[bold]Known deviations[/], by their findings (compatlosses finding):")
    for finding, number in sorted(known.items()):
        console.print(f"  [yellow]{number:5}d[/] {shown(finding)}", highlight=False)
    unexpected = [verdict for verdict in verdicts if verdict.expectation in WRONG]
    if unexpected:
        console.print("\n[bold]Unexpected[/]:")
    for verdict in unexpected:
        console.print(line(verdict), highlight=False, soft_wrap=True)


def where(console: Console, tallies: Sequence[Tally]) -> None:
    """In which strata implementations err, with the largest error in ULPs."""
    erring = [tally for tally in tallies if tally.failing]
    if erring:
        console.print("\n[bold]Where it errs[/], by label and logit, largest error in ULP:")
    label = ""
    for tally in erring:
        if tally.label != label:
            label = tally.label
            console.print(f"  {shown(label)}", highlight=False)
        cells = "; ".join(
            f"[cyan]{shown(name)}[/]: " + ", ".join(f"{logit} {ulps:.3g}" for logit, ulps in logits)
            for name, logits in by_label(tally.failing)
        )
        console.print(f"    [bold]{tally.what}[/], {tally.dtype}: {cells}", highlight=False, soft_wrap=True)


def agreement(console: Console, pairs: Sequence[Pair]) -> None:
    """How many cases each two implementations answer alike, and the largest difference; whatever is right."""
    if not pairs:
        return
    table = Table(
        title="[bold]Agreement[/]",
        title_justify="left",
        title_style="",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for heading in ("one", "other"):
        table.add_column(heading, overflow="fold")
    for heading in ("cases", "alike", "most ULP"):
        table.add_column(heading, justify="right", no_wrap=True)
    for pair in pairs:
        differing = len({difference.case for difference in pair.differences})
        most = max(
            (difference.ulps for difference in pair.differences if difference.ulps is not None), default=0.0
        )
        alike = f"{pair.compared - differing}"
        sides = [
            label_of(f"{side.framework}: {code(side.name)}", "native", side.framework, side.mode)
            for side in (pair.one, pair.other)
        ]
        table.add_row(*map(shown, sides), str(pair.compared), alike, f"{most:.3g}" if differing else "")
    console.print(table)
    for pair in pairs:
        for difference in pair.unexplained:
            said = (
                f"{pair.one.label}, {pair.other.label}: {difference.case}: {difference.what}: "
                f"{difference.message}"
            )
            console.print(
                f"[bold red]differ although both pass:[/] {shown(said)}", highlight=False, soft_wrap=True
            )


def line(verdict: Verdict) -> str:
    """One verdict in words."""
    if verdict.expectation == "stale":
        what, message = "passes, which expectations deny", ", ".join(verdict.stale)
    else:
        what, message = (
            verdict.status,
            "; ".join(c.message for c in verdict.checks if c.expectation == "unexpected"),
        )
    return f"[bold red]{what}[/] [cyan]{shown(verdict.case)}[/] {shown(verdict.label)}: {shown(message)}"


def cells(console: Console, counted: Sequence[Census]) -> None:
    """The strata's cells: how many have a case, which lack one, and why others are left empty."""
    for census in counted:
        axes = " x ".join(name for name, _ in census.grid.axes)
        console.print(
            f"[bold]{census.grid.name}[/] ({axes}): {census.held} cells have a case", highlight=False
        )
        for reason, empty in census.empty.items():
            console.print(f"  {len(empty):5} empty: {shown(reason)}", highlight=False)
            console.print(f"        such as {shown(', '.join(empty[0]))}", style="dim", highlight=False)
        for cell in census.missing:
            console.print(f"  [bold red]no case:[/] {shown(', '.join(cell))}", highlight=False)
