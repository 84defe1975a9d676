"""The benchmark of the losses of elements in torch: forward and backward of a float32 call, torch's own
function beside the neutral one on its tensors, one thread each.

`make bench` runs it. Everything is measured in one process, by turns; ratios are of the least times. Answers
are compared before they are timed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

import compatlosses as cl
from compatlosses.threads import set_num_threads

SIZES = (100, 10_000, 1_000_000, 10_000_000)
BUDGET, ROUNDS, LEAST = 1.0, 200, 3
"""Seconds for one call at one size; how many rounds at most and at least."""


class Asked(NamedTuple):
    """What is computed: a loss, its inputs' names among the `tensors`, and how a number is made of it."""

    name: str
    shim: Callable[..., Any]
    native: str
    inputs: tuple[str, ...] = ("x", "y")
    options: Mapping[str, Any] = MappingProxyType({})
    finish: Callable[[Any, Any], Any] = lambda loss, w: loss


BCE = ("binary_cross_entropy_with_logits", cl.binary_cross_entropy_with_logits)


def entropy(how: str, finish: Callable[[Any, Any], Any], **options: Any) -> Asked:
    """Binary cross entropy with logits, in one of its forms."""
    return Asked(f"{BCE[0]}, {how}", BCE[1], BCE[0], options=options, finish=finish)


ASKED = (
    entropy("mean", lambda loss, w: loss),
    entropy("3 * mean", lambda loss, w: 3 * loss),
    entropy("65536 * mean", lambda loss, w: 65536 * loss),
    entropy("single losses times a mask", lambda loss, w: (loss * w).mean(), reduction="none"),
    entropy("weight", lambda loss, w: loss, weight="w"),
    entropy("pos_weight", lambda loss, w: loss, pos_weight="w"),
    Asked("mse_loss", cl.mse_loss, "mse_loss"),
    Asked("l1_loss", cl.l1_loss, "l1_loss"),
    Asked("huber_loss", cl.huber_loss, "huber_loss"),
    Asked("smooth_l1_loss", cl.smooth_l1_loss, "smooth_l1_loss"),
    Asked("kl_div", cl.kl_div, "kl_div", ("log_p", "w")),
    Asked("soft_margin_loss", cl.soft_margin_loss, "soft_margin_loss", ("x", "sign")),
    Asked("poisson_nll_loss", cl.poisson_nll_loss, "poisson_nll_loss"),
    Asked("gaussian_nll_loss", cl.gaussian_nll_loss, "gaussian_nll_loss", ("x", "y", "w")),
    Asked("binary_cross_entropy", cl.binary_cross_entropy, "binary_cross_entropy", ("p", "y")),
)


def tensors(torch: Any, size: int) -> dict[str, Any]:
    """The inputs of all losses, of one size."""
    torch.manual_seed(1)
    x, y = 3 * torch.randn(size), (torch.rand(size) < 1 / 3).float()
    w, p = 0.5 + torch.rand(size), 0.01 + 0.98 * torch.rand(size)
    return {"x": x, "y": y, "w": w, "p": p, "log_p": p.log(), "sign": 2 * y - 1}


class Row(NamedTuple):
    """What was measured of one loss at one size: least times in seconds."""

    name: str
    size: int
    native: float
    shim: float

    @property
    def ratio(self) -> float:
        """The shim's time over torch's own."""
        return self.shim / self.native


def measured(torch: Any, asked: Asked, given: dict[str, Any]) -> Row:
    """Both calls by turns, after their gradients were compared."""
    x, *others = (given[name] for name in asked.inputs)
    x = x.clone().requires_grad_()
    options = {k: given[v] if k.endswith("weight") else v for k, v in asked.options.items()}

    def step(loss: Callable[..., Any]) -> Any:
        x.grad = None
        asked.finish(loss(x, *others, **options), given["w"]).backward()
        return x.grad

    calls = getattr(torch.nn.functional, asked.native), asked.shim
    native, shim = (step(loss).clone() for loss in calls)
    if not torch.allclose(native, shim, rtol=1e-3, atol=1e-4 * float(native.abs().max())):
        raise RuntimeError(f"{asked.name}: the gradients differ")
    least, began = [float("inf")] * 2, time.perf_counter()
    for done in range(ROUNDS):
        if done >= LEAST and time.perf_counter() - began > BUDGET:
            break
        for i, loss in enumerate(calls):
            start = time.perf_counter()
            step(loss)
            least[i] = min(least[i], time.perf_counter() - start)
    return Row(asked.name, x.numel(), *least)


def shown(rows: list[Row]) -> Table:
    """The ratios, and the shim's time an element."""
    sizes = sorted({row.size for row in rows})
    table = Table(title="time of the shim over torch's own, and its nanoseconds an element")
    for heading in ("", *(f"{size:.0e}" for size in sizes)):
        table.add_column(heading, justify="right" if heading else "left")
    for asked in ASKED:
        found = [row for row in rows if row.name == asked.name]
        table.add_row(asked.name, *(f"{row.ratio:.2f} ({row.shim / row.size * 1e9:.3g})" for row in found))
    return table


def main(
    sizes: Annotated[str, typer.Option(help="Numbers of elements, with commas.")] = ",".join(map(str, SIZES)),
    path: Annotated[Path | None, typer.Option("--json", help="Where to write what was measured.")] = None,
) -> None:
    """Measure the losses of elements in torch."""
    console = Console(width=140)
    try:
        import torch
    except ImportError as error:
        console.print(f"nothing is measured: {error}")
        raise typer.Exit(1) from None
    torch.set_num_threads(1)
    set_num_threads(1)
    rows: list[Row] = []
    for size in map(int, sizes.split(",")):
        given = tensors(torch, size)
        rows += [measured(torch, asked, given) for asked in ASKED]
    console.print(shown(rows))
    if path is not None:
        path.write_text(json.dumps([{**row._asdict(), "ratio": row.ratio} for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
