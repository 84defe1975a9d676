"""What people see on the terminal: progress, the matrix, what fell short."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .judge import Verdict
from .runner import Target

SHORT = {
    "binary_cross_entropy_with_logits": "bce",
    "sigmoid_cross_entropy_with_logits": "sce",
    "compatlosses": "cl",
    "functional": "F",
}


def short(implementation: str) -> str:
    """An implementation's name as the head of a narrow column."""
    return ".\u200b".join(SHORT.get(part, part) for part in implementation.split("."))


def cell(counts: Counter[str], unexpected: int, stale: int) -> str:
    """One cell: how many pass, how many are known to deviate, unsupported, and what is unexpected."""
    parts = [f"[green]{counts['pass']}[/]"] if counts["pass"] else []
    known = counts["fail"] + counts["crash"] + counts["timeout"] - unexpected
    if known:
        parts.append(f"[yellow]{known}d[/]")
    if counts["unsupported"]:
        parts.append(f"[dim]{counts['unsupported']}u[/]")
    if unexpected:
        parts.append(f"[bold red]{unexpected}![/]")
    if stale:
        parts.append(f"[bold magenta]{stale}+[/]")
    return " ".join(parts) or "[dim]-[/]"


def matrix(console: Console, targets: Sequence[Target], verdicts: Sequence[Verdict]) -> None:
    """A table for each target: a row per case group, a column per implementation."""
    groups = sorted({verdict.case.split("/")[0] for verdict in verdicts})
    by_cell: dict[tuple[str, str, str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        key = (verdict.framework, verdict.kind, verdict.implementation, verdict.case.split("/")[0])
        by_cell[key].append(verdict)
    for target in targets:
        names = [name for name in target.available if any((target.framework, target.kind, name, g) in by_cell for g in groups)]
        if not names:
            continue
        table = Table(title=f"{target.label}  (Python {target.python}, {target.seconds:.0f} s)", title_justify="left")
        table.add_column("cases")
        for name in names:
            table.add_column(short(name), justify="right")
        for group in groups:
            row = []
            for name in names:
                mine = by_cell.get((target.framework, target.kind, name, group), [])
                kinds = Counter(verdict.expectation for verdict in mine)
                row.append(cell(Counter(v.status for v in mine), kinds["unexpected"], kinds["stale"]))
            table.add_row(group, *row)
        console.print(table)
    console.print(
        "[green]n[/] pass   [yellow]n[/]d known to deviate   [dim]n[/]u unsupported   "
        "[bold red]n![/] unexpected   [bold magenta]n+[/] passes although expectations tell of a deviation"
    )


def details(console: Console, targets: Sequence[Target], verdicts: Sequence[Verdict], most: int = 40) -> None:
    """What fell short: targets that could not be run, implementations that are missing, unexpected verdicts."""
    for target in targets:
        if target.error:
            console.print(f"[bold red]{escape(target.label)} could not be run:[/] {escape(target.error)}")
        for name, reason in target.available.items():
            if reason is not None:
                console.print(f"[dim]{escape(target.label)} has no {escape(name)}: {escape(reason)}[/]")
    unexpected = [verdict for verdict in verdicts if verdict.expectation in ("unexpected", "stale")]
    for verdict in unexpected[:most]:
        what = "passes, which expectations deny" if verdict.expectation == "stale" else verdict.status
        console.print(
            f"[bold red]{what}[/] [cyan]{escape(verdict.case)}[/] {escape(verdict.label)}: {escape(verdict.message)}",
            highlight=False,
            soft_wrap=True,
        )
    if len(unexpected) > most:
        console.print(f"... and {len(unexpected) - most} more; --json has them all")


def summary(console: Console, verdicts: Sequence[Verdict], cases: int, seconds: float) -> None:
    """One line for the whole run, and the largest known error of each implementation."""
    statuses = Counter(verdict.status for verdict in verdicts)
    kinds = Counter(verdict.expectation for verdict in verdicts)
    console.print(
        f"{cases} cases, {len(verdicts)} verdicts in {seconds:.0f} s: {statuses['pass']} pass, {kinds['expected']} known "
        f"deviations, {statuses['unsupported']} unsupported, [bold]{kinds['unexpected']} unexpected, {kinds['stale']} stale[/]"
    )
