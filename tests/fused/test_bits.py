"""Equal values give equal bits: for any layout, number of threads, Python threads, after a fork, with any
weights.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import lane
import numpy as np
import pytest

from compatlosses import fused, threads

X = (True, False, False, False)
ALL = (True, True, True, True)
SHAPE = (61, 7, 700)  # 298900 elements: enough blocks for two threads, and no multiple of a block


def values(
    dtype: Any, shape: tuple[int, ...] = SHAPE
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    x = rng.normal(0, 6, shape)
    x.reshape(-1)[::997] = rng.normal(0, 300, x.size)[::997]
    y = np.where(rng.random(shape) < 0.5, rng.random(shape), rng.random(shape) < 0.4)
    return (
        x.astype(dtype),
        y.astype(dtype),
        rng.random((7, 1)).astype(dtype),
        rng.uniform(0, 9, shape[-1:]).astype(dtype),
    )


def bits(result: lane.Result) -> list[bytes | None]:
    return [
        None if a is None else np.ascontiguousarray(a).tobytes() for a in (result.loss, *result.gradients)
    ]


def strided(a: np.ndarray) -> np.ndarray:
    wide = np.empty((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


def unaligned(a: np.ndarray) -> np.ndarray:
    room = np.empty(a.nbytes + 1, np.uint8)
    out = room[1:].view(a.dtype).reshape(a.shape)
    out[...] = a
    return out


def read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "fortran": np.asfortranarray,
    "transposed": lambda a: np.ascontiguousarray(np.swapaxes(a, 0, -1)).swapaxes(0, -1),
    "strided": strided,
    "reversed": lambda a: a[..., ::-1].copy()[..., ::-1],
    "read_only": read_only,
    "unaligned": unaligned,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_layouts(layout: str, dtype: Any, reduction: str) -> None:
    x, y, *_ = values(dtype)
    change = LAYOUTS[layout]
    a, b = change(x), change(y)
    assert np.array_equal(a, x) and np.array_equal(b, y)
    want = bits(lane.evaluate(x, y, reduction=reduction, wrt=X))
    assert bits(lane.evaluate(a, b, reduction=reduction, wrt=X)) == want
    assert bits(lane.evaluate(x, b, reduction=reduction, wrt=X)) == want


def test_broadcast_targets() -> None:
    x, y, *_ = values(np.float32)
    row = np.broadcast_to(y[0], SHAPE)
    assert row.strides[0] == 0
    want = bits(lane.evaluate(x, row.copy(), wrt=X))
    assert bits(lane.evaluate(x, row, wrt=X)) == want


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize(
    "shape", [(), (1,), (700,), (7, 1), (7, 700), (61, 1, 1), (61, 1, 700), (1, 7, 1), SHAPE]
)
def test_weights_of_any_shape(dtype: Any, shape: tuple[int, ...]) -> None:
    x, y, *_ = values(dtype)
    rng = np.random.default_rng(8)
    w, p = rng.random(shape).astype(dtype), rng.uniform(0, 9, shape).astype(dtype)
    w, p = np.asarray(w, dtype), np.asarray(p, dtype)
    full = [np.ascontiguousarray(np.broadcast_to(a, SHAPE)) for a in (w, p)]
    for reduction in ("mean", "none"):
        want = bits(lane.evaluate(x, y, *full, reduction=reduction, wrt=(True, True, False, False)))
        got = lane.evaluate(x, y, w, p, reduction=reduction, wrt=ALL)
        assert bits(got)[:3] == want[:3]
        assert [g.shape for g in got.gradients if g is not None] == [SHAPE, SHAPE, shape, shape]
        assert [g.dtype for g in got.gradients if g is not None] == [np.dtype(dtype)] * 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_of_one_change_nothing(dtype: Any) -> None:
    """Both kernels, the one for contiguous unweighted arrays and the general one, compute the same."""
    x, y, *_ = values(dtype)
    for reduction in ("mean", "none"):
        want = bits(lane.evaluate(x, y, reduction=reduction, wrt=X))
        assert bits(lane.evaluate(x, y, 1.0, 1.0, reduction=reduction, wrt=X)) == want
        assert bits(lane.evaluate(x, y, np.ones(SHAPE, dtype), reduction=reduction, wrt=X)) == want
        cotangent: Any = np.ones(SHAPE, dtype) if reduction == "none" else 1.0
        assert bits(lane.evaluate(x, y, reduction=reduction, wrt=X, cotangent=cotangent)) == want


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [None, (), (1,), (700,), (7, 700)])
def test_both_kernels_agree_on_a_positive_weight(
    dtype: Any, shape: tuple[int, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one for contiguous arrays repeats a positive weight along them; strided logits take the general
    one.
    """
    x, y, *_ = values(dtype)
    x[:9, 0, 0] = y[:9, 0, 1] = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e30, 300, -300)
    for special in (0.1, 0.0, -0.0, np.inf, np.nan, -2.0):
        p: Any = special if shape is None else np.random.default_rng(8).uniform(0, 9, shape).astype(dtype)
        if shape is not None:
            p.reshape(-1)[-1] = special
        for reduction in ("mean", "none"):
            want = bits(lane.evaluate(strided(x), y, None, p, reduction=reduction, wrt=X))
            with monkeypatch.context() as without:
                without.setattr(fused, "general", None)
                assert bits(lane.evaluate(x, y, None, p, reduction=reduction, wrt=X)) == want


def calls(dtype: Any) -> list[Callable[[], lane.Result]]:
    x, y, w, p = values(dtype)
    return [
        lambda: lane.evaluate(x, y, wrt=X),
        lambda: lane.evaluate(x, y, reduction="none", wrt=X),
        lambda: lane.evaluate(x, y, None, p, wrt=X),
        lambda: lane.evaluate(x, y, w, p, wrt=ALL),
        lambda: lane.evaluate(x, y, w, ignore_index=1, normalize=True, reduction="sum", wrt=X),
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_threads(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    want = [bits(call()) for call in calls(dtype)]
    monkeypatch.setattr(threads, "LEAST", 1)
    used = set()
    call = threads.Helpers.call

    def counted(self: Any, work: Any, helpers: int) -> None:
        used.add(helpers + 1)
        call(self, work, helpers)

    monkeypatch.setattr(threads.Helpers, "call", counted)
    for n in (2, 7):
        fused.set_num_threads(n)
        assert fused.get_num_threads() == n
        assert [bits(call()) for call in calls(dtype)] == want
    assert used == {2, 7}


def test_eight_python_threads_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    want = [bits(call()) for call in calls(np.float32)]
    monkeypatch.setattr(threads, "LEAST", 1)
    fused.set_num_threads(3)
    barrier = threading.Barrier(8)
    got: list[list[list[bytes | None]]] = []

    def work() -> None:
        mine = calls(np.float32)
        barrier.wait()
        for _ in range(3):
            got.append([bits(call()) for call in mine])

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(got) == 24
    assert all(g == want for g in got)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LEAST", 1)
    fused.set_num_threads(3)
    want = [bits(call()) for call in calls(np.float32)]  # the pool has threads now, which a child has not
    child = os.fork()
    if child == 0:
        same = False
        try:
            same = fused.get_num_threads() == 3 and [bits(call()) for call in calls(np.float32)] == want
        finally:
            os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("wrong", [0, -1])
def test_set_num_threads_refuses(wrong: int) -> None:
    with pytest.raises(ValueError):
        fused.set_num_threads(wrong)
    with pytest.raises(TypeError):
        fused.set_num_threads(2.0)  # type: ignore[arg-type]
