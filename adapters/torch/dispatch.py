"""What torch's function does before its own rules, without importing torch: tensor-likes and modes that take
a call over.

torch.fx's proxies, lazy parameters and mock tensors are no tensors of torch; their types have
``__torch_function__``, torch's protocol for such. A mode that watches functions has it too, and then sees the
call itself, not what it is made of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from compatlosses.libraries import Tensor

from . import adapter

_LIBRARY = f"{__package__}.library"


def library() -> Any:
    """The torch library, where it has been imported: then torch is the real one. None otherwise."""
    return sys.modules.get(_LIBRARY)


def is_taken_over(*arguments: object) -> bool:
    """Whether an argument or a mode is to answer the call by ``__torch_function__``."""
    torch_library = library()
    if torch_library is None:
        if not (
            adapter.loaded() and any(hasattr(type(argument), "__torch_function__") for argument in arguments)
        ):
            return False
        torch_library = adapter.library()
    answer: bool = torch_library.has_torch_function_variadic(*arguments)
    return answer


def answer(
    function: Callable[..., Tensor], arguments: tuple[object, ...], *args: object, **options: object
) -> Tensor:
    """What the arguments or the mode answer to the call of ``function`` with ``args`` and ``options``."""
    return library().handle_torch_function(function, arguments, *args, **options)


def strided(weight: Tensor) -> Tensor:
    """A weight; in full where it is a sparse tensor of torch, which multiplies by it as by any other."""
    torch_library = library()
    if torch_library is not None and torch_library.owns(weight) and weight.is_sparse:
        return weight.to_dense()
    return weight


def scriptable() -> Callable[..., Tensor]:
    """What torch.jit.script compiles in place of the edition, which reads the tensors of all frameworks."""
    from . import scripted

    return scripted.binary_cross_entropy_with_logits


def natively(name: str) -> Callable[[], Callable[..., Tensor]]:
    """What makes torch.jit.script compile torch's own function ``name`` in place of the edition: its numbers
    are those of operations that round one by one.
    """

    def scriptable() -> Callable[..., Tensor]:
        import torch

        function: Callable[..., Tensor] = getattr(torch.nn.functional, name)
        return function

    return scriptable
