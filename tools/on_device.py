"""What holds on an accelerator: values, gradients, modes and time of the torch and JAX paths on the first GPU
that is there.

    python tools/on_device.py --json device.json

It needs torch or JAX with a GPU and this package; nothing is compiled by Numba. Errors are in ULP of the
result's dtype against float64 on the host. Times are medians of interleaved rounds, forward and backward,
over those of the native operator.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import compatlosses as cl

SPACING = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}
LOWEST = {"float16": -14, "bfloat16": -126, "float32": -126, "float64": -1022}


def stratified(size: int, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Logits of all magnitudes with labels 0, 1 and between; float64 numbers that float16 holds up to its
    range.
    """
    random = np.random.default_rng(seed)
    magnitude = 10.0 ** random.uniform(-6, 2.5, size)
    logits = np.where(random.random(size) < 0.5, -magnitude, magnitude)
    targets = np.choose(random.integers(0, 3, size), [np.zeros(size), np.ones(size), random.random(size)])
    return logits, targets


def truth(x: Any, y: Any) -> tuple[Any, Any]:
    """Loss and slope of each element in float64, without cancellation for labels in [0, 1]."""
    small = np.exp(-np.abs(x))
    tail = np.log1p(small)
    loss = (1 - y) * (np.maximum(x, 0) + tail) + y * (np.maximum(-x, 0) + tail)
    sigma, rest = np.where(x < 0, small, 1) / (1 + small), np.where(x < 0, 1, small) / (1 + small)
    return loss, (1 - y) * sigma - y * rest


def largest_ulp(got: Any, exact: Any, dtype: str, size: Any) -> float:
    """The largest error, in spacings of ``dtype`` at ``size``, which bounds what cancels."""
    exponent = np.maximum(np.floor(np.log2(np.maximum(np.abs(size), 5e-324))), LOWEST[dtype])
    return float(np.nanmax(np.abs(got - exact) / 2.0 ** (exponent - SPACING[dtype])))


def on_torch() -> dict[str, Any]:
    """The torch paths on CUDA."""
    import torch
    import torch.nn.functional as native

    import compatlosses.torch as shim

    gpu = torch.device("cuda")
    found: dict[str, Any] = {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name(0),
        "ulp": {},
        "checks": {},
        "time": {},
    }
    x64, y64 = stratified(1_000_000)
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        kind = getattr(torch, dtype)
        x, y = torch.tensor(x64, device=gpu).to(kind), torch.tensor(y64, device=gpu).to(kind)
        exact = truth(x.double().cpu().numpy(), y.double().cpu().numpy())
        row = {}
        for name, function in (
            ("shim", shim.binary_cross_entropy_with_logits),
            ("native", native.binary_cross_entropy_with_logits),
        ):
            u = x.clone().requires_grad_()
            loss = function(u, y, reduction="none")
            (gradient,) = torch.autograd.grad(loss.sum(dtype=torch.float64), u)
            xs = x.double().cpu().numpy()
            sizes = (exact[0], np.maximum(np.abs(exact[1]), 0.0))
            assert loss.is_cuda and gradient.is_cuda and loss.dtype == kind
            row[name] = [
                largest_ulp(a.detach().double().cpu().numpy(), e, dtype, s)
                for a, e, s in zip((loss, gradient), exact, sizes, strict=True)
            ]
            del xs
        found["ulp"][dtype] = row

    x, y = torch.tensor(x64, device=gpu).float(), torch.tensor(y64, device=gpu).float()
    checks = found["checks"]
    checks["executor"] = cl.executor_of(cl.binary_cross_entropy_with_logits, x, y)
    eager = shim.binary_cross_entropy_with_logits(x, y)
    checks["compiled equals eager within"] = float(
        (torch.compile(shim.binary_cross_entropy_with_logits, fullgraph=True)(x, y) - eager).abs()
    )
    small = x[:100], y[:100]
    checks["vmap of grad"] = bool(
        torch.allclose(
            torch.func.vmap(torch.func.grad(shim.binary_cross_entropy_with_logits))(
                small[0][:, None], small[1][:, None]
            ),
            torch.func.vmap(torch.func.grad(native.binary_cross_entropy_with_logits))(
                small[0][:, None], small[1][:, None]
            ),
            rtol=1e-5,
        )
    )
    with torch.autocast("cuda"):
        checks["autocast"] = str(shim.binary_cross_entropy_with_logits(x.half(), y.half()).dtype)
    ignoring = torch.where(torch.arange(x.numel(), device=gpu) % 3 == 0, torch.full_like(y, 1e20), y)
    kept = torch.arange(x.numel(), device=gpu) % 3 != 0
    options = {"ignore_index": 1e20}
    checks["ignored"] = float(
        cl.binary_cross_entropy_with_logits(x, ignoring, **options)
        - native.binary_cross_entropy_with_logits(x[kept], y[kept])
    )
    try:
        cl.binary_cross_entropy_with_logits(x, y.cpu())
        checks["two devices"] = "accepted"
    except (RuntimeError, ValueError, TypeError) as error:
        checks["two devices"] = f"{type(error).__name__}: {str(error)[:120]}"

    # Of one size each: programs for any size sum in one block.
    compiled = torch.compile(shim.binary_cross_entropy_with_logits, fullgraph=True, dynamic=False)
    compiled_native = torch.compile(native.binary_cross_entropy_with_logits, fullgraph=True, dynamic=False)
    for size in (100, 10_000, 1_000_000, 100_000_000):
        logits = torch.randn(size, device=gpu)
        labels = (torch.rand(size, device=gpu) < 0.3).float()

        def step(function: Callable[..., Any], logits: Any = logits, labels: Any = labels) -> None:
            u = logits.detach().requires_grad_()
            function(u, labels).backward()

        contenders = {
            "native": native.binary_cross_entropy_with_logits, "shim": shim.binary_cross_entropy_with_logits,
            "compiled native": compiled_native, "compiled shim": compiled,
        }  # fmt: skip
        found["time"][size] = measured(
            {name: lambda f=f: step(f) for name, f in contenders.items()}, torch.cuda.synchronize
        )
        for name, function in contenders.items():
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            step(function)
            found["time"][size][f"{name}, peak arrays"] = (torch.cuda.max_memory_allocated() - before) / (
                4 * size
            )
    from torch.profiler import ProfilerActivity, profile

    for name, function in (
        ("native", native.binary_cross_entropy_with_logits),
        ("shim", shim.binary_cross_entropy_with_logits),
    ):
        u = torch.randn(1_000_000, device=gpu, requires_grad=True)
        with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as recorded:
            function(u, torch.ones_like(u)).backward()
            torch.cuda.synchronize()
        checks[f"kernels of {name}"] = sum(
            1 for event in recorded.events() if str(event.device_type).endswith("CUDA")
        )
    return found


def on_jax() -> dict[str, Any]:
    """The JAX paths on the first GPU."""
    import jax
    import jax.numpy as jnp

    found: dict[str, Any] = {
        "jax": jax.__version__,
        "device": str(jax.devices()[0]),
        "ulp": {},
        "checks": {},
        "time": {},
    }
    x64, y64 = stratified(1_000_000)

    def native(x: Any, y: Any) -> Any:
        return jnp.mean(-y * jax.nn.log_sigmoid(x) - (1 - y) * jax.nn.log_sigmoid(-x))

    for dtype in ("float16", "bfloat16", "float32"):
        x, y = jnp.asarray(x64, dtype), jnp.asarray(y64, dtype)
        exact = truth(np.asarray(x, np.float64), np.asarray(y, np.float64))
        loss = jax.jit(lambda a, b: cl.binary_cross_entropy_with_logits(a, b, reduction="none"))(x, y)
        gradient = jax.jit(
            jax.grad(
                lambda a, b: cl.binary_cross_entropy_with_logits(a, b, reduction="sum").astype("float32")
            )
        )(x, y)
        found["ulp"][dtype] = [
            largest_ulp(np.asarray(loss, np.float64), exact[0], dtype, exact[0]),
            largest_ulp(np.asarray(gradient, np.float64), exact[1], dtype, exact[1]),
        ]
    x, y = jnp.asarray(x64, "float32"), jnp.asarray(y64, "float32")
    found["checks"]["executor"] = cl.executor_of(cl.binary_cross_entropy_with_logits, x, y)
    second = jax.hessian(jax.jit(lambda a: cl.binary_cross_entropy_with_logits(a, y[:5], reduction="sum")))(
        x[:5]
    )
    found["checks"]["hessian of jit"] = np.diagonal(np.asarray(second)).tolist()
    for size in (10_000, 1_000_000, 100_000_000):
        logits = jax.random.normal(jax.random.key(0), (size,))
        labels = (jax.random.uniform(jax.random.key(1), (size,)) < 0.3).astype("float32")
        functions = {
            "native": jax.jit(jax.value_and_grad(native)),
            "shim": jax.jit(jax.value_and_grad(cl.binary_cross_entropy_with_logits)),
        }
        found["time"][size] = measured(
            {
                name: lambda f=f, a=logits, b=labels: jax.block_until_ready(f(a, b))
                for name, f in functions.items()
            },
            lambda: None,
        )
    return found


def measured(
    contenders: dict[str, Callable[[], Any]], settled: Callable[[], Any], rounds: int = 15
) -> dict[str, float]:
    """Median seconds of each, by turns."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for name in contenders:
        contenders[name]()
        contenders[name]()
    for _ in range(rounds):
        for name, call in contenders.items():
            settled()
            began = time.perf_counter()
            call()
            settled()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Run what is installed, print it, and write it where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=("torch", "jax"))
    arguments = parser.parse_args()
    found: dict[str, Any] = {}
    for name, run in (("torch", on_torch), ("jax", on_jax)):
        if arguments.only in (None, name):
            try:
                found[name] = run()
            except ImportError as error:
                found[name] = {"not run": str(error)}
    tell(found, arguments.json)


def tell(found: dict[str, Any], path: Path | None) -> None:
    """Print what was measured, and write it where that is wanted."""
    text = json.dumps(found, indent=1)
    print(text)
    if path is not None:
        path.write_text(text + "\n")


if __name__ == "__main__":
    main()
