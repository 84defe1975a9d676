"""The frameworks that differentiate: their own operators, and the shim through their autograd."""

from __future__ import annotations

import importlib
import os
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from bench_implementations import NATIVE, SHIM, Call, Implementation, Loss, NotOffered, shim
from bench_problem import Problem, Variant
from numpy.typing import NDArray

import compatlosses


def torch_tensors() -> list[Implementation]:
    """torch's function, the same compiled, and the shim, through torch's autograd."""
    torch: Any = importlib.import_module("torch")
    native = torch.nn.functional.binary_cross_entropy_with_logits

    def mean(logits: Any, targets: Any, pos_weight: Any) -> Any:
        return native(logits, targets, pos_weight=pos_weight)

    def compiled(loss: types.FunctionType) -> Loss:
        # A code object of its own: what dynamo compiles for one size would be looked through for every other
        own = types.FunctionType(loss.__code__.replace(), loss.__globals__, closure=loss.__closure__)
        compiled: Loss = torch.compile(own, fullgraph=True, dynamic=False)
        return compiled

    def tensors(given: Problem) -> tuple[Any, Any]:
        return torch.from_numpy(given.logits), torch.from_numpy(given.targets)

    def preparing(made: Callable[[], Loss]) -> Callable[[Problem, Variant], Call]:
        def prepare(given: Problem, variant: Variant) -> Call:
            loss = made()
            x, y = tensors(given)
            p = torch.from_numpy(given.pos_weight) if variant.pos_weight else None
            x.requires_grad_(variant.backward)

            def both() -> tuple[Any, Any]:
                x.grad = None
                result = loss(x, y, p)
                result.backward()
                return result, x.grad

            return both if variant.backward else lambda: (loss(x, y, p), None)

        return prepare

    def array(tensor: Any) -> NDArray[Any]:
        return np.asarray(tensor.detach().numpy())

    return [
        Implementation("torch", SHIM, preparing(lambda: shim), array, tensors=tensors),
        Implementation("torch", NATIVE, preparing(lambda: mean), array),
        Implementation("torch", "torch.compile of native", preparing(lambda: compiled(mean)), array),
        Implementation("torch", "torch.compile of the shim", preparing(lambda: compiled(shim)), array),
    ]


def paddle_tensors() -> list[Implementation]:
    """Paddle's function and the shim, through Paddle's autograd."""
    paddle: Any = importlib.import_module("paddle")
    paddle.set_device("cpu")
    native = paddle.nn.functional.binary_cross_entropy_with_logits

    def mean(logits: Any, targets: Any, pos_weight: Any) -> Any:
        return native(logits, targets, pos_weight=pos_weight)

    def tensors(given: Problem) -> tuple[Any, Any]:
        return paddle.to_tensor(given.logits), paddle.to_tensor(given.targets)

    def preparing(loss: Loss) -> Callable[[Problem, Variant], Call]:
        def prepare(given: Problem, variant: Variant) -> Call:
            x, y = tensors(given)
            p = paddle.to_tensor(given.pos_weight) if variant.pos_weight else None
            x.stop_gradient = not variant.backward

            def both() -> tuple[Any, Any]:
                x.clear_gradient(False)  # let go of, not filled with zeros
                result = loss(x, y, p)
                result.backward()
                return result, x.grad

            return both if variant.backward else lambda: (loss(x, y, p), None)

        return prepare

    def array(tensor: Any) -> NDArray[Any]:
        return np.asarray(tensor.detach().numpy())

    return [
        Implementation("paddle", SHIM, preparing(shim), array, tensors=tensors),
        Implementation("paddle", NATIVE, preparing(mean), array),
    ]


def mindspore_tensors() -> list[Implementation]:
    """MindSpore's function and the shim, eager, through MindSpore's value_and_grad.

    Reading the result waits for it.
    """
    mindspore: Any = importlib.import_module("mindspore")
    native = mindspore.ops.binary_cross_entropy_with_logits

    def mean(logits: Any, targets: Any, pos_weight: Any) -> Any:
        return native(logits, targets, None, pos_weight)

    def tensors(given: Problem) -> tuple[Any, Any]:
        return mindspore.Tensor(given.logits), mindspore.Tensor(given.targets)

    def preparing(loss: Loss) -> Callable[[Problem, Variant], Call]:
        def prepare(given: Problem, variant: Variant) -> Call:
            x, y = tensors(given)
            p = mindspore.Tensor(given.pos_weight) if variant.pos_weight else None
            step = mindspore.value_and_grad(lambda logits: loss(logits, y, p), 0)

            def both() -> tuple[Any, Any]:
                result, gradient = step(x)
                return result.asnumpy(), gradient.asnumpy()

            return both if variant.backward else lambda: (loss(x, y, p).asnumpy(), None)

        return prepare

    return [
        Implementation("mindspore", SHIM, preparing(shim), tensors=tensors),
        Implementation("mindspore", NATIVE, preparing(mean)),
    ]


def tensorflow_tensors() -> list[Implementation]:
    """TensorFlow's functions and the shim, eager, each also in a ``tf.function``, through a gradient tape."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    tf: Any = importlib.import_module("tensorflow")

    def mean(logits: Any, targets: Any, pos_weight: Any) -> Any:
        if pos_weight is None:
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))
        return tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(targets, logits, pos_weight))

    def tensors(given: Problem) -> tuple[Any, Any]:
        return tf.constant(given.logits), tf.constant(given.targets)

    def preparing(loss: Loss, graph: bool = False) -> Callable[[Problem, Variant], Call]:
        def prepare(given: Problem, variant: Variant) -> Call:
            x, y = tensors(given)
            p = tf.constant(given.pos_weight) if variant.pos_weight else None

            def both(x: Any, y: Any) -> tuple[Any, Any]:
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    result = loss(x, y, p)
                return result, tape.gradient(result, x)

            def forward(x: Any, y: Any) -> tuple[Any, Any]:
                return loss(x, y, p), None

            call = both if variant.backward else forward
            step = tf.function(call) if graph else call
            return lambda: step(x, y)

        return prepare

    return [
        Implementation("tensorflow", SHIM, preparing(shim), tensors=tensors),
        Implementation("tensorflow", NATIVE, preparing(mean)),
        Implementation("tensorflow", f"tf.function of {SHIM}", preparing(shim, graph=True)),
        Implementation("tensorflow", f"tf.function of {NATIVE}", preparing(mean, graph=True)),
    ]


def jax_arrays() -> list[Implementation]:
    """jax.jit of optax's function; the shim on eager arrays through value_and_gradients, and in jax.jit."""
    jax: Any = importlib.import_module("jax")
    optax: Any = importlib.import_module("optax")

    def mean(logits: Any, targets: Any, pos_weight: Any) -> Any:
        return optax.sigmoid_binary_cross_entropy(logits, targets).mean()

    def tensors(given: Problem) -> tuple[Any, Any]:
        return jax.device_put(given.logits), jax.device_put(given.targets)

    def weight(given: Problem, variant: Variant) -> Any:
        return jax.device_put(given.pos_weight) if variant.pos_weight else None

    def compiled(loss: Loss, weighs: bool) -> Callable[[Problem, Variant], Call]:
        def prepare(given: Problem, variant: Variant) -> Call:
            if variant.pos_weight and not weighs:
                raise NotOffered("optax has no pos_weight")
            x, y, p = *tensors(given), weight(given, variant)
            forward, step = jax.jit(loss), jax.jit(jax.value_and_grad(loss))

            def both() -> tuple[Any, Any]:
                return jax.block_until_ready(step(x, y, p))  # type: ignore[no-any-return]

            return both if variant.backward else lambda: (forward(x, y, p).block_until_ready(), None)

        return prepare

    def eager(given: Problem, variant: Variant) -> Call:
        x, y, p = *tensors(given), weight(given, variant)

        def both() -> tuple[Any, Any]:
            result, gradients = compatlosses.value_and_gradients(
                compatlosses.binary_cross_entropy_with_logits, x, y, pos_weight=p
            )
            return jax.block_until_ready((result, gradients["logits"]))  # type: ignore[no-any-return]

        return both if variant.backward else lambda: (shim(x, y, p).block_until_ready(), None)

    return [
        Implementation("jax", SHIM, eager, tensors=tensors),
        Implementation("jax", f"jax.jit of {SHIM}", compiled(shim, True)),
        Implementation("jax", "jax.jit of optax", compiled(mean, False)),
    ]
