"""Compiled functions that others call by their address: compiled once, and only when they are needed.

Merged into each caller a function costs seconds of compilation anew. Addresses come as arguments: a constant
would go into what is kept on disk, and another process has other addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core.ccallback import CFunc
from numba.extending import intrinsic

from ..kernels import kept

merged: Callable[..., Any] = njit(nogil=True, error_model="numpy", inline="always")
"""A function that is compiled as a part of each that calls it."""

SIGNATURE = types.int64(*[types.int64] * 5)
"""That of them all: integers and addresses."""
FIVE = types.UniTuple(types.int64, 5)  # type: ignore[no-untyped-call]
"""Their arguments."""


def called_by_address(*modules: str) -> Callable[[Callable[..., Any]], Callable[[], int]]:
    """A decorator for such functions: it makes a function that gives the address.

    What is kept between runs belongs to the code of these modules and of those that all loops are made of.
    """

    def decorate(function: Callable[..., Any]) -> Callable[[], int]:
        signature = (SIGNATURE.args, SIGNATURE.return_type)
        options = {"nopython": True, "error_model": "numpy"}
        compiled: Any = CFunc(function, signature, locals={}, options=options)
        kept(compiled, function, *modules)

        @cache
        def address() -> int:
            compiled.compile()
            return int(compiled.address)

        return address

    return decorate


def _call(typing: Any, address: Any, arguments: Any) -> Any:
    """Call the function at an address with a tuple of arguments."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        i64 = ir.IntType(64)
        function = builder.inttoptr(given[0], ir.FunctionType(i64, [i64] * 5).as_pointer())
        return builder.call(function, [builder.extract_value(given[1], i) for i in range(5)])

    return types.int64(types.int64, FIVE), build


call: Callable[..., Any] = intrinsic(_call)
