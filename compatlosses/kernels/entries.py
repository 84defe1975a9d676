"""Functions that are compiled when first called, and kept between runs where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from llvmlite.binding import ffi
from numba import njit
from numba.core.compiler_lock import global_compiler_lock

from .. import memory, pieces, scalar, sums
from ..cache import KernelCache, digest_of

compiling: Callable[[], bool] = global_compiler_lock.is_locked
"""Whether this very thread is compiling something with Numba, so that a call comes from a signal handler or a
finaliser.
"""

LOCKS = (global_compiler_lock, getattr(ffi.lib, "_lock", global_compiler_lock))
"""What a thread that compiles holds."""


def entries(*modules: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for functions that are compiled when first called, and kept between runs where there is a
    place for it.

    What is kept belongs to the code of these modules and of those that all loops are made of.
    """

    def entry(function: Callable[..., Any]) -> Callable[..., Any]:
        return kept(njit(nogil=True, error_model="numpy")(function), function, *modules)  # type: ignore[no-any-return]

    return entry


def kept(compiled: Any, function: Callable[..., Any], *modules: str) -> Any:
    """``compiled``, which Numba makes of ``function``, kept between runs for the code of these modules."""
    shared = (__name__, *(module.__name__ for module in (memory, pieces, scalar, sums)))
    sources = digest_of((*modules, *shared))
    if sources is not None:
        with suppress(OSError, RuntimeError):  # Numba found no writable directory
            compiled._cache = KernelCache(function, sources)
    return compiled
