"""Eager losses of torch on a GPU: time over the native loss, the share of the memory's bandwidth, and errors.

    python tools/bench_gpu.py --json gpu.json

It needs a GPU, torch for it and Triton. Time is of a float32 mean, forward and backward, by turns. The share
of the bandwidth is that of the three arrays that must be read or written, a copy's being 1. Errors are in ULP
against float64 on the host.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from on_device import largest_ulp, measured, stratified, tell, truth

import compatlosses as cl

SIZES = (1_000_000, 100_000_000)
DTYPES = ("float16", "bfloat16", "float32")


def why_not() -> str | None:
    """Why there is nothing to measure here; None where there is."""
    try:
        import torch
    except ImportError:
        return "torch is not installed; expected one that was built for this machine's GPU"
    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds no GPU; expected one, and a torch that was built for it"
    x = torch.zeros(1, device="cuda")
    executor = cl.executor_of(cl.binary_cross_entropy_with_logits, x, x)
    if executor != "device":
        return f"the call takes the {executor}; expected Triton: pip install 'compatlosses[cuda]'"
    return None


def times(size: int) -> dict[str, float]:
    """Seconds of the native loss, of ours and of a copy; the ratio, and the share of the bandwidth."""
    import torch

    native = torch.nn.functional.binary_cross_entropy_with_logits
    x = torch.randn(size, device="cuda", requires_grad=True)
    y = (torch.rand(size, device="cuda") < 0.3).float()
    copy = torch.empty_like(y)
    found = measured(
        {
            "native": lambda: torch.autograd.grad(native(x, y), x),
            "compatlosses": lambda: torch.autograd.grad(cl.binary_cross_entropy_with_logits(x, y), x),
            "copy": lambda: copy.copy_(y),
        },
        torch.cuda.synchronize,
    )
    floor = 1.5 * found["copy"]  # a copy reads one array and writes one
    return {
        "time over native": found["compatlosses"] / found["native"],
        "share of bandwidth": floor / found["compatlosses"],
        **{f"seconds, {name}": seconds for name, seconds in found.items()},
    }


def errors(dtype: str) -> dict[str, float]:
    """The largest errors of loss and gradient over a million logits of all magnitudes."""
    import torch

    x, y = (torch.tensor(a, device="cuda").to(getattr(torch, dtype)) for a in stratified(1_000_000))
    x.requires_grad_()
    loss = cl.binary_cross_entropy_with_logits(x, y, reduction="none")
    (gradient,) = torch.autograd.grad(loss.sum(dtype=torch.float64), x)
    exact = truth(*(a.detach().double().cpu().numpy() for a in (x, y)))
    got: list[Any] = [a.detach().double().cpu().numpy() for a in (loss, gradient)]
    return {
        "loss": largest_ulp(got[0], exact[0], dtype, exact[0]),
        "gradient": largest_ulp(got[1], exact[1], dtype, np.abs(exact[1])),
    }


def main() -> None:
    """Measure, print ratios first, and write all of it where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    why = why_not()
    if why is not None:
        parser.exit(2, f"{why}\n")
    import torch

    found: dict[str, Any] = {
        "time": {size: times(size) for size in SIZES},
        "ulp": {dtype: errors(dtype) for dtype in DTYPES},
        "device": torch.cuda.get_device_name(0),
        "torch": torch.__version__,
    }
    tell(found, arguments.json)


if __name__ == "__main__":
    main()
