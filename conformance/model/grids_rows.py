"""The grids of the losses of rows: kinds of rows, the rules that are crossed with each other, shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from .case import Case, reduction_of
from .grids import Cell, Grid
from .implementations import APIS
from .rounding import FORMATS
from .rows import INDICES, PROBABILITIES, axis_of, ignored_of, kind_of, smoothing_of, targets_of
from .strata_rows import LOGITS, TARGETS, strata_of

FLOATS = tuple(FORMATS)
REDUCTIONS = ("none", "mean", "sum")
SPECIAL = ("one class", "NaN logit", "+inf logit", "-inf alone", "ties", "far maximum", "offset")


def kinds(case: Case) -> Iterator[Cell]:
    """The cells of a case's rows, with what is asked of them. Reduced, a row is one of many: it has none."""
    if case.loss != "cross_entropy" or reduction_of(case) != "none":
        return
    asked = ["value", *(["gradient/logits"] if "logits" in case.differentiate else [])]
    for stratum in strata_of(case, axis_of(case, -1)):
        yield from ((*stratum.split(", "), case.dtype, quantity) for quantity in asked)


def no_such_kind(cell: Cell) -> str:
    """Of the grid of kinds: what cannot be, and what another cell stands for."""
    logits, target, dtype, _ = cell
    if target == "no class":
        return "a row whose index is no class is refused or ignored: 0 whatever it holds"
    if (target == "masked class") != (logits == "-inf alone") and logits != "-inf logit":
        return "a masked class is one of minus infinity, and of minus infinity alone every class is masked"
    if (logits, target) in (("one class", "other class"), ("NaN logit", "likeliest class")):
        return "one class has no other, and NaN is no largest"
    if logits in SPECIAL and target in TARGETS[4:]:
        return (
            "a row's terms by probabilities are those of its indices: ordinary and masked rows stand for all"
        )
    if target in ("other sum", "zeros") and (logits == "-inf logit" or dtype not in ("float32", "float64")):
        return "what does not add up to 1 is crossed with ordinary rows in single and double"
    if logits in ("one class", "offset") and dtype not in ("float32", "float64"):
        return "one class is exact in every dtype, and half precision holds no offset beside its differences"
    if logits == "one class" and dtype == "float64":
        return "one class is exact in every dtype: float32 stands for all"
    return ""


def rules_in(loss: str) -> Callable[[Case], Iterator[Cell]]:
    """The cells of a case's rules, for cases of this loss."""

    def found(case: Case) -> Iterator[Cell]:
        if case.loss != loss:
            return
        kind, ignored = kind_of(case), "none"
        if kind == INDICES:
            index = case.options.get("ignore_index", ignored_of(case, APIS[loss]["torch"]))
            same = [target == index for target in targets_of(case, axis_of(case, -1))]
            ignored = "all" if same and all(same) else "some" if any(same) else "none"
        weight = "given" if "weight" in case.tensors else "none"
        smoothing = "given" if smoothing_of(case) else "none"
        divisor = str(case.options.get("divisor", "usual"))
        yield kind, ignored, weight, smoothing, reduction_of(case), divisor

    return found


def no_such_rule(cell: Cell) -> str:
    """Of the grid of rules: what cannot be, and what does not depend on what."""
    kind, ignored, weight, smoothing, reduction, divisor = cell
    if kind == PROBABILITIES and ignored != "none":
        return "an index is ignored, probabilities are not"
    if divisor != "usual" and reduction != "mean":
        return "a divisor divides a mean alone"
    if divisor == "weights" and weight == "none":
        return "there are no weights to divide by"
    if ignored == "all" and (reduction == "none" or divisor != "usual" or smoothing == "given"):
        return "where no row counts, the rest of the rules has nothing to act on"
    if divisor != "usual" and ignored == "none" and kind == INDICES:
        return "divisors are told apart by ignored rows"
    if divisor != "usual" and smoothing == "given" and weight == "none":
        return "smoothing moves a divisor by weights alone"
    if smoothing == "given" and reduction == "sum" and (ignored == "some" or kind == PROBABILITIES):
        return "a sum of smoothed rows is crossed with indices that all count"
    return ""


def no_such_rule_of_a_likelihood(cell: Cell) -> str:
    """The same of a loss that one API alone smooths."""
    if cell[3] == "given" and (cell[0] == PROBABILITIES or cell[5] != "usual"):
        return "the API that smooths it takes indices, and has one divisor"
    return no_such_rule(cell)


def shapes(case: Case) -> Iterator[Cell]:
    """The number of dimensions of the logits, and how they lie in memory."""
    yield (case.loss, f"{len(case.first.shape)}-D" if math.prod(case.first.shape) else "no row")
    if case.first.view:
        yield (case.loss, f"{case.first.view} memory")
    if case.repeat:
        yield (case.loss, f"{case.repeat.times * case.first.shape[0]} rows")


RULES = (
    ("targets", (INDICES, PROBABILITIES)),
    ("ignored", ("none", "some", "all")),
    ("weight", ("none", "given")),
    ("smoothing", ("none", "given")),
    ("reduction", REDUCTIONS),
    ("divisor", ("usual", "counted", "all", "weights")),
)
GRIDS = (
    Grid(
        "rows",
        (
            ("logits", LOGITS),
            ("target", TARGETS),
            ("dtype", FLOATS),
            ("quantity", ("value", "gradient/logits")),
        ),
        kinds,
        no_such_kind,
    ),
    Grid("rules of cross_entropy", RULES, rules_in("cross_entropy"), no_such_rule),
    Grid("rules of nll_loss", RULES, rules_in("nll_loss"), no_such_rule_of_a_likelihood),
    Grid(
        "shapes of rows",
        (
            ("loss", ("cross_entropy", "nll_loss")),
            (
                "shape",
                (
                    *(f"{dimensions}-D" for dimensions in range(1, 5)),
                    "no row",
                    "strided memory",
                    "transposed memory",
                    "1000 rows",
                    "100000 rows",
                ),
            ),
        ),
        shapes,
        lambda cell: "",
    ),
)
