"""A run of the benchmark: what is chosen, measured and written."""

from __future__ import annotations

import gc
import json
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import bench_arrays
import bench_costs
import bench_measure
import bench_scaling
import typer
from bench_measure import Job, Plan, said
from bench_problems import ELEMENTS, ROWS, SHAPES, SIZES, Problem, of_elements, of_rows
from bench_programs import ALL, PROGRAMS, NotOffered, Program, prepared
from bench_report import FIRST, Results, as_data, page, shown
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from compatlosses.threads import set_num_threads

DOCS = Path(__file__).resolve().parent.parent / "docs"
FILES = ("bench.json", "bench-numpy2.json")
BEGIN, END = "<!-- figures: `make bench` writes them -->", "<!-- end of the figures -->"
NUMPY = "numpy"
"""Stands for NumPy, scikit-learn, the floor, the costs of a call and how time grows."""
SEED = 1


class Chosen(NamedTuple):
    """What a run measures."""

    programs: Sequence[str]
    losses: Sequence[str]
    largest: int


def chosen(programs: str, losses: str, largest: int) -> Chosen:
    """What the options of the command name; everything where they are empty.

    Raises:
        typer.BadParameter: nothing has such a name.
    """
    known = (*PROGRAMS, NUMPY), (*ELEMENTS, *ROWS)
    options = "--programs", "--losses"
    found = []
    for text, separator, names, option in zip((programs, losses), ";,", known, options, strict=True):
        wanted = [one.strip() for one in text.split(separator)] if text else [*names]
        for one in wanted:
            if one not in names:
                raise typer.BadParameter(f"{one!r} is none of: {'; '.join(names)}", param_hint=option)
        found.append(wanted)
    return Chosen(found[0], found[1], largest)


def run(what: Chosen, threads: int, quick: bool) -> Results:
    """Measure everything, with progress on the standard error stream."""
    began = time.perf_counter()
    warnings.simplefilter("ignore")  # the frameworks' own
    set_num_threads(threads)
    results = Results(threads)
    plan = bench_measure.QUICK if quick else bench_measure.FULL
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    # Drawn between samples only: a thread that draws beside them would be measured with them.
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as progress:
        view = View(progress)
        programs = installed(what.programs, results, threads, view)
        for problems in sized(what):
            for problem in problems:
                for program in programs:
                    jobs = of_problem(problem, program, results, view)
                    results.jobs += measured(jobs, plan, view, shown(problem.shape))
                if NUMPY in what.programs and problem.name == FIRST:
                    jobs = bench_arrays.jobs(problem, threads)
                    results.jobs += measured(jobs, plan, view, shown(problem.shape))
        if NUMPY in what.programs:
            results.costs = bench_costs.importing(5, view.say)
            results.costs += bench_costs.dispatching(["numpy", *what.programs], plan, view.say)
            sizes = [size for size in bench_scaling.SIZES if size <= 10 * what.largest]
            results.points = bench_scaling.points(tuple(sizes), view.say)
    results.seconds = time.perf_counter() - began
    return results


def sized(what: Chosen) -> list[list[Problem]]:
    """The problems, those of one size together."""
    elements = [loss for loss in ELEMENTS if loss in what.losses]
    rows = [loss for loss in ROWS if loss in what.losses]
    groups = [of_elements(size, elements) for size in SIZES if size <= what.largest]
    return [group for group in groups + [of_rows(shape, rows) for shape in SHAPES] if group]


def installed(names: Sequence[str], results: Results, threads: int, view: View) -> list[Program]:
    """The programs of those names whose framework is installed."""
    found = []
    for name, program in PROGRAMS.items():
        if name in names:
            view.say(f"importing what {name} needs")
            try:
                found.append(program(threads))
            except ImportError as error:
                results.missing[name] = f"not installed: {error.name}" if error.name else str(error)
    return found


def of_problem(problem: Problem, program: Program, results: Results, view: View) -> list[Job]:
    """The jobs of one problem in one framework: its own function and the shim. None where it is not measured
    there.
    """
    if not measures(program, problem):
        return []
    view.say(f"{shown(problem.shape)}: {problem.name} in {program.name}")
    try:
        steps = prepared(program, problem)
    except NotOffered:
        return []
    except Exception as error:
        results.missing[f"{problem.name} of {shown(problem.shape)} in {program.name}"] = said(error)
        return []
    return [
        Job(program.name, who, problem.name, problem.shape, step) for who, step in steps._asdict().items()
    ]


def measures(program: Program, problem: Problem) -> bool:
    """Whether a problem is measured in a program."""
    if problem.form.name and program.name != "torch":
        return problem.form.name == "pos_weight" and program.name == "paddle"
    within = problem.size <= program.most[problem.rows]
    return within and (program.losses == ALL or problem.loss in program.losses)


def measured(jobs: list[Job], plan: Plan, view: View, where: str) -> list[Job]:
    """The jobs, timed by turns; what they held is let go of."""
    for job in jobs:
        bench_measure.ready(job, plan)
    bench_measure.interleave(jobs, plan, SEED, lambda job: view.say(f"{where}: {job.name} in {job.program}"))
    for job in jobs:
        job.call = nothing
    gc.collect()
    return jobs


def nothing() -> tuple[None, None]:
    """All that is left of a call that has been measured."""
    return None, None


class View:
    """The progress, at most five times a second."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task = progress.add_task("", total=None)
        self.drawn = 0.0

    def say(self, what: str) -> None:
        """Show what is measured now."""
        now = time.monotonic()
        if now - self.drawn > 0.2:
            self.drawn = now
            self.progress.update(self.task, description=what)
            self.progress.refresh()


def write(results: Results, name: str, console: Console) -> None:
    """Write the figures, the pictures and the tables of the page about performance."""
    path = DOCS / f"{name}.json"
    path.write_text(json.dumps(as_data(results), indent=1) + "\n")
    console.print(f"figures in docs/{path.name}")
    try:
        import bench_pictures
    except ModuleNotFoundError as error:
        console.print(f"[yellow]no pictures:[/] {error.name} is not installed")
    else:
        drawn = bench_pictures.draw(results, DOCS / name)
        console.print(f"{len(drawn)} pictures in docs/{name}")
    tables(DOCS / "performance.md", [DOCS / file for file in FILES])


def tables(document: Path, files: list[Path]) -> None:
    """Write the ratios of the latest runs into a document, between its two marks."""
    text = document.read_text()
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    runs = [json.loads(file.read_text()) for file in files if file.exists()]
    document.write_text(f"{text[:before]}\n\n{page(runs)}\n{text[after:]}")
