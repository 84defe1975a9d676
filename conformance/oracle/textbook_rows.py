"""Each loss of rows as a textbook has it: the terms of one row, whose derivatives `backward` carries.

Nothing here is shared with the definitions. `x` are the logits of a row, `q` its targets by class, `w` the
weights of the classes. A class without a target has no term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .backward import Number, exp, log, log1p
from .jets import ZERO, mp

Terms = tuple[Number, ...]
Targets = Mapping[int, Number]
EPSILON = mp.mpf(1e-7)
"""Keras' epsilon."""
Textbook = Callable[[Sequence[Number], Targets, Sequence[Number]], Terms]


def _surprises(x: Sequence[Number], q: Targets) -> dict[int, Number]:
    """-log(e^x_c / sum_j e^x_j) of the classes with a target: log1p of the sum of the others over its own"""
    e = [exp(each) for each in x]
    below, above = _sums(e), _sums(e[::-1])[::-1]
    return {c: log1p((below[c] + above[c]) / e[c]) for c in q}


def _sums(e: Sequence[Number]) -> list[Number]:
    """Of each number, the sum of those before it."""
    sums = [e[0].tape.number(ZERO)]
    for each in e[:-1]:
        sums.append(sums[-1] + each)
    return sums


def cross_entropy(x: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-sum_c w_c q_c log(e^x_c / sum_j e^x_j)"""
    surprises = _surprises(x, q)
    return tuple(w[c] * q[c] * surprises[c] for c in q)


def cross_entropy_of_weighted_rows(x: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-(sum_c w_c q_c) sum_c q_c log(e^x_c / sum_j e^x_j)"""
    surprises = _surprises(x, q)
    weight = x[0].tape.total([w[c] * q[c] for c in q])
    return tuple(weight * q[c] * surprises[c] for c in q)


def cross_entropy_of_probabilities(p: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-sum_c w_c q_c log(p_c), of probabilities as they are given"""
    return tuple(w[c] * q[c] * -log(p[c]) for c in q if q[c].value != 0)


def cross_entropy_of_probabilities_of_weighted_rows(
    p: Sequence[Number], q: Targets, w: Sequence[Number]
) -> Terms:
    """-(sum_c w_c q_c) sum_c q_c log(p_c)"""
    weight = p[0].tape.total([w[c] * q[c] for c in q])
    return tuple(weight * q[c] * -log(p[c]) for c in q if q[c].value != 0)


def cross_entropy_of_shares(p: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-sum_c w_c q_c log(p_c / sum_j p_j), each share within [1e-7, 1 - 1e-7] (Keras)"""
    total = p[0].tape.total(p)
    return tuple(w[c] * q[c] * -log(_clipped(p[c] / total)) for c in q)


def _clipped(share: Number) -> Number:
    """A share within [1e-7, 1 - 1e-7], where it has no slope at the ends."""
    for end, beyond in ((EPSILON, share.value < EPSILON), (1 - EPSILON, share.value > 1 - EPSILON)):
        if beyond:
            return share.tape.number(end)
    return share


def nll_loss(x: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-sum_c w_c q_c x_c"""
    return tuple(w[c] * q[c] * -x[c] for c in q)
