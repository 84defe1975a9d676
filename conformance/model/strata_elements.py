"""The strata of losses of probabilities, of one logit and of densities: of the first argument and of the
target.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .case import Case, reduction_of, spread
from .grids import Cell, Grid
from .losses import LOSSES

FLOATS = ("float16", "bfloat16", "float32", "float64")
TINY = 1e-3
"""What is nearer to 0 than this, or to 1, is a stratum of its own."""
LARGE = 20.0
"""Where an exponential is nearly 0 beside 1."""


def sized(x: float, noun: str) -> str:
    """The stratum of a number's size and sign."""
    if math.isnan(x):
        return f"NaN {noun}"
    if x == 0:
        return f"{noun} 0"
    sign, size = "-" if x < 0 else "+", abs(x)
    if math.isinf(size):
        return f"{noun} {sign}inf"
    return f"{sign}{'tiny' if size < TINY else 'ordinary' if size < LARGE else 'large'} {noun}"


def chance(p: float, noun: str = "probability") -> str:
    """The stratum of a probability."""
    if p in (0.0, 1.0):
        return f"{noun} {int(p)}"
    if not 0.0 < p < 1.0:
        return f"{noun} outside [0, 1]"
    return f"{noun} near 0" if p < TINY else f"{noun} near 1" if p > 1.0 - TINY else f"ordinary {noun}"


def target(y: float) -> str:
    """The stratum of a target that is a probability."""
    return chance(y, "target")


def logarithm(x: float) -> str:
    """The stratum of the logarithm of a probability."""
    return sized(x, "log-probability")


def logit(x: float) -> str:
    """The stratum of a logit."""
    return sized(x, "logit")


def sign(y: float) -> str:
    """The stratum of a target that is a sign."""
    return f"sign {y:+.0f}" if y in (1.0, -1.0) else "sign 0" if y == 0 else "another sign"


def rate(x: float) -> str:
    """The stratum of a rate, or of its logarithm."""
    return sized(x, "rate")


def count(y: float) -> str:
    """The stratum of a count: Stirling's approximation begins above 1."""
    if y in (0.0, 1.0):
        return f"count {int(y)}"
    return "count above 1" if y > 1 else "count within (0, 1)" if y > 0 else "count below 0"


def mean(x: float) -> str:
    """The stratum of a mean."""
    return sized(x, "mean")


def number(y: float) -> str:
    """The stratum of a number that a density is of."""
    return sized(y, "target")


Word = Callable[[float], str]


@dataclass(frozen=True)
class Words:
    """How a loss's first argument and its targets are put in words, and which of these have cases."""

    first: Word
    target: Word
    firsts: tuple[str, ...]
    targets: tuple[str, ...]
    without: tuple[str, ...] = ()
    """The quantities that no case asks for."""


def signed(noun: str) -> tuple[str, ...]:
    """The strata of a number but for NaN."""
    each = (0.0, 1e-6, -1e-6, 1.0, -1.0, 1e3, -1e3, math.inf, -math.inf)
    return tuple(sized(x, noun) for x in each)


CHANCES = (0.0, 1.0, 1e-6, 0.25, 1.0 - 1e-6)
LABELS = tuple(target(y) for y in (0.0, 1.0, 0.25, 1e-6))
WORDS = {
    "binary_cross_entropy": Words(chance, target, tuple(map(chance, CHANCES)), LABELS),
    "kl_div": Words(logarithm, target, tuple(map(logarithm, (0.0, -1e-6, -1.0, -1e3, -math.inf))), LABELS),
    "sigmoid_focal_loss": Words(logit, target, signed("logit"), LABELS),
    "soft_margin_loss": Words(logit, sign, signed("logit"), ("sign +1", "sign -1", "sign 0", "another sign")),
    "multilabel_soft_margin_loss": Words(logit, target, signed("logit"), LABELS),
    "poisson_nll_loss": Words(
        rate, count, signed("rate"), ("count 0", "count 1", "count above 1", "count within (0, 1)")
    ),
    "gaussian_nll_loss": Words(
        mean, number, signed("mean"), ("target 0", "+ordinary target", "-ordinary target", "+large target")
    ),
}
"""The losses of these strata."""


def stratum(loss: str, x: float, y: float) -> str:
    """The cell of an element, in words."""
    words = WORDS[loss]
    return f"{words.first(x)}, {words.target(y)}"


def grid_of(loss: str) -> Grid:
    """The strata of a loss, crossed with dtypes and with what is asked."""
    words = WORDS[loss]
    names = LOSSES[loss].arguments

    def found(case: Case) -> Iterator[Cell]:
        if case.loss != loss or reduction_of(case) != "none":
            return
        columns = [spread(case, name, case.shape) for name in names[:2]]
        for x, y in zip(*columns, strict=True):
            place = (words.first(x), words.target(y), case.dtype)
            yield from ((*place, asked) for asked in ("value", *case.differentiate))

    axes = (
        (names[0], words.firsts),
        ("target", words.targets),
        ("dtype", FLOATS),
        ("quantity", ("value", *names)),
    )
    return Grid(f"elements of {loss}", axes, found, unreached)


def unreached(cell: Cell) -> str:
    """Why a cell has no case."""
    half = cell[2] in ("float16", "bfloat16")
    near = cell[0].endswith(" near 1") and half
    return "1e-6 is lost beside 1 in half precision, whose neighbour of 1 is no nearer" if near else ""


GRIDS = tuple(grid_of(loss) for loss in WORDS)
