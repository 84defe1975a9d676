"""Each loss of rows as a textbook has it: the terms of one row, whose derivatives `backward` carries.

Nothing here is shared with the definitions. `x` are the logits of a row, `q` its targets by class, `w` the
weights of the classes. A class without a target has no term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .backward import Number, exp, log1p

Terms = tuple[Number, ...]
Targets = Mapping[int, Number]
Textbook = Callable[[Sequence[Number], Targets, Sequence[Number]], Terms]


def _surprise(e: Sequence[Number], c: int) -> Number:
    """-log(e_c / sum_j e_j)"""
    return log1p(e[c].tape.total([*e[:c], *e[c + 1 :]]) / e[c])


def cross_entropy(x: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-sum_c w_c q_c log(e^x_c / sum_j e^x_j)"""
    e = [exp(each) for each in x]
    return tuple(w[c] * q[c] * _surprise(e, c) for c in q)


def cross_entropy_of_weighted_rows(x: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-(sum_c w_c q_c) sum_c q_c log(e^x_c / sum_j e^x_j)"""
    e = [exp(each) for each in x]
    weight = x[0].tape.total([w[c] * q[c] for c in q])
    return tuple(weight * q[c] * _surprise(e, c) for c in q)


def nll_loss(x: Sequence[Number], q: Targets, w: Sequence[Number]) -> Terms:
    """-sum_c w_c q_c x_c"""
    return tuple(w[c] * q[c] * -x[c] for c in q)
