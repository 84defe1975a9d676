"""The command line: ``compatlosses frameworks``, and the commands of the conformance suite."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from . import __version__
from .conformance.commands.app import add_commands
from .conformance.printable import shown

app = typer.Typer(
    help="The losses of deep learning, once, for every framework.",
    no_args_is_help=True,
    add_completion=False,
)


def print_version(wanted: bool) -> None:
    """Print the version and end, if it is wanted."""
    if wanted:
        print(f"compatlosses {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """The losses of deep learning, once, for every framework."""


@app.command()
def frameworks(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of a table.")
    ] = False,
) -> None:
    """Tell what is installed, in which versions, which adapters are ready, and which pairs cannot share this
    process.
    """
    from .frameworks import survey

    with Console(stderr=True).status("looking") as status:
        found = survey(lambda name: status.update(f"importing {name} in a process of its own"))
    if as_json:
        json.dump([asdict(framework) for framework in found], sys.stdout, indent=2)
        print()
        return
    console = Console(emoji=False)
    table = Table("framework", "version", "adapter")
    for framework in found:
        adapter = "[green]ready[/]" if framework.ready else shown(framework.reason)
        table.add_row(shown(framework.name), shown(framework.version or "-"), adapter)
    console.print(table)
    for framework in found:
        for caution in framework.cautions:
            console.print(f"[yellow]beware:[/] {shown(caution)}")


@app.command("warm-up")
def warm_up(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of a table.")
    ] = False,
) -> None:
    """Compile the loops of all losses, so that no first call waits for that."""
    from .warm_up import warm_up as compile_all

    with Console(stderr=True).status("importing Numba") as status:
        try:
            seconds = compile_all(lambda name: status.update(f"compiling {name}"))
        except ImportError as error:
            Console(stderr=True, emoji=False).print(f"[red]error:[/] {shown(str(error))}")
            raise typer.Exit(2) from None
    if as_json:
        json.dump(seconds, sys.stdout, indent=2)
        print()
        return
    table = Table("loss", "seconds")
    for name, each in seconds.items():
        table.add_row(shown(name), f"{each:.1f}")
    Console(emoji=False).print(table)


add_commands(app)
