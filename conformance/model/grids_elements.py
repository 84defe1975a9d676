"""The grids of losses of elements: those of binary cross entropy with logits, and what others share."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .case import Case, reduction_of, spread
from .grids import Cell, Grid
from .losses import FIRST, LOSSES
from .strata import label, magnitude

ARGUMENTS = LOSSES[FIRST].arguments
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
    second = [case.second_name] if case.second else []
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
    """The shape of the first argument, with the reduction and the dtype."""
    if case.repeat or "ignore_index" in case.options:
        return
    shape = case.first.shape
    name = f"{len(shape)}-D" if math.prod(shape) else "empty"
    yield from ((name, reduction_of(case, "mean"), case.dtype, asked) for asked in quantities(case))


def shape_needs(cell: Cell) -> str:
    """Of the shapes' grid: what another grid holds."""
    if cell[3].startswith("second/"):
        return "the second derivative is by element: the grid of the elements has it, in one dimension"
    if cell[3] != "value" and cell[2] != "float32":
        return "a gradient's shape does not depend on the dtype: float32 stands for all"
    return ""


def layouts(case: Case) -> Iterator[Cell]:
    """How the tensors lie in memory, and how the weights broadcast."""
    views = {tensor.view or "contiguous" for tensor in case.tensors.values()}
    reduction = reduction_of(case, "mean")
    yield from ((f"{view} memory", reduction) for view in views)
    full = case.first.shape
    for name in case.of.arguments[2:]:
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
    """The dtype of the targets beside a first argument of float32."""
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
