"""What is done once a call: sums are rounded and stored, numbers of any dtype read, threads counted."""

from __future__ import annotations

import numpy as np
from numba import types

from ..memory import FLOAT32, FLOAT64, read, write
from ..pieces import begun, inner, settled
from ..scalar import IEEE, apart, set_mode
from ..sums import quotient
from .entries import entries

entry = entries(__name__)


@entry
def total(partials, divisor, code, address):  # type: ignore[no-untyped-def]
    """The sum of the blocks' sums over ``divisor``, rounded to the dtype ``code`` and stored at
    ``address``.
    """
    number = np.empty(1)
    mode = set_mode(IEEE)
    store_total(partials, divisor, code, address, number)
    set_mode(mode)


@inner
def store_total(partials, divisor, code, address, number):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    number[0] = quotient(partials, divisor)
    write(code, address, number, 1)


@entry
def store_sums(running, code, address):  # type: ignore[no-untyped-def]
    """Running sums and what their roundings lost, rounded to the dtype ``code`` and stored from ``address``
    on.
    """
    mode = set_mode(IEEE)
    store_running(running, running.size // 2, code, address)
    set_mode(mode)


@inner
def store_running(running, n, code, address):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    for i in range(n):
        if np.isfinite(running[i]):
            running[i] += running[n + i]
    write(code, address, running, n)


@entry
def widen(code, address, values):  # type: ignore[no-untyped-def]
    """Contiguous numbers of the dtype ``code`` into ``values``, as float64."""
    mode = set_mode(IEEE)
    read_all(code, address, values)
    set_mode(mode)


@inner
def read_all(code, address, values):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    item = 8 if code == FLOAT64 else 4 if code == FLOAT32 else 2
    read(code, address, item, values, 0, values.size)


@entry
def settle(progress):  # type: ignore[no-untyped-def]
    """No thread touches the memory of the call with this progress from here on (see `pieces`)."""
    settled(progress)


@entry
def begin():  # type: ignore[no-untyped-def]
    """The progress of a call that several threads are to share."""
    return begun()


settle.compile((types.int64[::1],))  # type: ignore[attr-defined]  # before it is needed: compilation can be interrupted
begin.compile(())  # type: ignore[attr-defined]
