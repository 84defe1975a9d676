"""The look-up from a tensor to its library.

It is read by the frameworks' compilers: plain if, for and raise.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from .protocols import Library as Library
from .protocols import Shape as Shape
from .protocols import Tensor as Tensor

Names = tuple[str, str, str, str]
"""What an API calls the logits, the targets, the weight and the positive weight."""

NAMES: Names = ("logits", "targets", "weight", "pos_weight")


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
    """`common_library` for an edition's four places; ``names`` is what its API calls them."""
    # Not a default: Paddle's to_static cannot evaluate one that is a name.
    if names is None:
        names = NAMES
    return common_library((logits, targets, weight, pos_weight), names)


def common_library(inputs: tuple[object, ...], names: tuple[str, ...]) -> Library:
    """The one library whose tensors the inputs of a call are.

    From the third on they may be None or a `number`; an edition that wants tensors refuses those itself.

    Raises:
        TypeError: an input is no tensor, or the tensors come from two frameworks.
    """
    library = find(inputs[0])
    if library is None:
        raise TypeError(
            f"{names[0]} is {described(inputs[0])}; expected a tensor of an imported framework that has an "
            f"adapter ({known()}). Make it one first, for example with numpy.asarray."
        )
    for i in range(1, len(inputs)):
        x = inputs[i]
        if not library.owns(x) and (i == 1 or (x is not None and number(x) is None)):
            refuse(library, names, inputs, i)
    if hasattr(library, "kind"):
        check_kinds(library, names, inputs)
    if hasattr(library, "why_unsuitable"):
        check_suitable(library, names, inputs)
    return library


def check_kinds(library: Library, names: tuple[str, ...], inputs: tuple[object, ...]) -> None:
    """Refuse tensors of two frameworks that a `Composite` library serves."""
    for i in range(1, len(inputs)):
        if library.owns(inputs[i]) and named(library, inputs[i]) != named(library, inputs[0]):
            refuse(library, names, inputs, i)


def check_suitable(library: Library, names: tuple[str, ...], inputs: tuple[object, ...]) -> None:
    """Refuse tensors from which the `Selective` library can compute no loss."""
    selective: Any = library
    for i in range(len(inputs)):
        if library.owns(inputs[i]):
            why = selective.why_unsuitable(inputs[i])
            if why is not None:
                raise TypeError(f"{names[i]}: {why}")


def refuse(library: Library, names: tuple[str, ...], inputs: tuple[object, ...], place: int) -> None:
    """Raise the TypeError for the input in that ``place``, which does not go with the first one."""
    x, name, expected = inputs[place], names[place], named(library, inputs[0])
    other = find(x)
    if other is None:
        raise TypeError(
            f"{name} is {described(x)}; expected {expected}, as {names[0]} is. Make {name} one first."
        )
    raise TypeError(
        f"{names[0]} is {expected} and {name} is {named(other, x)}; expected all tensors of one call to come "
        f"from one framework. Make {name} {expected} first."
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
