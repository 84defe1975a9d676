"""The benchmark: ``make bench``, or ``python tools/bench.py --quick`` for a look in two minutes.

Everything is measured in one process and one run, by turns, so that ratios hold although the machine has
other work. Answers are compared before they are timed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

# Under PYTHONSAFEPATH a script's own folder is not looked into. Nothing in it is named like a framework.
sys.path.insert(0, str(Path(__file__).resolve().parent))

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(
    programs: Annotated[
        str, typer.Option(help="What is measured, with semicolons between: torch; tf.function; numpy; ...")
    ] = "",
    losses: Annotated[str, typer.Option(help="Which losses, with commas between; all if not given.")] = "",
    largest: Annotated[float, typer.Option(help="The largest number of elements.")] = 1e7,
    threads: Annotated[
        int,
        typer.Option(min=0, help="Threads for everybody. 0: one where neighbours are busy, else all cores."),
    ] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer samples, and no file is written.")] = False,
    times: Annotated[bool, typer.Option("--times", help="Print the times beside the ratios.")] = False,
    name: Annotated[str, typer.Option(help="Of the file and the folder in docs/.")] = "bench",
) -> None:
    """Measure the losses beside each framework's own: forward and backward, float32."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    held = threads or (1 if load > CORES / 2 else CORES)
    os.environ["OMP_NUM_THREADS"] = str(held)  # before anything is imported that reads it

    import bench_report
    import bench_run

    chosen = bench_run.chosen(programs, losses, int(largest))
    console = Console(width=None if sys.stdout.isatty() else 130)
    results = bench_run.run(chosen, held, quick)
    results.load, results.cores = load, CORES
    bench_report.show(results, console, times)
    if not quick:
        bench_run.write(results, name, console)
    if not results.jobs:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
