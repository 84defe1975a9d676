"""What was measured, as tables for people and as data for machines."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench_costs import Cost
from bench_implementations import CORES, NATIVE, SHIM
from bench_measure import Job
from bench_problem import VARIANTS, Variant
from rich.console import Console
from rich.table import Table

PACKAGES = (
    "compatlosses", "numpy", "numba", "torch", "paddlepaddle", "mindspore", "tensorflow", "tensorflow-cpu",
    "scikit-learn",
    "jax", "optax",
)  # fmt: skip
BUSY = CORES + 0.5
"""The run itself keeps every core busy at times; beyond that, somebody else does."""
TRAINING = Variant(backward=True, pos_weight=False)

TARGETS: dict[str, dict[int, float]] = {
    "torch": {10**2: 1.0, 10**4: 0.6, 10**6: 0.45, 10**7: 0.45},
    "paddle": {10**2: 1.5, 10**4: 0.6, 10**6: 0.15, 10**7: 0.30},
    "mindspore": {10**2: 0.6, 10**4: 0.5, 10**6: 0.03, 10**7: 0.01},
    "scikit-learn": {10**2: 1.0, 10**4: 0.15, 10**6: 0.08, 10**7: 0.08},
    "floor": {10**7: 2.0},
}
"""Aims: the time of the shim over that of the other, forward and backward; for the floor, of the kernel over
it.
"""

PAIRS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "torch": (("torch", SHIM), ("torch", NATIVE)),
    "paddle": (("paddle", SHIM), ("paddle", NATIVE)),
    "mindspore": (("mindspore", SHIM), ("mindspore", NATIVE)),
    "tensorflow": (("tensorflow", SHIM), ("tensorflow", NATIVE)),
    "tensorflow, tf.function": (
        ("tensorflow", f"tf.function of {SHIM}"),
        ("tensorflow", f"tf.function of {NATIVE}"),
    ),
    "jax": (("jax", SHIM), ("jax", "jax.jit of optax")),
    "jax, jax.jit": (("jax", f"jax.jit of {SHIM}"), ("jax", "jax.jit of optax")),
    "scikit-learn": (("numpy", f"{SHIM}, 1 thread"), ("scikit-learn", "HalfBinomialLoss, 1 thread")),
    "floor": (("kernel", "all cores"), ("floor", "floor")),
}


@dataclass(frozen=True, slots=True)
class Ratio:
    """The time of ours over that of another, medians of one run, beside the target."""

    against: str
    size: int
    pos_weight: bool
    ratio: float
    target: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached, if there is one."""
        return None if self.target is None else self.ratio <= self.target


@dataclass
class Results:
    """All of a run."""

    load: float = 0.0
    """How many processes wanted to run just before or at the end, this one included then."""
    jobs: list[Job] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    importing: list[Cost] = field(default_factory=list)
    dispatching: list[Cost] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        """The sizes that were measured."""
        return sorted({job.size for job in self.jobs})

    def median(self, framework: str, name: str, size: int, variant: Variant) -> float | None:
        """The seconds of one call, if it was measured."""
        if framework == "floor":
            return self.floor(size, variant)
        for job in self.jobs:
            it = job.implementation
            if (it.framework, it.name, job.size, job.variant) == (framework, name, size, variant):
                return job.quartiles[1]
        return None

    def bandwidth(self, size: int) -> float | None:
        """Bytes a second that a copy of an array of this size moves, by one thread or all cores, whichever is
        faster.
        """
        copies = [
            job.quartiles[1]
            for job in self.jobs
            if job.implementation.framework == "copy" and job.size == size
        ]
        return 8 * size / min(copies) if copies else None

    def floor(self, size: int, variant: Variant) -> float | None:
        """Seconds in which the bytes that must move can: logits and targets are read, the gradient is
        written.
        """
        bandwidth = self.bandwidth(size)
        return None if bandwidth is None else (12 if variant.backward else 8) * size / bandwidth

    def ratios(self) -> list[Ratio]:
        """The shim over each framework's own operator, and the kernel over the floor, forward and
        backward.
        """
        found = []
        for against, (ours, other) in PAIRS.items():
            for size in self.sizes:
                for variant in VARIANTS:
                    mine, theirs = self.median(*ours, size, variant), self.median(*other, size, variant)
                    if variant.backward and mine is not None and theirs is not None:
                        target = None if variant.pos_weight else TARGETS.get(against, {}).get(size)
                        found.append(Ratio(against, size, variant.pos_weight, mine / theirs, target))
        return found


# --- for machines -------------------------------------------------------------------------------------------


def as_data(results: Results) -> dict[str, Any]:
    """Everything as JSON takes it; seconds and bytes a second."""
    return {
        "environment": environment() | {"load": results.load},
        "unavailable": results.absent | results.failed,
        "measurements": [measurement(job) for job in results.jobs],
        "floor": [
            {"size": size, "bandwidth": results.bandwidth(size), "backward": variant.backward,
             "seconds": results.floor(size, variant)}
            for size in results.sizes for variant in VARIANTS if not variant.pos_weight
        ],
        "ratios": [asdict(ratio) | {"met": ratio.met} for ratio in results.ratios()],
        "importing": [asdict(cost) | {"met": cost.met} for cost in results.importing],
        "dispatching": [asdict(cost) | {"met": cost.met} for cost in results.dispatching],
    }  # fmt: skip


def measurement(job: Job) -> dict[str, Any]:
    """One call's figures."""
    first, median, third = job.quartiles
    return {
        "framework": job.implementation.framework,
        "implementation": job.implementation.name,
        "executor": job.executor,
        "size": job.size,
        "backward": job.variant.backward,
        "pos_weight": job.variant.pos_weight,
        "fastest": min(job.samples),
        "first_quartile": first,
        "median": median,
        "third_quartile": third,
        "loss_error": job.off,
        "samples": len(job.samples),
        "calls_per_sample": job.repeats,
    }


def environment() -> dict[str, Any]:
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
        "cores": CORES,
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS"),
        "versions": versions,
    }


# --- for people ---------------------------------------------------------------------------------------------


def show(results: Results, console: Console) -> None:
    """Print every table."""
    for size in results.sizes:
        console.print(times(results, size))
    for job in results.jobs:
        if job.off is not None and job.off > 1e-5 and not job.variant.backward:
            console.print(
                f"[yellow]off by {job.off:.1g} of the loss:[/] {job.implementation}, {job.variant}, "
                f"{power(job.size)} elements"
            )
    if results.load > BUSY:
        console.print(
            f"[yellow]beware:[/] {results.load:.1f} processes wanted {CORES} cores. Calls that wait for "
            f"several threads "
            "(torch's, Paddle's) suffer most, so ratios flatter whoever needs only one. Measure on a quiet "
            "machine, or with "
            "OMP_NUM_THREADS=1 in the environment, which holds everybody to one."
        )
    for name, reason in (results.absent | results.failed).items():
        console.print(f"[yellow]not measured:[/] {name}: {reason}")
    console.print(ratio_table(results))
    if results.importing:
        console.print(cost_table("Importing, fresh processes", results.importing, 1e3, "ms"))
    if results.dispatching:
        console.print(cost_table("Dispatch and checks, eager", results.dispatching, 1e6, "µs"))


def times(results: Results, size: int) -> Table:
    """One size: a row an implementation, a column a variant, the median and the quartiles around it."""
    table = Table(
        title=f"{power(size)} float32 elements: median (first to third quartile)", title_justify="left"
    )
    table.add_column("implementation")
    for variant in VARIANTS:
        table.add_column(str(variant), justify="right")
    table.add_column("forward+backward over floor", justify="right")
    bottom = results.floor(size, TRAINING)
    cells: dict[str, dict[Variant, str]] = {}
    for job in results.jobs:
        if job.size == size:
            ran = f" [dim]({job.executor.split(':')[0]})[/]" if job.executor else ""
            cells.setdefault(f"{job.implementation}{ran}", {})[job.variant] = spread(job.quartiles)
    over = {str(job.implementation): job.quartiles[1] for job in results.jobs
            if job.size == size and job.variant == TRAINING}  # fmt: skip
    for name, row in cells.items():
        seconds = over.get(name.split(" [dim]")[0])
        times_floor = f"{seconds / bottom:.1f}" if seconds is not None and bottom else ""
        table.add_row(name, *(row.get(variant, "") for variant in VARIANTS), times_floor)
    if bottom is not None:
        floors = [results.floor(size, variant) for variant in VARIANTS]
        table.add_row(
            "[bold]floor[/]", *("" if seconds is None else human(seconds) for seconds in floors), "1.0"
        )
        table.caption = f"copying moves {(results.bandwidth(size) or 0) / 1e9:.1f} GB/s here at this size"
    return table


def ratio_table(results: Results) -> Table:
    """Shim over native, beside the targets."""
    table = Table(
        title="Time of the shim over the other's, forward+backward, mean (target)", title_justify="left"
    )
    table.add_column("against")
    for size in results.sizes:
        table.add_column(power(size), justify="right")
    ratios = {(ratio.against, ratio.pos_weight, ratio.size): ratio for ratio in results.ratios()}
    names = {
        "scikit-learn": "scikit-learn, 1 thread each",
        "floor": "floor (kernel alone, all cores)",
        "jax": "jax.jit of optax",
        "jax, jax.jit": "jax.jit of optax, shim in jax.jit too",
    }
    for against in PAIRS:
        for pos_weight in (False, True):
            row = [ratios.get((against, pos_weight, size)) for size in results.sizes]
            if any(row):
                name = names.get(against, f"{against}, native") + (", pos_weight" if pos_weight else "")
                table.add_row(name, *map(ratio_cell, row))
    return table


def ratio_cell(ratio: Ratio | None) -> str:
    """A ratio and its target, green where it is reached."""
    if ratio is None:
        return ""
    value = f"{ratio.ratio:.3g}"
    if ratio.met is None:
        return value
    return f"[{'green' if ratio.met else 'red'}]{value}[/] ({ratio.target:g})"


def cost_table(title: str, costs: list[Cost], scale: float, unit: str) -> Table:
    """Costs beside what is allowed."""
    table = Table(title=f"{title}: {unit}", title_justify="left")
    for heading in ("what", "median", "quartiles", "limit"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for cost in costs:
        colour = {None: "default", True: "green", False: "red"}[cost.met]
        quartiles = f"{cost.first * scale:.3g} to {cost.third * scale:.3g}"
        limit = "" if cost.limit is None else f"{cost.limit * scale:g}"
        table.add_row(cost.name, f"[{colour}]{cost.median * scale:.3g}[/]", quartiles, limit)
    return table


def spread(quartiles: tuple[float, float, float]) -> str:
    """A median with its quartiles."""
    first, median, third = quartiles
    return f"{human(median)} [dim]({human(first, median)} to {human(third, median)})[/]"


def human(seconds: float, unit_of: float | None = None) -> str:
    """Seconds in the unit that suits them, or that suits ``unit_of``; then without naming it."""
    scale, unit = next(
        (scale, unit) for scale, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs"))
        if (unit_of or seconds) * scale >= 1 or unit == "µs"
    )  # fmt: skip
    return f"{seconds * scale:.3g}" + ("" if unit_of else f" {unit}")


def power(size: int) -> str:
    """A size as a power of ten, if it is one."""
    zeros = len(str(size)) - 1
    return f"10^{zeros}" if size == 10**zeros else f"{size:,}"
