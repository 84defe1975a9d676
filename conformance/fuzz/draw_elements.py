"""Random calls of losses of probabilities, of one logit and of densities."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Any

from ..model import cases as data
from ..model.case import Case, Tensor
from ..model.implementations import Implementation
from ..model.losses import LOSSES
from . import numbers
from .numbers import Stratum, values

CLAUSE = "the loss of an element as its document has it, its derivatives, and the reductions; drawn at random"
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "floor": (-100.0, -5.0, -0.5),
    "clip": (0.0009765625, 0.25),
    "label_smoothing": (0.1, 0.5, 1.0),
    "log_targets": (False, True),
    "alpha": (0.0, 0.25, 0.75, 1.0),
    "gamma": (0.0, 0.5, 1.0, 2.0, 5.0),
    "log_input": (False, True),
    "full": (False, True),
    "epsilon": (0.0001220703125, 0.25),
    "clamp_gradient": ("through", "zero"),
}
"""The values that are drawn, by parameter."""


def nothing(draw: Random, dtype: str) -> float:
    """The logarithm of 0."""
    return -math.inf


def logarithm(draw: Random, dtype: str) -> float:
    """The logarithm of a probability."""
    return -numbers.logarithmic(draw, 1e-4, 80.0)


def positive(draw: Random, dtype: str) -> float:
    """A rate or a variance."""
    return numbers.logarithmic(draw, 1e-2, 1e2)


def count(draw: Random, dtype: str) -> float:
    """A count, seldom of something between."""
    return float(draw.randint(0, 20)) if draw.random() < 0.8 else draw.uniform(0.0, 5.0)


def sign(draw: Random, dtype: str) -> float:
    """1 or -1, seldom another number, whose product with a logit is exact: e^-yx magnifies a rounding."""
    return numbers.sign(draw) if draw.random() < 0.8 else draw.choice((0.0, 0.5, -0.25, 2.0))


def eighth(draw: Random, dtype: str) -> float:
    """A probability that is not next to 1 / e, where the slope log y + 1 cancels."""
    return draw.choice((0.125, 0.25, 0.5, 0.625, 0.75, 0.875))


CHANCES: tuple[Stratum, ...] = (numbers.hard, numbers.soft)
LOGARITHMS: tuple[Stratum, ...] = (numbers.zero, logarithm, logarithm, nothing)
LOGITS: tuple[Stratum, ...] = (
    numbers.zero, numbers.tiny, numbers.ordinary, numbers.ordinary, numbers.saturating, numbers.infinite,
)  # fmt: skip


def strata(case: Implementation, options: dict[str, Any]) -> tuple[tuple[Stratum, ...], tuple[Stratum, ...]]:
    """The strata of a loss's first argument and of its targets."""
    loss, usual = case.row.loss, {**LOSSES[case.row.loss].parameters, **case.api.parameters, **options}
    if loss == "kl_div" and not case.api.line:
        return LOGARITHMS, LOGARITHMS if usual["log_targets"] else (numbers.hard, eighth)
    if loss == "poisson_nll_loss":
        return (numbers.ordinary,) if usual["log_input"] else (positive,), (count,)
    if loss == "gaussian_nll_loss":
        return (numbers.zero, numbers.ordinary), (numbers.zero, numbers.ordinary)
    if loss == "soft_margin_loss":
        return LOGITS, (sign,)
    return (LOGITS if "logits" in LOSSES[loss].arguments else CHANCES), CHANCES


def call(draw: Random, identifier: str, implementation: Implementation, shape: tuple[int, ...]) -> Case:
    """A call that is to succeed."""
    row, api, loss = implementation.row, implementation.api, LOSSES[implementation.row.loss]
    dtypes = [d for d in api.dtypes if (implementation.framework, d) != ("numpy", "bfloat16")]
    dtype = draw.choice(api.alone or dtypes)
    shape = (math.prod(shape), 1) if api.apart else shape if math.prod(shape) and shape else (3,)
    size = math.prod(shape) or 1
    shape = shape if math.prod(shape) else (1, 1)
    options = options_of(draw, implementation)
    first, targets = strata(implementation, options)
    name = loss.arguments[0]
    tensors = {
        name: Tensor(dtype, shape, tuple(values(draw, dtype, size, first))),
        "targets": Tensor(dtype, shape, tuple(values(draw, dtype, size, targets))),
    }
    if "variances" in loss.arguments:
        tensors["variances"] = Tensor(dtype, shape, tuple(values(draw, dtype, size, (positive,))))
    if "weight" in row.arguments and draw.random() < 0.4:
        weights = values(draw, dtype, size, (numbers.ordinary_factor,))
        tensors["weight"] = Tensor(dtype, shape, tuple(weights))
    if draw.random() < 0.2:
        view = draw.choice(data.VIEWS)
        tensors.update({each: replace(tensors[each], view=view) for each in (name, "targets")})
    wrt = tuple(each for each in tensors if draw.random() < 0.6)
    cotangent = draw.choice((-0.75, 0.5, 2.0)) if draw.random() < 0.3 else None
    incoming = cotangent if wrt and implementation.framework != "numpy" else None
    apis = (implementation.api_name,)
    return Case(identifier, CLAUSE, tensors, options, wrt, incoming, apis=apis, loss=row.loss)


def options_of(draw: Random, implementation: Implementation) -> dict[str, Any]:
    """Options that the API has."""
    row, options = implementation.row, {}
    if "reduction" in row.options:
        options["reduction"] = draw.choice([*row.spelled.get("reduction", ("none", "mean", "sum"))])
    for name in LOSSES[row.loss].parameters:
        if name in row.options and name not in row.spelled and draw.random() < 0.5:
            options[name] = draw.choice(PARAMETERS[name])
    return options
