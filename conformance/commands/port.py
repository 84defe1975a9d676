"""The command ``port``: what to change between two APIs' losses."""

from __future__ import annotations

import json as json_text
from typing import Annotated

import typer

from ..errors import SuiteError, instead
from ..porting.text import as_data, known_apis, lines, pairs, shared

APIS = ", ".join(known_apis())


def port(
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"The API to leave: {APIS}.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The API to go to.")],
    loss: Annotated[str | None, typer.Argument(help="The loss; by default all that both have.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print, for each loss, two calls that give the same number, what to change by hand, and what differs
    without an error.
    """
    unknown = [name for name in (source, target) if name not in known_apis()]
    if unknown:
        raise SuiteError(f"no API is named {unknown[0]!r}{instead(unknown[0], known_apis(), APIS)}")
    losses = shared(source, target) if loss is None else (loss,)
    if not losses:
        raise SuiteError(f"{source} and {target} have no loss in common")
    found = list(pairs(losses, source, target))
    if json:
        print(json_text.dumps([as_data(one, other) for one, other in found], indent=2))
        return
    print("\n\n".join(["\n".join([one.loss, *lines(one, other)]) for one, other in found]))
