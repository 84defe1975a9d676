"""The command ``update-expectations``: what a reviewed run calls for, written down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import files, places
from ..judging import expectations as known
from ..judging import findings
from ..judging.update import Choice, updated
from ..model import cases
from ..model.implementations import TABLE
from ..printable import printable
from ..results import results


def update_expectations(
    run: Annotated[Path, typer.Argument(help="A run's JSON that a person has reviewed.")],
    note: Annotated[str, typer.Option(help="What the deviation is, for the new entries.")],
    finding: Annotated[
        str, typer.Option(help="The heading in docs/findings.md, or a link, for the new entries.")
    ],
    implementation: Annotated[
        str, typer.Option(help="Of these implementations alone; * stands for anything.")
    ] = "*",
    case: Annotated[str, typer.Option(help="Of these cases alone; * stands for anything.")] = "*",
    check: Annotated[str, typer.Option(help="Of these checks alone, such as 'exact/gradient/*'.")] = "*",
    message: Annotated[str, typer.Option(help="Of checks whose message holds this text alone.")] = "",
    versions: Annotated[
        str | None,
        typer.Option(help="A range with the run's release: the failures are of all its reviewed releases."),
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the expectations lie.")] = places.EXPECTATIONS,
) -> None:
    """Write the expectations that a reviewed run calls for, and take out those that it shows to be stale."""
    choice = Choice(note, finding, implementation, case, check, message, versions)
    found = results.read(run)
    ids = [case.id for case in cases.load()]
    # Another folder than the suite's may speak of cases and findings of its own.
    own = folder == places.EXPECTATIONS
    ids += [] if own else [verdict["case"] for verdict in found["verdicts"]]
    headings = findings.headings() if own else None
    texts, said = updated(found, folder, choice, lambda entries: known.lint(entries, ids, TABLE, headings))
    files.write_all(texts.items())
    for line in said:
        print(printable(line))
