"""What was measured, as tables for people, as data for machines, and as the tables of docs/performance.md."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench_costs import Cost
from bench_measure import Job
from bench_scaling import Point
from rich.console import Console
from rich.table import Table

PACKAGES = (
    "compatlosses", "numpy", "numba", "torch", "paddlepaddle", "mindspore", "tensorflow", "tensorflow-cpu",
    "keras", "scikit-learn", "jax", "optax",
)  # fmt: skip

FIRST = "binary_cross_entropy_with_logits"
ROWS = ("cross_entropy", "nll_loss")
AGAINST = {
    "torch.compile": "torch.compile of torch's own",
    "numpy": "careful NumPy",
    "copy": "the floor: copying the bytes",
    "jax.jit": "jax.jit of optax",
}
"""What the shim is held against, where that is not the framework's own function."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The least time of compatlosses over that of the other, by turns in one run, beside the aim."""

    program: str
    name: str
    shape: tuple[int, ...]
    ratio: float
    shim: float
    """Seconds."""
    native: float
    aim: float | None

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached, if there is one."""
        return None if self.aim is None else self.ratio <= self.aim


@dataclass
class Results:
    """All of a run."""

    threads: int
    load: float = 0.0
    """How many processes wanted to run, just before."""
    cores: int = 1
    seconds: float = 0.0
    jobs: list[Job] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """What could not be measured, and why."""
    costs: list[Cost] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    def ratios(self) -> list[Ratio]:
        """Each pair that was measured."""
        found = []
        natives = {(j.program, j.name, j.shape): j for j in self.jobs if j.who == "native"}
        for job in self.jobs:
            native = natives.get((job.program, job.name, job.shape))
            if job.who == "shim" and native is not None:
                key = job.program, job.name, job.shape
                ratio = job.least / native.least
                found.append(Ratio(*key, ratio, job.least, native.least, aim(*key)))
        return found


# --- aims ---------------------------------------------------------------------------------------------------

COMPILED = {10**2: 1.0, 10**4: 1.2, 10**6: 1.2, 10**7: 1.2}
AIMS: dict[str, dict[int, float]] = {
    "torch": {10**2: 0.7, 10**4: 0.6, 10**6: 0.3, 10**7: 0.2},
    "paddle": {10**2: 1.5, 10**4: 0.5, 10**6: 0.08, 10**7: 0.08},
    "scikit-learn": {10**2: 1.2, 10**4: 0.12, 10**6: 0.08, 10**7: 0.08},
    "copy": {10**7: 2.5},
    "torch.compile": {10**2: 1.1, 10**4: 1.1, 10**6: 1.1},
    "jax.jit": COMPILED,
    "tf.function": COMPILED,
    "tf.function, XLA": COMPILED,
}
"""Of binary cross entropy with logits."""
OTHERS = {10**2: 1.2, 10**4: 1.0, 10**6: 0.5, 10**7: 0.5}
"""Of the other losses of elements in torch and Paddle."""
OF_ROWS = {"torch": 0.7, "paddle": 0.3, "mindspore": 0.3, "jax.jit": 1.3, "tf.function": 1.3}
"""Of cross entropy, at every shape."""


def aim(program: str, name: str, shape: tuple[int, ...]) -> float | None:
    """The ratio that is aimed at, if any."""
    if name in ROWS:
        return OF_ROWS.get(program) if name == "cross_entropy" else None
    if name == FIRST:
        return AIMS.get(program, {}).get(shape[0])
    return OTHERS.get(shape[0]) if program in ("torch", "paddle") and "," not in name else None


# --- for machines -------------------------------------------------------------------------------------------


def as_data(results: Results) -> dict[str, Any]:
    """Everything as JSON takes it; seconds and bytes."""
    return {
        "environment": environment(results),
        "missing": results.missing,
        "ratios": [asdict(ratio) | {"met": ratio.met} for ratio in results.ratios()],
        "measurements": [measurement(job) for job in results.jobs],
        "costs": [asdict(cost) | {"met": cost.met} for cost in results.costs],
        "scaling": [asdict(point) for point in results.points],
    }


def measurement(job: Job) -> dict[str, Any]:
    """One call's figures."""
    first, median, third = job.quartiles
    return {
        "program": job.program,
        "who": job.who,
        "name": job.name,
        "shape": job.shape,
        "least": job.least,
        "first_quartile": first,
        "median": median,
        "third_quartile": third,
        "samples": len(job.samples),
        "calls_per_sample": job.repeats,
    }


def environment(results: Results) -> dict[str, Any]:
    """What the figures depend on, and nothing that tells whose machine it was."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "processor": platform.machine(),
        "cores": results.cores,
        "threads": results.threads,
        "load": round(results.load, 1),
        "seconds": round(results.seconds),
        "versions": versions,
    }


# --- for people ---------------------------------------------------------------------------------------------


def show(results: Results, console: Console, times: bool) -> None:
    """Print the ratios, then what they cost beside; the times where they are wanted."""
    ratios = results.ratios()
    for program in dict.fromkeys(ratio.program for ratio in ratios):
        for table in tables([ratio for ratio in ratios if ratio.program == program], program, times):
            console.print(table)
    if results.costs:
        console.print(cost_table(results.costs))
    if results.points:
        console.print(scaling_table(results.points))
    for name, reason in results.missing.items():
        console.print(f"[yellow]not measured:[/] {name}: {reason}", highlight=False)
    aimed = [ratio for ratio in ratios if ratio.aim is not None]
    console.print(
        f"{sum(bool(ratio.met) for ratio in aimed)} of {len(aimed)} aims are met. {held(results)}",
        highlight=False,
    )


def held(results: Results) -> str:
    """With how many threads everybody ran, and why."""
    if results.threads < results.cores:
        return (
            f"Everybody was held to {results.threads} of {results.cores} cores: before the run "
            f"{results.load:.1f} processes wanted them, or --threads said so."
        )
    return f"Everybody had {results.cores} cores."


def tables(ratios: list[Ratio], program: str, times: bool) -> Iterable[Table]:
    """The losses of elements by size, and those of rows by shape."""
    against = AGAINST.get(program, f"{program}'s own")
    for rows in (False, True):
        found = [ratio for ratio in ratios if (ratio.name in ROWS) == rows]
        if not found:
            continue
        title = f"Time over that of {against} (aim)" + (", nanoseconds an element of both" if times else "")
        table = Table(title=title, title_justify="left")
        table.add_column("")
        shapes = list(dict.fromkeys(ratio.shape for ratio in found))
        for shape in shapes:
            table.add_column(shown(shape), justify="right")
        for name in dict.fromkeys(ratio.name for ratio in found):
            by_shape = {ratio.shape: ratio for ratio in found if ratio.name == name}
            table.add_row(name, *(cell(by_shape.get(shape), times) for shape in shapes))
        yield table


def cell(ratio: Ratio | None, times: bool) -> str:
    """A ratio and its aim, green where it is reached."""
    if ratio is None:
        return ""
    text = brief(ratio.ratio) + ("" if ratio.aim is None else f" ({ratio.aim:g})")
    if ratio.met is not None:
        text = f"[{'green' if ratio.met else 'red'}]{text}[/]"
    if not times:
        return text
    size = math.prod(ratio.shape)
    return f"{text} [dim]{ratio.shim / size * 1e9:.3g} / {ratio.native / size * 1e9:.3g}[/]"


def cost_table(costs: list[Cost]) -> Table:
    """Costs in microseconds, beside what is allowed."""
    table = Table(title="What a call costs beside the mathematics: µs", title_justify="left")
    for heading in ("", "median", "quartiles", "limit"):
        table.add_column(heading, justify="right" if heading else "left")
    for cost in costs:
        colour = {None: "default", True: "green", False: "red"}[cost.met]
        limit = "" if cost.limit is None else f"{cost.limit * 1e6:g}"
        quartiles = f"{cost.first * 1e6:.3g} to {cost.third * 1e6:.3g}"
        table.add_row(cost.name, f"[{colour}]{cost.median * 1e6:.3g}[/]", quartiles, limit)
    return table


def scaling_table(points: list[Point]) -> Table:
    """Time an element and memory beyond the inputs, by size."""
    table = Table(
        title="Nanoseconds an element (memory beyond the inputs, in arrays of the first input's size)",
        title_justify="left",
    )
    sizes = sorted({point.size for point in points})
    for heading in ("", *map(power, sizes)):
        table.add_column(heading, justify="right" if heading else "left")
    for name in dict.fromkeys(point.name for point in points):
        by_size = {point.size: point for point in points if point.name == name}
        table.add_row(name, *(point_cell(by_size.get(size)) for size in sizes))
    return table


def point_cell(point: Point | None) -> str:
    """A time and a memory."""
    if point is None:
        return ""
    memory = "" if point.arrays is None else f" ({point.arrays:.2f})"
    return f"{point.seconds / point.size * 1e9:.3g}{memory}"


def shown(shape: tuple[int, ...]) -> str:
    """A size as a power of ten, or a shape."""
    return power(shape[0]) if len(shape) == 1 else " x ".join(map(str, shape))


def brief(ratio: float) -> str:
    """A ratio in two digits, or whole."""
    return f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}"


def power(size: int) -> str:
    """A size as a power of ten, if it is one."""
    zeros = len(str(size)) - 1
    return f"10^{zeros}" if size == 10**zeros else f"{size:,}"


# --- for docs/performance.md --------------------------------------------------------------------------------


def page(runs: list[dict[str, Any]]) -> str:
    """The tables of ratios of some runs, as Markdown."""
    lines: list[str] = []
    for run in runs:
        for program in dict.fromkeys(ratio["program"] for ratio in run["ratios"]):
            for rows in (False, True):
                found = [r for r in run["ratios"] if r["program"] == program and (r["name"] in ROWS) == rows]
                lines += markdown(found, AGAINST.get(program, f"{program}'s own"))
    return "\n".join(lines)


def markdown(ratios: list[dict[str, Any]], against: str) -> list[str]:
    """One table, with an empty line behind it; nothing where nothing was measured."""
    if not ratios:
        return []
    shapes = list(dict.fromkeys(tuple(ratio["shape"]) for ratio in ratios))
    lines = [
        f"| over {against} | " + " | ".join(map(shown, shapes)) + " |",
        "|---|" + "---:|" * len(shapes),
    ]
    for name in dict.fromkeys(ratio["name"] for ratio in ratios):
        cells = []
        for shape in shapes:
            found = [r for r in ratios if r["name"] == name and tuple(r["shape"]) == shape]
            aimed = "" if not found or found[0]["aim"] is None else f" ({found[0]['aim']:g})"
            cells.append(f"{brief(found[0]['ratio'])}{aimed}" if found else "")
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return [*lines, ""]
