"""The strata: every cell that can be reached has a case, and the rest say why not."""

from __future__ import annotations

import math

import pytest

from compatlosses.conformance.model import cases, census, grids_differences, strata, strata_rows
from compatlosses.conformance.model.grids import Cell
from compatlosses.conformance.model.rows import Target


def test_every_reachable_cell_has_a_case() -> None:
    for counted in census.census(cases.load()):
        assert not counted.missing, f"{counted.grid.name}: {counted.missing[:5]}"
        assert counted.held
        assert all(reason and empty for reason, empty in counted.empty.items())


@pytest.mark.parametrize(
    ("without", "grid", "cell"),
    [
        ("cells/", "elements", ("logit -0", "label 0", "none", "given", "float16", "gradient/weight")),
        ("view/", "layouts", ("transposed memory", "mean")),
        ("accumulation/", "sums", ("10000000", "mean", "float32")),
        ("label-dtype/", "label types", ("bool", "none")),
        (
            "huber_loss/places/",
            "differences",
            ("huber_loss", "+tiny", "0", "bfloat16", "value"),
        ),
        (
            "l1_loss/divisor/",
            "rules of differences",
            ("l1_loss", "some", "given", "mean", "weights"),
        ),
        ("cross_entropy/masked-target/", "rows", ("-inf logit", "masked class", "float16", "value")),
        (
            "nll_loss/ignoring/",
            "rules of nll_loss",
            ("indices", "some", "given", "none", "mean", "usual"),
        ),
    ],
)
def test_a_cell_without_a_case_is_missed(without: str, grid: str, cell: Cell) -> None:
    fewer = [case for case in cases.load() if not case.id.startswith(without)]
    (counted,) = (counted for counted in census.census(fewer) if counted.grid.name == grid)
    assert cell in counted.missing


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        (-0.0, 0.0, "logit -0, label 0"),
        (math.nan, 1.0, "NaN logit, label 1"),
        (-math.inf, 0.5, "logit -inf, soft label"),
        (700.0, -0.25, "+saturating logit, label outside [0, 1]"),
        (-1e-30, 1.5, "-tiny logit, label outside [0, 1]"),
    ],
)
def test_an_element_belongs_to_one_cell(x: float, y: float, name: str) -> None:
    assert strata.stratum(x, y) == name


@pytest.mark.parametrize(
    ("r", "bend", "name"),
    [
        (-0.0, 1.0, "0"),
        (1.0 + 2**-23, 1.0, "+above the bend"),
        (-(1.0 - 2**-24), 1.0, "-below the bend"),
        (-1.0, 1.0, "-bend"),
        (1.0, None, "+ordinary"),
        (1.0 + 2**-22, 1.0, "+ordinary"),
        (2e19, 1.0, "+square overflows"),
        (-math.inf, math.inf, "-inf"),
        (1e-30, 0.0, "+tiny"),
    ],
)
def test_a_difference_lies_in_one_place(r: float, bend: float | None, name: str) -> None:
    assert grids_differences.place(r, bend, "float32") == name


@pytest.mark.parametrize(
    ("row", "target", "name"),
    [
        ((2.0,), 0, "one class, likeliest class"),
        ((0.5, math.nan), 0, "NaN logit, other class"),
        ((0.5, math.inf), 1, "+inf logit, likeliest class"),
        ((-math.inf, -math.inf), 1, "-inf alone, masked class"),
        ((0.5, -math.inf), 1, "-inf logit, masked class"),
        ((3.0, 3.0, 1.0), 2, "ties, other class"),
        ((50.0, 3.0), 0, "far maximum, likeliest class"),
        ((1e4, 1e4 + 1), -1, "offset, no class"),
        ((0.5, 1.0), (0.0, 1.0), "ordinary, one-hot"),
        ((0.5, 1.0), (0.25, 0.75), "ordinary, soft"),
        ((0.5, 1.0), (0.25, 1.75), "ordinary, other sum"),
        ((0.5, 1.0), (0.0, 0.0), "ordinary, zeros"),
    ],
)
def test_a_row_belongs_to_one_cell(row: tuple[float, ...], target: Target, name: str) -> None:
    assert strata_rows.stratum(row, target) == name
