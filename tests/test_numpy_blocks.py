"""NumPy's formula goes by blocks of rows: the numbers are those of all rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frameworks import forget_plans

import compatlosses as cl
from compatlosses.numpy import blocks, library

RNG = np.random.default_rng(5)
SHAPES = [(20000,), (3, 20000), (300, 100), (1, 20000), (10, 10, 300)]


@pytest.fixture(autouse=True)
def formula(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_plans(monkeypatch)
    monkeypatch.setattr(library, "host", None)


def by_blocks_and_whole(monkeypatch: pytest.MonkeyPatch, *arguments: Any, **options: Any) -> list[Any]:
    """Loss and gradients both ways."""
    found = [cl.value_and_gradients(*arguments, **options)]
    monkeypatch.setattr(blocks, "BLOCK", 2**40)
    return [*found, cl.value_and_gradients(*arguments, **options)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("option", ["none", "of a column", "of a row", "mask"])
def test_elements(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], option: str) -> None:
    options = {
        "none": {},
        "of a column": {"weight": RNG.random((shape[0],) + (1,) * (len(shape) - 1))},
        "of a row": {"weight": RNG.random(shape[-1:])},
        "mask": {"mask": RNG.random(shape) < 0.5},
    }[option]
    wrt = ("logits", "targets") + (("weight",) if "weight" in options else ())
    tensors = RNG.standard_normal(shape), RNG.random(shape)
    one, other = by_blocks_and_whole(
        monkeypatch, cl.binary_cross_entropy_with_logits, *tensors, wrt=wrt, reduction="none", **options
    )
    np.testing.assert_array_equal(one[0], other[0])
    for name in wrt:
        np.testing.assert_array_equal(one[1][name], other[1][name])


@pytest.mark.parametrize(("shape", "axis"), [((20000,), 0), ((300, 100), -1), ((300, 100), 0)])
def test_rows(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], axis: int) -> None:
    """One row's first axis is that of the classes, and is never cut."""
    targets = np.asarray(RNG.integers(0, shape[axis], np.delete(shape, axis)))
    one, other = by_blocks_and_whole(
        monkeypatch, cl.cross_entropy, RNG.standard_normal(shape), targets, axis=axis, reduction="none"
    )
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1]["logits"], other[1]["logits"])
