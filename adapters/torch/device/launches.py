"""Losses and gradients of a call by the kernels: what is launched, with which operands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from inspect import isfunction
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl

from compatlosses.protocols import Loss

from . import narrow, words
from .kernels import BLOCK, WIDTH, elements, total


class Work(NamedTuple):
    """What a call asks of the kernels."""

    loss: Loss
    inputs: tuple[Any, ...]
    """Tensors of one device or numbers, in the order of `Loss.arguments`; None where absent."""
    parameters: tuple[float, ...]
    counts: torch.Tensor | None
    """Where elements count, in the shape of the first input."""
    divisor: torch.Tensor | int | None
    """What the losses are divided by; None: nothing."""
    dtype: torch.dtype
    """The dtype of the loss."""


@cache
def functions_of(loss: Loss, wide: bool) -> tuple[Any, Any]:
    """The value of a loss and its slope by the first input, for Triton."""
    value, slope, *_ = loss.written(vocabulary(wide))
    return compiled(value), compiled(slope)


def vocabulary(wide: bool) -> ModuleType:
    """The words in double, or for results in single or half precision."""
    return words if wide else narrow


def compiled(function: Any) -> Any:
    """A function of a definition, with those of the definition that it calls, for Triton.

    Triton's interpreter takes them as they are.
    """
    for cell in function.__closure__ or ():
        if isfunction(cell.cell_contents):
            cell.cell_contents = compiled(cell.cell_contents)
    # Triton looks the names in annotations up, and takes none that is not its own.
    known = function.__globals__ | {name: tl.constexpr(None) for name in function.__annotations__.values()}
    made = triton.jit(FunctionType(function.__code__, known, function.__name__, None, function.__closure__))
    return made if isinstance(made, triton.JITFunction) else function


@cache
def is_written(loss: Loss, wide: bool) -> bool:
    """Whether the words of a loss are all there."""
    known = set(dir(vocabulary(wide)))
    return names_of(loss.written(words)[:2]) - known <= _NOT_WORDS


def names_of(functions: tuple[Callable[..., Any], ...]) -> set[str]:
    """The global and attribute names in functions and in those that they call."""
    found: set[str] = set()
    for function in functions:
        found.update(function.__code__.co_names)
        within = [cell.cell_contents for cell in function.__closure__ or ()]
        found |= names_of(tuple(each for each in within if isfunction(each)))
    return found


_NOT_WORDS = {"math", "inf", "nan"}


def is_wide(work: Work) -> bool:
    """Whether a call is computed for double precision."""
    tensors = [x for x in work.inputs if isinstance(x, torch.Tensor)]
    return work.dtype is torch.float64 or any(x.dtype is torch.float64 for x in tensors)


def losses(work: Work, each: bool, with_slopes: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The loss, with ``each`` of every element; and with it the gradient by the first input."""
    first = work.inputs[0]
    blocks = triton.cdiv(first.numel(), BLOCK)
    slopes = first.new_empty(first.shape) if with_slopes else None
    if each:
        result = first.new_empty(first.shape, dtype=work.dtype)
        launch(work, (result, None, slopes), None, False)
        return result, slopes
    sums = first.new_empty(blocks, dtype=torch.float64)
    result = first.new_empty((), dtype=work.dtype)
    launch(work, (None, sums, slopes), None, False)
    divisor, whole = divisors(work)
    with on_device_of(first):
        total[(1,)](sums, blocks, divisor, whole, result, width=WIDTH, num_warps=8)
    return result, slopes


def gradient(work: Work, cotangent: torch.Tensor, kept: torch.Tensor | None) -> torch.Tensor:
    """The gradient by the first input, times the cotangent.

    ``kept``: the gradient for a cotangent of 1, which is overwritten where the cotangent is another number.
    Nobody on the host looks at that number.
    """
    first = work.inputs[0]
    result = first.new_empty(first.shape) if kept is None else kept
    launch(work, (None, None, result), cotangent, kept is not None)
    return result


def launch(
    work: Work, results: tuple[torch.Tensor | None, ...], cotangent: torch.Tensor | None, kept: bool
) -> None:
    """One pass over all elements."""
    first = work.inputs[0]
    size = first.numel()
    given = [operand(x, first) for x in work.inputs]
    three = len(work.loss.inputs) == 3
    if not three:
        given.insert(2, (None, 0))
    divisor, whole = divisors(work)
    each = cotangent is not None and cotangent.dim() > 0
    value, slope = functions_of(work.loss, is_wide(work))
    with on_device_of(first):
        elements[(triton.cdiv(size, BLOCK),)](
            tuple(x for x, _ in given),
            tuple(tl.constexpr(period) for _, period in given),
            work.counts,
            cotangent.contiguous() if cotangent is not None else None,
            divisor,
            whole,
            size,
            results,
            value=value,
            slope=slope,
            parameters=tuple(tl.constexpr(p) for p in work.parameters),
            three=three,
            each=each,
            kept=kept,
            block=BLOCK,
            enable_fp_fusion=False,
        )


def on_device_of(first: torch.Tensor) -> AbstractContextManager[Any]:
    """Makes the device of a tensor the one that kernels are launched on."""
    return torch.cuda.device(first.device) if first.is_cuda else nullcontext()


def operand(x: torch.Tensor | float | None, first: torch.Tensor) -> tuple[torch.Tensor | None, int]:
    """An input in memory as the kernels read it, and after how many elements it repeats; 0: never."""
    if x is None:
        return None, 0
    if not isinstance(x, torch.Tensor):
        return torch.full((), x, dtype=torch.float64, device=first.device), 1
    if x.shape == first.shape:
        return x.contiguous(), 0
    ones = 0
    while ones < x.dim() and x.shape[ones] == 1:
        ones += 1
    rest = x.dim() - ones
    if x.shape[ones:] == first.shape[first.dim() - rest :]:
        return x.contiguous(), x.numel()
    return x.expand(first.shape).contiguous(), 0


def divisors(work: Work) -> tuple[torch.Tensor | None, int | None]:
    """The divisor as a number in the device's memory, else as an integer."""
    return (work.divisor, None) if isinstance(work.divisor, torch.Tensor) else (None, work.divisor)
