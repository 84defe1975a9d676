"""Compile the kernels by the arguments of real calls, for GPUs that are not here. `test_device` runs it."""

from __future__ import annotations

from typing import Any

import torch
from triton.backends.compiler import GPUTarget
from triton.runtime import driver

import compatlosses as cl
from compatlosses.calls import bound
from compatlosses.definitions import loss_of
from compatlosses.torch.device import calls, launches


class Driver:
    """As much of a GPU's driver as compiling asks for."""

    def __init__(self, capability: int) -> None:
        self.target, self.device = GPUTarget("cuda", capability, 32), capability

    def get_current_target(self) -> GPUTarget:
        """The GPU to compile for."""
        return self.target

    def get_current_device(self) -> int:
        """A number of its own, as programs are kept by it."""
        return self.device

    def get_current_stream(self, device: int) -> int:
        """The default stream."""
        return 0


class Compiled:
    """A kernel that is compiled where it would be launched."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel

    def __getitem__(self, grid: tuple[int]) -> Any:
        def compiled(*arguments: Any, **options: Any) -> None:
            made.append(self.kernel.warmup(*arguments, grid=grid, **options))

        return compiled


made: list[Any] = []
launches.elements, launches.total = Compiled(launches.elements), Compiled(launches.total)
x, y = torch.zeros(4096), torch.zeros(4096)
CALLS: list[tuple[Any, torch.dtype, dict[str, Any]]] = [
    (cl.binary_cross_entropy_with_logits, torch.float32, {}),
    (cl.binary_cross_entropy_with_logits, torch.bfloat16, {"weight": 0.5, "pos_weight": y, "mask": y > 0.0}),
    (cl.sigmoid_focal_loss, torch.float16, {"ignore_index": 1.0}),
    (cl.huber_loss, torch.float64, {"delta": 0.1}),
]
for capability, selected in ((80, CALLS[:1]), (90, CALLS)):
    driver.set_active(Driver(capability))
    for function, dtype, options in selected:
        call = bound(loss_of(function), (x.to(dtype), y.to(dtype)), options)[0]
        work = calls.work_of(call, dtype)
        launches.losses(work, each=False, with_slopes=True)
        launches.gradient(work, torch.ones((), dtype=dtype), kept=x.to(dtype))
    codes = [kernel.asm for kernel in made]
    assert len(codes) == 3 * len(selected) and all(code["cubin"] for code in codes)
    assert all(f"sm_{capability}" in code["ptx"] for code in codes)
    plain = codes[0]["ptx"]
    # Logits and targets are read and gradients written once, 16 bytes at a time: 8 elements a thread.
    assert plain.count("ld.global.v4.b32") == 4 and plain.count("st.global.v4.b32") == 2
    made.clear()
