"""Checks that API editions share. The exception class and the names of the arguments are the edition's.

Each says what was given, what was expected and how to mend it, and does nothing else. A size that a trace does not know
(None or negative) agrees with every size, a shape that it does not know (None) with every shape.
"""

from __future__ import annotations

from typing import NoReturn

from .libraries import Library, Shape, Tensor

REDUCTIONS = ("none", "mean", "sum")
FLOATING = ("float16", "bfloat16", "float32", "float64")
INTEGRAL = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
NUMBERS = FLOATING + INTEGRAL


def check_reduction(reduction: object, error: type[Exception]) -> None:
    """Refuse a reduction that is none of 'none', 'mean' and 'sum'."""
    if reduction != "mean" and reduction != "sum" and reduction != "none":
        fail(error, f"reduction is {reduction!r}; expected 'none', 'mean' or 'sum'")


def check_dtype(library: Library, name: str, x: Tensor, accepted: tuple[str, ...], error: type[Exception]) -> None:
    """Refuse a tensor whose dtype is not among ``accepted``."""
    dtype = library.dtype(x)
    if dtype not in accepted:
        fail(
            error,
            f"{name} has dtype {dtype}; expected {', '.join(accepted)}. "
            f"Cast it first, for example to {'float32' if 'float32' in accepted else accepted[0]}.",
        )


def check_same_shape(library: Library, name: str, x: Tensor, like_name: str, like: Tensor, error: type[Exception]) -> None:
    """Refuse a tensor whose shape is not that of ``like``."""
    shape = library.shape(x)
    expected = library.shape(like)
    if shape is None or expected is None:
        return
    if shape != expected and not same_shape(shape, expected):
        fail(
            error,
            f"{name} has shape {shown(shape)}; expected {shown(expected)}, the shape of {like_name}. "
            f"Reshape or broadcast {name} explicitly first.",
        )


def check_broadcast(library: Library, name: str, x: Tensor, like_name: str, like: Tensor, error: type[Exception]) -> None:
    """Refuse a tensor that does not broadcast to the shape of ``like`` by NumPy's rules, or would enlarge it."""
    shape = library.shape(x)
    target = library.shape(like)
    if shape is None or target is None:
        return
    if not broadcasts(shape, target):
        fail(
            error,
            f"{name} has shape {shown(shape)}, which does not broadcast to {shown(target)}, the shape of {like_name}; "
            f"expected at most {len(target)} dimensions, each, counted from the last, of size 1 or of the size in "
            f"{like_name}. Reshape {name} first.",
        )


def fail(error: type[Exception], message: str) -> NoReturn:
    """Raise ``error``. MindSpore's compiler raises only what it is told by name, so the usual ones are named."""
    if error is TypeError:
        raise TypeError(message)
    if error is ValueError:
        raise ValueError(message)
    if error is RuntimeError:
        raise RuntimeError(message)
    raise error(message)


def same_shape(a: Shape, b: Shape) -> bool:
    """Whether two shapes can be the same, as far as their sizes are known."""
    if len(a) != len(b):
        return False
    for i in range(len(a)):
        if a[i] != b[i] and is_known(a[i]) and is_known(b[i]):
            return False
    return True


def broadcasts(shape: Shape, target: Shape) -> bool:
    """Whether ``shape`` broadcasts to ``target`` by NumPy's rules without enlarging it, as far as sizes are known."""
    offset = len(target) - len(shape)
    if offset < 0:
        return False
    # Only tuples of one length: torch's exporter turns a comparison of two sizes into a condition on the input.
    if offset == 0 and shape == target:
        return True
    for i in range(len(shape)):
        size = shape[i]
        expected = target[offset + i]
        if size != expected and size != 1 and is_known(size) and is_known(expected):
            return False
    return True


def is_known(size: int | None) -> bool:
    """Whether a size of a dimension is known."""
    return size is not None and size >= 0


def shown(shape: Shape) -> str:
    """A shape in words for an error, unknown sizes as '?'."""
    sizes = [str(size) if is_known(size) else "?" for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def aliased(what: str, first: str, x: Tensor | None, alias: str, y: Tensor | None) -> Tensor:
    """The argument that an API knows by two names, for the ``what``; it must be given under one of them."""
    if (x is None) == (y is None):
        raise TypeError(
            f"binary_cross_entropy_with_logits() got {'neither' if x is None else 'both'} {first} and {alias}, two names for "
            f"the {what}; expected a tensor under one of them"
        )
    return y if x is None else x
