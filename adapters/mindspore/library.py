"""How MindSpore tensors are used: eager, under ``mindspore.jit`` and GRAPH_MODE, differentiated and
vectorised.

MindSpore's float32 ``exp`` and ``sigmoid`` err by 5e-6 and its ``log1p`` by 17% at small arguments, in
float64 too. Its float64 ``exp`` and ``log`` are true to half a unit in the last place, so softplus and
sigmoid are built on those two alone.

Its float32 additions and products flush subnormal numbers to zero, its casts do not. Everything is therefore
computed in double and rounded once, by the cast to the result's dtype. What stays beyond reach are subnormal
doubles in tensors so large that MindSpore works on them in several threads.

Custom gradients are cells with a ``bprop``: the one hook that MindSpore's compiler, its eager tape and its
transformations all honour. A cell takes and returns None for what is not given. That compiler does not know
positional-only parameters.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import mindspore
import numpy as np
from mindspore import nn, ops
from mindspore.ops.operations.array_ops import TensorShape

from compatlosses import gradients as gradients_of
from compatlosses import libraries
from compatlosses import vocabulary as vocabularies
from compatlosses.definitions import known_losses
from compatlosses.libraries import Shape
from compatlosses.protocols import Loss
from compatlosses.vocabulary import vocabulary

from . import host as host
from .host import probe

NAME = "MindSpore"
LOSS_CLASS = "compatlosses.mindspore.BCEWithLogitsLoss"

_THIS: Any = sys.modules[__name__]
"""This module, as the library that the formula is computed with."""


def _loaded_anew(module: ModuleType, name: str) -> Any:
    """A second copy of a module, with functions of its own.

    MindSpore's compiler finds a module by its name.
    """
    spec = spec_from_file_location(name, module.__file__)
    assert spec is not None and spec.loader is not None
    copy = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


# The gradient of a jitted function loses what a cell and its bprop share, where that branches: "The pointer
# [func_graph->get_return()] is null". The bprop has functions of its own.
_bprop_gradients = _loaded_anew(gradients_of, f"{gradients_of.__name__}_of_bprop")

_SPARSE = (mindspore.CSRTensor, mindspore.COOTensor, mindspore.RowTensor)
_TENSORS = (mindspore.Tensor, *_SPARSE)

# Pairs, because MindSpore's compiler cannot look a dtype up in a dict.
_DTYPES = (
    (mindspore.float32, "float32"),
    (mindspore.float16, "float16"),
    (mindspore.bfloat16, "bfloat16"),
    (mindspore.float64, "float64"),
    (mindspore.bool_, "bool"),
    (mindspore.int8, "int8"),
    (mindspore.uint8, "uint8"),
    (mindspore.int16, "int16"),
    (mindspore.uint16, "uint16"),
    (mindspore.int32, "int32"),
    (mindspore.uint32, "uint32"),
    (mindspore.int64, "int64"),
    (mindspore.uint64, "uint64"),
    (mindspore.complex64, "complex64"),
    (mindspore.complex128, "complex128"),
)


def owns(x: object) -> bool:
    """Whether ``x`` is a MindSpore tensor, sparse ones included."""
    return isinstance(x, _TENSORS)


def why_unsuitable(x: Any) -> str | None:
    """Refuse sparse tensors."""
    if isinstance(x, _SPARSE):
        return (
            "a sparse MindSpore tensor was given; expected a dense one. Call its to_dense() first, "
            "or fill a tensor from it."
        )
    return None


def shape(x: mindspore.Tensor) -> Shape | None:
    """The sizes of ``x`` by dimension, None where the compiler does not know one, or how many there are."""
    return _known(x.shape)  # type: ignore[no-any-return]  # the compiler reads no annotated assignment


def dtype(x: mindspore.Tensor) -> str:
    """The name of the element type."""
    for kind, name in _DTYPES:
        if x.dtype == kind:
            return name
    return str(x.dtype)


def cast(x: mindspore.Tensor, dtype: str) -> mindspore.Tensor:
    """``x`` with elements of ``dtype``."""
    for kind, name in _DTYPES:
        if name == dtype:
            return x.astype(kind)
    raise TypeError(f"the dtype is {dtype!r}; expected the name of one that MindSpore has")


def constant(value: float, like: mindspore.Tensor) -> mindspore.Tensor:
    """A 0-D tensor that holds ``value``, of the dtype of ``like``."""
    return _scalar(value, like.dtype)


def sum_to(x: mindspore.Tensor, like: mindspore.Tensor) -> mindspore.Tensor:
    """``x`` summed to the shape of ``like`` in double, of the dtype of ``x``."""
    if _some_unknown(x.shape) or _some_unknown(like.shape):
        return x  # `_as_large` has made them of one shape
    axes = libraries.summed_axes(x.shape, like.shape)
    if len(axes) == 0:
        return x
    if x.size == 0:
        return ops.zeros(like.shape, x.dtype)
    return ops.sum(x.astype(mindspore.float64), axes).reshape(like.shape).astype(x.dtype)


def reshape(x: mindspore.Tensor, shape: Sequence[int]) -> mindspore.Tensor:
    """``x`` in another shape of the same size."""
    return x.reshape(tuple(shape))


def broadcast_to(x: mindspore.Tensor, shape: Sequence[int]) -> mindspore.Tensor:
    """``x`` repeated to a shape that it broadcasts to."""
    return ops.broadcast_to(x, tuple(shape))


def where(
    condition: mindspore.Tensor, a: mindspore.Tensor | float, b: mindspore.Tensor | float
) -> mindspore.Tensor:
    """``a`` where ``condition`` holds, else ``b``, of the dtype of the tensor among them."""
    return ops.where(condition, a, b)


def isinf(x: mindspore.Tensor) -> mindspore.Tensor:
    """Where ``x`` is infinite."""
    return ops.isinf(x)


def equal(x: mindspore.Tensor, value: float) -> mindspore.Tensor:
    """Where ``x`` has this value, which its dtype holds; NaN is NaN."""
    # No branch: a cell and its bprop share this. See `_bprop_gradients`.
    return _COMPARISONS[_is_nan(value, x.dtype, probe)](x.astype(_comparable(x.dtype)), value)


def _equal_to_number(x: mindspore.Tensor, value: float) -> mindspore.Tensor:
    return x == _scalar(value, x.dtype)


def _equal_to_nan(x: mindspore.Tensor, value: float) -> mindspore.Tensor:
    return ops.isnan(x)


_COMPARISONS = (_equal_to_number, _equal_to_nan)


def softplus(x: mindspore.Tensor) -> mindspore.Tensor:
    """log(1 + e^x)."""
    return _softplus(x)


def sigmoid(x: mindspore.Tensor) -> mindspore.Tensor:
    """1 / (1 + e^-x)."""
    return _sigmoid(x)


def sum(x: mindspore.Tensor) -> mindspore.Tensor:
    """The 0-D sum of all elements, in double."""
    if _some_unknown(x.shape):
        return ops.where(size(x) == 0, 0.0, ops.sum(x.astype(mindspore.float64)))
    if x.size == 0:  # MindSpore's own sum of nothing is whatever was in memory
        return ops.full((), 0.0, dtype=mindspore.float64)
    return ops.sum(x.astype(mindspore.float64))


def divide(x: mindspore.Tensor, divisor: float | mindspore.Tensor) -> mindspore.Tensor:
    """``x`` over a number or a 0-D tensor of its dtype."""
    return x / divisor


def size(x: mindspore.Tensor) -> int | mindspore.Tensor:
    """The number of elements: an int, or a 0-D tensor where the compiler does not know it."""
    if _some_unknown(x.shape):
        return ops.prod(_shape_at_run_time(x)).astype(mindspore.float64)
    return x.size


def assured(x: mindspore.Tensor, like: mindspore.Tensor, same: bool, message: str) -> mindspore.Tensor:
    """``x``, which a run gives only where it has the shape of ``like``, or broadcasts to that without
    enlarging it.

    The run's error is MindSpore's own, a ValueError that names both shapes.
    """
    # No gradient goes through the check: MindSpore's sum of nothing is whatever was in memory.
    whole = ops.stop_gradient(like).astype(mindspore.float64)
    large = ops.stop_gradient(x).astype(mindspore.float64)
    if not same:
        large = large + ops.zeros_like(whole)
    # addn repeats nothing, but takes () and (1,) for one shape: hence another dimension.
    return ops.depend(x, ops.addn((ops.expand_dims(whole, 0), ops.expand_dims(large, 0))))


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: mindspore.Tensor | None) -> mindspore.Tensor:
    """The loss of each element in double, differentiable by the definition's slopes."""
    count = len(loss.arguments)
    tensors: tuple[Any, ...] = ()
    for i in range(count):
        x = _wide(inputs[i])
        tensors = (*tensors, _as_large(x, inputs[0]) if loss.arguments[i].broadcasts else x)
    first, second, third, fourth = (*tensors, None, None)[:4]
    p, q, r, s = (*inputs[count:], None, None, None, None)[:4]
    return getattr(_cells, loss.name)(first, second, third, fourth, counts, p, q, r, s)


def gradient(
    loss: Loss, of: int, g: mindspore.Tensor | None, inputs: tuple[Any, ...], counts: mindspore.Tensor | None
) -> mindspore.Tensor:
    """The gradient of `elementwise` by one input, times the cotangent ``g`` (None: 1), in double."""
    if _some_unknown(inputs[0].shape):
        raise ValueError(
            "value_and_gradients is called in a MindSpore program of unknown sizes; expected known sizes "
            "there. Ask mindspore.value_and_grad of the loss instead."
        )
    count = len(loss.arguments)
    tensors: tuple[Any, ...] = ()
    for i in range(count):
        tensors = (*tensors, _wide(inputs[i]))
    return gradients_of.gradient(_THIS, loss, of, g, tensors + inputs[count:], counts)


def _wide(x: mindspore.Tensor | None) -> mindspore.Tensor | None:
    """``x`` in double, and None for None."""
    if x is None:
        return None
    return x.astype(mindspore.float64)


def _as_large(w: mindspore.Tensor | None, x: mindspore.Tensor) -> mindspore.Tensor | None:
    """A weight, repeated to the shape of ``x`` where sizes are unknown.

    There MindSpore's own gradient of the repeating sums to the shape that the weight has at run time.
    """
    if w is None:
        return None
    if _some_unknown(w.shape) or _some_unknown(x.shape):
        # Its sum of nothing is whatever was in memory: no gradient goes that way where x has no elements.
        w = ops.where(size(x) == 0, ops.stop_gradient(w), w)
        return w + ops.zeros_like(x).astype(w.dtype)
    return w


def tracing() -> bool:
    """Nothing here warns under a trace."""
    return False


def autocast_dtype(x: mindspore.Tensor) -> str | None:
    """float32 for half precision under the level 'auto' of MindSpore's amp, which has this loss on its list
    for float32.

    MindSpore is asked by an operation on the same list: a graph knows its level only while its operations are
    compiled.
    """
    if x.dtype != mindspore.float16 and x.dtype != mindspore.bfloat16:
        return None
    probe = ops.exp(ops.full((), 0.0, dtype=mindspore.float16))
    return "float32" if probe.dtype == mindspore.float32 else None


class _Softplus(nn.Cell):  # type: ignore[misc]
    """log(1 + e^x), whose derivative is `_Sigmoid`."""

    def construct(self, x: mindspore.Tensor) -> mindspore.Tensor:
        wide = x.astype(mindspore.float64)
        small = ops.exp(-ops.abs(wide))
        # log1p(small) after Kahan: what rounding u lost, the quotient puts back; where u is 1, it is small
        # itself.
        u = 1.0 + small
        tiny = u == 1.0
        log1p = ops.where(tiny, small, ops.log(u) * small / ops.where(tiny, 1.0, u - 1.0))
        return (ops.where(wide > 0, wide, 0.0) + log1p).astype(x.dtype)

    def bprop(
        self, x: mindspore.Tensor, out: mindspore.Tensor, dout: mindspore.Tensor
    ) -> tuple[mindspore.Tensor]:
        return (dout * _sigmoid(x),)


class _Sigmoid(nn.Cell):  # type: ignore[misc]
    """1 / (1 + e^-x), whose derivative is sigmoid(x) sigmoid(-x): never 0 times infinity."""

    def construct(self, x: mindspore.Tensor) -> mindspore.Tensor:
        wide = x.astype(mindspore.float64)
        small = ops.exp(-ops.abs(wide))
        return (ops.where(wide < 0, small, 1.0) / (1.0 + small)).astype(x.dtype)

    def bprop(
        self, x: mindspore.Tensor, out: mindspore.Tensor, dout: mindspore.Tensor
    ) -> tuple[mindspore.Tensor]:
        return (dout * (_sigmoid(x) * _sigmoid(-x)),)


class _Loss(nn.Cell):  # type: ignore[misc]
    """The elements of a loss, whose gradient is made of operations, so it differentiates again.

    It has places for four tensors, the weight being the last of those that are there, and four parameters: a
    tuple of them is taken apart where a jitted function is differentiated, and ``bprop`` no longer fits.
    """

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        if len(loss.arguments) > 4 or len(loss.parameters) > 4:
            raise TypeError(
                f"{loss.name} has {len(loss.arguments)} tensors and {len(loss.parameters)} parameters; "
                f"expected at most 4 and 4, which is what MindSpore's programs have places for"
            )
        self.loss = loss
        definition = sys.modules[loss.written.__module__]
        self.of_bprop = _loaded_anew(definition, f"{definition.__name__}_of_bprop").LOSS
        self.count = len(loss.arguments)
        # Those of a loss of rows are applied before.
        self.parameters_count = 0 if loss.rows else len(loss.parameters)

    def construct(
        self,
        first: Any,
        second: Any,
        third: Any,
        fourth: Any,
        counts: Any,
        p: Any,
        q: Any,
        r: Any,
        s: Any,
    ) -> mindspore.Tensor:
        given = (first, second, third, fourth)[: self.count] + (p, q, r, s)[: self.parameters_count]
        return gradients_of.elements(_THIS, self.loss, given, counts)

    def bprop(
        self,
        first: Any,
        second: Any,
        third: Any,
        fourth: Any,
        counts: Any,
        p: Any,
        q: Any,
        r: Any,
        s: Any,
        out: mindspore.Tensor,
        dout: mindspore.Tensor,
    ) -> tuple[Any, ...]:
        given = (first, second, third, fourth)[: self.count] + (p, q, r, s)[: self.parameters_count]
        found: tuple[Any, ...] = ()
        for i in range(9):
            if i >= self.count or given[i] is None:
                found = (*found, None)
            elif i == self.count - 1 and self.loss.rows == "":
                # The loss at weight 1. The definition asks for it with None, on a branch that the compiler
                # has dropped by then.
                ones = (*given[:i], ops.ones_like(given[i]), *given[i + 1 :])
                value = _bprop_gradients.elements(_BPROP, self.of_bprop, ones, counts)
                found = (*found, sum_to(_bprop_gradients.scaled(_BPROP, value, dout, counts), given[i]))
            else:
                found = (*found, _bprop_gradients.gradient(_BPROP, self.of_bprop, i, dout, given, counts))
        return found


class _Cells:
    """The cell of each loss by its name, made when it is first asked for: in Python, by MindSpore's compiler
    too.
    """

    def __getattr__(self, name: str) -> Any:
        loss = known_losses().get(name)
        if loss is None:
            raise AttributeError(name)
        cell = _Loss(loss)
        setattr(self, name, cell)
        return cell


# --- rows ---------------------------------------------------------------------------------------------------


def moved(x: mindspore.Tensor, source: int, destination: int) -> mindspore.Tensor:
    """``x`` with an axis at another place."""
    return ops.movedim(x, source, destination)


def row_sum(x: mindspore.Tensor) -> mindspore.Tensor:
    """The sum along the last axis, which keeps it, with size 1."""
    return ops.sum(x, -1, True)


def row_max(x: mindspore.Tensor) -> mindspore.Tensor:
    """The largest number along the last axis, which keeps it, with size 1."""
    return ops.amax(x, -1, True)


def classes(indices: mindspore.Tensor, like: mindspore.Tensor) -> mindspore.Tensor:
    """Where each class of ``like`` is the one of ``indices``."""
    return ops.expand_dims(indices.astype(mindspore.int64), -1) == ops.arange(0, like.shape[-1], 1)


def with_axis(x: mindspore.Tensor) -> mindspore.Tensor:
    """``x`` with another last axis, of size 1."""
    return ops.expand_dims(x, -1)


def without_axis(x: mindspore.Tensor) -> mindspore.Tensor:
    """``x`` without its last axis, of size 1."""
    return ops.squeeze(x, -1)


def exp(x: mindspore.Tensor) -> mindspore.Tensor:
    """e^x."""
    return ops.exp(x)


def log(x: mindspore.Tensor) -> mindspore.Tensor:
    """The natural logarithm."""
    return ops.log(x)


def log1p(x: mindspore.Tensor) -> mindspore.Tensor:
    """log(1 + x): Kahan's, as MindSpore's own is not true."""
    u = 1.0 + x
    return ops.log(u) + (x - (u - 1.0)) / ops.where(u > 0.0, u, 1.0)


def detached(x: mindspore.Tensor) -> mindspore.Tensor:
    """``x`` as a constant."""
    return ops.stop_gradient(x)


@ops.constexpr(check=False)  # type: ignore[untyped-decorator]
def _known(shape: Any) -> Any:
    """A shape as the compiler knows it: None for a size, or for all of them, that only a run will tell.

    The compiler's own answer would be a value of the run, and what depends on it a branch of the run.
    """
    return None if shape is None else tuple(shape)


@ops.constexpr(check=False)  # type: ignore[untyped-decorator]
def _some_unknown(shape: Any) -> Any:
    """Whether the compiler does not know all sizes of a shape."""
    return shape is None or None in shape


@ops.constexpr(check=False)  # type: ignore[untyped-decorator]
def _scalar(value: float, dtype: Any) -> mindspore.Tensor:
    """A 0-D tensor. MindSpore itself rounds a number that meets a tensor to float32, in double too."""
    name = next(name for kind, name in _DTYPES if dtype == kind)
    return mindspore.Tensor(np.array(value, name))


@ops.constexpr(check=False)  # type: ignore[untyped-decorator]
def _is_nan(value: float, dtype: Any, probe: Any) -> int:
    """1 for NaN, else 0.

    ``probe`` is None for the compiler, which hands over what float32 does not hold as infinity.
    """
    if probe is None and dtype == mindspore.float64 and abs(value) == math.inf:
        raise ValueError(
            "ignore_index is infinite, or beyond the range of float32, in a compiled MindSpore program with "
            "float64 targets; "
            "expected a finite number within that range. Call the loss eagerly, or name another value."
        )
    return int(value != value)


@ops.constexpr  # type: ignore[untyped-decorator]
def _comparable(dtype: Any) -> Any:
    """The dtype in which elements of ``dtype`` are compared: MindSpore compares no bfloat16 on the CPU.

    Worked out in Python while compiling: a branch here would be one that the compiler drops before it reads a
    ``bprop``.
    """
    return mindspore.float32 if dtype == mindspore.bfloat16 else dtype


_shape_at_run_time = TensorShape()
_softplus = _Softplus()
_sigmoid = _Sigmoid()

_cells = _Cells()

OPS = vocabulary(_THIS, sealed=True)

_BPROP: Any = ModuleType(f"{__name__}_of_bprop")
"""This module as the library of a bprop, with a vocabulary of its own."""
vars(_BPROP).update(vars(_THIS))
_BPROP.OPS = _loaded_anew(vocabularies, f"{vocabularies.__name__}_of_bprop").vocabulary(_BPROP, sealed=True)

libraries.register(_THIS, first=True)
