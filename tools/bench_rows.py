"""The benchmark of softmax cross entropy from class indices: forward and backward of a mean over rows, each
framework's own function beside the neutral one on its tensors, one thread each.

`make bench` runs it. Everything is measured in one process, by turns; ratios are of the least times. Answers
are compared before they are timed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import compatlosses as cl
from compatlosses.threads import set_num_threads

Array = NDArray[Any]
Step = Callable[[], tuple[Any, Any]]
"""Computes loss and gradient, as the framework's tensors."""
Steps = tuple[Step, Step]
"""The framework's own function, and the shim."""

SHAPES = ((32, 1000), (4096, 1000), (2048, 32000), (8, 21, 256, 256))
"""The classes are the second axis."""
BUDGET, ROUNDS, LEAST = 4.0, 200, 3
"""Seconds for one framework at one shape; how many rounds at most and at least."""


class Row(NamedTuple):
    """What was measured of one framework at one shape: least times in seconds."""

    framework: str
    shape: tuple[int, ...]
    native: float
    shim: float

    @property
    def ratio(self) -> float:
        """The shim's time over the framework's own."""
        return self.shim / self.native


def of_torch(logits: Array, targets: Array) -> Steps:
    """torch, eager."""
    torch: Any = import_module("torch")
    torch.set_num_threads(1)
    x, y = torch.from_numpy(logits).requires_grad_(), torch.from_numpy(targets)

    def step(loss: Callable[..., Any]) -> Step:
        def both() -> tuple[Any, Any]:
            x.grad = None
            value = loss(x, y)
            value.backward()
            return value.detach(), x.grad

        return both

    return step(torch.nn.functional.cross_entropy), step(neutral)


def of_paddle(logits: Array, targets: Array) -> Steps:
    """Paddle, eager."""
    paddle: Any = import_module("paddle")
    paddle.set_device("cpu")
    x, y = paddle.to_tensor(logits, stop_gradient=False), paddle.to_tensor(targets)

    def step(loss: Callable[..., Any]) -> Step:
        def both() -> tuple[Any, Any]:
            x.clear_gradient(False)  # let go of, not filled with zeros
            value = loss(x, y)
            value.backward()
            return value.detach(), x.grad

        return both

    native = paddle.nn.functional.cross_entropy
    return step(lambda x, y: native(x, y, axis=1)), step(neutral)


def of_mindspore(logits: Array, targets: Array) -> Steps:
    """MindSpore, eager. Reading the gradient waits for it."""
    mindspore: Any = import_module("mindspore")
    mindspore.set_context(mode=mindspore.PYNATIVE_MODE)
    x, y = mindspore.Tensor(logits), mindspore.Tensor(targets.astype(np.int32))

    def step(loss: Callable[..., Any]) -> Step:
        gradient = mindspore.value_and_grad(loss)

        def both() -> tuple[Any, Any]:
            value, slope = gradient(x, y)
            slope[(0,) * slope.ndim].asnumpy()
            return value, slope

        return both

    return step(mindspore.ops.cross_entropy), step(neutral)


def of_jax(logits: Array, targets: Array) -> Steps:
    """``jax.jit``, beside optax."""
    jax: Any = import_module("jax")
    optax: Any = import_module("optax")
    x, y = jax.numpy.asarray(logits), jax.numpy.asarray(targets.astype(np.int32))

    def native(x: Any, y: Any) -> Any:
        rows = jax.numpy.moveaxis(x, 1, -1)
        return optax.softmax_cross_entropy_with_integer_labels(rows, y).mean()

    def step(loss: Callable[..., Any]) -> Step:
        compiled = jax.jit(jax.value_and_grad(loss))
        return lambda: tuple(jax.block_until_ready(compiled(x, y)))

    return step(native), step(neutral)


def of_tensorflow(logits: Array, targets: Array) -> Steps:
    """``tf.function``."""
    tensorflow: Any = import_module("tensorflow")
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    x, y = tensorflow.constant(logits), tensorflow.constant(targets)

    def native(x: Any, y: Any) -> Any:
        rows = tensorflow.transpose(x, (0, *range(2, logits.ndim), 1))
        losses = tensorflow.nn.sparse_softmax_cross_entropy_with_logits(y, rows)
        return tensorflow.reduce_mean(losses)

    def step(loss: Callable[..., Any]) -> Step:
        @tensorflow.function
        def both(x: Any, y: Any) -> tuple[Any, Any]:
            with tensorflow.GradientTape() as tape:
                tape.watch(x)
                value = loss(x, y)
            return value, tape.gradient(value, x)

        def run() -> tuple[Any, Any]:
            value, slope = both(x, y)
            value.numpy()
            return value, slope

        return run

    return step(native), step(neutral)


FRAMEWORKS: dict[str, Callable[[Array, Array], Steps]] = {
    # MindSpore, Paddle, torch is the one order in which the three can be imported into one process
    "mindspore": of_mindspore,
    "paddle": of_paddle,
    "torch": of_torch,
    "jax.jit": of_jax,
    "tf.function": of_tensorflow,
}


def neutral(x: Any, y: Any) -> Any:
    """The neutral function."""
    return cl.cross_entropy(x, y, axis=1)


def measured(framework: str, shape: tuple[int, ...]) -> Row:
    """The least times of a framework at a shape.

    Raises:
        ImportError: the framework is not installed.
        ValueError: loss or gradient are another one than the framework's own.
    """
    rng = np.random.default_rng(0)
    logits = rng.standard_normal(shape, np.float32)
    targets = rng.integers(0, shape[1], (shape[0], *shape[2:]))
    steps = FRAMEWORKS[framework](logits, targets)
    (a, by_a), (b, by_b) = [(np.asarray(value), np.asarray(slope)) for value, slope in (s() for s in steps)]
    if not np.allclose(a, b, rtol=1e-5) or not np.allclose(by_a, by_b, rtol=1e-3, atol=1e-9):
        raise ValueError(
            f"{framework} at {shape}: the shim's loss {b} or gradient is not the framework's, {a}"
        )
    least, end, rounds = [float("inf")] * 2, time.perf_counter() + BUDGET, 0
    while rounds < LEAST or (rounds < ROUNDS and time.perf_counter() < end):
        for i, step in enumerate(steps):
            repeats = max(1, int(2e6 / logits.size))
            start = time.perf_counter()
            for _ in range(repeats):
                step()
            least[i] = min(least[i], (time.perf_counter() - start) / repeats)
        rounds += 1
    return Row(framework, shape, *least)


def shown(rows: list[Row]) -> Table:
    """The ratios, and behind them the times."""
    table = Table("shim / native", *[" x ".join(map(str, shape)) for shape in SHAPES])
    for framework in dict.fromkeys(row.framework for row in rows):
        found = {row.shape: row for row in rows if row.framework == framework}
        cells = [
            f"{found[s].ratio:.2f}  ({1e3 * found[s].shim:.3g} / {1e3 * found[s].native:.3g} ms)"
            if s in found
            else ""
            for s in SHAPES
        ]
        table.add_row(framework, *cells)
    return table


def main(
    frameworks: Annotated[str, typer.Option(help="Whom to measure, with commas between them.")] = ",".join(
        FRAMEWORKS
    ),
    path: Annotated[Path | None, typer.Option("--json", help="Where to write what was measured.")] = None,
) -> None:
    """Measure the softmax cross entropy of each framework that is installed."""
    console = Console(width=140)
    set_num_threads(1)
    rows: list[Row] = []
    for framework in frameworks.split(","):
        if framework not in FRAMEWORKS:
            raise typer.BadParameter(f"{framework!r}; expected names among {', '.join(FRAMEWORKS)}")
        for shape in SHAPES:
            try:
                rows.append(measured(framework, shape))
            except ImportError as error:
                console.print(f"{framework} is not measured: {error}")
                break
    console.print(shown(rows))
    if path is not None:
        found = [{**row._asdict(), "ratio": round(row.ratio, 3)} for row in rows]
        path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
