"""The formula executor for losses of rows. See `by_formula`.

The axis of the classes becomes the last one, and results keep it with size 1, so that a definition sees three
tensors that broadcast. A class index is a number for a definition that takes it; elsewhere, and where it is
smoothed, probabilities of 1 and 0. A row whose index is no class is NaN.
"""

from __future__ import annotations

import math
from typing import Any

from . import rules
from .protocols import Call, Tensor
from .reductions import counts_of, divided, divisor_of, everywhere, nonzero

Posed = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor]
"""Logits, targets, weight; where rows count; the targets before smoothing."""


def value(call: Call, dtype: str) -> Tensor:
    """The loss as a tensor of ``dtype``."""
    call = of_definition(call)
    loss, library, _, _, reduction = call
    x, q, w, counts, targets = posed(call)
    losses = library.elementwise(loss, (x, q, w), counts)
    if reduction[0] == "none":
        return library.cast(library.without_axis(losses), dtype)
    divisor = divisor_of(library, reduction, losses, weights_of_rows(call, q, w, targets), counts)
    return library.cast(divided(library, library.sum(losses), divisor), dtype)


def slopes(call: Call, wrt: tuple[int, ...], g: Tensor | None = None) -> tuple[Tensor, ...]:
    """The gradients of `value` by the inputs numbered ``wrt``, times the cotangent ``g`` (None: 1):
    differentiable again.
    """
    call = of_definition(call)
    loss, library, inputs, parameters, reduction = call
    axis, smoothing = parameters
    x, q, w, counts, targets = posed(call)
    weights = weights_of_rows(call, q, w, targets)
    like = library.row_max(x)
    divisor = nonzero(library, divisor_of(library, reduction, like, weights, counts))
    if g is not None:
        g = library.cast(g, library.dtype(x))
        if reduction[0] == "none":
            g = library.with_axis(g)
    found: tuple[Tensor, ...] = ()
    for i in wrt:
        gradient = library.gradient(loss, i, g, (x, q, w), counts)
        if i == 1 and smoothing:
            gradient = gradient * (library.constant(1.0, gradient) - library.constant(smoothing, gradient))
        gradient = divided(library, gradient, divisor)
        if i > 0 and reduction[1] == "weights":
            gradient = gradient - by_divisor(call, i, (x, q, w, counts, targets), g, divisor)
        if i < 2:
            gradient = library.moved(gradient, -1, axis)
        found = (*found, library.cast(gradient, library.dtype(inputs[i])))
    return found


def of_definition(call: Call) -> Call:
    """The call; from indices that are not smoothed of the definition that takes them."""
    loss, library, inputs, parameters, reduction = call
    if loss.of_indices is None or parameters[1] != 0.0 or library.dtype(inputs[1]) in rules.FLOATING:
        return call
    return (loss.of_indices, library, inputs, parameters, reduction)


def posed(call: Call) -> Posed:
    """The inputs as the definition takes them, in double."""
    loss, library, inputs, parameters, reduction = call
    axis, smoothing = parameters
    x = library.moved(library.cast(inputs[0], "float64"), axis, -1)
    dtype = library.dtype(x)
    w = None if inputs[2] is None else assured_weight(library, library.cast(inputs[2], dtype), x)
    reduction = (*reduction[:4], assured_mask(library, reduction[4], x))
    if library.dtype(inputs[1]) in rules.FLOATING:
        targets = assured(library, loss.names, inputs[1], inputs[0])
        targets = library.moved(library.cast(targets, dtype), axis, -1)
        mask = reduction[4]
        counts = None
        if mask is not None:
            counts = library.with_axis(mask) & everywhere(library, library.row_max(x))
    else:
        indices = inputs[1]
        if hasattr(library, "assured"):
            indices = assured(library, loss.names, indices, library.without_axis(library.row_max(x)))
        counts = counts_of(library, indices, reduction)
        if counts is not None:
            counts = library.with_axis(counts)
        if loss.rows == "index":
            targets = library.with_axis(library.cast(indices, dtype))
        else:
            targets = library.cast(library.classes(indices, x), dtype)
            targets = library.where(library.equal(library.row_sum(targets), 0), math.nan, targets)
    if counts is not None:  # a NaN would reach the gradient of the rows' weights
        targets = library.where(counts, targets, 0.0)
    return x, smoothed(library, targets, smoothing), w, counts, targets


def assured(library: Any, names: tuple[str, ...], targets: Tensor, like: Tensor) -> Tensor:
    """The targets; where their shape cannot be judged yet, tied to a check against that of ``like``."""
    if not hasattr(library, "assured"):
        return targets
    if rules.is_static(library.shape(targets)) and rules.is_static(library.shape(like)):
        return targets
    message = (
        f"the shape of the {names[1]} does not go with that of the {names[0]}; reshape it explicitly first"
    )
    return library.assured(targets, like, True, message)


def assured_weight(library: Any, weight: Tensor, x: Tensor) -> Tensor:
    """The weight, tied to a check, where sizes are not known yet, that it has one number for each class."""
    if not hasattr(library, "assured"):
        return weight
    if rules.is_static(library.shape(weight)) and rules.is_known(library.shape(x)[-1]):
        return weight
    first = library.classes(library.cast(library.constant(0.0, x), "int64"), x)
    message = "the weight has not one number for each class; reshape it explicitly first"
    return library.assured(weight, library.cast(first, library.dtype(x)), True, message)


def assured_mask(library: Any, mask: Tensor | None, x: Tensor) -> Tensor | None:
    """The mask, tied to a check, where sizes are not known yet, that it broadcasts to the rows."""
    if mask is None or not hasattr(library, "assured"):
        return mask
    if rules.surely_broadcasts(library.shape(mask), library.shape(x)[:-1]):
        return mask
    rows = library.without_axis(library.row_max(x))
    message = "the mask does not broadcast to the shape of the rows, or would enlarge it; reshape it first"
    return library.assured(mask, rows, False, message)


def smoothed(library: Any, targets: Tensor, smoothing: float) -> Tensor:
    """Probabilities moved towards one that is the same for all classes."""
    if smoothing == 0.0:
        return targets
    classes = library.row_sum(library.cast(everywhere(library, targets), library.dtype(targets)))
    # Tensors, not numbers, of which some frameworks take no more than float32 holds.
    share = library.constant(smoothing, targets)
    return targets * (library.constant(1.0, targets) - share) + share / classes


def weights_of_rows(call: Call, q: Tensor, w: Tensor | None, targets: Tensor) -> Tensor | None:
    """What each row weighs, where the mean divides by that."""
    loss, library, _, _, reduction = call
    if w is None or reduction[1] != "weights":
        return None
    if loss.rows == "index":
        return library.OPS.at(w, targets)
    return library.row_sum(library.OPS.times(w, q if loss.rows == "row" else targets))


def by_divisor(call: Call, of: int, posed: Posed, g: Tensor | None, divisor: Any) -> Tensor:
    """What the mean changes by through its divisor, the sum of the rows' weights."""
    loss, library, _, parameters, _ = call
    x, q, w, counts, targets = posed
    mean = divided(library, library.sum(library.elementwise(loss, (x, q, w), counts)), divisor)
    if g is not None:
        mean = mean * g
    share = divided(library, mean, divisor)
    if of == 1:
        change = w * share
        if loss.rows == "row":
            change = change * (library.constant(1.0, change) - library.constant(parameters[1], change))
        change = library.where(everywhere(library, targets), change, 0.0)
        return change if counts is None else library.where(counts, change, 0.0)
    if loss.rows == "index":
        change = library.where(library.OPS.is_class(targets, x), share, 0.0)
    else:
        change = (q if loss.rows == "row" else targets) * share
    return library.sum_to(change if counts is None else library.where(counts, change, 0.0), w)
