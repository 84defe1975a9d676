"""torch's API, as documented for 2.1 and unchanged from 1.0 to 2.15: ``torch.nn.functional.binary_cross_entropy_with_logits``.

It takes the tensors of any framework. Importing it imports no framework.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from compatlosses import losses, rules
from compatlosses.classes import loss_class
from compatlosses.libraries import Library, Names, Tensor, library_of

from . import adapter

if TYPE_CHECKING:
    from .modules import BCEWithLogitsLoss

__all__ = ["BCEWithLogitsLoss", "binary_cross_entropy_with_logits"]

_NAMES: Names = ("input", "target", "weight", "pos_weight")


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy between a target and input logits, by torch's rules.

    Args:
        input: logits of any shape; a floating tensor.
        target: floating tensor of the same shape, values between 0 and 1 (not checked).
        weight: factor of each element's loss; broadcasts to the input's shape.
        size_average: deprecated. With ``reduce``, overrides ``reduction`` whatever that is: see there.
        reduce: deprecated. False means 'none'; otherwise ``size_average=False`` means 'sum', and either given 'mean'.
        reduction: 'none', 'mean' or 'sum'.
        pos_weight: factor of the positive term; broadcasts to the input's shape.

    Returns:
        A tensor of the target's dtype, as torch's: of the input's shape for 'none', 0-D otherwise. Under torch.autocast, of
        float32 where the target is of half precision.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks.
        ValueError: a target of another size than the input, an unknown reduction.
        RuntimeError: a weight that does not broadcast or would enlarge the result, an integer or bool input or target.

    Source: torch 2.1 documentation; where it is silent, torch 2.13.0.
    """
    library = library_of(input, target, weight, pos_weight, _NAMES)
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, warn=not library.tracing())
    rules.check_reduction(reduction, ValueError)
    dtype = library.dtype(target)
    if library.dtype(input) not in rules.FLOATING:
        rules.check_dtype(library, "input", input, rules.FLOATING, NotImplementedError)
    if dtype not in rules.FLOATING:
        rules.check_dtype(library, "target", target, rules.FLOATING, RuntimeError)
    rules.check_same_shape(library, "target", target, "input", input, ValueError)
    if weight is not None:
        check_weight(library, "weight", weight, input)
    if pos_weight is not None:
        check_weight(library, "pos_weight", pos_weight, input)
    dtype = library.autocast_dtype(target) or dtype
    return losses.evaluate(library, input, target, weight, pos_weight, reduction, None, False, dtype)


def legacy_reduction(size_average: bool | None, reduce: bool | None, warn: bool = True) -> str:
    """The reduction that the deprecated pair stands for, with torch's warning."""
    if reduce is not None and not reduce:
        reduction = "none"
    elif size_average is not None and not size_average:
        reduction = "sum"
    else:
        reduction = "mean"
    if warn:
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            UserWarning,
            stacklevel=3,
        )
    return reduction


def check_weight(library: Library, name: str, weight: Tensor, input: Tensor) -> None:
    """Refuse a weight that is no tensor, or that torch would not multiply in place into the loss."""
    if not library.owns(weight):
        raise TypeError(f"{name} is {weight!r}; expected a tensor or None. Make it a tensor first.")
    if library.dtype(weight) not in rules.NUMBERS:
        rules.check_dtype(library, name, weight, rules.NUMBERS, RuntimeError)
    rules.check_broadcast(library, name, weight, "input", input, RuntimeError)


def __dir__() -> list[str]:
    """The names of this module; the class too, before it is imported."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """The module class, which imports torch, when it is first asked for; a plain callable where torch is not installed."""
    return loss_class(__name__, name, adapter.MODULE)


if adapter.loaded():
    adapter.library()
