"""JAX."""

from __future__ import annotations

import numpy as np

from ..driver import Eager, in_phase, no_device, viewed
from ..traced import one_of_a_batch, over_tensors


class Jax(Eager):
    """JAX arrays, not compiled, with float64 at hand."""

    def __init__(self):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.version = jax.__version__

    def use_device(self, device):
        try:
            self.jax.config.update("jax_default_device", self.jax.devices(device)[0])
        except Exception as error:
            raise no_device("JAX", device, error) from error

    def tensor(self, values, dtype, view):
        # NumPy rounds: what JAX casts loses what is subnormal.
        return viewed(values.astype(self.jax.numpy.dtype(dtype)), view, self.jax.numpy.asarray)

    def array(self, x):
        return np.asarray(x), x.dtype.name

    def differentiate(self, call, tensors, wrt, cotangent, second):
        def pulled(names, *given):
            value, pull = in_phase(
                "call", self.jax.vjp, lambda *new: call(dict(tensors, **dict(zip(names, new)))), *given
            )
            incoming = self.jax.numpy.full(value.shape, 1.0 if cotangent is None else cotangent, value.dtype)
            return value, in_phase("gradient", pull, incoming)

        value, found = pulled(wrt, *[tensors[name] for name in wrt])
        found = dict(zip(wrt, found))
        if not second:
            return value, found, None
        twice = self.jax.grad(lambda x: second(pulled(wrt[:1], x)[1][0]).sum())
        return value, found, in_phase("gradient", twice, tensors[wrt[0]])


class JaxJit(Jax):
    """jax.jit, with its gradients."""

    def through(self, call):
        return over_tensors(call, self.jax.Array, self.jax.jit)


class JaxVectorised(Jax):
    """jax.vmap over a batch of one."""

    def through(self, call):
        return over_tensors(call, self.jax.Array, one_of_a_batch(self.jax.vmap, lambda x: x[None]))


MODES = {
    "eager": Jax,
    "jit": JaxJit,
    "vmap": JaxVectorised,
}
