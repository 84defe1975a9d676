"""The strict arrays of the array API standard."""

from __future__ import annotations

import numpy as np

from ..driver import Unsupported, viewed
from .numpy import NumPy


class ArrayApi(NumPy):
    """Arrays of array-api-strict, which has what the array API standard asks for and nothing else."""

    def __init__(self):
        import array_api_strict

        self.strict = array_api_strict
        self.version = array_api_strict.__version__

    def tensor(self, values, dtype, view):
        if dtype in ("float16", "bfloat16"):
            raise Unsupported("the standard has no " + dtype)
        return viewed(values.astype(dtype), view, self.strict.asarray)

    def array(self, x):
        array = np.from_dlpack(x)
        return array, array.dtype.name


MODES = {
    "eager": ArrayApi,
}
