"""The benchmark: ``make bench``, or ``python tools/bench.py --quick`` for a look in half a minute.

Everything is measured in one process and one run, by turns, so that ratios hold although the machine has
other work. The answers are checked before they are timed.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

# Under PYTHONSAFEPATH a script's own folder is not looked into. Nothing in it is named like a framework.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import bench_arrays
import bench_costs
import bench_frameworks
import bench_measure
import bench_problem
import bench_report
from bench_implementations import Implementation

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10**2, 10**4, 10**6, 10**7)
PROVIDERS: dict[str, Callable[[], list[Implementation]]] = {
    # MindSpore, Paddle, torch, TensorFlow is the one order in which the four can be imported into one process
    "mindspore": bench_frameworks.mindspore_tensors,
    "paddle": bench_frameworks.paddle_tensors,
    "torch": bench_frameworks.torch_tensors,
    "tensorflow": bench_frameworks.tensorflow_tensors,
    "numpy": bench_arrays.numpy_arrays,
    "kernel": bench_arrays.fused_kernel,
    "scikit-learn": bench_arrays.scikit_learn,
    "jax": bench_frameworks.jax_arrays,
}
"""Who offers implementations, by the name in --frameworks.

A framework that is not installed raises ImportError.
"""
FRAMEWORKS = tuple(PROVIDERS)


def main(
    sizes: Annotated[str, typer.Option(help="Numbers of elements, with commas between them.")] = ",".join(
        map(str, SIZES)
    ),
    frameworks: Annotated[
        str, typer.Option(help=f"Whom to measure, with commas between them: {', '.join(FRAMEWORKS)}.")
    ] = ",".join(FRAMEWORKS),
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer samples, and files are written only where asked for.")
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Where the figures go, for machines. [default: docs/bench.json]"),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Where the picture goes, .svg or .png. [default: docs/bench.svg]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the order in which calls are measured.")] = 1,
) -> None:
    """Measure binary cross entropy with logits: the shim, the frameworks' own, the kernel alone, and the
    floor.
    """
    wanted = named(frameworks)
    numbers = [integer(text) for text in sizes.split(",")]
    plan = bench_measure.QUICK if quick else bench_measure.FULL
    console = Console(width=None if sys.stdout.isatty() else 190)
    results = run(numbers, wanted, plan, seed, import_rounds=5 if quick else 15)
    bench_report.show(results, console)
    write(results, json_file or (None if quick else ROOT / "docs/bench.json"), console)
    path = picture or (None if quick else ROOT / "docs/bench.svg")
    if path is not None:
        try:
            import bench_picture
        except ModuleNotFoundError as error:
            console.print(f"[yellow]no picture:[/] {error.name} is not installed")
        else:
            bench_picture.draw(results, path)
            console.print(f"picture in {shown(path)}")
    if not results.jobs:
        raise typer.Exit(1)


def run(
    numbers: list[int], wanted: list[str], plan: bench_measure.Plan, seed: int, import_rounds: int
) -> bench_report.Results:
    """Measure everything, with progress on the standard error stream."""
    results = bench_report.Results(load=load())
    columns = (TextColumn("{task.description:60}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Drawn between samples only: a thread that draws beside them would be measured with them.
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as progress:
        view = View(progress, "importing")
        results.importing = bench_costs.importing(import_rounds, view.say)
        view.say("importing the frameworks")
        found = installed(wanted, results.absent) + bench_arrays.copies()
        results.dispatching = bench_costs.dispatching(wanted, plan, view.say)
        for size in numbers:
            view.stage(bench_report.power(size))
            given = bench_problem.problem(size)
            jobs = bench_measure.prepared(found, given, plan, results.failed, view.say)
            gc.collect()
            view.total(len(jobs))
            bench_measure.interleave(
                jobs, plan, seed, lambda job: view.say(f"{job.implementation}, {job.variant}"), view.advance
            )
            results.jobs += jobs
            for job in jobs:
                job.call = nothing  # lets go of the job's tensors
        results.load = max(results.load, load())
    return results


def installed(frameworks: list[str], absent: dict[str, str]) -> list[Implementation]:
    """What the frameworks of these names offer; why one offers nothing goes into ``absent``."""
    found = []
    for name, provider in PROVIDERS.items():
        if name in frameworks:
            try:
                found += provider()
            except ImportError as error:
                absent[name] = f"not installed: {error.name}" if error.name else str(error)
    return found


def nothing() -> tuple[None, None]:
    """What is left of a call that has been measured."""
    return None, None


def load() -> float:
    """How many processes wanted to run during the last minute, where the system tells."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


class View:
    """The progress bar, at most five times a second."""

    def __init__(self, progress: Progress, stage: str) -> None:
        self.progress = progress
        self.name = stage
        self.task = progress.add_task(stage, total=None)
        self.drawn = 0.0

    def stage(self, name: str) -> None:
        """What follows is called ``name``."""
        self.name = name
        self.progress.reset(self.task, description=name, total=None)
        self.progress.refresh()

    def total(self, number: int) -> None:
        """So many steps are to come."""
        self.progress.update(self.task, total=number)

    def advance(self) -> None:
        """A step is done."""
        self.progress.advance(self.task)

    def say(self, what: str) -> None:
        """What is being done now."""
        now = time.monotonic()
        if now - self.drawn > 0.2:
            self.drawn = now
            self.progress.update(self.task, description=f"{self.name}: {what}")
            self.progress.refresh()


def named(frameworks: str) -> list[str]:
    """The frameworks of an option."""
    names = frameworks.split(",")
    for name in names:
        if name not in FRAMEWORKS:
            raise typer.BadParameter(
                f"{name!r} is none of {', '.join(FRAMEWORKS)}", param_hint="--frameworks"
            )
    return names


def integer(text: str) -> int:
    """A size of an option, also as 1e6."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value < 1 or value != int(value):
        raise typer.BadParameter(f"{text!r} is no positive whole number", param_hint="--sizes")
    return int(value)


def write(results: bench_report.Results, path: Path | None, console: Console) -> None:
    """Write the figures as JSON, if a path is given."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bench_report.as_data(results), indent=1) + "\n")
    console.print(f"figures in {shown(path)}")


def shown(path: Path) -> str:
    """A path as a person typed it, or as seen from the checkout."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    typer.run(main)
