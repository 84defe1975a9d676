"""The strata: into which cell an element belongs, so that a report says where the errors are; and which cells
have a case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from . import grids_rows, strata_elements
from .case import Case, reduction_of, spread
from .grids import Cell as Cell
from .grids import Census as Census
from .grids import Grid, counted
from .losses import FIRST, LOSSES, Value

ARGUMENTS = LOSSES[FIRST].arguments


def magnitude(x: float) -> str:
    """The stratum of a logit's size and sign."""
    if math.isnan(x):
        return "NaN logit"
    if x == 0:
        return "logit " + ("-0" if math.copysign(1.0, x) < 0 else "+0")
    sign = "-" if x < 0 else "+"
    size = abs(x)
    if math.isinf(size):
        return f"logit {sign}inf"
    for bound, name in ((1e-3, "tiny"), (10.0, "ordinary"), (1e3, "saturating")):
        if size < bound:
            return f"{sign}{name} logit"
    return f"{sign}largest logit"


def label(y: float) -> str:
    """The stratum of a label."""
    if y in (0.0, 1.0):
        return f"label {int(y)}"
    return "soft label" if 0.0 < y < 1.0 else "label outside [0, 1]"


def stratum(x: float, y: float) -> str:
    """The cell of an element, in words."""
    return f"{magnitude(x)}, {label(y)}"


def stratum_of(loss: str, x: float, y: float, parameters: tuple[Value, ...]) -> str:
    """The cell of an element of a loss, in words."""
    if loss == FIRST:
        return stratum(x, y)
    if loss in strata_elements.WORDS:
        return strata_elements.stratum(loss, x, y)
    return f"{difference(x - y)}, {piece(abs(x - y), parameters)}"


def difference(r: float) -> str:
    """The stratum of a difference's size and sign."""
    if math.isnan(r):
        return "NaN difference"
    if r == 0:
        return "difference 0"
    sign, size = "-" if r < 0 else "+", abs(r)
    if math.isinf(size):
        return f"difference {sign}inf"
    name = "tiny" if size < 1e-3 else "ordinary" if size < 1e3 else "large"
    return f"{sign}{name} difference"


def piece(size: float, parameters: tuple[Value, ...]) -> str:
    """On which side of the bend a difference lies; a loss without a bend has one piece."""
    if not parameters:
        return "everywhere"
    (bend,) = parameters
    assert isinstance(bend, (int, float))
    return "inside the bend" if size < bend else "at the bend" if size == bend else "beyond the bend"


def census(cases: Iterable[Case]) -> list[Census]:
    """The strata's cells, counted over the cases that are to succeed."""
    valid = [case for case in cases if not case.errors]
    first = [case for case in valid if case.loss == FIRST]
    rows = [case for case in valid if case.of.rows]
    tested = {case.loss for case in valid}
    elements = [grid for loss, grid in strata_elements.GRIDS.items() if loss in tested]
    return [
        *(counted(grid, first) for grid in GRIDS),
        *(counted(grid, valid) for grid in elements),
        *(counted(grid, rows) for grid in grids_rows.GRIDS),
    ]


QUANTITIES = ("value", *(f"gradient/{name}" for name in ARGUMENTS), "second/logits")
FLOATS = ("float16", "bfloat16", "float32", "float64")
REDUCTIONS = ("none", "mean", "sum")
MAGNITUDES = tuple(
    dict.fromkeys(
        magnitude(x)
        for x in (0.0, -0.0, *(s * x for x in (1e-9, 1.0, 20.0, 1e4, math.inf) for s in (1, -1)), math.nan)
    )
)
LABELS = tuple(label(y) for y in (0.0, 1.0, 0.5, 2.0))
SIZES = ("10", "100", "1000", "10000", "100000", "1000000", "10000000")


def quantities(case: Case) -> list[str]:
    """What a case asks for."""
    second = ["second/logits"] if case.second else []
    return ["value", *(f"gradient/{name}" for name in case.differentiate), *second]


def elements(case: Case) -> Iterator[Cell]:
    """The cells of a case's elements, with what is asked of them.

    Reduced, an element is one of many: it has no cell.
    """
    if reduction_of(case, "mean") != "none":
        return
    shape = case.first.shape
    columns = [spread(case, name, shape) for name in ARGUMENTS]
    given = ["given" if name in case.tensors else "none" for name in ("weight", "pos_weight")]
    asked = quantities(case)
    for x, y, _, p in zip(*columns, strict=True):
        positive = given[1] if given[1] == "none" or p != 1.0 else "1"
        place = (magnitude(x), label(y), positive.replace("given", "other"), given[0], case.dtype)
        yield from ((*place, quantity) for quantity in asked)


def without_argument(cell: Cell) -> str:
    """Of the elements' grid: no gradient by what is not given."""
    for name, given in (("weight", cell[3]), ("pos_weight", cell[2])):
        if cell[5] == f"gradient/{name}" and given == "none":
            return f"there is no gradient by a {name} that is not given"
    return ""


def shapes(case: Case) -> Iterator[Cell]:
    """The shape of the logits, with the reduction and the dtype."""
    if case.repeat or "ignore_index" in case.options:
        return
    shape = case.first.shape
    name = f"{len(shape)}-D" if math.prod(shape) else "empty"
    yield from ((name, reduction_of(case, "mean"), case.dtype, asked) for asked in quantities(case))


def shape_needs(cell: Cell) -> str:
    """Of the shapes' grid: what another grid holds."""
    if cell[3] == "second/logits":
        return "the second derivative is by element: the grid of the elements has it, in one dimension"
    if cell[3] != "value" and cell[2] != "float32":
        return "a gradient's shape does not depend on the dtype: float32 stands for all"
    return ""


def layouts(case: Case) -> Iterator[Cell]:
    """How logits and targets lie in memory, and how the weights broadcast."""
    views = {tensor.view or "contiguous" for tensor in case.tensors.values()}
    reduction = reduction_of(case, "mean")
    yield from ((f"{view} memory", reduction) for view in views)
    full = case.first.shape
    for name in ("weight", "pos_weight"):
        if name in case.tensors:
            shape = case.tensors[name].shape
            if shape == full:
                kind = "full"
            elif math.prod(shape) == 1:
                kind = "one element"
            else:
                kind = "fewer dimensions" if len(shape) < len(full) else "dimensions of length 1"
            yield f"{name}: {kind}", reduction


def sums(case: Case) -> Iterator[Cell]:
    """How many elements a sum has."""
    if case.repeat:
        size = case.repeat.times * len(case.first.values)
        yield str(size), reduction_of(case, "mean"), case.dtype


def long_enough(cell: Cell) -> str:
    """Of the sums' grid: how far it goes."""
    if int(cell[0]) > 100_000 and cell[2] != "float32":
        return "what drifts in this dtype drifts at 100000 elements; float32 stands for longer inputs"
    if int(cell[0]) > 1_000_000 and cell[1] == "sum":
        return "the longest input is there once, as a mean, because it takes seconds"
    return ""


def label_types(case: Case) -> Iterator[Cell]:
    """The dtype of the targets beside float32 logits."""
    if case.dtype == "float32":
        yield case.tensors["targets"].dtype, reduction_of(case, "mean")


def mixing(cell: Cell) -> str:
    """Of the label types' grid: floating labels of another dtype."""
    if cell[0] in FLOATS and cell[0] != "float32":
        return (
            "the documents ask for labels of the logits' dtype, and say nothing of what another "
            "floating dtype gives"
        )
    return ""


GRIDS = (
    Grid(
        "elements",
        (
            ("logit", MAGNITUDES),
            ("label", LABELS),
            ("pos_weight", ("none", "1", "other")),
            ("weight", ("none", "given")),
            ("dtype", FLOATS),
            ("quantity", QUANTITIES),
        ),
        elements,
        without_argument,
    ),
    Grid(
        "shapes",
        (
            ("shape", ("0-D", "empty", *(f"{dimensions}-D" for dimensions in range(1, 6)))),
            ("reduction", REDUCTIONS),
            ("dtype", FLOATS),
            ("quantity", QUANTITIES),
        ),
        shapes,
        shape_needs,
    ),
    Grid(
        "layouts",
        (
            (
                "layout",
                (
                    *(f"{view} memory" for view in ("contiguous", "strided", "transposed", "offset")),
                    *(
                        f"{name}: {kind}"
                        for name in ("weight", "pos_weight")
                        for kind in ("full", "one element", "fewer dimensions", "dimensions of length 1")
                    ),
                ),
            ),
            ("reduction", REDUCTIONS),
        ),
        layouts,
        lambda cell: "",
    ),
    Grid("sums", (("size", SIZES), ("reduction", REDUCTIONS[1:]), ("dtype", FLOATS)), sums, long_enough),
    Grid(
        "label types",
        (("label dtype", (*FLOATS, "int32", "int64", "bool")), ("reduction", REDUCTIONS)),
        label_types,
        mixing,
    ),
)
"""Apart from each other: an element's value does not depend on the shape it stands in, nor a sum on the
layout.
"""
