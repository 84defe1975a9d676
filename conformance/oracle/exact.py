"""The exact outcome of a case, from a textbook's line of its loss; rounded once.

Every quantity that a case asks for is a sum of the line's terms, each a number that carries its derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple
from fractions import Fraction

import numpy as np

from ..model import rows as model_rows
from ..model.case import Case, reduction_of, result_dtype, sentinel, spread
from ..model.implementations import Api
from ..model.losses import FIRST, MASK
from ..model.rounding import Exact
from . import rows as of_rows
from .derived import Quantities, element
from .outcome import Floats, Outcome, exact_sum, made, scaled

PLAIN = Api(())
"""A document that promises nothing special."""


def rules_of(case: Case, api: Api) -> tuple[str, ...]:
    """What a document says that the exact outcome of a case depends on: the textbook's line, the reduction,
    what divides, over which axes, and a factor.
    """
    if case.of.rows:
        return tuple(map(str, astuple(model_rows.rules_of(case, api))))
    line = api.line if api.line and ("pos_weight" in case.tensors or case.loss != FIRST) else case.loss
    reduction = reduction_of(case, api.default)
    rest = (api.over, repr(api.factor), repr(case.parameters_by(api.parameters)))
    by_weights = str(case.options.get("divisor", api.weighted))
    if reduction == "mean" and "weight" in case.tensors and by_weights in ("weights", "nonzero"):
        return line, reduction, by_weights, *rest
    if "ignore_index" not in case.options and MASK not in case.tensors:
        return line, reduction, "all", *rest
    divisor = str(case.options.get("divisor", api.divisor))
    return line, reduction, f"{divisor}, elements too" if api.divides_elements else divisor, *rest


def expected(case: Case, api: Api = PLAIN) -> dict[str, Outcome]:
    """By quantity, the exact outcome of a case; of long inputs, that of each distinct pair."""
    if case.of.rows:
        return of_rows.expected(case, model_rows.rules_of(case, api))
    line, reduction, divided, over, *_ = rules_of(case, api)
    parameters = case.parameters_by(api.parameters)
    shape, count = case.shape, math.prod(case.shape)
    columns = [spread(case, name, shape) for name in case.of.arguments]
    ignored = sentinel(case)
    kept = [
        bool(held) and (ignored is None or not (y == ignored or (math.isnan(y) and math.isnan(ignored))))
        for y, held in zip(columns[1], spread(case, MASK, shape), strict=True)
    ]
    found = [
        dict(element(line, case.of.arguments, parameters, tuple(row))) if keep else None
        for *row, keep in zip(*columns, kept, strict=True)
    ]

    times = case.repeat.times if case.repeat else 1
    number = number_of(divided, columns[case.of.arguments.index("weight")], kept) * times
    divides = reduction == "mean" or divided == "counted, elements too"
    divisor = number or Fraction(1) if divides else Fraction(1)
    if reduction == "mean" and divided == "weights" and number:
        weigh(found, number, times)
    if over == "last" and reduction != "mean":
        divisor = Fraction(shape[-1] * (times if len(shape) == 1 else 1))
    elif reduction == "batchmean":
        divisor = Fraction(shape[0] * times)
    divisor /= Fraction(api.factor)
    incoming = 1.0 if case.cotangent is None else case.cotangent

    def terms(quantity: str, index: int) -> Sequence[Exact]:
        values = found[index]
        return values[quantity] if values is not None else ()

    def outcome(
        quantity: str, groups: list[list[int]], to: tuple[int, ...], dtype: str, factor: float
    ) -> Outcome:
        share = Fraction(factor) / divisor
        exact, size = [], []
        for group in groups:
            parts = [term for index in group for term in terms(quantity, index)]
            many = share * (times if len(group) == count and to == () else 1)
            exact.append(scaled(exact_sum(parts), many))
            size.append(scaled(exact_sum([abs(part) for part in parts]), abs(many)))
        return made(exact, size, to, dtype)

    each = [[index] for index in range(count)]
    dtype = result_dtype(case)
    if reduction != "none":
        outcomes = {"value": outcome("value", [list(range(count))], (), dtype, 1.0)}
    elif over in ("last", "total"):
        rows = np.arange(count).reshape(-1, shape[-1]).tolist() if count else []
        outcomes = {"value": outcome("value", rows, shape[:-1], dtype, 1.0)}
    elif over == "rest":
        rows = np.arange(count).reshape(shape[0], -1).tolist()
        outcomes = {"value": outcome("value", rows, (shape[0], 1), dtype, 1.0)}
    else:
        outcomes = {"value": outcome("value", each, shape, dtype, 1.0)}
    if reduction == "mean" and not number:
        # A mean over 0 has no slope: as in the losses of rows, those of the sum stand in its place.
        outcomes["value"] = made([math.nan], [0], (), dtype)
    for name in case.differentiate:
        tensor = case.tensors[name]
        places = np.broadcast_to(np.arange(len(tensor.values)).reshape(tensor.shape), shape).ravel()
        groups = [np.flatnonzero(places == place).tolist() for place in range(len(tensor.values))]
        outcomes[name] = outcome(name, groups, tensor.shape, tensor.dtype, incoming)
    if case.second:
        outcomes["second"] = outcome("second", each, shape, case.dtype, incoming)
    return outcomes


def number_of(divided: str, weights: Sequence[float], kept: Sequence[bool]) -> Fraction:
    """What a mean divides by: the elements, those that count, those of a weight that is not 0, or the sum of
    the weights of those that count.
    """
    if divided == "weights":
        return sum((Fraction(w) for w, keep in zip(weights, kept, strict=True) if keep), Fraction(0))
    if divided == "nonzero":
        return Fraction(sum(w != 0 for w in weights))
    return Fraction(sum(kept) if divided.startswith("counted") else len(kept))


def weigh(found: list[Quantities | None], divisor: Fraction, times: int) -> None:
    """Make the weights' derivatives those of a mean that divides by their sum: (e - mean) / sum."""
    total = exact_sum([term for values in found if values for term in values["value"]])
    mean = scaled(total, Fraction(times) / divisor)
    for values in found:
        if values:
            values["weight"] = (*values["weight"], -mean)


__all__ = ["Floats", "Outcome", "exact_sum", "expected", "rules_of"]
