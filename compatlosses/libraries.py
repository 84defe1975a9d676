"""Whose tensors are these: the protocol that a tensor library fulfils, and the look-up from a tensor to its
library.

What the core asks of a library is below, as plain functions of a module: an adapter's ``library.py`` *is* a
library. The requirements:

- ``owns`` answers by the type of the tensor alone, imports nothing and never raises; it has no
  positional-only parameter, because MindSpore's compiler reads every ``owns`` that is asked before its own
  and does not know those;
- every function works on any device the tensor is on and under any trace the framework has, as far as the
  framework itself can, and never modifies its arguments;
- ``softplus`` and ``sigmoid`` are true, to a few ULP, over the whole range of the dtype, infinities included,
  and so is their derivative under the framework's own differentiation;
- code here and in ``losses``, ``formula`` and ``rules`` is read by the frameworks' compilers: plain if, for
  and raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from .executors import Host
    from .protocols import Loss
    from .vocabulary import Vocabulary

Tensor = Any
"""A tensor of some framework. The core knows it only through its `Library` and Python's operators."""

Shape = tuple[int | None, ...]
"""Sizes by dimension; None or a negative number where a trace does not know the size."""

Names = tuple[str, str, str, str]
"""What an API calls the logits, the targets, the weight and the positive weight."""

NAMES: Names = ("logits", "targets", "weight", "pos_weight")


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

    def elements(
        self, x: Tensor, y: Tensor, w: Tensor | None, p: Tensor | None, counts: Tensor | None, whole: bool, /
    ) -> Tensor:
        """`formula.elements`, with `formula.gradients` as its gradient for the framework's autograd."""

    def gradients(
        self,
        wanted: tuple[bool, bool, bool, bool],
        g: Tensor | None,
        x: Tensor,
        y: Tensor,
        w: Tensor | None,
        p: Tensor | None,
        counts: Tensor | None,
        whole: bool,
        /,
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]:
        """`formula.gradients`: those wanted, times the cotangent ``g`` (None: 1)."""

    @property
    def OPS(self) -> Vocabulary:
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


_libraries: tuple[Library, ...] = ()


def summed_axes(shape: Shape, target: Shape) -> tuple[int, ...]:
    """The axes of ``shape`` that a sum to ``target``, which broadcasts to it, goes over."""
    extra = len(shape) - len(target)
    axes = list(range(extra))
    for i in range(len(target)):
        if target[i] == 1 and shape[extra + i] != 1:
            axes.append(extra + i)
    return tuple(axes)


def register(library: Library, first: bool = False) -> None:
    """Let the look-up know ``library``. Registering twice is the same as once.

    ``first``: it is asked before all others. A framework whose compiler reads the look-up then reads no
    other's ``owns``.
    """
    global _libraries
    if library not in _libraries:
        _libraries = (library, *_libraries) if first else (*_libraries, library)


def registered() -> tuple[Library, ...]:
    """The libraries known so far, in the order of registration."""
    return _libraries


def installed() -> tuple[Library, ...]:
    """The libraries of the installed adapters whose framework has been imported."""
    return _installed.libraries


def find(x: object) -> Library | None:
    """The library that owns ``x``, or None."""
    # The answer has a name, because Paddle's to_static, which may read this before its adapter can tell it
    # not to, moves the condition of a return out of its loop.
    for library in _libraries:
        found = library.owns(x)
        if found:
            return library
    for library in _installed.libraries:
        found = library.owns(x)
        if found:
            return library
    return None


class _Installed:
    """The installed adapters, asked for their libraries."""

    @property
    def libraries(self) -> tuple[Library, ...]:
        """The libraries of those whose framework has been imported.

        A property, because MindSpore's compiler reads no import but fetches an attribute in Python: the
        look-up works there as the first call of a process too.
        """
        from .adapters import ADAPTERS, broken

        found: list[Library] = []
        for adapter in ADAPTERS:
            if adapter.loaded():
                try:
                    found.append(adapter.library())
                except Exception as error:
                    broken(adapter.NAME, error)
        return tuple(found)


_installed = _Installed()


def library_of(
    logits: object,
    targets: object,
    weight: object = None,
    pos_weight: object = None,
    names: Names | None = None,
) -> Library:
    """The one library whose tensors the arguments of a call are; ``names`` is what the caller's API calls
    them.

    ``weight`` and ``pos_weight`` may be None or a `number` here; an edition that wants tensors refuses those
    itself.

    Raises:
        TypeError: an argument is no tensor, or the tensors come from two frameworks.
    """
    # Not a default: Paddle's to_static cannot evaluate one that is a name.
    if names is None:
        names = NAMES
    library = find(logits)
    if library is None:
        raise TypeError(
            f"{names[0]} is {described(logits)}; expected a tensor of an imported framework that has an "
            f"adapter "
            f"({known()}). Make it one first, for example with numpy.asarray."
        )
    if not library.owns(targets):
        refuse(library, names, logits, 1, targets)
    if weight is not None and not library.owns(weight) and number(weight) is None:
        refuse(library, names, logits, 2, weight)
    if pos_weight is not None and not library.owns(pos_weight) and number(pos_weight) is None:
        refuse(library, names, logits, 3, pos_weight)
    if hasattr(library, "kind"):
        check_kinds(library, names, (logits, targets, weight, pos_weight))
    if hasattr(library, "why_unsuitable"):
        check_suitable(library, names, (logits, targets, weight, pos_weight))
    return library


def check_kinds(library: Library, names: Names, arguments: tuple[object, object, object, object]) -> None:
    """Refuse tensors of two frameworks that a `Composite` library serves."""
    for i in range(1, 4):
        if library.owns(arguments[i]) and named(library, arguments[i]) != named(library, arguments[0]):
            refuse(library, names, arguments[0], i, arguments[i])


def check_suitable(library: Library, names: Names, arguments: tuple[object, object, object, object]) -> None:
    """Refuse tensors from which the `Selective` library can compute no loss."""
    selective: Any = library
    for i in range(4):
        if library.owns(arguments[i]):
            why = selective.why_unsuitable(arguments[i])
            if why is not None:
                raise TypeError(f"{names[i]}: {why}")


def refuse(library: Library, names: Names, logits: object, place: int, x: object) -> None:
    """Raise the TypeError for ``x``, the argument in that ``place``, which does not go with the ``logits`` of
    ``library``.
    """
    name, expected = names[place], named(library, logits)
    other = find(x)
    if other is None:
        raise TypeError(
            f"{name} is {described(x)}; expected {expected}, as {names[0]} is. Make {name} one first."
        )
    raise TypeError(
        f"{names[0]} is {expected} and {name} is {named(other, x)}; expected all tensors of one call to come "
        f"from one "
        f"framework. Make {name} {expected} first."
    )


def named(library: Library, x: object) -> str:
    """What kind of tensor ``x`` is, in words for an error: 'a torch tensor', or 'a dask.array.Array'."""
    if hasattr(library, "kind"):
        kind = library.kind(x)
        return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
    return f"a {library.NAME} tensor"


def number(x: object) -> int | float | None:
    """``x`` as a Python number: one of Python's, a NumPy scalar, an array without dimensions; None if it is
    none of these.
    """
    if isinstance(x, (int, float)):
        return x
    if isinstance(x, (np.generic, np.ndarray)):
        # By its kind: a NumPy duration too says that it is a whole number. A foreign dtype, ml_dtypes'
        # bfloat16, is of kind V.
        if x.ndim != 0 or x.dtype.kind not in "biufV" or x.dtype.names is not None:
            return None
        value = x.item()
        if isinstance(value, (int, float)):
            return value
        return float(value) if isinstance(value, np.longdouble) else None
    return float(x) if isinstance(x, Real) else None


def quoted(x: object) -> str:
    """An option in words for an error: a number, a string or None itself, of all else the type."""
    return repr(x) if isinstance(x, (int, float, str)) else described(x)


def described(x: object) -> str:
    """What ``x`` is, in words for an error."""
    if x is None:
        return "None"
    cls = type(x)
    name = cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    return f"of type {name}"


def known() -> str:
    """The names of the registered libraries, in words for an error."""
    names = [library.NAME for library in _libraries]
    return f"now {', '.join(names)}" if names else "none is imported now"
