"""The two oracles agree, and round once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compatlosses.conformance.model import cases
from compatlosses.conformance.model.implementations import Api
from compatlosses.conformance.model.rounding import FORMATS, POINT, fixed, round_float, rounded
from compatlosses.conformance.oracle import exact as oracle
from compatlosses.conformance.oracle import second as second_oracle

GROUPS = sorted({case.group for case in cases.load()})


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("formula", ["terms", "whole"])
def test_second_oracle_agrees_on_every_case(group: str, formula: str) -> None:
    for case in cases.load():
        if case.group != group or case.errors:
            continue
        first = oracle.expected(case, Api((), formula))
        second = oracle.expected(case, Api((), formula), of=second_oracle.element)
        for quantity, outcome in first.items():
            np.testing.assert_array_equal(
                outcome.rounded, second[quantity].rounded, err_msg=f"{case.id}: {quantity}"
            )


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
    quantities = oracle.element(-math.inf, 0.0, 1.0, 3.0, "terms")
    assert oracle.exact_sum(quantities["value"]) == 0
    assert oracle.exact_sum(quantities["logits"]) == 0
    assert oracle.exact_sum(quantities["targets"]) == math.inf
