"""Compiled loops over host memory: blocks of 1024 elements in logical (C) order, whatever the layout and the
thread.

An element's place in a block, and so every order of summation, follows from its logical index alone. That is
why the results have the same bits for any strides and any number of threads. All functions release the GIL,
keep no state and write nothing but their outputs. An entry point gets its scratch memory, sets the
floating-point mode and leaves the work to a function that neither allocates nor raises: the mode is restored,
and a thread that has joined leaves (see `pieces`).

`contiguous` reads and writes arrays of one dtype directly, `general` takes anything; both are binary cross
entropy with logits. The loops of the other losses are in `compatlosses.loops`.
"""

from .contiguous import contiguous
from .entries import LOCKS, compiling, entries, kept
from .general import count, general
from .results import begin, settle, store_sums, total, widen

__all__ = [
    "LAST",
    "LOCKS",
    "begin",
    "compiling",
    "contiguous",
    "count",
    "entries",
    "general",
    "kept",
    "settle",
    "store_sums",
    "total",
    "widen",
]

LAST = True
"""This module is imported to its end."""
