"""The training steps that are measured: in each framework and mode, a function of the framework's own and the
edition of compatlosses that has its signature, forward and backward.

Which functions those are, and what they call their arguments, is said by the conformance suite's table of
implementations.
"""

from __future__ import annotations

import importlib
import os
import types
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from bench_problems import Array, Problem

from compatlosses.conformance.model.implementations import Row, known_apis, known_rows

Step = Callable[[], tuple[Any, Any]]
"""Computes loss and gradient, as the framework's own tensors."""
Loss = Callable[..., Any]
"""A number of tensors, in the order of the problem's."""

COMPILED = ("binary_cross_entropy_with_logits", "mse_loss", "cross_entropy")
"""The losses that are measured in compiled programs, each of which takes seconds to compile."""
ALL = ("",)


class Program(Protocol):
    """A framework in one of its modes."""

    name: str
    framework: str
    losses: tuple[str, ...]
    """The losses that are measured; all where it is `ALL`."""
    most: tuple[int, int]
    """The largest number of elements: of a loss of elements, of one of rows."""

    def tensor(self, array: Array, dtype: str) -> Any:
        """A tensor of an array's numbers."""

    def step(self, loss: Loss, tensors: list[Any]) -> Step:
        """Forward, and backward by the first tensor."""

    def array(self, tensor: Any) -> Array:
        """The numbers of a tensor, in float64."""


class Torch:
    """Eager torch."""

    name, framework, losses, most = "torch", "torch", ALL, (10**8, 10**8)

    def __init__(self, threads: int) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(threads)

    def tensor(self, array: Array, dtype: str) -> Any:
        tensor = self.torch.from_numpy(array)
        return tensor.to(getattr(self.torch, dtype)) if tensor.is_floating_point() else tensor

    def step(self, loss: Loss, tensors: list[Any]) -> Step:
        x = tensors[0].clone().requires_grad_()
        given = [x, *tensors[1:]]

        def both() -> tuple[Any, Any]:
            x.grad = None
            value = loss(*given)
            value.backward()
            return value, x.grad

        return both

    def array(self, tensor: Any) -> Array:
        return np.asarray(tensor.detach().double().numpy())


class TorchCompiled(Torch):
    """``torch.compile``, for one size."""

    name, losses, most = "torch.compile", COMPILED, (10**6, 5 * 10**6)

    def step(self, loss: Loss, tensors: list[Any]) -> Step:
        # A code object of its own: what dynamo compiles for one size would be looked through for every other.
        assert isinstance(loss, types.FunctionType)
        own = types.FunctionType(loss.__code__.replace(), loss.__globals__, closure=loss.__closure__)
        return super().step(self.torch.compile(own, fullgraph=True, dynamic=False), tensors)


class Paddle:
    """Eager Paddle."""

    name, framework, losses, most = "paddle", "paddle", ALL, (10**8, 10**8)

    def __init__(self, threads: int) -> None:
        self.paddle: Any = importlib.import_module("paddle")
        self.paddle.set_device("cpu")

    def tensor(self, array: Array, dtype: str) -> Any:
        tensor = self.paddle.to_tensor(array)
        return tensor.astype(dtype) if array.dtype.kind == "f" else tensor

    def step(self, loss: Loss, tensors: list[Any]) -> Step:
        x = tensors[0].clone()
        x.stop_gradient = False
        given = [x, *tensors[1:]]

        def both() -> tuple[Any, Any]:
            x.clear_gradient(False)  # let go of, not filled with zeros
            value = loss(*given)
            value.backward()
            return value, x.grad

        return both

    def array(self, tensor: Any) -> Array:
        return np.asarray(tensor.detach().astype("float64").numpy())


class MindSpore:
    """Eager MindSpore. Reading a number of the gradient waits for it."""

    name, framework, losses, most = "mindspore", "mindspore", COMPILED, (10**6, 10**8)

    def __init__(self, threads: int) -> None:
        self.mindspore: Any = importlib.import_module("mindspore")
        self.mindspore.set_context(mode=self.mindspore.PYNATIVE_MODE)

    def tensor(self, array: Array, dtype: str) -> Any:
        return self.mindspore.Tensor(array.astype(np.int32) if array.dtype.kind == "i" else array)

    def step(self, loss: Loss, tensors: list[Any]) -> Step:
        x, *others = tensors
        gradient = self.mindspore.value_and_grad(lambda first: loss(first, *others))

        def both() -> tuple[Any, Any]:
            value, slope = gradient(x)
            slope[(0,) * slope.ndim].asnumpy()
            return value, slope

        return both

    def array(self, tensor: Any) -> Array:
        return np.asarray(tensor.asnumpy(), np.float64)


class TensorFlow:
    """Eager TensorFlow, through a gradient tape."""

    name, framework, losses, most = "tensorflow", "tensorflow", COMPILED, (10**6, 5 * 10**6)

    def __init__(self, threads: int) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        self.tf: Any = importlib.import_module("tensorflow")
        self.tf.get_logger().setLevel("ERROR")  # It warns of a function a problem.
        if self.tf.config.threading.get_intra_op_parallelism_threads() != threads:
            self.tf.config.threading.set_intra_op_parallelism_threads(threads)

    def tensor(self, array: Array, dtype: str) -> Any:
        return self.tf.constant(array)

    def compiled(self, both: Loss) -> Loss:
        """The step as this mode runs it."""
        return both

    def step(self, loss: Loss, tensors: list[Any]) -> Step:
        def both(*given: Any) -> tuple[Any, Any]:
            with self.tf.GradientTape() as tape:
                tape.watch(given[0])
                value = loss(*given)
            return value, tape.gradient(value, given[0])

        run = self.compiled(both)

        def wait() -> tuple[Any, Any]:
            value, slope = run(*tensors)
            value.numpy()
            return value, slope

        return wait

    def array(self, tensor: Any) -> Array:
        return np.asarray(tensor.numpy(), np.float64)


class Graph(TensorFlow):
    """``tf.function``."""

    name = "tf.function"

    def compiled(self, both: Loss) -> Loss:
        return self.tf.function(both)  # type: ignore[no-any-return]


class XlaGraph(TensorFlow):
    """``tf.function`` through XLA."""

    name = "tf.function, XLA"

    def compiled(self, both: Loss) -> Loss:
        return self.tf.function(both, jit_compile=True)  # type: ignore[no-any-return]


class Jax:
    """``jax.jit``."""

    name, framework, losses, most = "jax.jit", "jax", COMPILED, (10**7, 2 * 10**7)

    def __init__(self, threads: int) -> None:
        self.jax: Any = importlib.import_module("jax")
        importlib.import_module("optax")

    def tensor(self, array: Array, dtype: str) -> Any:
        return self.jax.numpy.asarray(array.astype(np.int32) if array.dtype.kind == "i" else array)

    def step(self, loss: Loss, tensors: list[Any]) -> Step:
        compiled = self.jax.jit(self.jax.value_and_grad(loss))
        return lambda: tuple(self.jax.block_until_ready(compiled(*tensors)))

    def array(self, tensor: Any) -> Array:
        return np.asarray(tensor, np.float64)


PROGRAMS: dict[str, Callable[[int], Program]] = {
    # MindSpore, Paddle, torch, TensorFlow is the one order in which the four can be imported into one process
    "mindspore": MindSpore,
    "paddle": Paddle,
    "torch": Torch,
    "torch.compile": TorchCompiled,
    "tensorflow": TensorFlow,
    "tf.function": Graph,
    "tf.function, XLA": XlaGraph,
    "jax.jit": Jax,
}


class NotOffered(Exception):
    """This framework has no such function."""


def pair(program: Program, problem: Problem) -> tuple[Row, Row]:
    """The framework's main function for a loss, and the edition of compatlosses for it.

    Raises:
        NotOffered: there is no such function, or it lacks what the problem asks.
    """
    rows = [row for row in known_rows().values() if row.loss == problem.loss and row.shape == "function"]
    for native in rows:
        if native.framework == program.framework and native.primary and fits(native, problem):
            for shim in rows:
                if native.name in shim.stands_for and shim.module.startswith("compatlosses."):
                    return native, shim
    raise NotOffered(f"{program.framework} has no function of its own for {problem.name}")


def fits(row: Row, problem: Problem) -> bool:
    """Whether an implementation takes the problem's tensors: weights, class indices."""
    kinds = known_apis()[row.loss][row.api].targets
    return set(problem.tensors) <= set(row.arguments) and (not problem.rows or "indices" in kinds)


def number(program: Program, row: Row, problem: Problem) -> Loss:
    """A number of the problem's tensors: the function called by its own names, and the form's finish.

    Raises:
        ImportError: the framework is not installed.
    """
    function = getattr(importlib.import_module(row.module), row.attribute)
    names = list(problem.tensors)
    places = list(row.arguments)[:2]
    options = dict(problem.form.options) | row.fixed
    if problem.loss == "cross_entropy" and program.framework == "paddle":
        options["axis"] = 1
    weight = program.tensor(problem.weight, problem.form.dtype) if "reduction" in options else None
    finish = problem.form.finish
    first, second = places
    order = names.index(first), names.index(second)
    others = [(names.index(name), row.arguments[name]) for name in names if name not in places]

    def loss(*tensors: Any) -> Any:
        keywords = {own: tensors[place] for place, own in others}
        value = function(tensors[order[0]], tensors[order[1]], **keywords, **options)
        return finish(value, weight)

    def mean(*tensors: Any) -> Any:
        return program.tf.reduce_mean(loss(*tensors))  # type: ignore[attr-defined]

    if program.framework == "tensorflow":
        return mean
    return (lambda *tensors: loss(*tensors).mean()) if program.framework == "jax" else loss


def laid_out(program: Program, problem: Problem) -> list[Array]:
    """The problem's arrays as the framework wants them: TensorFlow and optax have the classes last."""
    arrays = list(problem.tensors.values())
    if problem.rows and program.framework in ("tensorflow", "jax"):
        arrays[0] = np.ascontiguousarray(np.moveaxis(arrays[0], 1, -1))
    return arrays


class Prepared(NamedTuple):
    """Both steps of a framework for a problem."""

    native: Step
    shim: Step


def prepared(program: Program, problem: Problem) -> Prepared:
    """Both steps, called once and their answers compared.

    Raises:
        NotOffered: the framework has no such function.
        WrongAnswer: loss or gradient of the two differ.
    """
    rows = pair(program, problem)
    tensors = [program.tensor(array, problem.form.dtype) for array in laid_out(program, problem)]
    steps = Prepared(*(program.step(number(program, row, problem), tensors) for row in rows))
    (loss, slope), (own, gradient) = [[program.array(made) for made in step()] for step in steps]
    tolerance = 1e-3 if problem.form.dtype == "float32" else 1e-2
    if not np.allclose(loss, own, rtol=tolerance):
        raise WrongAnswer(f"the loss of compatlosses is {own}, the framework's {loss}")
    if not np.allclose(slope, gradient, rtol=tolerance, atol=tolerance * float(np.abs(slope).max())):
        raise WrongAnswer("the gradient of compatlosses is not the framework's")
    return steps


class WrongAnswer(Exception):
    """The two answers differ: neither is timed."""
