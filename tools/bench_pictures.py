"""The pictures: for each loss the time an element against the size, a colour a framework, and how time and
memory grow.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib
from bench_measure import Job
from bench_report import ROWS, Results, shown
from bench_scaling import Point

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours, which people who see fewer colours can tell apart.
COLOURS = {
    "torch": "#0072B2",
    "paddle": "#009E73",
    "mindspore": "#D55E00",
    "numpy": "#CC79A7",
    "scikit-learn": "#A6761D",
    "tensorflow": "#E69F00",
    "jax.jit": "#56B4E9",
    "torch.compile": "#004C77",
    "tf.function": "#9A6A00",
    "tf.function, XLA": "#5B3F00",
    "copy": "#000000",
}
SETTINGS: Any = {"svg.hashsalt": "compatlosses", "svg.fonttype": "none", "font.size": 9}


def draw(results: Results, folder: Path) -> list[Path]:
    """Write a picture a loss, and one of the growth; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with matplotlib.rc_context(SETTINGS):
        for loss in dict.fromkeys(job.name for job in results.jobs if "," not in job.name):
            jobs = [job for job in results.jobs if job.name == loss]
            paths.append(saved(of_loss(loss, jobs), folder / f"{loss}.svg"))
        if results.points:
            paths.append(saved(of_growth(results.points), folder / "scaling.svg"))
    return paths


def saved(figure: Figure, path: Path) -> Path:
    """Write a figure, without a date: the same figures give the same file."""
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path


def of_loss(loss: str, jobs: list[Job]) -> Figure:
    """One loss: solid is compatlosses, dashed the framework's own."""
    figure, axes = pyplot.subplots(figsize=(7.5, 4.2), facecolor="white", layout="constrained")
    shapes = list(dict.fromkeys(job.shape for job in jobs))
    for program in dict.fromkeys(job.program for job in jobs):
        for who, style in (("shim", "-o"), ("native", "--s")):
            line = {
                j.shape: j.least / math.prod(j.shape) * 1e9
                for j in jobs
                if (j.program, j.who) == (program, who)
            }
            label = f"{program}, {'compatlosses' if who == 'shim' else 'its own'}"
            places = [shapes.index(shape) if loss in ROWS else shape[0] for shape in line]
            axes.plot(places, list(line.values()), style, markersize=4, color=COLOURS[program], label=label)
    if loss in ROWS:
        axes.set_xticks(range(len(shapes)), [shown(shape) for shape in shapes])
        axes.set(yscale="log", xlabel="shape of the logits; the classes are the second axis")
    else:
        axes.set(xscale="log", yscale="log", xlabel="elements")
    axes.set(ylabel="nanoseconds an element", title=f"{loss}, float32, forward and backward of the mean")
    tidy(axes)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def of_growth(points: list[Point]) -> Figure:
    """Time an element, and memory beyond the inputs."""
    figure, (times, memory) = pyplot.subplots(1, 2, figsize=(9, 3.6), facecolor="white", layout="constrained")
    for name, colour in zip(dict.fromkeys(point.name for point in points), COLOURS.values(), strict=False):
        line = [point for point in points if point.name == name]
        sizes = [point.size for point in line]
        times.plot(
            sizes, [p.seconds / p.size * 1e9 for p in line], "-o", markersize=4, color=colour, label=name
        )
        large = [(point.size, point.arrays) for point in line if point.arrays is not None]
        memory.plot(*zip(*large, strict=True), "-o", markersize=4, color=colour)
    times.set(xscale="log", yscale="log", xlabel="elements", title="nanoseconds an element")
    memory.set(xscale="log", ylim=(0, None), xlabel="elements", title="memory beyond the inputs, in arrays")
    for axes in (times, memory):
        tidy(axes)
    figure.legend(loc="outside lower center", frameon=False, ncols=3)
    return figure


def tidy(axes: Axes) -> None:
    """A grid, and no frame above and at the right."""
    axes.grid(True, which="major", color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
