"""The words of the core: what a loss, a call, a library and a host are. This module imports nothing of the
project.

A library is how the tensors of one framework are used: an adapter's ``library.py`` *is* one. The
requirements:

- ``owns`` answers by the type of the tensor alone, imports nothing and never raises; it has no
  positional-only parameter, because MindSpore's compiler reads every ``owns`` that is asked before its own
  and does not know those;
- every function works on any device the tensor is on and under any trace the framework has, as far as the
  framework itself can, and never modifies its arguments;
- ``softplus`` and ``sigmoid`` are true, to a few ULP, over the whole range of the dtype, infinities included,
  and so is their derivative under the framework's own differentiation;
- the code of the core is read by the frameworks' compilers: plain if, for and raise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Tensor = Any
"""A tensor of some framework. The core knows it only through its library and Python's operators."""

Array = NDArray[Any]
"""Host memory as the fused executor takes it."""

Shape = tuple[int | None, ...]
"""Sizes by dimension; None or a negative number where a trace does not know the size."""

Reduction = tuple[str, str, float | None, float, Tensor | None]
"""How the losses of elements become a result, as a plain tuple: (name, divisor, ignored, empty, mask).

name: 'none', 'sum' or 'mean'. divisor: what the result is divided by, see `reductions`. ignored: the target
of elements that do not count, a number of the targets' dtype, or None. empty: a mean over no element, NaN or
0. mask: where elements count, of bool, or None.

It is no named tuple: MindSpore's compiler reads the fields of one that is created in a graph only when the
program runs.
"""


@dataclass(frozen=True)
class Input:
    """A tensor that a loss takes."""

    name: str
    optional: bool = False
    """None stands for 1."""
    broadcasts: bool = False
    """It repeats to the shape of the first input. Else it has that shape."""
    harmless: float = 0.0
    """What stands for the values of elements that do not count: a number at which the loss and its slopes are
    finite.
    """


@dataclass(frozen=True)
class Parameter:
    """A number that shapes a loss."""

    name: str
    default: float | str | None
    above: float | None = None
    """The number is greater than this one."""
    least: float | None = None
    """The number is not less than this one."""
    most: float | None = None
    """The number is not greater than this one."""
    absent: float | None = None
    """The number that None stands for; None where a number must be given."""
    choices: tuple[str | bool, ...] = ()
    """What is given instead of a number, which is the place here; empty where a number is given."""


WEIGHT = Input("weight", optional=True, broadcasts=True, harmless=1.0)
"""The last input of every loss: the factor of each element's loss."""


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss of elements: its inputs and parameters by name, and its mathematics.

    ``written(ops)`` gives ``(value, slope, ...)``: the loss of an element and its slope by each of `inputs`,
    in their order, in the vocabulary ``ops``. Each is a function of the inputs, the weight, and the
    parameters, in this order.
    """

    name: str
    inputs: tuple[Input, ...]
    parameters: tuple[Parameter, ...]
    written: Callable[[Any], tuple[Callable[..., Any], ...]]
    loops: str = ""
    """The module with its compiled loops; empty where there are none, and every call takes the formula."""
    lane: str = ""
    """The module with loops of its own making for its most frequent calls, where its speed has
    earned them.
    """
    double: bool = True
    """Whether the formula is computed in double, where the device has it, and rounded once: for a loss of few
    operations.
    """
    batches: bool = False
    """Whether its reductions include 'batchmean', the sum over the size of the first axis."""
    rows: str = ""
    """Of a loss of rows, one result along an axis of classes: what the weights of the classes weigh, 'class'
    or 'row'; 'index' where its targets are class indices alone. Empty for a loss of elements.
    """
    alone: bool = False
    """Of a loss of rows: whether that of an index depends on its class alone, whatever the others hold."""
    of_indices: Loss | None = None
    """Of a loss of rows: the same one for the formula, of a class index that is not smoothed, where there is
    one.
    """
    of_weighted_rows: Loss | None = None
    """Of a loss of rows: the same one with weights that weigh rows, where there is one."""

    along: str = ""
    """How elements are joined along an axis to one result a row: 'sum', where there is an axis, or 'mean'.
    Empty where they are not.
    """
    element: Loss | None = None
    """Of a loss that is always joined along an axis: that of its elements, with inputs of the same names."""
    arguments: tuple[Input, ...] = field(init=False)
    """The inputs and the weight."""
    names: tuple[str, ...] = field(init=False)
    """The names of `arguments`."""

    def __post_init__(self) -> None:
        arguments = (*self.inputs, WEIGHT)
        object.__setattr__(self, "arguments", arguments)
        object.__setattr__(self, "names", tuple([argument.name for argument in arguments]))


Call = tuple[Loss, Any, tuple[Any, ...], tuple[float, ...], Reduction]
"""A checked call, as a plain tuple: (loss, library, inputs, parameters, reduction).

inputs: in the order of `Loss.arguments`, the definition's and then the weight, each a tensor of the library,
a number where it broadcasts, or None. parameters: Python numbers.
"""


@dataclass(frozen=True)
class Vocabulary:
    """The operations that a definition may use, besides Python's arithmetic and comparisons."""

    number: Callable[[float, Tensor], Tensor]
    """A number of the dtype of a tensor: for one that single precision does not hold, because a Python number
    beside a tensor of double may be read in single.
    """
    where: Callable[[Tensor, Any, Any], Tensor]
    """a where the condition holds, else b: tensors or numbers, at least one of them a tensor."""
    abs: Callable[[Tensor], Tensor]
    sign: Callable[[Tensor], Tensor]
    """1, -1, and 0 at 0, with slope 0 everywhere."""
    within: Callable[[Tensor, float], Tensor]
    """The number of [-limit, limit] that is nearest."""
    times: Callable[[Tensor, Tensor], Tensor]
    """The product; 0 where one factor is 0 and the other infinite."""
    product: Callable[[Tensor | None, Tensor, Tensor], Tensor]
    """The weighted product of two factors of which none is 0 where the other is infinite."""
    weighted: Callable[[Tensor | None, Tensor], Tensor]
    """`times` with a weight, of which None is 1."""
    factor: Callable[[Tensor | None, Tensor | None], Tensor | None]
    """The product of two weights, of which None is 1."""
    smoothed: Callable[[Tensor, float], Tensor]
    """A target y moved towards 1/2 by a number s in [0, 1]: y (1 - s) + s / 2."""
    softplus: Callable[[Tensor], Tensor]
    """log(1 + e^x)"""
    sigmoid: Callable[[Tensor], Tensor]
    """1 / (1 + e^-x)"""
    softplus_pair: Callable[[Tensor, Tensor, Tensor, bool], Tensor]
    """a softplus(x) + b softplus(-x) of x, a and b, of which one that is 0 makes its term 0. The last
    argument: whether a is exactly 1 - b.
    """
    sigmoid_pair: Callable[[Tensor, Tensor, Tensor, bool], Tensor]
    """a sigmoid(x) - b sigmoid(-x), the slope of that by x, likewise."""
    log: Callable[[Tensor], Tensor]
    """The natural logarithm of x >= 0; NaN of others."""
    log_less: Callable[[Tensor, Tensor], Tensor]
    """log(y) - x, where the library can as exact as if the logarithm had not been rounded."""
    log1p: Callable[[Tensor], Tensor]
    """log(1 + x) of x >= -1; NaN of others."""
    exp: Callable[[Tensor], Tensor]
    """e^x"""
    expm1: Callable[[Tensor], Tensor]
    """e^x - 1"""
    power: Callable[[Tensor, float], Tensor]
    """x^exponent of x >= 0; 1 for the exponent 0."""


@dataclass(frozen=True)
class RowVocabulary(Vocabulary):
    """The operations for a loss of rows, which lie along the last axis, besides."""

    row_sum: Callable[[Tensor], Tensor]
    """The sum along the last axis, which keeps it, with size 1."""
    nll: Callable[[Tensor], Tensor]
    """Minus the logarithm of `softmax`."""
    softmax: Callable[[Tensor], Tensor]
    """e^x over its sum along the last axis."""
    rest: Callable[[Tensor], Tensor]
    """1 - `softmax`, as the sum of the others."""
    is_class: Callable[[Tensor, Tensor], Tensor]
    """Where a class along the last axis of the second tensor is that of the row. Classes are numbers with a
    last axis of size 1.
    """
    at: Callable[[Tensor, Tensor], Tensor]
    """The number of a row's class, with a last axis of size 1; NaN where it is none."""
    nll_at: Callable[[Tensor, Tensor], Tensor]
    """`nll` of a row's class."""
    softmax_less: Callable[[Tensor, Tensor], Tensor]
    """`softmax`, at the row's class less 1."""


class Library(Protocol):
    """How the tensors of one framework are used. A module with these names fulfils it."""

    @property
    def host(self) -> Host | None:
        """How the fused executor gets at its tensors, or None: every call goes to the formula."""

    @property
    def NAME(self) -> str:
        """The framework's name, as a person would say it in an error."""

    def owns(self, x: object, /) -> bool:
        """Whether ``x`` is a tensor of this framework."""

    def shape(self, x: Tensor, /) -> Shape | None:
        """The sizes of ``x`` by dimension; None where a trace does not even know how many there are."""

    def dtype(self, x: Tensor, /) -> str:
        """The name of the element type: 'float32', 'bfloat16', 'int64', 'bool', ..."""

    def cast(self, x: Tensor, dtype: str, /) -> Tensor:
        """``x`` with elements of ``dtype``; differentiable; ``x`` itself where it has that dtype already.

        float64 where there is none gives float32.
        """

    def constant(self, value: float, like: Tensor, /) -> Tensor:
        """A 0-D tensor that holds ``value``, of the dtype and on the device of ``like``."""

    def sum_to(self, x: Tensor, like: Tensor, /) -> Tensor:
        """``x`` summed to the shape of ``like``, which broadcasts to that of ``x``: what a gradient needs."""

    def reshape(self, x: Tensor, shape: Sequence[int], /) -> Tensor:
        """``x`` in another shape of the same size."""

    def broadcast_to(self, x: Tensor, shape: Sequence[int], /) -> Tensor:
        """``x`` repeated to a shape that it broadcasts to by NumPy's rules; differentiable."""

    def where(self, condition: Tensor, a: Tensor | float, b: Tensor | float, /) -> Tensor:
        """``a`` where ``condition`` holds, else ``b``, of the dtype of the tensor among them."""

    def isinf(self, x: Tensor, /) -> Tensor:
        """Where ``x`` is infinite."""

    def equal(self, x: Tensor, value: float, /) -> Tensor:
        """Where ``x`` is ``value``, an int for integers and bools, else a float, that its dtype holds. NaN
        equals NaN.

        It is exact, for the largest int64 too. Not every framework's ``==`` is: Paddle's takes 1e-9 for 0.
        """

    def softplus(self, x: Tensor, /) -> Tensor:
        """log(1 + e^x)."""

    def sigmoid(self, x: Tensor, /) -> Tensor:
        """1 / (1 + e^-x)."""

    def sum(self, x: Tensor, /) -> Tensor:
        """The 0-D sum of all elements, in the widest accumulator that the device has; 0 for an
        empty ``x``.
        """

    def divide(self, x: Tensor, divisor: float | Tensor, /) -> Tensor:
        """``x`` over a number or a 0-D tensor of its dtype; of the dtype of ``x``."""

    def size(self, x: Tensor, /) -> int | Tensor:
        """The number of elements: an int, or a 0-D tensor where a trace does not know it."""

    @property
    def OPS(self) -> RowVocabulary:
        """``vocabulary.vocabulary`` of this library: the words in which definitions write losses."""

    def elementwise(self, loss: Loss, inputs: tuple[Any, ...], counts: Tensor | None, /) -> Tensor:
        """`gradients.elements`, with `gradients.gradient` as its gradient for the framework's autograd."""

    def gradient(
        self, loss: Loss, of: int, g: Tensor | None, inputs: tuple[Any, ...], counts: Tensor | None, /
    ) -> Tensor:
        """`gradients.gradient`: by the input number ``of``, times the cotangent ``g`` (None: 1)."""

    def tracing(self) -> bool:
        """Whether the framework is reading this call for a compiler, and a warning would have no one to
        reach.
        """

    def autocast_dtype(self, x: Tensor, /) -> str | None:
        """The dtype in which the framework's automatic casting computes this loss just now; None while it is
        off.
        """


class Logarithmic(Protocol):
    """A `Library` with what losses of probabilities, of densities and of rows need besides: true to a few
    ULP, and differentiable.
    """

    def exp(self, x: Tensor, /) -> Tensor:
        """e^x; 0 of minus infinity."""

    def log(self, x: Tensor, /) -> Tensor:
        """The natural logarithm; minus infinity of 0, NaN of numbers below."""

    def log1p(self, x: Tensor, /) -> Tensor:
        """log(1 + x); minus infinity of -1, NaN of numbers below."""

    # A function ``power(x, exponent)`` too, where the operator ** is not true enough; and a function
    # ``decay(x)``, which is e^-|x| with the derivative -1 at 0, where that costs less than a selection.


class Rowwise(Logarithmic, Protocol):
    """A `Library` with what losses of rows need besides. Rows lie along the last axis."""

    def moved(self, x: Tensor, source: int, destination: int, /) -> Tensor:
        """``x`` with an axis at another place; differentiable."""

    def row_sum(self, x: Tensor, /) -> Tensor:
        """The sum along the last axis, which keeps it, with size 1."""

    def row_max(self, x: Tensor, /) -> Tensor:
        """The largest number along the last axis, which keeps it, with size 1; no derivative is asked for."""

    def classes(self, indices: Tensor, like: Tensor, /) -> Tensor:
        """Where each class of ``like``, along its last axis, is the one of ``indices``, which lack that axis.

        An index that is no class is nowhere."""

    def with_axis(self, x: Tensor, /) -> Tensor:
        """``x`` with another last axis, of size 1."""

    def without_axis(self, x: Tensor, /) -> Tensor:
        """``x`` without its last axis, of size 1."""

    def detached(self, x: Tensor, /) -> Tensor:
        """``x`` as a constant: no derivative goes through it."""


class Accelerated(Protocol):
    """A `Library` with kernels of its own for a device."""

    def why_not_on_device(self, call: Call, /) -> str | None:
        """Why a call cannot take the kernels, in words, none where its device has none; None where it can."""

    def on_device(self, call: Call, dtype: str, /) -> Tensor | None:
        """The loss of such a call as a tensor of ``dtype``, with its gradients for the framework's
        autograd; None where the kernels turn out not to work.
        """


class Host(Protocol):
    """How the fused executor gets at a framework's tensors. An adapter's ``host.py`` is one.

    ``inputs`` are a call's, in the order of `Loss.arguments`: tensors, numbers or None.
    """

    def why_formula(self, inputs: tuple[Any, ...], /) -> str | None:
        """Why a call with these inputs must go to the formula, in words; None where the fused executor may
        run.

        None means that there is proof of an eager call on dense host memory.
        """

    def wanted(self, inputs: tuple[Any, ...], /) -> tuple[bool, ...]:
        """By which inputs the framework's autograd will ask for a gradient."""

    def view(self, tensor: Tensor, /) -> Array:
        """The tensor's memory as an array: no copy, any strides; bfloat16 as `operands.BFLOAT16`."""

    def tensor(self, array: Array | np.generic, like: Tensor, /) -> Tensor:
        """An array that nobody else holds as a tensor of the framework of ``like``: no copy.

        A framework with memory formats may lay it out as ``like``: a loss as the targets, a gradient as the
        first input. Where results must lie in memory of the framework, the host has a function ``empty`` too.
        """

    def attach(self, call: Derivable, inputs: tuple[Any, ...], /) -> Tensor:
        """The call's loss as a tensor whose gradients the framework's autograd asks of ``call``."""


class Factual(Protocol):
    """A `Host` that can say in one look what a plain call is like; see `plans`."""

    def facts(self, inputs: tuple[Any, ...], /) -> tuple[Any, ...] | None:
        """All that a call's checks, the choice of its executor and the gradients wanted depend on, but for
        the options: of each input the dtype, the shape and whether it asks for a gradient. None where
        `Host.why_formula` would have an answer, where automatic casting is on, and where an input is
        something else than a tensor, a float or None.
        """


class Addressed(Protocol):
    """A `Host` that can compute small calls that come again from addresses alone; see `request.Direct`."""

    def at_once(self, direct: Any, inputs: tuple[Any, ...], /) -> tuple[Tensor, Any] | None:
        """The loss as a tensor, and the gradient by the first input, an array or what `Host.tensor` takes for
        one, None where there is none. None in all where memory is not what the call's facts promise: the call
        goes the way of all others then, which says what is wrong.
        """


class Derivable(Protocol):
    """A loss that has been computed, whose gradients can still be asked for; see `executors.FusedCall`."""

    wanted: tuple[bool, ...]
    """By which inputs a gradient was wanted at the call."""

    @property
    def loss(self) -> Array:
        """The loss."""

    @property
    def reduced(self) -> bool:
        """Whether the loss is one number, and so the cotangent."""

    def gradients(
        self, arrays: tuple[Any, ...], cotangent: Array | float, wanted: tuple[bool, ...] | None = None, /
    ) -> tuple[Array | None, ...]:
        """The gradients wanted (None: all that were at the call), times the cotangent."""

    def handed_out(self, wanted: tuple[bool, ...], /) -> tuple[Array | None, ...] | None:
        """The gradients wanted that were kept, for a cotangent of 1; None if one of them is gone."""

    def forget(self) -> None:
        """Give up the kept gradients."""

    def formula_gradients(
        self, library: Library, wanted: tuple[bool, ...], g: Tensor, inputs: tuple[Any, ...], /
    ) -> tuple[Tensor | None, ...]:
        """The gradients in the framework's own operations: differentiable again."""


class Modular(Protocol):
    """A `Library` of a framework with modules that keep buffers."""

    @property
    def LOSS_CLASS(self) -> str:
        """The loss class that is a module of the framework: 'compatlosses.torch.BCEWithLogitsLoss'."""


class Selective(Protocol):
    """A `Library` that owns tensors which no loss can be computed from: sparse, nested, ragged or masked
    ones.
    """

    def why_unsuitable(self, x: Tensor, /) -> str | None:
        """Why an argument cannot be ``x``: what was given, what is expected, how to mend it, in one sentence;
        None: it can.

        Asked of every tensor of a call. The look-up raises a TypeError of it, behind the argument's name and
        a colon.
        """


class Composite(Protocol):
    """A `Library` for the tensors of several frameworks, which are not mixed in one call."""

    def kind(self, x: Tensor, /) -> str:
        """The public name of the type of ``x``: 'dask.array.Array'."""


class Deferred(Protocol):
    """A `Library` whose ``shape`` may have unknown sizes, or be unknown, until a program runs.

    Each such library is one.
    """

    def assured(self, x: Tensor, like: Tensor, same: bool, message: str, /) -> Tensor:
        """``x``, tied to a check when the program runs; differentiable.

        ``same``: that it has the shape of ``like``; else that it broadcasts to that shape and does not
        enlarge it. The program fails where that is not so, with ``message`` where the framework can carry
        one: no number comes out. Called only where a size of one of the two is unknown.
        """
