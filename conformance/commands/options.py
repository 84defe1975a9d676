"""Options that several commands have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..model.implementations import FRAMEWORKS

DEFAULT_JOBS = min(2, os.cpu_count() or 1)

Frameworks = Annotated[
    list[str] | None, typer.Option("--framework", help=f"{', '.join(FRAMEWORKS)}; may be given often.")
]
Implementations = Annotated[
    list[str] | None,
    typer.Option("--implementation", help="native, shim, or a name; * stands for anything."),
]
Cases = Annotated[
    list[str] | None, typer.Option("--case", help="A case's id; * stands for anything: 'gradient/*'.")
]
Modes = Annotated[
    list[str] | None,
    typer.Option("--mode", help="How calls are run: eager (the default), compile, static ...; * for all."),
]
Python = Annotated[
    Path | None,
    typer.Option(
        "--python", help="Run what is installed in another environment: its interpreter, or its folder."
    ),
]
CasesFolder = Annotated[
    Path | None, typer.Option("--cases", help="A folder of cases of your own, instead of the suite's.")
]
ExpectationsFolder = Annotated[
    Path | None,
    typer.Option("--expectations", help="A folder of known deviations, instead of the suite's."),
]
RecipesFile = Annotated[
    Path | None,
    typer.Option("--recipes", help="Recipes of your own, before the suite's: a file, or its folder."),
]
Device = Annotated[str, typer.Option("--device", help="Where tensors are made, such as cuda.")]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, max=1024, help="Threads a call may use; by default several for long ones."
    ),
]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Targets that run at a time.")]
Timeout = Annotated[float, typer.Option(min=0.01, help="Seconds that one case may take.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the run as JSON to this file.")]
JunitFile = Annotated[Path | None, typer.Option("--junit", help="Write the run as JUnit XML to this file.")]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", help="Write a report to this file: a page that opens from disk.")
]
MarkdownFile = Annotated[
    Path | None,
    typer.Option("--markdown", help="Write the answer as Markdown to this file: the summary of a CI job."),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print the tables and every new failure before the answer.")
]
