"""Dask's arrays: lazy, chunked, and larger than memory."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import array_api_strict as strict
import dask
import dask.array as da
import numpy as np
import pytest

import compatlosses as cl

RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 40)).astype("float32") * 5
Y = RNG.uniform(size=(30, 40)).astype("float32")
W = RNG.uniform(0.5, 2, size=(30, 1)).astype("float32")
P = RNG.uniform(0.5, 2, size=(40,)).astype("float32")
CHUNKS = (7, 16)


def nothing_may_be_computed(*arguments: Any, **options: Any) -> Any:
    """A scheduler for calls that must not compute."""
    raise AssertionError("a lazy call computed something")


def tensors() -> tuple[da.Array, ...]:
    return (
        da.from_array(X, chunks=CHUNKS),
        da.from_array(Y, chunks=CHUNKS),
        da.from_array(W, chunks=(7, 1)),
        da.from_array(P, chunks=16),
    )


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("options", [{}, {"ignore_index": 0.5}], ids=["plain", "ignoring"])
def test_lazy_chunked_and_right(reduction: str, options: dict[str, Any]) -> None:
    x, y, w, p = tensors()
    with dask.config.set(scheduler=nothing_may_be_computed):
        loss, gradients = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits,
            x,
            y,
            wrt=("logits", "targets", "weight", "pos_weight"),
            weight=w,
            pos_weight=p,
            reduction=reduction,
            **options,
        )
    expected, exactly = cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        X,
        Y,
        wrt=tuple(gradients),
        weight=W,
        pos_weight=P,
        reduction=reduction,
        **options,
    )
    assert isinstance(loss, da.Array) and loss.dtype == np.float32
    assert loss.chunks == (x.chunks if reduction == "none" else ())
    assert gradients["logits"].chunks == x.chunks
    np.testing.assert_allclose(loss.compute(), expected, rtol=1e-6)
    for name, gradient in gradients.items():
        assert isinstance(gradient, da.Array) and gradient.dtype == np.float32
        np.testing.assert_allclose(gradient.compute(), exactly[name], rtol=1e-6, err_msg=name)


def test_half_precision_is_computed_wider_and_rounded_once() -> None:
    x, y = da.full(5000, 20.0, dtype="float16", chunks=999), da.zeros(5000, dtype="float16", chunks=999)
    mean = cl.binary_cross_entropy_with_logits(x, y)
    assert mean.dtype == np.float16 and mean.compute() == 20.0
    half = X.astype("float16")
    losses = cl.binary_cross_entropy_with_logits(
        da.from_array(half, chunks=CHUNKS), da.from_array(Y, chunks=CHUNKS), reduction="none"
    )
    expected = cl.binary_cross_entropy_with_logits(half, Y, reduction="none")
    assert losses.dtype == np.float16
    assert np.array_equal(losses.compute(), expected)


def test_sizes_that_are_not_known_yet() -> None:
    """After a selection Dask does not know the number of elements before it computes."""
    x, y, _, _ = tensors()
    chosen = y > 0.5
    with dask.config.set(scheduler=nothing_may_be_computed):
        mean = cl.binary_cross_entropy_with_logits(x[chosen], y[chosen])
    expected = cl.binary_cross_entropy_with_logits(X[Y > 0.5], Y[Y > 0.5])
    np.testing.assert_allclose(mean.compute(), expected, rtol=1e-6)


def test_frameworks_keep_their_arrays() -> None:
    """NumPy's and JAX's arrays are of the standard too, and are their own adapters'; a mixture is refused."""
    import jax.numpy as jnp

    x, y, _, _ = tensors()
    assert isinstance(cl.binary_cross_entropy_with_logits(X, Y), np.float32)
    assert cl.executor_of(cl.binary_cross_entropy_with_logits, jnp.asarray(X), jnp.asarray(Y)) == "fused"
    assert (
        cl.executor_of(cl.binary_cross_entropy_with_logits, x, y)
        == "formula: dask.array.core.Array does not offer its memory through DLPack"
    )
    with pytest.raises(TypeError, match=r"logits is a dask\.array\.Array and targets is a NumPy tensor"):
        cl.binary_cross_entropy_with_logits(x, Y)
    with pytest.raises(
        TypeError, match=r"a dask\.array\.Array and targets is an array_api_strict\.Array; expected all"
    ):
        cl.binary_cross_entropy_with_logits(x, strict.asarray(Y))
    with pytest.raises(TypeError, match=r"targets is of type list; expected a dask\.array\.Array"):
        cl.binary_cross_entropy_with_logits(x, Y.tolist())


def selected(shape: tuple[int, int], value: float, rows: int) -> Any:
    """A Dask array whose number of rows is not known before it is computed, in chunks of so many rows."""
    array = da.from_array(np.full((shape[0] + 1, shape[1]), value, np.float32), chunks=(rows, shape[1]))
    return array[da.from_array(np.arange(shape[0] + 1) < shape[0], chunks=rows)]


def test_unknown_sizes_are_checked_block_by_block() -> None:
    x, y, w = selected((6, 2), 0.0, 3), selected((6, 2), 1.0, 3), selected((6, 1), 2.0, 3)
    assert cl.binary_cross_entropy_with_logits(x, y).compute() == pytest.approx(np.log(2))
    assert cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=2.0).compute() == pytest.approx(
        4 * np.log(2)
    )
    assert cl.binary_cross_entropy_with_logits(x, y, weight=da.ones((1, 2))).compute() == pytest.approx(
        np.log(2)
    )
    three, one = selected((3, 2), 0.0, 5), selected((1, 2), 1.0, 5)
    for logits, targets in ((three, one), (one, three)):
        with pytest.raises(
            ValueError, match=r"targets differs from that of the logits.*A block has shape \(\d, 2\)"
        ):
            cl.binary_cross_entropy_with_logits(logits, targets).compute()
    with pytest.raises(
        ValueError, match="the weight does not broadcast to the shape of the logits, or would enlarge it"
    ):
        cl.binary_cross_entropy_with_logits(one, one, weight=three).compute()
    with pytest.raises(ValueError, match=r"differs.*They have \(2, 1\) and \(3, 1\) blocks"):
        cl.binary_cross_entropy_with_logits(x, selected((6, 2), 1.0, 4)[:]).compute()


def test_the_gradient_by_a_weight_of_unknown_sizes_is_refused() -> None:
    x, y, w = selected((6, 2), 0.0, 3), selected((6, 2), 1.0, 3), selected((6, 1), 2.0, 3)
    with pytest.raises(ValueError, match=r"a weight has shape \(\?, 1\).*compute_chunk_sizes"):
        cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, weight=w, wrt=("weight",))
    _, gradients = cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits, x, y, weight=da.ones((1, 2)), wrt=("weight",)
    )
    assert gradients["weight"].shape == (1, 2)
    np.testing.assert_allclose(gradients["weight"].compute(), np.full((1, 2), np.log(2) / 2), rtol=1e-6)


LARGER_THAN_MEMORY = """
import sys

import dask.array as da
import distributed

import compatlosses as cl

def high_water() -> int:
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        memory_limit="512MiB",
        dashboard_address=None,
        local_directory=sys.argv[1],
    )
    with cluster, distributed.Client(cluster) as client:
        rng = da.random.default_rng(3)
        n = 170_000_000
        logits = rng.uniform(-4, 4, size=n, chunks=500_000)
        targets = rng.uniform(0, 1, size=n, chunks=500_000)
        assert logits.nbytes + targets.nbytes > 2.4 * 2 * 512 * 2**20
        loss = float(cl.binary_cross_entropy_with_logits(logits, targets).compute())
        peaks = client.run(high_water)
        print(loss, max(peaks.values()), high_water())


if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process's memory is read from /proc")
def test_larger_than_memory_on_a_cluster(tmp_path: Any) -> None:
    """2.5 GiB on two workers of 512 MiB each, generated as they are needed and never there as a whole.

    Python, Dask and the compiled loops are 220 to 250 MiB of a worker's. The compiler would take 200 MiB
    more, and Dask pauses a worker at 80 %: the loops are in the cache before the cluster starts.
    """
    few = da.from_array(np.zeros(8), chunks=4)
    cl.binary_cross_entropy_with_logits(few, few).compute()
    program = tmp_path / "program.py"
    program.write_text(LARGER_THAN_MEMORY)
    done = subprocess.run(
        [sys.executable, "-P", str(program), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loss, worker, caller = (float(word) for word in done.stdout.split())
    # E softplus(x), x uniform in (-4, 4), less E y E x, which is 0.
    grid = (np.arange(100_000) + 0.5) / 100_000 * 8 - 4
    assert loss == pytest.approx(np.logaddexp(0, grid).mean(), rel=1e-3)
    assert max(worker, caller) < 512 * 2**20, (worker, caller)
