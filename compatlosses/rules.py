"""Checks that API editions share. The exception class and the names of the arguments are the edition's.

Each says what was given, what was expected and how to mend it, and does nothing else. A size that a trace
does not know (None or negative) agrees with every size, a shape that it does not know (None) with every
shape.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NoReturn

import numpy as np

from .libraries import Library, Shape, Tensor, number, quoted

REDUCTIONS = ("none", "mean", "sum")
FLOATING = ("float16", "bfloat16", "float32", "float64")
INTEGRAL = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
NUMBERS = FLOATING + INTEGRAL

LARGEST = 1.7976931348623157e308
"""The largest finite double."""

_FLOATS = {
    "float16": (11, -24, 65504.0),
    "bfloat16": (8, -133, 3.3895313892515355e38),
    "float32": (24, -149, 3.4028234663852886e38),
}
"""Significant bits, exponent of the smallest subnormal number, largest finite number."""

_INTEGERS = {
    "bool": (0, 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
"""The least and the largest number."""


def check_reduction(reduction: object, error: type[Exception]) -> None:
    """Refuse a reduction that is none of 'none', 'mean' and 'sum'."""
    if not isinstance(reduction, str) or (reduction != "mean" and reduction != "sum" and reduction != "none"):
        fail(error, f"reduction is {quoted(reduction)}; expected 'none', 'mean' or 'sum'")


def check_reduction_of_batches(reduction: object, error: type[Exception]) -> None:
    """Refuse a reduction that is none of 'none', 'mean', 'sum' and 'batchmean'."""
    if not isinstance(reduction, str) or (reduction not in REDUCTIONS and reduction != "batchmean"):
        fail(error, f"reduction is {quoted(reduction)}; expected 'none', 'mean', 'sum' or 'batchmean'")


def parameter(name: str, value: object) -> float:
    """A parameter of a loss as a Python float: a real number, Python's or NumPy's, or a tensor without
    dimensions that is not differentiated.

    Raises:
        TypeError: ``value`` is none of these.
    """
    given = number(value)
    if given is None and says_a_number(value):
        given = float(value)  # type: ignore[arg-type]
    if given is None:
        raise TypeError(f"{name} is {quoted(value)}; expected a number")
    return float(given)


def nonnegative(name: str, value: object) -> float:
    """A `parameter` of at least 0.

    Raises:
        TypeError: no number.
        ValueError: a number below 0.
    """
    found = parameter(name, value)
    if not found >= 0.0:
        raise ValueError(f"{name} is {found:g}; expected a number of at least 0")
    return found


def says_a_number(x: object) -> bool:
    """Whether ``x`` is like a tensor without dimensions, and no gradient is asked of it."""
    if isinstance(x, (np.generic, np.ndarray)) or getattr(x, "requires_grad", False):
        return False
    return hasattr(x, "__float__") and hasattr(x, "shape") and len(x.shape) == 0


def check_dtype(
    library: Library,
    name: str,
    x: Tensor,
    accepted: tuple[str, ...],
    error: type[Exception],
    *,
    targets: Tensor = None,
) -> None:
    """Refuse a tensor whose dtype is not among ``accepted``.

    ``targets``: those that stand beside logits ``x``.
    """
    dtype = library.dtype(x)
    if dtype in accepted:
        return
    mend = f"Cast it first, for example to {'float32' if 'float32' in accepted else accepted[0]}."
    if targets is not None and dtype in INTEGRAL and library.dtype(targets) in FLOATING:
        mend = (
            f"Are logits and targets in this order? The targets have dtype {library.dtype(targets)}. {mend}"
        )
    fail(error, f"{name} has dtype {dtype}; expected {', '.join(accepted)}. {mend}")


def check_same_shape(
    library: Library, name: str, x: Tensor, like_name: str, like: Tensor, error: type[Exception]
) -> None:
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


def check_broadcast(
    library: Library, name: str, x: Tensor, like_name: str, like: Tensor, error: type[Exception]
) -> None:
    """Refuse a tensor that does not broadcast to the shape of ``like`` by NumPy's rules, or would
    enlarge it.
    """
    shape = library.shape(x)
    target = library.shape(like)
    if shape is None or target is None:
        return
    if not broadcasts(shape, target):
        fail(
            error,
            f"{name} has shape {shown(shape)}, which does not broadcast to {shown(target)}, the shape of "
            f"{like_name}; "
            f"expected at most {len(target)} dimensions, each, counted from the last, of size 1 or of the "
            f"size in "
            f"{like_name}. {reshaping(name, shape, target)}",
        )


def reshaping(name: str, shape: Shape, target: Shape) -> str:
    """How to mend a weight that does not broadcast to ``target``: one a class or an example lacks the axes
    behind its own.
    """
    if len(shape) == 1 and is_known(shape[0]):
        for axis in (1, 0):
            if axis < len(target) - 1 and shape[0] == target[axis]:
                needed = shown((shape[0],) + (1,) * (len(target) - 1 - axis))
                return (
                    f"For one {name} per {'class' if axis == 1 else 'example'} (axis {axis}), reshape {name} "
                    f"to {needed}."
                )
    return f"Reshape {name} first."


def _sentinel(
    dtype: str, ignore_index: float | None, error: type[Exception] = ValueError, name: str = "targets"
) -> float | None:
    """The value of ``dtype``, that of the targets, which ``ignore_index`` names: an int for integers and
    bools, else a float.

    Targets are compared with it in their own dtype, so it is rounded to that; NaN is a value. None stays
    None.

    Raises:
        error: no target of this dtype can have the value.
    """
    if ignore_index is None:
        return None
    value = whole(dtype, ignore_index) if dtype in _INTEGERS else rounded(dtype, ignore_index)
    if value is None:
        fail(
            error,
            f"ignore_index is {ignore_index!r} and {name} has dtype {dtype}, which cannot hold it: no "
            f"element would be "
            f"ignored. Expected {holdable(dtype, ignore_index)}. Name another value, or cast {name} to a "
            f"dtype that holds it.",
        )
    return value


sentinel = partial(_sentinel)
"""`_sentinel`.

MindSpore's compiler, which reads float32 and int64 alone, does not read a partial function but calls it.
"""


def whole(dtype: str, value: float) -> int | None:
    """``value`` as an int; None if ``dtype``, of integers or bools, does not hold it."""
    least, largest = _INTEGERS[dtype]
    if least <= value and value <= largest and value == int(value):
        return int(value)
    return None


def rounded(dtype: str, value: float) -> float | None:
    """``value`` rounded to the floating ``dtype``, ties to even; None if it is finite and that infinite, or
    that alone zero.
    """
    if value == 0 or value != value or value == math.inf or value == -math.inf:
        return float(value)
    if value < -LARGEST or value > LARGEST:
        return None
    if dtype not in _FLOATS:
        return float(value)
    precision, smallest, largest = _FLOATS[dtype]
    mantissa, exponent = math.frexp(value)
    bits = min(precision, exponent - smallest)
    if bits < 0 or exponent > 128:
        return None
    nearest = math.ldexp(round(math.ldexp(mantissa, bits)), exponent - bits)
    return None if nearest == 0 or abs(nearest) > largest else nearest


def holdable(dtype: str, value: float) -> str:
    """What ``dtype`` could hold instead of ``value``, in words for an error."""
    if dtype not in _INTEGERS:
        return f"a number within the range of {dtype}, or NaN"
    if dtype == "bool":
        return "False or True"
    least, largest = _INTEGERS[dtype]
    words = f"a whole number from {least} to {largest}"
    if least == 0 and -largest <= value and value < 0 and value == int(value):
        words += f" ({int(value)} stored in {dtype} is {largest + 1 + int(value)})"
    return words


def fail(error: type[Exception], message: str) -> NoReturn:
    """Raise ``error``.

    MindSpore's compiler raises only what it is told by name, so the usual ones are named.
    """
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
    """Whether ``shape`` broadcasts to ``target`` by NumPy's rules without enlarging it, as far as sizes are
    known.
    """
    offset = len(target) - len(shape)
    if offset < 0:
        return False
    # Only tuples of one length: torch's exporter turns a comparison of two sizes into a condition on the
    # input.
    if offset == 0 and shape == target:
        return True
    for i in range(len(shape)):
        size = shape[i]
        expected = target[offset + i]
        if size != expected and size != 1 and is_known(size) and is_known(expected):
            return False
    return True


def surely_broadcasts(shape: Shape | None, target: Shape | None) -> bool:
    """Whether a shape that `broadcasts` to ``target`` does so whatever the sizes that are not known."""
    if shape is None or target is None:
        return False
    offset = len(target) - len(shape)
    for i in range(len(shape)):
        if shape[i] != 1 and not (is_known(shape[i]) and is_known(target[offset + i])):
            return False
    return True


def is_static(shape: Shape | None) -> bool:
    """Whether the number of dimensions and all their sizes are known."""
    if shape is None:
        return False
    for i in range(len(shape)):
        if not is_known(shape[i]):
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
            f"the loss got {'neither' if x is None else 'both'} {first} and {alias}, two names for the "
            f"{what}; expected a tensor under one of them"
        )
    return y if x is None else x
