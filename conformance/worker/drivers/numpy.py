"""NumPy arrays."""

from __future__ import annotations

import numpy as np

from ..driver import Eager, Unsupported, viewed


class NumPy(Eager):
    """NumPy arrays. They have no autograd; `compatlosses.value_and_gradients` stands in for it."""

    def __init__(self):
        self.version = np.__version__

    def tensor(self, values, dtype, view):
        if dtype == "bfloat16":
            raise Unsupported("NumPy has no bfloat16")
        return viewed(values.astype(dtype), view, lambda array: array)

    def array(self, x):
        return np.asarray(x), np.asarray(x).dtype.name

    def differentiate(self, call, tensors, wrt, cotangent, second):
        function, options, own = getattr(call, "neutral", (None, {}, {}))
        if function is None or cotangent is not None or second:
            raise Unsupported("NumPy has no autograd, and value_and_gradients takes no incoming gradient")
        import compatlosses

        if compatlosses.definitions.loss_of(function) is None:
            raise Unsupported("NumPy has no autograd, and value_and_gradients does not take this loss")
        pair = list(tensors.values())[:2]
        weights = dict(list(tensors.items())[2:])
        value, gradients = compatlosses.value_and_gradients(
            function, *pair, wrt=tuple(own[name] for name in wrt), **weights, **options
        )
        return value, {name: gradients[own[name]] for name in wrt}, None


class ReadOnly(NumPy):
    """With arrays that may not be written."""

    def tensor(self, values, dtype, view):
        array = super().tensor(values, dtype, view)
        array.flags.writeable = False
        return array


class BigEndian(NumPy):
    """With arrays whose bytes stand the other way round."""

    def tensor(self, values, dtype, view):
        array = super().tensor(values, dtype, view)
        return array.astype(array.dtype.newbyteorder(">"))


MODES = {
    "eager": NumPy,
    "read-only": ReadOnly,
    "big-endian": BigEndian,
}
