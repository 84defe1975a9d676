"""The neutral call as it was in 0.1: ``normalize``, and the loss left out in `value_and_gradients` and
`executor_of`. It goes on working, with a DeprecationWarning.
"""

from __future__ import annotations

import warnings
from functools import partial

from .libraries import number, quoted
from .protocols import Reduction


def _warn(message: str, depth: int) -> None:
    """Warn whoever calls a neutral function, so many calls up."""
    warnings.warn(message, DeprecationWarning, stacklevel=depth + 1)


warn = partial(_warn)
"""`_warn`. MindSpore's compiler does not read a partial function but calls it."""


def normalized(reduction: Reduction, normalize: object) -> Reduction:
    """The reduction that ``normalize`` asks for: it divides sums and elements too, by 1 where nothing
    counts; without it a mean divides by the number of all elements.

    Raises:
        TypeError: normalize is neither True nor False.
    """
    given = number(normalize)
    if not isinstance(given, bool):
        raise TypeError(f"normalize is {quoted(normalize)}; expected True or False")
    warn(
        "normalize is deprecated since 0.2: a mean divides by the number of elements that count, "
        "divisor='counted', or of all, divisor='all'",
        5,
    )
    name, _, ignored, empty, mask = reduction
    if given:
        return (name, "counted", ignored, 0.0, mask)
    return (name, "all" if name == "mean" else "one", ignored, empty, mask)


def warn_of_the_old_form(name: str) -> None:
    """Warn that a function was called without the loss that it is about."""
    warn(
        f"{name}(logits, targets) is deprecated since 0.2: write "
        f"{name}(compatlosses.binary_cross_entropy_with_logits, logits, targets)",
        4,
    )
