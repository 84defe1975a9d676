"""Results do not depend on the floating-point mode that a framework has set in a thread, and leave it as it
is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import lane
import numpy as np
import pytest
from numba import njit

from compatlosses import fused, threads
from compatlosses.scalar import ARM, IEEE, X86, set_mode

ALL = (True, True, True, True)
X = (True, False, False, False)
MODES = {
    "flush to zero": 0x9FC0 if X86 else 1 << 24,
    "up": 0x5F80 if X86 else 1 << 22,
    "down": 0x3F80 if X86 else 2 << 22,
    "toward zero": 0x7F80 if X86 else 3 << 22,
}
"""The control register: also subnormal numbers read as 0, for x86; the directions of rounding."""

pytestmark = pytest.mark.skipif(not (X86 or ARM), reason="the kernels set no mode on this processor")


@njit
def enter(mode):  # type: ignore[no-untyped-def]
    """Set this thread's mode; the one before."""
    return set_mode(mode)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """A function that enters a mode, which ends with the test."""
    before = enter(IEEE)
    yield lambda: enter(MODES[request.param])
    enter(before)


def values(dtype: Any) -> list[np.ndarray[Any, Any]]:
    """Numbers of which many results are subnormal: in float32 from -88 on, in float64 from -708 on."""
    rng = np.random.default_rng(3)
    least = {np.float16: -12.0, np.float32: -95.0, np.float64: -740.0}[dtype]
    n = 5000
    x = rng.uniform(least, -least, n)
    x[::2] = rng.normal(0, 3, n)[::2]
    y = rng.choice([0.0, 1.0, 0.25], n)
    tiny = np.finfo(dtype).smallest_subnormal
    arrays = [
        x.astype(dtype),
        y.astype(dtype),
        rng.uniform(0, 2, n).astype(dtype),
        rng.uniform(0, 2, n).astype(dtype),
    ]
    for a in arrays:
        a[::7] = tiny * rng.integers(0, 500, a[::7].size).astype(dtype)
    return arrays


def calls(dtype: Any) -> list[Callable[[], lane.Result]]:
    """Every way through the executor. NumPy, which goes by the mode, computes nothing inside them."""
    x, y, w, p = values(dtype)
    tiny = np.finfo(dtype).smallest_subnormal
    factor, sentinel = tiny * dtype(9), float(tiny * 3)
    zeros = np.zeros(1500, dtype)
    far = zeros - dtype(90)
    one = zeros + dtype(1)

    def by(*arrays: Any, wrt: lane.Wanted = X, **options: Any) -> lane.Result:
        return lane.Result(zeros, lane.gradients(*arrays, wrt=wrt, **options))

    return [
        lambda: lane.evaluate(x, y, reduction="none", wrt=X),
        lambda: lane.evaluate(x, y, wrt=X),
        lambda: lane.evaluate(x, y, None, p[:1], wrt=X),
        lambda: lane.evaluate(x, y, None, p[7:8], reduction="none", wrt=X),
        lambda: lane.evaluate(x, y, w, p, reduction="none", wrt=ALL),
        lambda: lane.evaluate(x, y, w[:1], p[:1], wrt=ALL),
        lambda: lane.evaluate(far, zeros, wrt=X),
        lambda: lane.evaluate(far, zeros, one, wrt=ALL),
        lambda: lane.evaluate(x, y, ignore_index=sentinel, normalize=True, reduction="sum", wrt=X),
        lambda: by(x, y, cotangent=w, reduction="none"),
        lambda: by(x, y, w, cotangent=w, reduction="none", wrt=ALL),
        lambda: by(x, y, cotangent=factor, reduction="sum"),
        lambda: by(x, y, cotangent=1e-310),
    ]


def bits(result: lane.Result) -> list[bytes | None]:
    return [None if a is None else a.tobytes() for a in (result.loss, *result.gradients)]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_bits(mode: Callable[[], None], dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = calls(dtype)
    want = [bits(way()) for way in ways]
    loss = ways[0]().loss.astype(np.float64)
    assert ((loss > 0) & (loss < np.finfo(dtype).tiny)).any()
    for count in (1, 3):
        with monkeypatch.context() as patch:
            patch.setattr(threads, "LEAST", 1)
            fused.set_num_threads(count)  # new helpers, which inherit the mode
            mode()
            got = [bits(way()) for way in ways]
            enter(IEEE)
        assert got == want


def test_the_mode_is_left_as_it_is(mode: Callable[[], None]) -> None:
    def both() -> None:
        lane.evaluate(np.ones(9), np.ones(9), wrt=X)
        lane.evaluate(np.ones(9), np.ones(9), np.ones(9), ignore_index=1, normalize=True, wrt=ALL)

    both()  # what compiles them may raise the register's flags
    mode()
    before = enter(IEEE)
    enter(before)
    both()
    assert enter(IEEE) == before
    assert before in MODES.values()
