"""A value whose gradients are ours, in Paddle's autograd: hooks on a few native operations.

Paddle's own means, the PyLayer, does not serve: a second backward over one ends the process, with
``retain_graph=True`` too, and what a hook on its result returns is dropped (seen from 2.6.2 to 3.3.1). So the
graph consists of native nodes, which know of hooks, of repeated and partial backward passes, and say
themselves when the graph is gone::

    argument -> unsqueeze (a view) -> its hook gives the gradient    one for each argument
             -> sum of stubs -> times a token                        it lies where the node saves its inputs
             -> its hook takes the cotangent -> unsqueeze (a view)   absent where the cotangent arrives itself
             -> the value

Between the hooks flows nothing: the tensors there are numbers that stand for the argument and for the value,
whose contents are put in their place. As long as the native node keeps its saved tensors, the token lives,
and so does what the gradients need; after a backward without ``retain_graph`` both are gone.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import get_ident
from typing import Any

import numpy as np
import paddle

from .versions import put, without_autocast

Tensor = Any

Gradient = Callable[[int, Tensor, tuple[Any, ...]], Tensor]
"""``gradient(i, g, saved)``: the gradient by argument i for the cotangent g, of that argument's shape and
dtype, from what was saved. Where gradients are enabled when it is called, it must be differentiable.
"""

# In 3.3 Paddle's own constructor comes behind a look at the newer ways to call it, which takes longer than it
# does.
_init: Callable[..., None] = getattr(paddle, "original_init", paddle.Tensor.__init__)
_new: Callable[..., Tensor] = paddle.Tensor.__new__
_CPU: Any = paddle.CPUPlace()


def attached(
    value: Tensor,
    arguments: Sequence[Tensor | float | None],
    saved: Sequence[Tensor | float | None],
    gradient: Gradient,
) -> Tensor:
    """``value``, which nobody else holds, as a function of those ``arguments`` that ask for a gradient.

    saved: what ``gradient`` gets, which must not be changed in place before that.
    """
    with without_autocast():
        wanted = [
            (i, a) for i, a in enumerate(arguments) if isinstance(a, paddle.Tensor) and not a.stop_gradient
        ]
        if not wanted or not paddle.is_grad_enabled():
            return value
        if 0 in value.shape:
            return _nothing(value, [argument for _, argument in wanted])
        kept = _Saved(saved)
        chain: Any = "float64" if value.dtype == paddle.float64 else "float32"
        token = _Token(chain)
        alive = weakref.ref(token)
        deliveries: list[_Delivery] = []
        direct = not value.shape and value.dtype == stub(chain).dtype
        total = None
        for i, argument in wanted:
            if 0 in argument.shape:
                part = argument.sum()  # its gradient has no elements either
            else:
                part = paddle.unsqueeze(argument, 0)
                put(stub(argument.dtype), part)
                deliveries.append(_Delivery(gradient, i, kept, alive))
                part.register_hook(deliveries[-1])
            if part.dtype != stub(chain).dtype:
                part = paddle.cast(part, chain)
                direct = False
            total = part if total is None else total + part
        result = total * made(np.asarray(token))
        del token
        if alive() is None:
            kept.until_the_end = True
        if direct:
            put(value, result)
            return result
        return _with_letters(result, value, deliveries)


def _with_letters(result: Tensor, value: Tensor, deliveries: Sequence[_Delivery]) -> Tensor:
    """``value`` in the place of the number ``result``, whose cotangent goes to the deliveries by letter."""
    result = result.astype(value.dtype)
    nothing = stub(value.dtype)

    def receive(g: Tensor) -> Tensor:
        for delivery in deliveries:
            delivery.letters[get_ident()] = g
        return nothing

    result.register_hook(receive)
    put(value, result)
    # Hooks of the user's come after ours on one node, and would see what ours has returned.
    result = paddle.unsqueeze(result, 0)
    put(value, result)
    return result


def differentiable(argument: Tensor | float | None) -> bool:
    """Whether an argument is a tensor that asks for a gradient."""
    return argument is not None and not isinstance(argument, (int, float)) and not argument.stop_gradient


def made(array: np.ndarray[Any, Any]) -> Tensor:
    """An array as a Paddle tensor, without a copy.

    Not by DLPack: Paddle frees what came that way behind a lock of its own, where NumPy waits for the
    interpreter's: two threads that train lock each other out (seen with 3.3.1).
    """
    tensor = _new(paddle.Tensor)
    _init(tensor, array, _CPU, False, True)  # not persistable, not copied
    return tensor


@lru_cache(maxsize=16)
def stub(dtype: Any) -> Tensor:
    """The 0-D tensor that stands for others of this dtype, or of the dtype of this name.

    Nobody writes to it.
    """
    return paddle.zeros([], dtype)


class _Token:
    """The owner of a number 1 that a native node saves: the end of what the node saves is its end."""

    __slots__ = ("__array_interface__", "__weakref__")

    def __init__(self, dtype: str) -> None:
        self.__array_interface__ = _ONES[dtype].__array_interface__


_ONES = {dtype: np.ones((), dtype) for dtype in ("float32", "float64")}


class _Saved:
    """What the gradients of a call need: its arguments, which must be what they were, version and memory.

    They are no saved tensors of Paddle's. A PyLayer's context would keep them as such, but ends the process
    where a hook has packed a tensor into a list or a tuple (seen with 3.3.1).
    """

    __slots__ = ("_states", "_values", "until_the_end")

    def __init__(self, values: Sequence[Tensor | float | None]) -> None:
        self.until_the_end = False
        self._values: tuple[Any, ...] = tuple(values)
        self._states = tuple(state(value) for value in values)

    def values(self) -> tuple[Any, ...]:
        """The values.

        Raises:
            RuntimeError: one has been changed in place.
        """
        for value, before in zip(self._values, self._states, strict=True):
            now = state(value)
            if before is not None and now is not None and now != before:
                raise RuntimeError(
                    f"a tensor of shape {tuple(value.shape)} that the gradient of this loss needs has been "
                    f"changed in place "
                    f"since the loss was computed (its version was {before[0]} and is {now[0]}); expected it "
                    f"unchanged until "
                    f"backward. Give the loss a clone, or change a clone."
                )
        return self._values


def state(value: Any) -> tuple[int, int | None] | None:
    """What an in-place change of a tensor changes: its version, or where it lies.

    None for what is no tensor.
    """
    if not isinstance(value, paddle.Tensor):
        return None
    return value.inplace_version, None if 0 in value.shape else value.data_ptr()


class _Delivery:
    """The hook that gives the gradient by one argument. It lets go of what that needs once the graph is gone.

    letters: the cotangents that have come, by thread; without one the cotangent is what the hook is called
    with.
    """

    __slots__ = ("_alive", "_gradient", "_i", "_saved", "letters")

    def __init__(self, gradient: Gradient, i: int, saved: _Saved, alive: Callable[[], Any]) -> None:
        self._gradient: Gradient | None = gradient
        self._i = i
        self._saved: _Saved | None = saved
        self._alive = alive
        self.letters: dict[int, Tensor] = {}

    def __call__(self, g: Tensor) -> Tensor:
        gradient, saved = self._gradient, self._saved
        if gradient is None or saved is None:
            raise RuntimeError(
                "the graph of this loss has been freed; call backward or grad with retain_graph=True before"
            )
        if self._alive() is None and not saved.until_the_end:
            self._gradient = self._saved = None
        g = self.letters.pop(get_ident(), g)
        # Hooks run with gradients enabled. Whether the pass wants a graph, create_graph=True, shows on what
        # comes.
        if g.grad_fn is not None:
            return gradient(self._i, g, saved.values())
        with paddle.no_grad():
            return gradient(self._i, g, saved.values())


def _nothing(value: Tensor, arguments: Sequence[Tensor]) -> Tensor:
    """A value without elements as a function of the arguments, by which its gradients are 0."""
    total = paddle.zeros(value.shape, "float32")
    for argument in arguments:
        total = total + (argument.astype("float32") * 0.0).sum()
    return total.astype(value.dtype)
