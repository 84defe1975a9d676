"""The exact outcome of a case of a loss of rows, from a textbook's line; rounded once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..model.case import Case, result_dtype
from ..model.rounding import POINT, Exact
from ..model.rows import Rules, Target, classes_held, rows_of, rows_shape, smoothing_of, targets_of
from . import textbook_rows
from .backward import Number, Tape, near
from .jets import ONE, ZERO, Mpf, fixed, mp
from .outcome import Outcome, exact_sum, made, scaled

STEP = mp.ldexp(ONE, -300)
"""By how much a logit is moved to see the slopes change: the error of a second derivative is its square."""


@dataclass
class Rows:
    """The rows of a case as numbers: what each argument's elements are, and the terms of each row."""

    tape: Tape
    arguments: dict[str, list[Number]]
    """By name, the numbers of an argument's elements; of the first two row by row."""
    terms: list[tuple[Number, ...]] = field(default_factory=list)
    """Of each row; none of one that does not count."""
    weights: list[Number] = field(default_factory=list)
    """Of the rows that count."""


def expected(case: Case, rules: Rules) -> dict[str, Outcome]:
    """By quantity, the exact outcome of a case; of long inputs, that of each distinct row."""
    rows = computed(case, rules)
    times = case.repeat.times if case.repeat else 1
    share = Fraction(case.cotangent if case.cotangent is not None else 1)
    divisor = divisor_of(rows, rules, times)
    outcomes = {"value": value_of(case, rules, rows, divisor)}
    if case.differentiate:
        share = share / divisor if divisor else share
        carry_back(rows, rules)
        for name in case.differentiate:
            many = share * (times if name == "weight" else 1)
            numbers = rows.arguments[name]
            slopes = [scaled(fixed(number.slope), many) for number in numbers]
            sizes = [scaled(fixed(number.size), abs(many)) for number in numbers]
            outcomes[name] = arranged(case, name, rules.axis, (slopes, sizes))
    if case.second:
        column = [scaled(value, share) for value in first_column(case, rules)]
        outcomes["second"] = arranged(
            case, case.of.arguments[0], rules.axis, (column, list(map(abs, column)))
        )
    return {quantity: replace(outcome, axis=rules.axis) for quantity, outcome in outcomes.items()}


def computed(case: Case, rules: Rules, moved: Mpf = ZERO) -> Rows:
    """The rows of a case, the logits of the first class moved."""
    tape = Tape()
    first = case.of.arguments[0]
    logits = rows_of(case.first, rules.axis)
    targets = targets_of(case, rules.axis)
    classes = case.first.shape[rules.axis]
    given = case.tensors["weight"].values if "weight" in case.tensors else [1.0] * classes
    weight = [tape.number(near(value)) for value in given]
    rows = Rows(tape, {first: [], "targets": [], "weight": weight})
    line = line_of(case, rules)
    for row, target, held in zip(logits, targets, classes_held(case, rules.axis), strict=True):
        ignored = not any(held) or (isinstance(target, int) and target == rules.ignored)
        known = ignored or not isinstance(target, int) or 0 <= target < classes
        row = tuple(value if here else -math.inf for value, here in zip(row, held, strict=True))
        undefined = not known or (rules.line == "cross_entropy" and not has_limit(row))
        x = [tape.number(mp.nan if undefined else near(value)) for value in row]
        x[0] = x[0].line(ONE, moved) if moved else x[0]
        rows.arguments[first] += x
        q = numbers_of(tape, 0 if not known else target)
        if not isinstance(target, int):
            rows.arguments["targets"] += q.values()
        if not isinstance(target, int):
            q = {c: each for c, each in q.items() if held[c]}
        smooth = smoothed(tape, q, smoothing_of(case), classes)
        rows.terms.append(() if ignored else line(x, smooth, weight))
        if not ignored:
            weighing = smooth if rules.weighting == "row" else q
            rows.weights.append(tape.total([weight[c] * weighing[c] for c in weighing]))
    return rows


def line_of(case: Case, rules: Rules) -> textbook_rows.Textbook:
    """The textbook's line."""
    of_weighted_rows = "_of_weighted_rows" if rules.weighting == "row" and "weight" in case.tensors else ""
    line: textbook_rows.Textbook = getattr(textbook_rows, rules.line + of_weighted_rows)
    return line


def has_limit(row: Sequence[float]) -> bool:
    """Whether the softmax of a row has a limit: not where infinities of one sign meet at the top."""
    return max(row) != -math.inf and row.count(math.inf) <= 1


def numbers_of(tape: Tape, target: Target) -> dict[int, Number]:
    """The targets by class: those that a row gives, or 1 for its index."""
    if isinstance(target, int):
        return {target: tape.number(ONE)}
    return {c: tape.number(near(value)) for c, value in enumerate(target)}


def smoothed(tape: Tape, q: dict[int, Number], smoothing: float, classes: int) -> dict[int, Number]:
    """q (1 - s) + s / C for each class."""
    if not smoothing:
        return q
    every = {c: q.get(c) or tape.number(ZERO) for c in range(classes)}
    return {c: each.line(1 - mp.mpf(smoothing), mp.mpf(smoothing) / classes) for c, each in every.items()}


def divisor_of(rows: Rows, rules: Rules, times: int) -> Fraction:
    """What a mean divides by; 1 where nothing divides, or where the weights do, which the rows then have."""
    if rules.reduction != "mean":
        return Fraction(1)
    if rules.divisor == "weights":
        return Fraction(times)
    return Fraction((len(rows.weights) if rules.divisor == "counted" else len(rows.terms)) * times)


def value_of(case: Case, rules: Rules, rows: Rows, divisor: Fraction) -> Outcome:
    """The loss of each row, or their sum or mean."""
    dtype = result_dtype(case)
    terms = [[fixed(term.value) for term in row] for row in rows.terms]
    if rules.reduction == "none":
        shape = rows_shape(case.first.shape, rules.axis)
        if rules.keeps:
            shape = (*shape[: rules.axis], 1, *shape[rules.axis :])
        return made([exact_sum(row) for row in terms], [size_of(row) for row in terms], shape, dtype)
    times = case.repeat.times if case.repeat else 1
    together = [term for row in terms for term in row]
    value, size = exact_sum(together), size_of(together)
    if rules.reduction == "mean":
        weight = sum((number.value for number in rows.weights), ZERO) if rules.divisor == "weights" else ONE
        if not rows.terms:
            return made([math.nan], [0], (), dtype)
        if not rows.weights or not weight:
            return made([fixed(near(rules.empty))], [0], (), dtype)
        value, size = (divided(each, weight) for each in (value, size))
    many = Fraction(times) / divisor
    return made([scaled(value, many)], [scaled(size, many)], (), dtype)


def size_of(terms: Sequence[Exact]) -> Exact:
    """The sum of the sizes."""
    return exact_sum([abs(term) for term in terms])


def divided(value: Exact, weight: Mpf) -> Exact:
    """The value over the sum of the weights."""
    if isinstance(value, float) or weight == 1:
        return value
    return fixed(mp.ldexp(mp.mpf(value), -POINT) / weight)


def carry_back(rows: Rows, rules: Rules) -> None:
    """Give each argument's numbers their derivatives of the sum of the rows, over the sum of their weights
    where that divides.
    """
    total = rows.tape.total([term for row in rows.terms for term in row])
    if rules.reduction == "mean" and rules.divisor == "weights":
        weight = rows.tape.total(rows.weights)
        total = total / weight if weight.value else total
    rows.tape.carry_back(total)


def first_column(case: Case, rules: Rules) -> list[Exact]:
    """The derivative of each slope by the logit of its row's first class."""
    either: list[list[Mpf]] = []
    for step in (STEP, -STEP):
        rows = computed(case, rules, step)
        carry_back(rows, rules)
        either.append([number.slope for number in rows.arguments[case.of.arguments[0]]])
    return [fixed((one - other) / (2 * STEP)) for one, other in zip(*either, strict=True)]


def arranged(case: Case, name: str, axis: int, numbers: tuple[list[Exact], list[Exact]]) -> Outcome:
    """Numbers that stand row by row, in the order of the argument's memory."""
    tensor = case.tensors[name]
    if name == "weight":
        return made(*numbers, tensor.shape, tensor.dtype)
    inner = math.prod(tensor.shape[axis + 1 :])
    classes = tensor.shape[axis]
    size = len(tensor.values)
    # The element at (outer, c, inner) stands at row (outer, inner), place c.
    order = [
        (place // (classes * inner) * inner + place % inner) * classes + place // inner % classes
        for place in range(size)
    ]
    exact, sizes = ([each[place] for place in order] for each in numbers)
    return made(exact, sizes, tensor.shape, tensor.dtype)
