"""The oracle: a textbook's lines, their derivatives, and rounding once."""

from __future__ import annotations

import inspect
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compatlosses.conformance.model.case import Case, Tensor
from compatlosses.conformance.model.losses import FIRST, LOSSES
from compatlosses.conformance.model.rounding import FORMATS, POINT, fixed, round_float, rounded
from compatlosses.conformance.oracle import exact as oracle
from compatlosses.conformance.oracle import jets, textbook, textbook_rows
from compatlosses.conformance.oracle.backward import Number, Tape
from compatlosses.conformance.oracle.derived import element
from compatlosses.conformance.oracle.jets import mp

LINES = [
    ("binary_cross_entropy_of_whole_weights", FIRST),
    *((name, name) for name, loss in LOSSES.items() if not loss.rows and not loss.elements),
]
"""The textbook's lines, and the loss whose arguments each takes."""
OTHER_LINES = [
    ("kl_divergence_of_probabilities", "kl_div"),
    *((name, name) for name, loss in LOSSES.items() if loss.elements),
]
"""Lines that are smooth where the points of these are: within (0, 1)."""
WITHIN = [(0.5, 0.25, 2.0, 3.0), (0.125, 0.75, 0.75, 0.5), (0.9, 0.1, 1.0, 1.25)]
POINTS = [(0.5, 0.25, 2.0, 3.0), (-3.0, 1.5, 0.75, 0.5), (40.0, -1.0, 1.0, 1.25), (1e-3, 0.0, 1.0, 2.0)]


@pytest.mark.parametrize(
    ("line", "loss", "point"),
    [
        *((*line, point) for line in LINES for point in POINTS),
        *((*line, point) for line in OTHER_LINES for point in WITHIN),
    ],
)
def test_derivatives_are_those_of_the_values(line: str, loss: str, point: tuple[float, ...]) -> None:
    """By difference quotients of the values, which know no rule of a derivative."""
    point = point[: len(LOSSES[loss].arguments)]
    parameters = tuple(LOSSES[loss].parameters.values())
    step = mp.mpf(2) ** -300

    def value(place: int, by: int) -> Any:
        moved = [jets.Jet(mp.mpf(x) + by * step * (i == place), (jets.ZERO,)) for i, x in enumerate(point)]
        return sum(term.value for term in getattr(textbook, line)(*moved, *parameters))

    terms = getattr(textbook, line)(*jets.arguments(point), *parameters)
    for place in range(len(point)):
        quotient = (value(place, 1) - value(place, -1)) / (2 * step)
        assert abs(sum(term.slopes[place] for term in terms) - quotient) < mp.mpf(10) ** -80
    bend = (value(0, 1) - 2 * value(0, 0) + value(0, -1)) / step**2
    assert abs(sum(term.bend for term in terms) - bend) < mp.mpf(10) ** -80


ROWS = [
    ((0.5, -1.25, 2.0), (0.25, 0.0, 1.5), (1.0, 0.75, 2.0)),
    ((40.0, 0.0, -3.0), (1.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    ((1e4, 1e4 + 1, 1e4 - 2), (0.0, 1.0, 0.5), (0.5, 3.0, 1.0)),
]


@pytest.mark.parametrize("loss", [name for name, of in LOSSES.items() if not of.rows])
def test_a_line_has_the_parameters_of_its_loss(loss: str) -> None:
    _, *rest = inspect.signature(getattr(textbook, loss)).parameters.values()
    usual = {each.name: each.default for each in rest if each.default is not each.empty}
    assert list(usual.items()) == list(LOSSES[loss].parameters.items())


@pytest.mark.parametrize("line", ["cross_entropy", "cross_entropy_of_weighted_rows", "nll_loss"])
@pytest.mark.parametrize("row", ROWS)
def test_derivatives_of_a_row_are_those_of_its_values(line: str, row: tuple[Any, ...]) -> None:
    step = mp.mpf(2) ** -300

    def summed(tape: Tape, moved: int | None = None, by: int = 0) -> tuple[Number, list[Number]]:
        flat = [mp.mpf(v) + by * step * (i == moved) for i, v in enumerate(sum(row, ()))]
        x, q, w = ([tape.number(v) for v in flat[i : i + 3]] for i in (0, 3, 6))
        return tape.total(getattr(textbook_rows, line)(x, dict(enumerate(q)), w)), [*x, *q, *w]

    total, arguments = summed(tape := Tape())
    tape.carry_back(total)
    for place, argument in enumerate(arguments):
        either = [summed(Tape(), place, by)[0].value for by in (1, -1)]
        assert abs((either[0] - either[1]) / (2 * step) - argument.slope) < mp.mpf(10) ** -80
        assert argument.size >= abs(argument.slope)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_s_loss_is_that_of_its_probabilities(row: tuple[Any, ...]) -> None:
    """By mpmath alone, with the probabilities formed as they are defined."""
    x, q, w = (list(map(mp.mpf, part)) for part in row)
    shares = [mp.exp(v) / mp.fsum(map(mp.exp, x)) for v in x]
    exact = -mp.fsum(each * target * mp.log(share) for each, target, share in zip(w, q, shares, strict=True))
    tape = Tape()
    numbers = [[tape.number(v) for v in part] for part in (x, q, w)]
    terms = textbook_rows.cross_entropy(numbers[0], dict(enumerate(numbers[1])), numbers[2])
    total = tape.total(terms)
    tape.carry_back(total)
    assert abs(total.value - exact) < mp.mpf(10) ** -80
    weight = mp.fsum(each * target for each, target in zip(w, q, strict=True))
    for place, number in enumerate(numbers[0]):
        slope = shares[place] * weight - w[place] * q[place]
        assert abs(number.slope - slope) < mp.mpf(10) ** -80


def test_a_row_s_limits_at_infinity() -> None:
    def outcome(*row: float) -> Any:
        case = Case(
            "a case",
            "a clause",
            {"logits": Tensor("float64", (1, 3), row), "targets": Tensor("int64", (1,), (0.0,))},
            {"reduction": "none"},
            ("logits",),
            loss="cross_entropy",
        )
        found = oracle.expected(case)
        return found["value"].rounded.tolist(), found["logits"].rounded.tolist()

    assert outcome(-math.inf, 0.0, -math.inf) == ([math.inf], [-1.0, 1.0, 0.0])
    assert outcome(math.inf, 0.0, 1.0) == ([0.0], [0.0, 0.0, 0.0])
    assert outcome(0.0, math.inf, 1.0) == ([math.inf], [-1.0, 1.0, 0.0])
    for row in ((-math.inf,) * 3, (0.0, math.inf, math.inf), (0.0, 1.0, math.nan)):
        assert np.isnan(outcome(*row)[0] + outcome(*row)[1]).all()


def test_two_forms_of_binary_cross_entropy_agree() -> None:
    """The other algebraic form, w [(1 - y) x + (1 + (p - 1) y) softplus(-x)], cancels: digits mend that."""
    for x, y, w, p in POINTS:
        exact = w * ((1 - y) * mp.mpf(x) + (1 + (p - 1) * y) * mp.log(1 + mp.exp(-mp.mpf(x))))
        terms = textbook.binary_cross_entropy_with_logits(*jets.arguments((x, y, w, p)))
        assert abs(sum(term.value for term in terms) - exact) < mp.mpf(10) ** -400


def test_limits_at_infinity() -> None:
    far = element(FIRST, LOSSES[FIRST].arguments, (), (math.inf, 0.25, 1.0, 3.0))
    assert far["value"] == (math.inf, 0)
    assert rounded(oracle.exact_sum(far["logits"]), "float64") == 0.75
    assert oracle.exact_sum(far["pos_weight"]) == 0


@given(st.floats(width=32, allow_nan=False), st.sampled_from(["float32", "float64"]))
def test_a_float_of_the_format_stays_what_it_is(value: float, dtype: str) -> None:
    assert round_float(value, dtype) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_is_numpy_s(value: float) -> None:
    for dtype in ("float16", "float32", "float64"):
        with np.errstate(all="ignore"):
            assert round_float(value, dtype) == float(np.array(value).astype(dtype))


@given(st.integers(-(10**60), 10**60), st.integers(1, 10**60))
def test_rounding_is_to_the_nearest(top: int, bottom: int) -> None:
    exact = Fraction(top, bottom)
    count = (top << POINT) // bottom
    for dtype in ("float32", "float64", "bfloat16"):
        got = rounded(count, dtype)
        if math.isfinite(got):
            for neighbour in (math.nextafter(got, math.inf), math.nextafter(got, -math.inf)):
                other = round_float(neighbour, dtype)
                assert abs(Fraction(got) - exact) <= abs(Fraction(other) - exact) or other == got


def test_beyond_the_largest_is_infinite() -> None:
    for dtype, form in FORMATS.items():
        largest = fixed(form.largest)
        assert isinstance(largest, int)
        assert rounded(largest, dtype) == form.largest
        assert rounded(largest * 2, dtype) == math.inf
        assert rounded(-largest * 2, dtype) == -math.inf


def test_a_zero_coefficient_removes_its_term_at_infinity() -> None:
    quantities = element(FIRST, LOSSES[FIRST].arguments, (), (-math.inf, 0.0, 1.0, 3.0))
    assert oracle.exact_sum(quantities["value"]) == 0
    assert oracle.exact_sum(quantities["logits"]) == 0
    assert oracle.exact_sum(quantities["targets"]) == math.inf


def test_the_smaller_of_two_endless_terms_counts_for_nothing() -> None:
    """Of an infinite rate the Poisson loss is infinite: an exponential beside a line."""
    loss = LOSSES["poisson_nll_loss"]
    names, parameters = loss.arguments, tuple(loss.parameters.values())
    assert (
        oracle.exact_sum(element("poisson_nll_loss", names, parameters, (math.inf, 2.0, 1.0))["value"])
        == math.inf
    )
    two = element("l1_loss", LOSSES["l1_loss"].arguments, (), (math.inf, math.inf, 1.0))
    assert math.isnan(oracle.exact_sum(two["value"]))
