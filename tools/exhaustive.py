"""Every float32 logit against the exact loss and gradient, for labels 0 and 1: ``python
tools/exhaustive.py``.

The oracle is float64: NumPy's exp and log1p are within 4 ULP of float64 there (a test checks them against
mpmath), some 2^-26 of a float32 ULP. What it adds to an error that is printed here is less than a millionth
of an ULP.

The state goes to a file after each chunk of 2^22 logits, and a run that was stopped goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Numba's cache does not see that a file changed which another one imports: what is checked here is compiled
# here
os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="compatlosses-")

from compatlosses import fused
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.request import Request

EACH = Request(LOSS, (0.0,), ("none", "one", None, 0.0, None), np.dtype(np.float32))
"""Each logit's own loss."""
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

CHUNK = 2**22
CHUNKS = 2**32 // CHUNK
QUANTITIES = ("loss, label 0", "gradient, label 0", "loss, label 1", "gradient, label 1")


def exact(x: F32) -> tuple[F64, F64, F64, F64]:
    """The four quantities of each logit in float64, to a relative 2^-49."""
    t = x.astype(np.float64)
    e = np.exp(-np.abs(t))
    log1p = np.log1p(e)
    big, small = 1.0 / (1.0 + e), e / (1.0 + e)
    right = t >= 0.0
    up, down = np.where(right, big, small), np.where(right, small, big)
    return np.maximum(t, 0.0) + log1p, up, np.maximum(-t, 0.0) + log1p, -down


def computed(x: F32) -> tuple[F32, F32, F32, F32]:
    """The same from the fused kernel in float32."""
    results: list[Any] = []
    for label in (0.0, 1.0):
        y = np.full_like(x, label)
        loss, gradients = fused.evaluated(EACH, (x, y, None, None), (True, False, False, False), None, True)
        results += [loss, gradients[0]]
    return results[0], results[1], results[2], results[3]


def ulps(got: F32, want: F64) -> F64:
    """|got - want| over the float32 spacing at ``want`` rounded to float32; 0 where both are the same
    infinity.
    """
    spacing = np.spacing(np.abs(want.astype(np.float32))).astype(np.float64)
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(np.float64) - want) / spacing
    error[got.astype(np.float64) == want] = 0.0
    return np.where(np.isnan(error), np.inf, error)


def check(first: int, count: int, step: int = 1) -> dict[str, Any]:
    """Logits with the bits first, first + step, ...: the largest error of each quantity, where, and what is
    misrounded.

    Subnormal results are kept apart. A NaN must give NaN.
    """
    bits = np.arange(first, first + count, step, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    nan = np.isnan(x)
    found: dict[str, Any] = {}
    for name, got, want in zip(QUANTITIES, computed(x), exact(x), strict=True):
        if not np.isnan(got[nan]).all():
            raise AssertionError(f"{name}: a NaN did not give NaN, bits {first:#x} and on")
        error = ulps(got, want)
        error[nan] = 0.0
        tiny = np.abs(want) < np.finfo(np.float32).tiny
        for kind, mask in (("normal", ~tiny), ("subnormal", tiny)):
            masked = np.where(mask, error, 0.0)
            at = int(masked.argmax())
            found[f"{name}, {kind}"] = {
                "ulp": float(masked[at]),
                "bits": int(bits[at]),
                "misrounded": int(np.count_nonzero(masked > 0.5)),
            }
    return found


def merge(total: dict[str, Any], found: dict[str, Any]) -> None:
    """Add what one chunk found to what all have."""
    for name, new in found.items():
        old = total.setdefault(name, {"ulp": 0.0, "bits": 0, "misrounded": 0})
        old["misrounded"] += new["misrounded"]
        if new["ulp"] > old["ulp"]:
            old["ulp"], old["bits"] = new["ulp"], new["bits"]


def report(state: dict[str, Any]) -> str:
    """The table that is printed at the end."""
    lines = [f"{state['next']} of {CHUNKS} chunks of {CHUNK} logits, {state['seconds']:.0f} s"]
    for name, worst in state["worst"].items():
        x = np.uint32(worst["bits"]).view(np.float32)
        lines.append(
            f"{name:28s} {worst['ulp']:.6f} ULP at x = {x!s} (bits {worst['bits']:#010x}), "
            f"{worst['misrounded']} misrounded"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Check the fused kernel on all 2^32 float32 logits.")
    parser.add_argument(
        "--state", type=Path, default=Path("exhaustive.json"), help="the file a stopped run goes on from"
    )
    parser.add_argument("--chunks", type=int, default=CHUNKS, help="stop after so many chunks in this run")
    parser.add_argument("--restart", action="store_true", help="forget what the state file holds")
    options = parser.parse_args()

    state: dict[str, Any] = {"next": 0, "seconds": 0.0, "worst": {}}
    if options.state.exists() and not options.restart:
        state = json.loads(options.state.read_text())
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        bar = progress.add_task("chunks", total=CHUNKS, completed=state["next"])
        for chunk in range(state["next"], min(CHUNKS, state["next"] + options.chunks)):
            started = time.perf_counter()
            merge(state["worst"], check(chunk * CHUNK, CHUNK))
            state["next"] = chunk + 1
            state["seconds"] += time.perf_counter() - started
            spare = options.state.with_suffix(".new")
            spare.write_text(json.dumps(state, indent=1))
            spare.replace(options.state)  # whole or not at all
            progress.update(bar, completed=chunk + 1)
    print(report(state))
    worst = [v["ulp"] / (1.5 if "subnormal" in name else 1.0) for name, v in state["worst"].items()]
    if max(worst, default=0.0) > 1.0:
        raise SystemExit("beyond the bound: 1 ULP, 1.5 where the result is subnormal")


if __name__ == "__main__":
    main()
