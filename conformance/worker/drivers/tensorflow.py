"""TensorFlow."""

from __future__ import annotations

import os

import numpy as np

from ..driver import Eager, in_phase, no_device, viewed
from ..traced import over_tensors


class TensorFlow(Eager):
    """TensorFlow tensors, in eager mode."""

    def __init__(self):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import tensorflow

        self.tf = tensorflow
        self.version = tensorflow.__version__
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)

    def use_device(self, device):
        kind = {"cuda": "GPU"}.get(device, device.upper())
        there = self.tf.config.list_physical_devices(kind)
        if not there:
            raise no_device("TensorFlow", device, LookupError("it lists none"))
        if kind == "CPU":
            self.tf.config.set_visible_devices([], "GPU")  # which it would take of its own accord

    def tensor(self, values, dtype, view):
        # By way of NumPy's float32: TensorFlow's cast from float64 loses what is subnormal there.
        plain = "float32" if dtype in ("float16", "bfloat16") else dtype
        return viewed(values.astype(plain), view, lambda array: self.tf.cast(self.tf.constant(array), dtype))

    def array(self, x):
        return np.asarray(x.numpy()), x.dtype.name

    def differentiate(self, call, tensors, wrt, cotangent, second):
        with self.tf.GradientTape() as outer:
            outer.watch(tensors[wrt[0]])
            with self.tf.GradientTape() as inner:
                inner.watch([tensors[name] for name in wrt])
                value = in_phase("call", call, tensors)
                incoming = self.tf.fill(
                    self.tf.shape(value), self.tf.cast(1.0 if cotangent is None else cotangent, value.dtype)
                )
            found = in_phase("gradient", inner.gradient, value, [tensors[name] for name in wrt], incoming)
            found = dict(zip(wrt, found))
            if not second:
                return value, found, None
            slope = second(found[wrt[0]])
        return value, found, in_phase("gradient", outer.gradient, slope, tensors[wrt[0]])


class GraphFunction(TensorFlow):
    """tf.function."""

    def through(self, call):
        return over_tensors(call, self.tf.Tensor, self.tf.function)


MODES = {
    "eager": TensorFlow,
    "function": GraphFunction,
}
