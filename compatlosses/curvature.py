"""Second derivatives of each element, by dual numbers.

A definition's slope is computed with the derivative by one input beside every number, so that no second
derivative is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from .by_formula import assured_inputs, prepared
from .protocols import Call, Loss, Tensor, Vocabulary
from .reductions import counts_of, divided, divisor_of, everywhere, nonzero
from .vocabulary import pairs_of


class Dual:
    """A number and its derivative; None for a derivative of 0."""

    __slots__ = ("ops", "slope", "value")
    __array_ufunc__ = None
    """NumPy leaves the operators to this class."""

    def __init__(self, ops: Vocabulary, value: Tensor, slope: Tensor | None = None) -> None:
        self.ops, self.value, self.slope = ops, value, slope

    def of(self, value: Tensor, slope: Tensor | None) -> Dual:
        """A number of the same vocabulary."""
        return Dual(self.ops, value, slope)

    def __neg__(self) -> Dual:
        return self.of(-self.value, None if self.slope is None else -self.slope)

    def __add__(self, other: Any) -> Dual:
        value, slope = parts(other)
        return self.of(self.value + value, added(self.slope, slope))

    def __sub__(self, other: Any) -> Dual:
        value, slope = parts(other)
        return self.of(self.value - value, added(self.slope, None if slope is None else -slope))

    def __mul__(self, other: Any) -> Dual:
        value, slope = parts(other)
        return self.of(
            self.value * value,
            added(product(self.ops, self.slope, value), product(self.ops, slope, self.value)),
        )

    def __truediv__(self, other: Any) -> Dual:
        value, slope = parts(other)
        quotient = self.value / value
        rest = None if slope is None else -(product(self.ops, slope, quotient) / value)
        return self.of(quotient, added(None if self.slope is None else self.slope / value, rest))

    def __rtruediv__(self, other: Any) -> Dual:
        quotient = other / self.value
        rest = None if self.slope is None else -(product(self.ops, self.slope, quotient) / self.value)
        return self.of(quotient, rest)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Dual:
        return (-self).__add__(other)

    def __lt__(self, other: Any) -> Tensor:
        return self.value < parts(other)[0]

    def __gt__(self, other: Any) -> Tensor:
        return self.value > parts(other)[0]

    def __le__(self, other: Any) -> Tensor:
        return self.value <= parts(other)[0]

    def __ge__(self, other: Any) -> Tensor:
        return self.value >= parts(other)[0]


def parts(x: Any) -> tuple[Any, Tensor | None]:
    """A number and its derivative."""
    return (x.value, x.slope) if isinstance(x, Dual) else (x, None)


def added(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """The sum of two derivatives."""
    if a is None or b is None:
        return b if a is None else a
    return a + b


def product(ops: Vocabulary, slope: Tensor | None, factor: Any) -> Tensor | None:
    """A derivative times a number; 0 where one is 0 and the other infinite."""
    if slope is None:
        return None
    return slope * factor if isinstance(factor, (int, float)) else ops.times(slope, factor)


def dual_vocabulary(ops: Vocabulary) -> Vocabulary:
    """The words for dual numbers."""

    def number(value: float, like: Dual) -> Dual:
        return Dual(ops, ops.number(value, like.value))

    def where(condition: Tensor, a: Any, b: Any) -> Dual:
        (one, slope), (other, rest) = parts(a), parts(b)
        value = ops.where(condition, one, other)
        if slope is None and rest is None:
            return Dual(ops, value)
        return Dual(
            ops, value, ops.where(condition, 0.0 if slope is None else slope, 0.0 if rest is None else rest)
        )

    def absolute(x: Dual) -> Dual:
        return where(x < 0.0, -x, x)

    def sign(x: Dual) -> Dual:
        return Dual(ops, ops.sign(x.value))

    def within(x: Dual, limit: float) -> Dual:
        return where(x > limit, limit, where(x < -limit, -limit, x))

    def times(a: Dual, b: Dual) -> Dual:
        slope = added(product(ops, a.slope, b.value), product(ops, b.slope, a.value))
        return Dual(ops, ops.times(a.value, b.value), slope)

    def of_three(weight: Dual | None, a: Dual, b: Dual) -> Dual:
        return a * b if weight is None else times(times(weight, a), b)

    def weighted(weight: Dual | None, x: Dual) -> Dual:
        return x if weight is None else times(weight, x)

    def factor(weight: Dual | None, other: Dual | None) -> Dual | None:
        if weight is None or other is None:
            return other if weight is None else weight
        return times(weight, other)

    def smoothed(y: Dual, s: float) -> Dual:
        return y if s == 0.0 else y * (1.0 - number(s, y)) + 0.5 * number(s, y)

    def derived(
        value: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor]
    ) -> Callable[[Dual], Dual]:
        return lambda x: Dual(ops, value(x.value), product(ops, x.slope, slope(x.value)))

    def log_less(y: Dual, x: Any) -> Dual:
        other, slope = parts(x)
        rest = None if y.slope is None else y.slope / y.value
        return Dual(ops, ops.log_less(y.value, other), added(rest, None if slope is None else -slope))

    def power(x: Dual, exponent: float) -> Dual:
        slope = exponent * ops.power(x.value, exponent - 1.0)
        return Dual(ops, ops.power(x.value, exponent), product(ops, x.slope, slope))

    softplus = derived(ops.softplus, ops.sigmoid)
    sigmoid = derived(ops.sigmoid, lambda x: ops.sigmoid(x) * ops.sigmoid(-x))
    softplus_pair, sigmoid_pair = pairs_of(times, softplus, sigmoid)
    return Vocabulary(
        number=number,
        where=where,
        abs=absolute,
        sign=sign,
        within=within,
        times=times,
        product=of_three,
        weighted=weighted,
        factor=factor,
        smoothed=smoothed,
        softplus=softplus,
        sigmoid=sigmoid,
        softplus_pair=softplus_pair,
        sigmoid_pair=sigmoid_pair,
        log=derived(ops.log, lambda x: 1.0 / x),
        log_less=log_less,
        log1p=derived(ops.log1p, lambda x: 1.0 / (1.0 + x)),
        exp=derived(ops.exp, ops.exp),
        expm1=derived(ops.expm1, ops.exp),
        power=power,
    )


@cache
def second(loss: Loss) -> Loss:
    """A definition whose slopes are the second derivatives of this one's elements, by one input twice."""

    def written(ops: Vocabulary) -> tuple[Callable[..., Any], ...]:
        functions = loss.written(dual_vocabulary(ops))

        def by(place: int) -> Callable[..., Tensor]:
            def slope(*inputs: Any) -> Tensor:
                count = len(loss.arguments)
                # A derivative of 1 in the shape of the first input, which is that of every result.
                one = ops.where(inputs[0] > 0.0, 1.0, 1.0 + 0.0 * ops.sign(inputs[0]))
                duals = [None if x is None else Dual(ops, x) for x in inputs[:count]]
                duals[place] = Dual(ops, inputs[place], one)
                found: Tensor = functions[1 + place](*duals, *inputs[count:]).slope
                return 0.0 * one if found is None else found

            return slope

        return (functions[0], *[by(place) for place in range(len(loss.inputs))])

    return replace(loss, written=written)


def curvatures(call: Call, wrt: tuple[int, ...]) -> tuple[Tensor, ...]:
    """The second derivatives of the loss by each element of the inputs numbered ``wrt``, of their shapes.

    Where an input repeats, they are summed over its repetitions. By the weight they are 0.
    """
    loss, library, inputs, parameters, reduction = call
    if loss.rows != "":
        raise ValueError(
            f"curvature is asked for of {loss.name}, a loss of rows; expected a loss of elements. The second "
            f"derivative by a logit is p (1 - p) of its class's probability, times the sum of the targets."
        )
    inputs = assured_inputs(loss, library, inputs)
    counts = counts_of(library, inputs[1], reduction)
    tensors = prepared(library, inputs, "float64")
    weight = len(loss.inputs)
    divisor = nonzero(library, divisor_of(library, reduction, tensors[0], tensors[weight], counts))
    found: tuple[Tensor, ...] = ()
    for i in wrt:
        if i == weight:
            x = inputs[i]
            found = (*found, library.where(everywhere(library, x), library.constant(0.0, x), 0.0))
        else:
            each = library.gradient(second(loss), i, None, tensors + parameters, counts)
            found = (*found, library.cast(divided(library, each, divisor), library.dtype(inputs[i])))
    return found
