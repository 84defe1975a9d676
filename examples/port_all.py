"""Train the network of `port.py` in torch, Paddle and MindSpore, a process each, and see that the loss curves
coincide:

    python examples/port_all.py --picture docs/port.png
    python examples/port_all.py --problem classes
    python examples/port_all.py --problem unweighted --picture docs/port-classes.png

The second and third have one class of several, rows without a label, and each framework's own loss beside
ours. With class weights all three frameworks divide by the weights of the rows that count. Without, Paddle 3
divides by all rows, those without a label too: its loss and its steps are smaller, without a word.

The curves start from the same numbers and differ by what the frameworks' matrix products round differently,
which training carries on: a relative 3e-7 after 200 steps as measured, where float32 itself has 1e-7.
`TOLERANCE` leaves room for others' matrix products.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

Curves = dict[str, NDArray[np.float64]]

FRAMEWORKS = ("torch", "paddle", "mindspore")
TOLERANCE = 1e-5
"""The largest relative distance of two curves at any step."""

COLOURS = {"torch": "#0072B2", "paddle": "#009E73", "mindspore": "#D55E00"}
LINES = {"torch": (6.0, "-"), "paddle": (3.0, "-"), "mindspore": (1.2, "--")}
"""Widths and dashes with which curves that lie upon each other are still seen."""


def curve(framework: str, options: list[str]) -> NDArray[np.float64]:
    """The losses of one framework, trained in a process of its own."""
    script = Path(__file__).resolve().parent / "port.py"
    command = [sys.executable, str(script), "--framework", framework, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(
            f"training in {framework} ended with status {done.returncode}: {said[-1] if said else ''}"
        )
    # a framework may greet on the standard output first
    losses: NDArray[np.float64] = np.array(json.loads(done.stdout.strip().splitlines()[-1])["losses"])
    return losses


def distances(curves: Curves) -> NDArray[np.float64]:
    """At each step, how far the curves lie apart, relative to their largest."""
    values = np.array(list(curves.values()))
    spread: NDArray[np.float64] = np.ptp(values, axis=0) / values.max(axis=0)
    return spread


def draw(curves: Curves, own: Curves, path: Path) -> None:
    """The curves upon each other, and beneath them how far they are apart, or those of the frameworks' own
    losses.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    heights = (1, 1) if own else (3, 1)
    figure, (above, below) = pyplot.subplots(
        2, 1, figsize=(8, 6), sharex=True, height_ratios=heights, facecolor="white", layout="constrained"
    )
    lines(above, curves)
    above.set(ylabel="loss of the batch", title="One network, one loss, three frameworks")
    if own:
        lines(below, own)
        below.set(ylabel="loss of the batch", title="The same network, each framework's own loss")
        below.sharey(above)
    else:
        apart = np.maximum(distances(curves), 1e-9)
        below.semilogy(apart, color="#555555", label="largest relative distance")
        below.axhline(TOLERANCE, color="#BB0000", linestyle=":", label=f"tolerance {TOLERANCE:g}")
        below.set(ylabel="apart")
    below.set(xlabel="step")
    for axes in (above, below):
        axes.legend(frameon=False)
        axes.set_facecolor("white")
        axes.grid(True, color="#DDDDDD", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def lines(axes: Any, curves: Curves) -> None:
    """Curves that lie upon each other, each still seen."""
    for name, losses in curves.items():
        width, dash = LINES[name]
        axes.plot(losses, dash, linewidth=width, color=COLOURS[name], label=name)


def main(
    steps: Annotated[int, typer.Option(help="How many steps to train.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the data and the initial weights.")] = 0,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the curves into this file (needs matplotlib).")
    ] = None,
    problem: Annotated[str, typer.Option(help="labels, classes or unweighted.")] = "labels",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the curves into this file.")] = None,
) -> None:
    """Train in each framework, compare the curves, draw them. Fails where they lie apart."""
    console = Console(stderr=True)
    options = ["--steps", str(steps), "--seed", str(seed), "--problem", problem]
    curves: Curves = {}
    own: Curves = {}
    with console.status("training") as status:
        for framework in FRAMEWORKS:
            status.update(f"training in {framework}")
            curves[framework] = curve(framework, options)
            if problem != "labels":
                own[framework] = curve(framework, [*options, "--own"])
    for found, whose in ((curves, ""), (own, ", its own loss")):
        for framework, losses in found.items():
            console.print(f"{framework}{whose}: {losses[0]:.6f} at first, {losses[-1]:.6f} in the end")
    apart = float(distances(curves).max())
    console.print(
        f"largest relative distance of the curves at any step: {apart:.2g} (tolerance {TOLERANCE:g})"
    )
    if json_file is not None:
        named = {**curves, **{f"{name}, own": losses for name, losses in own.items()}}
        json_file.write_text(json.dumps({name: losses.tolist() for name, losses in named.items()}) + "\n")
    if picture is not None:
        draw(curves, own, picture)
    if apart > TOLERANCE:
        console.print("[red]the curves do not coincide[/]")
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
