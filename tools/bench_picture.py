"""The picture: time per element against size, one line an implementation, the floor beneath."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
from bench_implementations import NATIVE, SHIM
from bench_measure import Job
from bench_problem import Variant
from bench_report import Results

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes

PANELS = (Variant(backward=False, pos_weight=False), Variant(backward=True, pos_weight=False))

# Okabe and Ito's colours, which people who see fewer colours can tell apart. A framework has one, an
# implementation a dash.
COLOURS = {
    "torch": "#0072B2",
    "paddle": "#009E73",
    "mindspore": "#D55E00",
    "numpy": "#CC79A7",
    "scikit-learn": "#A6761D",
    "jax": "#56B4E9",
    "tensorflow": "#E69F00",
    "kernel": "#000000",
}
DASHES = {SHIM: "-", NATIVE: "--", "all cores": "-", "1 thread": "--", f"{SHIM}, 1 thread": "-."}
MARKERS = {SHIM: "o", NATIVE: "s", "all cores": "D", "1 thread": "D", f"{SHIM}, 1 thread": "o"}


def draw(results: Results, path: Path) -> None:
    """Write the picture; the format goes by the path's ending."""
    settings: Any = {"svg.hashsalt": "compatlosses", "svg.fonttype": "none", "font.size": 9}
    with matplotlib.rc_context(settings):
        figure, panels = pyplot.subplots(
            1, 2, figsize=(12, 5.6), sharey=True, facecolor="white", layout="constrained"
        )
        for axes, variant in zip(panels, PANELS, strict=True):
            panel(axes, results, variant)
        panels[0].set_ylabel("nanoseconds an element")
        handles, labels = panels[1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", frameon=False)
        figure.suptitle(
            "Binary cross entropy with logits, float32, mean: solid is compatlosses, dashed the framework's "
            "own"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        # no date: the same figures give the same file
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {}, dpi=150)
        pyplot.close(figure)


def panel(axes: Axes, results: Results, variant: Variant) -> None:
    """One variant: a line an implementation with bars from the first to the third quartile."""
    lines: dict[str, list[Job]] = {}
    for job in results.jobs:
        if job.variant == variant and job.implementation.framework in COLOURS:
            lines.setdefault(str(job.implementation), []).append(job)
    for name, jobs in lines.items():
        it = jobs[0].implementation
        sizes = [job.size for job in jobs]
        first, median, third = ([job.quartiles[k] / job.size * 1e9 for job in jobs] for k in range(3))
        colour = COLOURS[it.framework]
        style = DASHES.get(it.name, ":")
        axes.plot(
            sizes, median, style, marker=MARKERS.get(it.name, "^"), markersize=4, color=colour, label=name
        )
        axes.vlines(sizes, first, third, color=colour, linewidth=1)
    floors = [
        (size, seconds) for size in results.sizes if (seconds := results.floor(size, variant)) is not None
    ]
    if floors:
        heights = [seconds / size * 1e9 for size, seconds in floors]
        axes.fill_between(
            [size for size, _ in floors], heights, color="#BBBBBB", label="floor: bytes over copy bandwidth"
        )
    axes.set(xscale="log", yscale="log", xlabel="elements", title=str(variant), facecolor="white")
    axes.grid(True, which="major", color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
