"""How the fused executor gets at NumPy arrays: they are what it works on.

There is no autograd to attach to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compatlosses import fused
from compatlosses.executors import nothing_wanted
from compatlosses.protocols import Array, Derivable


def why_formula(inputs: tuple[Any, ...], /) -> str | None:
    """Why a call must go to the formula: Numba is missing. None where the fused executor may run."""
    return fused.why_unavailable()


def facts(inputs: tuple[Any, ...], /) -> tuple[Any, ...] | None:
    """The dtypes and shapes of plain arrays; see `compatlosses.protocols.Factual`."""
    found: list[Any] = []
    for x in inputs:
        if type(x) is np.ndarray:
            if not x.dtype.isnative:
                return None
            found.append((x.dtype, x.shape))
        elif x is None or type(x) is float:
            found.append(type(x))
        else:
            return None
    return tuple(found)


def wanted(inputs: tuple[Any, ...], /) -> tuple[bool, ...]:
    """Nothing: there is no autograd."""
    return nothing_wanted(inputs)


def view(tensor: Array, /) -> Array:
    """The array itself, a NumPy scalar as a 0-D array; a copy in this machine's byte order where it has the
    other one.
    """
    array = np.asarray(tensor)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def tensor(array: Array | np.generic, like: Array, /) -> Any:
    """The result itself; what has no dimensions as a NumPy scalar, bfloat16 as ml_dtypes has it."""
    if array.dtype == fused.BFLOAT16:
        # NumPy knows the name where ml_dtypes is imported, and it is: the arguments are of that dtype.
        array = array.view(np.dtype("bfloat16"))
    return array[()] if isinstance(array, np.ndarray) and array.ndim == 0 else array


def attach(call: Derivable, inputs: tuple[Any, ...], /) -> Any:
    """The call's loss."""
    return tensor(call.loss, inputs[0])
