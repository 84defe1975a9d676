"""How the fused executor gets at torch tensors: proof that a call is eager on host memory, views, the
gradient's hook.

Views go by address, not by ``Tensor.numpy``, which forbids for good that the tensor's storage is resized.
What the executor writes to is memory of torch for the same reason: whoever gets a loss or a gradient may
resize it or free its storage.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from compatlosses import fused
from compatlosses.executors import nothing_wanted, views
from compatlosses.protocols import Array, Derivable
from compatlosses.request import Direct

from .state import function_modes, is_recording, why_not_plain
from .versions import host_autocast_is_on, is_compiling, saved_tensors_hooks

_dispatch_keys = torch._C._dispatch_keys
_bits: Callable[[Any], int | str] = getattr(torch._C.DispatchKeySet, "raw_repr", str)
"""What tells dispatch keys apart: a number, or their names where torch has none (2.1)."""
_PLAIN = (torch.Tensor, torch.nn.Parameter)

_DTYPES: dict[np.dtype[Any], torch.dtype] = {
    np.dtype(name): getattr(torch, name)
    for name in (
        "float16", "float32", "float64", "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32",
        "int64", "uint64",
    )
    if hasattr(torch, name)  # wide unsigned integers came in 2.3
} | {fused.BFLOAT16: torch.bfloat16}  # fmt: skip
_ARRAY_DTYPES = {theirs: ours for ours, theirs in _DTYPES.items()}


def _ordinary_keys() -> frozenset[int | str]:
    """The dispatch keys of a dense CPU tensor, and of one made in inference mode."""
    ordinary = torch.empty(0, device="cpu")
    with torch.inference_mode():
        return frozenset(_bits(_dispatch_keys(tensor)) for tensor in (ordinary, torch.empty(0, device="cpu")))


_ORDINARY = _ordinary_keys()


def why_formula(inputs: tuple[torch.Tensor | float | None, ...], /) -> str | None:
    """Why a call with these inputs must go to the formula; None where the fused executor may run."""
    why = why_not_plain()
    if why is not None:
        return why
    if is_recording():
        return "torch.jit.trace is recording"
    if function_modes():
        return "a mode that watches functions is on"
    for x in inputs:
        if x is not None and not dense(x) and (why := why_not(x)) is not None:
            return why
    return fused.why_unavailable()


def facts(inputs: tuple[Any, ...], /) -> tuple[Any, ...] | None:
    """What a call with these inputs depends on, where it is plain; see `compatlosses.protocols.Factual`."""
    if (
        is_compiling()
        or forward_ad._current_level >= 0
        or _transformation() is not None
        or _dispatch_modes()
        or function_modes()
        or _tracing_state() is not None
        or host_autocast_is_on()
    ):
        return None
    found: list[Any] = [torch.is_grad_enabled()]
    for x in inputs:
        if type(x) in _PLAIN:
            if _bits(_dispatch_keys(x)) not in _ORDINARY:
                return None
            found.append((x.dtype, x.shape, x.requires_grad, x.is_contiguous()))
        elif x is None or type(x) is float:
            found.append(type(x))
        else:
            return None
    return tuple(found)


_transformation = torch._C._functorch.peek_interpreter_stack
_tracing_state = torch._C._get_tracing_state
_dispatch_modes = torch._C._len_torch_dispatch_stack


def dense(tensor: Any) -> bool:
    """Whether an argument is a tensor whose memory can be read as it is.

    Its dispatch keys are the proof: a key more and it is sparse, nested, batched, negated, zero without
    memory, or a wrapper.
    """
    return type(tensor) in _PLAIN and _bits(_dispatch_keys(tensor)) in _ORDINARY


def why_not(tensor: torch.Tensor | float) -> str | None:
    """Why the memory of one argument cannot be read as it is; None where it can, or where it is a number."""
    if isinstance(tensor, (int, float)) or dense(tensor):
        return None
    if type(tensor) not in _PLAIN:
        return f"a tensor is of the subclass {type(tensor).__qualname__}"
    if not tensor.is_cpu:
        return f"a tensor is on the device {tensor.device}"
    if tensor.layout is not torch.strided:
        return f"a tensor's layout is {tensor.layout}"
    return f"a tensor's memory is not its values: {_dispatch_keys(tensor)}"


def wanted(inputs: tuple[torch.Tensor | float | None, ...], /) -> tuple[bool, ...]:
    """By which inputs autograd will ask for a gradient."""
    if not torch.is_grad_enabled():
        return nothing_wanted(inputs)
    return tuple([isinstance(x, torch.Tensor) and x.requires_grad for x in inputs])


# --- memory -------------------------------------------------------------------------------------------------


class _Memory(ctypes.c_char * sys.maxsize):  # type: ignore[misc]
    """Memory from an address on, as the base of an array. Its length is no bound: the array's shape is."""

    owner: Any
    """What keeps the memory: the storage that an argument lies in, or the tensor that is a result."""


def view(tensor: torch.Tensor, /) -> Array:
    """The tensor's memory as an array.

    Raises:
        RuntimeError: the storage has been freed, or made smaller than the tensor.
    """
    dtype = _ARRAY_DTYPES[tensor.dtype]
    size = tensor.numel()
    if size == 0:
        return np.empty(tensor.shape, dtype)
    storage = tensor.untyped_storage()
    if tensor.is_contiguous():
        strides, last = None, size - 1
    else:
        strides = [step * dtype.itemsize for step in tensor.stride()]
        last = sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))
    if (tensor.storage_offset() + last + 1) * dtype.itemsize > storage.nbytes():
        raise RuntimeError(
            f"a tensor of shape {tuple(tensor.shape)} has a storage of {storage.nbytes()} bytes, which do "
            f"not hold it: the "
            f"storage has been freed or made smaller. Expected a tensor whose data is allocated; resize its "
            f"storage first."
        )
    memory = _Memory.from_address(tensor.data_ptr())
    memory.owner = storage
    return np.ndarray(tensor.shape, dtype, memory, 0, strides)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any], /) -> Array:
    """An array for results, whose memory is a tensor's; `tensor` gives that tensor."""
    like = _PROTOTYPES[dtype]
    if function_modes():  # a default device is one, and others would see it
        with torch._C.DisableTorchFunction():
            result = like.new_empty(shape)
    else:
        result = like.new_empty(shape)
    address = result.data_ptr()
    memory = _Memory.from_address(address or _NOWHERE)
    memory.owner = result
    array: Array = np.ndarray(shape, dtype, memory)
    if array.nbytes >= HUGE:
        advise(address, array.nbytes)
    return array


def at_once(direct: Direct, inputs: tuple[Any, ...], /) -> tuple[torch.Tensor, torch.Tensor | None] | None:
    """The loss of a call that comes again and its gradient, from addresses; None where that cannot be. See
    `compatlosses.protocols.Addressed`.
    """
    addresses: list[int] = []
    held: list[Any] = []  # the memory, whatever becomes of the tensors meanwhile
    for x in inputs:
        if x is None:
            addresses.append(0)
            continue
        storage = x.untyped_storage()
        if (x.storage_offset() + x.numel()) * x.element_size() > storage.nbytes():  # freed: `view` says so
            return None
        held.append(storage)
        addresses.append(x.data_ptr())
    loss = _PROTOTYPES[direct.dtype].new_empty(())
    if not direct.differentiates:
        return (loss, None) if direct.compute(addresses, 0, loss.data_ptr()) else None
    gradient = torch.empty_like(inputs[0], requires_grad=False)
    return (loss, gradient) if direct.compute(addresses, gradient.data_ptr(), loss.data_ptr()) else None


_PROTOTYPES = {dtype: torch.empty(0, dtype=theirs, device="cpu") for dtype, theirs in _DTYPES.items()}
"""Tensors without elements, whose kind new ones are of."""

_NOTHING = ctypes.c_double()
_NOWHERE = ctypes.addressof(_NOTHING)
"""Where results without elements lie: nowhere, but NumPy has no array without an address."""


HUGE = 4 << 20
"""Bytes from which on NumPy asks for huge pages."""


def advise(address: int, size: int) -> None:
    """Ask the system for huge pages under new memory, as NumPy does: torch does not, and 40 MB take 10,000
    page faults.
    """
    if _madvise is not None:
        start = -(-address // 4096) * 4096
        _madvise(start, address + size - start, 14)  # MADV_HUGEPAGE; that it is advice alone, errors included


def _system_madvise() -> Any:
    """Linux' madvise; None elsewhere."""
    if sys.platform != "linux":
        return None
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return function


_madvise = _system_madvise()


def tensor(array: Array | np.generic, like: torch.Tensor, /) -> torch.Tensor:
    """A result as a torch tensor; in the memory format of ``like`` where it has its shape.

    What `at_once` has made is a tensor already.
    """
    if isinstance(array, torch.Tensor):
        return array
    memory = getattr(array, "base", None)
    if not isinstance(memory, _Memory):
        return copied(np.asarray(array))
    result: torch.Tensor = memory.owner
    if result.ndim < 2 or result.stride() == like.stride() or result.shape != like.shape:
        return result
    formatted = torch.empty_like(like, dtype=result.dtype, requires_grad=False)
    return result if formatted.stride() == result.stride() else formatted.copy_(result)


def copied(array: Array) -> torch.Tensor:
    """The number that a reduced loss is: its bits, as a conversion goes by the thread's
    floating-point mode.
    """
    if array.dtype == fused.BFLOAT16:
        return torch.from_numpy(array.view(np.int16)).clone().view(torch.bfloat16)
    return torch.from_numpy(array).clone()


# --- autograd -----------------------------------------------------------------------------------------------


def attach(call: Derivable, inputs: tuple[Any, ...], /) -> torch.Tensor:
    """The call's loss as a tensor whose gradients autograd asks of ``call``."""
    if saved_tensors_hooks(False) is not None:
        # What the hooks pack is what counts, and what they do not see they can neither offload nor free.
        call.forget()
    # Not Function's own apply, a third of whose time goes into asking again whether a transformation is at
    # work.
    result: torch.Tensor = super(torch.autograd.Function, _Fused).apply(call, *inputs)  # type: ignore[no-untyped-call]
    return result


class _Fused(torch.autograd.Function):
    """A `FusedCall` in torch's graph.

    A gradient of its gradient is the formula's, and so is one by an unusual cotangent.
    """

    @staticmethod
    def forward(ctx: Any, call: Derivable, *inputs: Any) -> torch.Tensor:
        ctx.call = call
        ctx.numbers = [None if isinstance(x, torch.Tensor) else x for x in inputs]
        ctx.save_for_backward(*[x if isinstance(x, torch.Tensor) else None for x in inputs])
        return tensor(call.loss, inputs[1])

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        # Asking for them is also how torch notices that an input was modified in place since.
        saved = ctx.saved_tensors
        inputs = tuple([n if x is None else x for x, n in zip(saved, ctx.numbers, strict=True)])
        call: Derivable = ctx.call
        needed = ctx.needs_input_grad[1:]
        if torch.is_grad_enabled() or why_not_plain() is not None or not dense(g):
            return (None, *call.formula_gradients(library(), needed, g, inputs))
        found = call.handed_out(needed) if call.reduced and g.item() == 1.0 else None
        if found is None:
            if any(x is not None and why_not(x) is not None for x in inputs):  # hooks gave them
                return (None, *call.formula_gradients(library(), needed, g, inputs))
            cotangent = fused.number(view(g)) if call.reduced else view(g)
            found = call.gradients(views(host(), inputs), cotangent, needed)
        # What was kept and not asked for: after a backward pass torch frees what it has saved, too.
        call.forget()
        formats = (inputs[0], inputs[0], *inputs[2:])
        return (
            None,
            *[None if a is None else tensor(a, like) for a, like in zip(found, formats, strict=True)],
        )


def host() -> Any:
    """This module, as the `Host` that it is."""
    return sys.modules[__name__]


def library() -> Any:
    """The torch library, which imports this module."""
    from . import library as torch_library

    return torch_library
