"""Numbers drawn at random, by stratum."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

from ..model.rounding import FORMATS, round_float

LARGEST_FACTOR = 1e3
WIDEST = 1e150
"""Double precision has no wider accumulator, so sums in it are not drawn of numbers whose partial sums
overflow.
"""
Stratum = Callable[[Random, str], float]


def values(draw: Random, dtype: str, count: int, strata: Sequence[Stratum]) -> list[float]:
    """Numbers of one to three of the strata, rounded to the dtype."""
    chosen = draw.sample(list(strata), min(len(strata), draw.choice((1, 2, 3))))
    return [round_float(draw.choice(chosen)(draw, dtype), dtype) for _ in range(count)]


def sign(draw: Random) -> float:
    """1 or -1."""
    return draw.choice((-1.0, 1.0))


def logarithmic(draw: Random, low: float, high: float) -> float:
    """Between two bounds, each power as likely."""
    return math.exp(draw.uniform(math.log(low), math.log(high)))


def zero(draw: Random, dtype: str) -> float:
    """Zero of either sign."""
    return draw.choice((0.0, -0.0))


def tiny(draw: Random, dtype: str) -> float:
    """Subnormal, the smallest normal, or anything up to 1e-3."""
    least = FORMATS[dtype].smallest
    size = draw.choice((FORMATS[dtype].subnormal, least, logarithmic(draw, least, 1e-3)))
    return sign(draw) * size


def ordinary(draw: Random, dtype: str) -> float:
    """Within [-10, 10]: even, whole, or small."""
    return draw.choice(
        (draw.uniform(-10.0, 10.0), float(draw.randint(-10, 10)), sign(draw) * logarithmic(draw, 1e-3, 10.0))
    )


def saturating(draw: Random, dtype: str) -> float:
    """Where the sigmoid is nearly 0 or 1."""
    # In double precision only where e^-|x| is no subnormal number, which a coefficient would magnify
    # (docs/numerics.md).
    return sign(draw) * logarithmic(draw, 10.0, 700.0 if dtype == "float64" else 1e3)


def largest(draw: Random, dtype: str) -> float:
    """From 1e3 to the largest number of the dtype."""
    most = FORMATS[dtype].largest
    return sign(draw) * (most if draw.random() < 0.3 else logarithmic(draw, 1e3, most))


def wide(draw: Random, dtype: str) -> float:
    """From 1e3 to where sums in double precision stay finite."""
    return sign(draw) * logarithmic(draw, 1e3, WIDEST)


def infinite(draw: Random, dtype: str) -> float:
    """Infinity of either sign."""
    return sign(draw) * math.inf


def nan(draw: Random, dtype: str) -> float:
    """NaN among ordinary numbers."""
    return math.nan if draw.random() < 0.3 else draw.uniform(-10.0, 10.0)


def hard(draw: Random, dtype: str) -> float:
    """0 or 1."""
    return draw.choice((0.0, 1.0))


def soft(draw: Random, dtype: str) -> float:
    """Between 0 and 1, often close to one of them."""
    return draw.choice((draw.random(), logarithmic(draw, 1e-6, 0.1), 1.0 - logarithmic(draw, 1e-6, 0.1), 0.5))


def outside(draw: Random, dtype: str) -> float:
    """A little below 0 or above 1."""
    return draw.choice((draw.uniform(-2.0, 0.0), draw.uniform(1.0, 3.0)))


def far(draw: Random, dtype: str) -> float:
    """What people mark elements with."""
    return draw.choice((-100.0, 255.0, -1.0, 2.0, 10.0))


def ordinary_factor(draw: Random, dtype: str) -> float:
    """A weight as people use it."""
    return draw.uniform(0.1, 5.0)


def wide_factor(draw: Random, dtype: str) -> float:
    """A weight of any order of magnitude up to 1e3 either way."""
    return logarithmic(draw, 1 / LARGEST_FACTOR, LARGEST_FACTOR)
