"""The weights of torch's loss classes."""

from __future__ import annotations

import torch

from compatlosses.libraries import Tensor, find


def keep(module: torch.nn.Module, name: str, weight: Tensor | None) -> None:
    """Keep a weight of a module: a buffer, unless it is of another framework."""
    if weight is None or isinstance(weight, torch.Tensor):
        # Not setattr, which would make a parameter of a parameter.
        module.register_buffer(name, weight)
        return
    if find(weight) is None:
        raise TypeError(
            f"{name} is of type {type(weight).__qualname__}; expected a tensor or None. Make it a tensor "
            f"first, for example with torch.tensor."
        )
    del module._buffers[name]
    module.__dict__[name] = weight
