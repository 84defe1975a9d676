"""The grids of the losses of a difference: elements, rules of a mean, shapes, layouts, sums, targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from . import grids_elements
from .case import Case, reduction_of, sentinel, spread
from .grids import Cell, Grid
from .grids_elements import FLOATS, REDUCTIONS
from .losses import DIFFERENCE, LOSSES
from .rounding import FORMATS

NAMES = tuple(name for name, loss in LOSSES.items() if loss.kind == "difference")
QUANTITIES = ("value", *(f"gradient/{name}" for name in DIFFERENCE), f"second/{DIFFERENCE[0]}")
BENDS = tuple(f"{sign}{place}" for place in ("below the bend", "bend", "above the bend") for sign in "+-")
PLACES = (
    "0",
    *(f"{sign}{size}" for size in ("tiny", "ordinary", "square overflows", "inf") for sign in "+-"),
    *BENDS,
    "NaN",
)


def place(r: float, bend: float | None, dtype: str) -> str:
    """Where a difference lies: by its size, and by the bend, whose neighbours are within one ULP of it."""
    if r == 0 or math.isnan(r):
        return "NaN" if math.isnan(r) else "0"
    sign, size = "-" if r < 0 else "+", abs(r)
    if bend and math.isfinite(bend) and abs(size - bend) <= math.ldexp(bend, 1 - FORMATS[dtype].precision):
        return sign + ("bend" if size == bend else "below the bend" if size < bend else "above the bend")
    if math.isinf(size):
        return f"{sign}inf"
    if size > math.sqrt(FORMATS[dtype].largest):
        return f"{sign}square overflows"
    return sign + ("tiny" if size < 1e-3 else "ordinary")


def elements(case: Case) -> Iterator[Cell]:
    """The cells of a case's elements, with what is asked of them. Reduced, an element is one of many: it has
    none.
    """
    if reduction_of(case, "mean") != "none" or case.repeat:
        return
    x, y, w = (spread(case, name, case.shape) for name in DIFFERENCE)
    bend = next((float(value) for value in case.parameters if isinstance(value, (int, float))), None)
    asked = grids_elements.quantities(case)
    for r, weight in zip((one - other for one, other in zip(x, y, strict=True)), w, strict=True):
        given = "none" if "weight" not in case.tensors else "0" if weight == 0 else "other"
        yield from (
            (case.loss, place(r, bend, case.dtype), given, case.dtype, quantity) for quantity in asked
        )


def no_such_element(cell: Cell) -> str:
    """Of the elements' grid: what cannot be, and what another cell stands for."""
    loss, where, weight, dtype, quantity = cell
    if where in BENDS and not LOSSES[loss].parameters:
        return "the loss has no bend"
    if quantity == "gradient/weight" and weight == "none":
        return "there is no gradient by a weight that is not given"
    if quantity.startswith("second/"):
        if LOSSES[loss].flat:
            return "the second derivative of a loss without curvature is 0 or nothing, by framework"
        if where == "NaN":
            return "a NaN difference lies on no side of a bend: it has no second derivative"
        if where in BENDS:
            return "where the slope has a corner the second derivative is that of either side"
        if dtype not in ("float32", "float64"):
            return "the second derivative is the factor of a difference: single and double stand for all"
    return ""


def rules(case: Case) -> Iterator[Cell]:
    """What counts, what divides, and whether there are weights."""
    ignored = sentinel(case)
    same = [y == ignored for y in case.tensors["targets"].values]
    counting = "none" if all(same) else "some" if any(same) else "all"
    if not same:
        return
    weight = "given" if "weight" in case.tensors else "none"
    divisor = str(case.options.get("divisor", "usual"))
    reduction = reduction_of(case, "mean")
    yield case.loss, counting, weight, reduction, divisor if reduction == "mean" else "usual"


def no_such_rule(cell: Cell) -> str:
    """Of the rules' grid: what cannot be, and what does not depend on what."""
    _, _, weight, reduction, divisor = cell
    if divisor != "usual" and reduction != "mean":
        return "a divisor divides a mean alone"
    if divisor == "weights" and weight == "none":
        return "there are no weights to divide by"
    return ""


def long_enough(cell: Cell) -> str:
    """Of the sums' grid: how far it goes."""
    if cell[1] == SIZES[-1] and cell[0] != "mse_loss":
        return "the longest input is there of one loss, because it takes seconds: all share their sums"
    return grids_elements.long_enough(cell[1:])


def of_each(found: Callable[[Case], Iterator[Cell]]) -> Callable[[Case], Iterator[Cell]]:
    """The cells that a case holds, of its loss."""
    return lambda case: ((case.loss, *cell) for cell in found(case))


def shape_needs(cell: Cell) -> str:
    """Of the shapes' grid: what another grid holds."""
    if cell[4] == "gradient/weight":
        return "the grid of the layouts has the shapes of weights"
    if cell[3] != "float32" and cell[1] != "2-D":
        return "a shape does not depend on the dtype: float32 stands for all, beside one shape of each"
    return grids_elements.shape_needs(cell[1:])


LOSS = ("loss", NAMES)
SIZES = ("1000", "100000", "1000000", "10000000")
"""Of one block of a sum, of several, of many."""
GRIDS = (
    Grid(
        "differences",
        (
            LOSS,
            ("difference", PLACES),
            ("weight", ("none", "0", "other")),
            ("dtype", FLOATS),
            ("quantity", QUANTITIES),
        ),
        elements,
        no_such_element,
    ),
    Grid(
        "rules of differences",
        (
            LOSS,
            ("counting", ("all", "some", "none")),
            ("weight", ("none", "given")),
            ("reduction", REDUCTIONS),
            ("divisor", ("usual", "counted", "all", "weights")),
        ),
        rules,
        no_such_rule,
    ),
    Grid(
        "shapes of differences",
        (
            LOSS,
            ("shape", ("0-D", "empty", *(f"{dimensions}-D" for dimensions in range(1, 6)))),
            ("reduction", REDUCTIONS),
            ("dtype", FLOATS),
            ("quantity", QUANTITIES),
        ),
        of_each(grids_elements.shapes),
        shape_needs,
    ),
    Grid(
        "layouts of differences",
        (
            LOSS,
            (
                "layout",
                (
                    *(f"{view} memory" for view in ("contiguous", "strided", "transposed", "offset")),
                    *(
                        f"weight: {kind}"
                        for kind in ("full", "one element", "fewer dimensions", "dimensions of length 1")
                    ),
                ),
            ),
            ("reduction", REDUCTIONS),
        ),
        of_each(grids_elements.layouts),
        lambda cell: "",
    ),
    Grid(
        "sums of differences",
        (LOSS, ("size", SIZES), ("reduction", REDUCTIONS[1:]), ("dtype", FLOATS)),
        of_each(grids_elements.sums),
        long_enough,
    ),
    Grid(
        "targets of differences",
        (LOSS, ("target dtype", (*FLOATS, "int32", "int64", "bool")), ("reduction", REDUCTIONS)),
        of_each(grids_elements.label_types),
        lambda cell: grids_elements.mixing(cell[1:]),
    ),
)
