"""``mindspore.mint.nn.functional`` by the rules of 2.7 and later: the reduction stands before pos_weight."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from ... import adapter, checks

__all__ = ["binary_cross_entropy_with_logits"]


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy between a target and the sigmoid of input logits, by the rules of ``mindspore.mint``.

    Arguments, result and errors are those of `compatlosses.mindspore.v2_7.binary_cross_entropy_with_logits`; the order of
    reduction and pos_weight is mint's own.

    Source: ``mindspore.mint.nn.functional.binary_cross_entropy_with_logits``, mindspore 2.10.0.
    """
    reduction = checks.lowered(reduction)
    return checks.evaluate(checks.SINCE_2_7_NAMES, checks.SINCE_2_7, input, target, weight, pos_weight, reduction)


if adapter.loaded():
    adapter.library()
