"""What the fused kernel must do besides being accurate: infinities, ignored elements, shapes, memory, the
cache.
"""

from __future__ import annotations

import itertools
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import exact
import lane
import numpy as np
import pytest

from compatlosses import executors, fused
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.request import Request

X = (True, False, False, False)
ALL = (True, True, True, True)
NONE = (False, False, False, False)
EACH: dict[str, Any] = {"reduction": "none"}
INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_combination_of_special_values(dtype: str) -> None:
    """The oracle's rule: a zero factor removes its term, NaN comes only from NaN and from opposite
    infinities.
    """
    rows = list(
        itertools.product(
            (0.0, -0.0, 1.5, -1.5, 800.0, -800.0, INF, -INF, NAN),
            (0.0, 1.0, 0.25, -0.5, 1.5, NAN),
            (1.0, 0.0, 2.5, -1.0, INF, NAN),
            (1.0, 0.0, 3.0, INF),
        )
    )
    # exp(-800) is 0 in float64: what is left of it after an infinite weight is 0 and not infinite
    rows = [row for row in rows if abs(row[0]) != 800.0 or not (math.isinf(row[2]) or math.isinf(row[3]))]
    x, y, w, p = (np.array(column, dtype) for column in zip(*rows, strict=True))
    r = lane.evaluate(x, y, w, p, reduction="none", wrt=ALL)
    outputs = (r.loss, *r.gradients)
    functions = (exact.loss, *exact.DERIVATIVES.values())
    for got, function in zip(outputs, functions, strict=True):
        assert got is not None
        for value, row in zip(got, rows, strict=True):
            assert exact.ulps(float(value), function(*row), dtype) <= 3.5 or math.isnan(row[1]), (
                function,
                row,
                value,
            )
    bare = [i for i, row in enumerate(rows) if row[2] == row[3] == 1.0]
    plain = lane.evaluate(x[bare], y[bare], reduction="none", wrt=X)
    assert np.array_equal(plain.loss, np.asarray(r.loss)[bare], equal_nan=True)
    assert np.array_equal(plain.gradients[0], r.gradients[0][bare], equal_nan=True)  # type: ignore[index, arg-type]


def test_masking_with_infinity() -> None:
    x = np.array([1.0, -INF, INF, -INF], np.float32)
    y = np.array([1.0, 0.0, 1.0, 0.0], np.float32)
    r = lane.evaluate(x, y, reduction="sum", wrt=X)
    assert float(r.loss) == np.float32(math.log1p(math.exp(-1)))
    assert r.gradients[0] is not None and (r.gradients[0][1:] == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [3, 5000])
def test_sums_survive_infinities(dtype: Any, n: int) -> None:
    x, y = np.linspace(-3, 3, n).astype(dtype), np.zeros(n, dtype)
    x[1] = INF
    assert lane.evaluate(x, y).loss == INF
    y[0], x[0] = 2.0, INF  # (1 - 2) inf
    assert math.isnan(float(lane.evaluate(x, y).loss))
    x[0] = NAN
    assert math.isnan(float(lane.evaluate(x, y, reduction="sum").loss))


def test_subnormals_are_kept() -> None:
    x = np.float32(-95.0).repeat(2000)
    r = lane.evaluate(x, np.zeros_like(x), reduction="none", wrt=X)
    want = np.float32(math.exp(-95))
    assert 0 < want < np.finfo(np.float32).tiny
    assert (r.loss == want).all() and (r.gradients[0] == want).all()
    deep = np.full(3, 5e-324)
    assert (lane.evaluate(np.zeros(3), np.ones(3), deep, reduction="none").loss == 5e-324).all()


def test_every_rounding_to_float16() -> None:
    """Against NumPy's: every float16, what lies halfway between two, and a float64 beside that."""
    halves = np.arange(0x7C01, dtype=np.uint16).view(np.float16).astype(np.float64)
    halves[-1] = 65536.0
    middles = (halves[:-1] + halves[1:]) / 2
    numbers = np.concatenate(
        [halves, middles, np.nextafter(middles, 0), np.nextafter(middles, 1e9), [1e300, INF, NAN, 5e-324]]
    )
    both = np.concatenate([numbers, -numbers])
    with np.errstate(over="ignore"):
        want = both.astype(np.float16)
    got = np.empty(both.size, np.float16)
    fused.compiled().store_sums(np.concatenate([both, both * 0]), 2, got.__array_interface__["data"][0])
    assert (
        np.array_equal(got, want, equal_nan=True)
        and (np.signbit(got) == np.signbit(want))[~np.isnan(want)].all()
    )


def kept(reduction: str, normalize: bool, y: np.ndarray, ignore: float) -> tuple[np.ndarray, float]:
    mask = y != ignore
    divisor = mask.sum() if normalize else y.size if reduction == "mean" else 1
    return mask, float(max(divisor, 1))


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ignored_elements(dtype: Any, reduction: str, normalize: bool) -> None:
    rng = np.random.default_rng(9)
    shape = (3, 1100)
    x = rng.normal(0, 3, shape).astype(dtype)
    y = rng.choice([0, 1, -100], shape).astype(dtype)
    w = rng.random(shape).astype(dtype)
    mask, divisor = kept(reduction, normalize, y, -100)
    x[~mask] = rng.choice([NAN, INF, -INF, 5.0], (~mask).sum())
    w[~mask] = NAN
    p = rng.random(1100).astype(dtype)
    r = lane.evaluate(x, y, w, p, reduction=reduction, normalize=normalize, ignore_index=-100, wrt=ALL)
    clean = [np.where(mask, a, b).astype(np.float64) for a, b in ((x, 0), (y, 0), (w, 0))]
    full = lane.evaluate(*clean, p.astype(np.float64), reduction="none", wrt=ALL)
    loss = np.asarray(full.loss) / divisor
    close = {"rtol": 3e-7 if dtype == np.float32 else 1e-14, "atol": 1e-300}
    np.testing.assert_allclose(r.loss, loss if reduction == "none" else loss.sum(), **close)
    gx, gy, gw, gp = (g for g in full.gradients if g is not None)
    for got, want in zip(r.gradients[:3], (gx, gy, gw), strict=True):
        assert got is not None and (got[~mask] == 0).all()
        np.testing.assert_allclose(got[mask], (want / divisor)[mask], **close)
    np.testing.assert_allclose(r.gradients[3], gp / divisor, **close)


def test_nothing_counts() -> None:
    x, y = np.array([NAN, 1.0], np.float32), np.full(2, 255.0, np.float32)
    for reduction in ("mean", "sum"):
        r = lane.evaluate(x, y, reduction=reduction, ignore_index=255, normalize=True, wrt=X)
        assert float(r.loss) == 0 and (r.gradients[0] == 0).all()


def test_not_a_number_is_a_sentinel() -> None:
    """Annotations that are missing. NaN matches NaN, and nothing else."""
    for dtype in (np.float16, np.float32, np.float64):
        x, y = np.array([0.5, INF, -1.0], dtype), np.array([1.0, NAN, 0.0], dtype)
        r = lane.evaluate(x, y, ignore_index=NAN, normalize=True, wrt=ALL)
        want = lane.evaluate(x[::2], y[::2], wrt=X)
        assert r.loss == want.loss
        assert r.gradients[0] is not None and want.gradients[0] is not None
        assert r.gradients[0].tolist() == [want.gradients[0][0], 0.0, want.gradients[0][1]]
        assert math.isnan(float(lane.evaluate(x, y, ignore_index=0.0).loss))


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_a_sentinel_that_float64_does_not_hold(dtype: Any) -> None:
    for sentinel in (int(np.iinfo(dtype).max), 2**53 + 1):
        y = np.array([1, sentinel, sentinel - 1, 0], dtype)
        x = np.zeros(4)
        losses = lane.evaluate(x, y, ignore_index=sentinel, reduction="none").loss
        assert [bool(loss) for loss in losses] == [True, False, True, True]
        assert y[1] == sentinel
        total = lane.evaluate(x, y * 0 + dtype(sentinel), ignore_index=sentinel, normalize=True, wrt=X)
        assert float(total.loss) == 0.0 and (total.gradients[0] == 0).all()


def test_a_sentinel_in_the_targets_own_numbers() -> None:
    """What float32 makes of 1e20, 0.1 and -100.1 is given, and is equal to targets of the same number."""
    for number in (1e20, 0.1, -100.1):
        y = np.array([number, 1.0], np.float32)
        assert (
            lane.evaluate(np.float32([2.0, 0.0]), y, ignore_index=float(y[0]), reduction="none").loss[0]
            == 0.0
        )


def call_of(arrays: Any, reduction: str, ignored: float | None = None) -> executors.FusedCall:
    """A call as a framework makes it, of logits, targets, pos_weight and weight."""
    how = (reduction, "all" if reduction == "mean" else "one", ignored, math.nan, None)
    return executors.FusedCall(Request(LOSS, (0.0,), how, arrays[0].dtype), fused.evaluated, arrays, X)


def test_ignored_elements_under_any_cotangent() -> None:
    """Their gradient is 0, though NaN or infinity come in, at the first backward pass and at the second."""
    x, y = np.zeros(2, np.float32), np.float32([-1.0, 1.0])
    arrays = (x, y, None, None)
    for cotangent in (NAN, INF, 1.0, 0.0):
        for reduction in ("mean", "sum"):
            call = call_of(arrays, reduction, -1.0)
            first, second = call.gradients(arrays, cotangent)[0], call.gradients(arrays, cotangent)[0]
            assert first is not None and second is not None
            assert first[0] == 0.0 and first.tobytes() == second.tobytes()
    none = call_of(arrays, "none", -1.0).gradients(arrays, np.float32([NAN, 1.0]))[0]
    assert none is not None and none.tolist() == [0.0, -0.5]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_gradient_does_not_depend_on_what_was_asked_before(dtype: Any) -> None:
    rng = np.random.default_rng(13)
    x, y, w = (
        rng.normal(0, 3, 4000).astype(dtype),
        rng.random(4000).astype(dtype),
        rng.random(4000).astype(dtype),
    )
    for arrays in ((x, y, None, None), (x, y, None, w), (x, y, 2.5, None)):
        for cotangent in (1.0, 1 / 3, 65536.0, 1e308, 1e-308, -0.0, INF):
            call = call_of(arrays, "mean")
            found = [call.gradients(arrays, cotangent)[0] for _ in range(3)]
            want = lane.evaluate(x, y, arrays[3], arrays[2], wrt=X, cotangent=cotangent).gradients[0]
            assert {None if g is None else g.tobytes() for g in (*found, want)} == {found[0].tobytes()}  # type: ignore[union-attr]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("p", [None, 2.5])
def test_a_backward_pass_of_contiguous_arrays(
    dtype: Any, p: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any cotangent goes through the loop for contiguous arrays, with the bits of the general one."""
    rng = np.random.default_rng(14)
    x, y, g = (
        rng.normal(0, 3, 4000).astype(dtype),
        rng.random(4000).astype(dtype),
        rng.normal(0, 3, 4000).astype(dtype),
    )
    wide = np.zeros((4000, 2), dtype)
    wide[:, 0] = x
    for reduction, cotangent in (("mean", 0.3), ("sum", 1e5), ("none", g), ("none", 3.0)):
        options: dict[str, Any] = {"reduction": reduction, "cotangent": cotangent}
        want = lane.gradients(wide[:, 0], y, None, p, **options)[0]
        with monkeypatch.context() as without:
            without.setattr(fused, "general", None)
            got = lane.gradients(x, y, None, p, **options)[0]
        assert got is not None and want is not None and got.tobytes() == want.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_that_was_sent_takes_the_same_loop(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickle and `numpy.load` make a dtype object of its own, JAX and a file in memory show read-only
    arrays, and what Dask received may be unaligned.
    """
    values = np.linspace(0, 1, 9, dtype=dtype)
    sent = pickle.loads(pickle.dumps(values))
    read_only, unaligned = values.copy(), np.empty(values.nbytes + 1, np.uint8)[1:].view(dtype)
    read_only.flags.writeable, unaligned[:] = False, values
    assert sent.dtype is not values.dtype and not unaligned.flags.aligned
    want = lane.evaluate(values, values, wrt=X), lane.gradients(values, values, cotangent=values, **EACH)
    monkeypatch.setattr(fused, "general", None)
    for array in (sent, read_only, unaligned):
        got = lane.evaluate(array, array, wrt=X), lane.gradients(array, array, cotangent=array, **EACH)
        assert got[0].loss == want[0].loss
        for one, other in ((got[0].gradients[0], want[0].gradients[0]), (got[1][0], want[1][0])):
            assert one is not None and other is not None and one.tobytes() == other.tobytes()
        assert array is not read_only or not array.flags.writeable


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2)])
def test_empty(shape: tuple[int, ...]) -> None:
    x, w = np.empty(shape, np.float32), np.ones(1, np.float32)
    r = lane.evaluate(x, x, w, wrt=(True, False, True, False))
    assert math.isnan(float(r.loss)) and r.loss.dtype == np.float32
    assert r.gradients[0] is not None and r.gradients[0].shape == shape
    assert r.gradients[2] is not None and r.gradients[2].tolist() == [0.0]
    assert float(lane.evaluate(x, x, reduction="sum").loss) == 0.0
    assert lane.evaluate(x, x, reduction="none").loss.shape == shape


def test_zero_dimensions() -> None:
    x, y = np.array(0.5, np.float32), np.array(1.0, np.float32)
    r = lane.evaluate(x, y, np.array(2.0, np.float32), reduction="none", wrt=ALL)
    assert r.loss.shape == () and [None if g is None else g.shape for g in r.gradients] == [(), (), (), None]


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_summed_gradients_against_elementwise(reduction: str) -> None:
    rng = np.random.default_rng(10)
    shape = (5, 6, 130)
    x, y, c = rng.normal(0, 3, shape), rng.random(shape), rng.random(shape)
    for own in ((), (130,), (6, 1), (5, 1, 130), (1, 6, 130), (5, 1, 1)):
        w, p = rng.random(own), rng.random(own)
        w, p = np.asarray(w), np.asarray(p)
        options: dict[str, Any] = {"reduction": reduction, "cotangent": c if reduction == "none" else 0.7}
        got = lane.gradients(x, y, w, p, wrt=ALL, **options)
        full = lane.gradients(x, y, np.broadcast_to(w, shape), np.broadcast_to(p, shape), wrt=ALL, **options)
        missing = tuple(range(3 - len(own)))
        for g, f in zip(got[2:], full[2:], strict=True):
            assert g is not None and f is not None
            assert g.shape == own
            ones = tuple(i for i, n in enumerate(own) if n == 1)
            np.testing.assert_allclose(g, f.sum(missing).sum(ones, keepdims=True), rtol=1e-13)


def test_mixed_dtypes_and_numbers() -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(0, 3, (4, 50)).astype(np.float32)
    y = rng.integers(0, 2, (4, 50))
    p = rng.random(50)
    r = lane.evaluate(x, y, 0.5, p, wrt=(True, False, False, True))
    assert r.loss.dtype == np.float32
    assert [None if g is None else g.dtype for g in r.gradients] == [np.float32, None, None, np.float64]
    same = lane.evaluate(
        x.astype(np.float64), y.astype(np.float64), np.array(0.5), p, wrt=(True, False, False, True)
    )
    assert float(r.loss) == float(np.float32(same.loss))
    assert np.array_equal(r.gradients[3], same.gradients[3])  # type: ignore[arg-type]
    booleans = lane.evaluate(x, y.astype(bool))
    assert booleans.loss == lane.evaluate(x, y.astype(np.float32)).loss
    assert lane.evaluate(x, y.astype(np.float32), dtype=np.float64).loss.dtype == np.float64


def test_inputs_stay_as_they_are() -> None:
    rng = np.random.default_rng(12)
    shape = (4, 1500)
    arrays = [rng.random(shape).astype(np.float32), rng.random(shape), rng.random(1500), rng.random((4, 1))]
    before = [a.tobytes() for a in arrays]
    r = lane.evaluate(*arrays, ignore_index=0.5, normalize=True, wrt=ALL)  # type: ignore[arg-type]
    lane.evaluate(arrays[0], arrays[0], wrt=X)
    assert [a.tobytes() for a in arrays] == before
    assert not any(np.shares_memory(a, g) for a in arrays for g in r.gradients if g is not None)


def test_nothing_asked_nothing_made() -> None:
    x = np.zeros(10, np.float32)
    assert lane.evaluate(x, x).gradients == (None, None, None, None)


def script(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(lane.__file__).parent), **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_memory() -> None:
    """At 10^7 float32: the gradient and no more than 4 MB, by the largest resident set of the process."""
    code = """
import lane, numpy as np, resource
from compatlosses import fused
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
fused.set_num_threads(2)
n = 10**7
x, y, X = np.ones(n, "f4"), np.ones(n, "f4"), (True, False, False, False)
lane.evaluate(x[:300000], y[:300000], wrt=X)
before = peak()
loss = lane.evaluate(x, y).loss
between = peak()
r = lane.evaluate(x, y, wrt=X)
print(between - before, peak() - before - r.gradients[0].nbytes / 2**20)
"""
    forward, backward = map(float, script(code).split())
    assert forward <= 4 and backward <= 4


def test_importing_compatlosses_leaves_numba_alone() -> None:
    code = (
        "import sys, compatlosses, compatlosses.fused; print('numba' in sys.modules, 'llvmlite' "
        "in sys.modules)"
    )
    assert script(code) == "False False"


def test_without_numba() -> None:
    code = """
import sys
sys.modules["numba"] = None
from compatlosses import fused
print(fused.available(), "|", fused.why_unavailable())
"""
    available, why = script(code).split("|")
    assert available.strip() == "False" and "Numba" in why and "compatlosses[fused]" in why
    assert fused.available() and fused.why_unavailable() is None


RUN = "import lane, numpy as np; print(lane.evaluate(np.ones(9), np.ones(9)).loss)"


def test_compiled_code_is_kept(tmp_path: Path) -> None:
    script(RUN, NUMBA_CACHE_DIR=str(tmp_path))
    assert any(".contiguous-" in path.name for path in tmp_path.rglob("*.nbc"))


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    """No folder for the cache can be made: neither where it was asked for nor beside the sources
    nor at home.
    """
    wall = tmp_path / "a file, not a folder"
    wall.write_text("")
    code = f"""
import os
makedirs = os.makedirs
def refuse(path, *rest, **more):
    raise PermissionError(path)
os.makedirs = refuse
{RUN}
from compatlosses import kernels
print(type(kernels.contiguous._cache).__name__)
"""
    loss, cache = script(code, NUMBA_CACHE_DIR=str(wall), HOME=str(wall)).splitlines()
    assert float(loss) == pytest.approx(math.log1p(math.exp(-1)))
    assert cache == "NullCache"
