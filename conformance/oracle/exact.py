"""The exact outcome of a case, from the definition, by mpmath; rounded once.

With s(x) = 1 / (1 + e^-x), the loss is -w [p y log s(x) + (1 - y) log(1 - s(x))], and every quantity that a
case asks for is a sum of terms, coefficient times function. A zero coefficient makes its term 0 even where
the function is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple
from fractions import Fraction
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
from mpmath.ctx_mp import MPContext

from ..model.case import Case, reduction_of, result_dtype, sentinel, spread
from ..model import rows as model_rows
from ..model.implementations import Api
from ..model.losses import FIRST, LOSSES
from ..model.rounding import POINT, Exact, fixed
from . import derived
from . import rows as of_rows
from .outcome import Floats, Outcome, exact_sum, made, scaled

mp = MPContext()
"""A context of its own: the precision of mpmath's shared one belongs to whoever else is in the process."""
mp.prec = 1500
"""Enough to tell 700 + e^-700 from 700: it decides which way a tie rounds in half precision."""
mpf = mp.mpf
Mpf = Any
"""A number of that context; mpmath has no types."""

Quantities = dict[str, Sequence[Exact]]
"""By quantity, the exact terms that it is the sum of."""
Element = Callable[[float, float, float, float, str], Quantities]
QUANTITIES = ("value", *LOSSES[FIRST].arguments, "second")


def product(*factors: Mpf) -> Exact:
    """The product, rounded as the context rounds; 0 if a factor is 0 and none is NaN."""
    negative, mantissa, exponent = 0, 1, POINT
    for factor in factors:
        sign, digits, power, _ = factor._mpf_
        if not digits and factor != 0:
            return special_product(factors)
        negative ^= sign
        mantissa *= digits
        exponent += power
    excess = mantissa.bit_length() - mp.prec
    if excess > 0:
        mantissa = ((mantissa >> (excess - 1)) + 1) >> 1
        exponent += excess
    size = mantissa << exponent if exponent >= 0 else mantissa >> -exponent
    return -int(size) if negative else int(size)


def special_product(factors: Sequence[Mpf]) -> Exact:
    """The same where a factor is infinite or NaN."""
    if any(mp.isnan(factor) for factor in factors):
        return math.nan
    if any(factor == 0 for factor in factors):
        return 0
    return math.inf if mp.fprod(factors) > 0 else -math.inf


@cache
def functions(x: float) -> tuple[Mpf, Mpf, Mpf, Mpf]:
    """-log(1 - s), -log s, s and 1 - s of x; at infinity their limits."""
    if math.isnan(x):
        return (mp.nan,) * 4
    if math.isinf(x):
        zero, one = mpf(0), mpf(1)
        return (mp.inf, zero, one, zero) if x > 0 else (zero, mp.inf, zero, one)
    grown, shrunk = mp.exp(mpf(x)), mp.exp(-mpf(x))
    return mp.log1p(grown), mp.log1p(shrunk), 1 / (1 + shrunk), 1 / (1 + grown)


@lru_cache(maxsize=200_000)
def element(x: float, y: float, w: float, p: float, formula: str) -> Quantities:
    """The loss of one element and its derivatives.

    Paddle 2.0 documents another one, which pos_weight scales whole.
    """
    negative, positive, s, t = functions(x)
    y, w, p = mpf(y), mpf(w), mpf(p)
    if formula == "whole":
        scale = (p - 1) * y + 1
        return {
            "value": (product(w, 1 - y, scale, negative), product(w, y, scale, positive)),
            "logits": (product(w, 1 - y, scale, s), product(-w, y, scale, t)),
            "targets": (
                product(w, (1 - y) * (p - 1) - scale, negative),
                product(w, scale + y * (p - 1), positive),
            ),
            "weight": (product(1 - y, scale, negative), product(y, scale, positive)),
            "pos_weight": (product(w, y, 1 - y, negative), product(w, y, y, positive)),
            "second": (product(w, scale, s, t),),
        }
    return {
        "value": (product(w, 1 - y, negative), product(w, p, y, positive)),
        "logits": (product(w, 1 - y, s), product(-w, p, y, t)),
        "targets": (product(w, p, positive), product(-w, negative)),
        "weight": (product(1 - y, negative), product(p, y, positive)),
        "pos_weight": (product(w, y, positive),),
        "second": (product(w, 1 - y, s, t), product(w, p, y, s, t)),
    }


PLAIN = Api(())
"""A document that promises nothing special."""


def rules_of(case: Case, api: Api) -> tuple[str, ...]:
    """What a document says that the exact outcome of a case depends on: the formula, the reduction, what
    divides, over which axes, and a factor.
    """
    if case.of.rows:
        return tuple(map(str, astuple(model_rows.rules_of(case, api))))
    formula = api.formula if "pos_weight" in case.tensors else "terms"
    reduction = reduction_of(case, api.default)
    rest = (api.over, repr(api.factor))
    if reduction == "mean" and "weight" in case.tensors and api.weighted == "weights":
        return formula, reduction, "weights", *rest
    if "ignore_index" not in case.options:
        return formula, reduction, "all", *rest
    divisor = str(case.options.get("divisor", api.divisor))
    return formula, reduction, f"{divisor}, elements too" if api.divides_elements else divisor, *rest


def elements_of(case: Case, formula: str, of: Element) -> Callable[..., Quantities]:
    """The loss of one element, a function of the case's arguments."""
    if case.loss == FIRST:
        return partial(first_element, of, formula)
    return partial(derived_element, case.loss, case.parameters)


def first_element(of: Element, formula: str, *values: float) -> Quantities:
    """The first loss's, whose formula a document chooses."""
    x, y, w, p = values
    return of(x, y, w, p, formula)


def derived_element(loss: str, parameters: tuple[float, ...], *values: float) -> Quantities:
    """Another loss's, by jets."""
    return derived.element(loss, parameters, values)


def expected(case: Case, api: Api = PLAIN, of: Element = element) -> dict[str, Outcome]:
    """By quantity, the exact outcome of a case; of long inputs, that of each distinct pair."""
    if case.of.rows:
        return of_rows.expected(case, model_rows.rules_of(case, api))
    formula, reduction, divided, over, _ = rules_of(case, api)
    shape, count = case.shape, math.prod(case.shape)
    columns = [spread(case, name, shape) for name in case.of.arguments]
    ignored = sentinel(case)
    kept = [
        ignored is None or not (y == ignored or (math.isnan(y) and math.isnan(ignored))) for y in columns[1]
    ]
    one = elements_of(case, formula, of)
    found = [dict(one(*row)) if keep else None for *row, keep in zip(*columns, kept, strict=True)]

    times = case.repeat.times if case.repeat else 1
    counting = (sum(kept) if divided.startswith("counted") else count) * times
    divisor = Fraction(max(counting, 1) if reduction == "mean" or divided == "counted, elements too" else 1)
    if divided == "weights":
        divisor = sum((Fraction(w) for w in columns[2]), Fraction(0)) * times
        weigh(found, divisor, times)
    elif over == "last" and reduction == "none":
        divisor = Fraction(shape[-1])
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
    if not divisor:
        outcomes = {"value": made([math.nan], [0], (), dtype)}
    elif reduction != "none":
        outcomes = {"value": outcome("value", [list(range(count))], (), dtype, 1.0)}
    elif over == "last":
        rows = np.arange(count).reshape(-1, shape[-1]).tolist() if count else []
        outcomes = {"value": outcome("value", rows, shape[:-1], dtype, 1.0)}
    else:
        outcomes = {"value": outcome("value", each, shape, dtype, 1.0)}
    if reduction == "mean" and not counting:
        outcomes["value"] = made([math.nan], [0], (), dtype)
    for name in case.differentiate:
        tensor = case.tensors[name]
        places = np.broadcast_to(np.arange(len(tensor.values)).reshape(tensor.shape), shape).ravel()
        groups = [np.flatnonzero(places == place).tolist() for place in range(len(tensor.values))]
        outcomes[name] = outcome(name, groups, tensor.shape, tensor.dtype, incoming)
    if case.second:
        outcomes["second"] = outcome("second", each, shape, case.dtype, incoming)
    return outcomes


def weigh(found: list[Quantities | None], divisor: Fraction, times: int) -> None:
    """Make the weights' derivatives those of a mean that divides by their sum: (e - mean) / sum."""
    total = exact_sum([term for values in found if values for term in values["value"]])
    mean = scaled(total, Fraction(times) / divisor)
    for values in found:
        if values:
            values["weight"] = (*values["weight"], -mean)


__all__ = ["Floats", "Outcome", "element", "expected", "fixed"]
