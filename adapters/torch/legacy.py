"""torch's deprecated ways to say how a loss is reduced, with torch's warnings."""

from __future__ import annotations

import warnings

from compatlosses import rules
from compatlosses.libraries import Library


def checked_reduction(
    library: Library, size_average: bool | None, reduce: bool | None, reduction: str
) -> str:
    """The reduction, which the deprecated pair overrides, with a warning to the caller of the edition.

    Raises:
        ValueError: there is no such reduction.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, warn=not library.tracing(), depth=4)
    elif isinstance(reduction, str) and reduction == "elementwise_mean":
        reduction = renamed_mean(warn=not library.tracing(), depth=4)
    rules.check_reduction(reduction, ValueError)
    return reduction


def legacy_reduction(
    size_average: bool | None, reduce: bool | None, warn: bool = True, depth: int = 3
) -> str:
    """The reduction that the deprecated pair stands for.

    ``depth``: how many calls lie between the user's and the warning.
    """
    if reduce is not None and not reduce:
        reduction = "none"
    elif size_average is not None and not size_average:
        reduction = "sum"
    else:
        reduction = "mean"
    if warn:
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            UserWarning,
            stacklevel=depth,
        )
    return reduction


def reduction_of_class(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction of a class, which the deprecated pair overrides with a warning to who makes an object."""
    if size_average is None and reduce is None:
        return reduction
    return legacy_reduction(size_average, reduce, depth=4)


def renamed_mean(warn: bool = True, depth: int = 3) -> str:
    """The reduction 'elementwise_mean', as 'mean' was called before torch 1.0."""
    if warn:
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            UserWarning,
            stacklevel=depth,
        )
    return "mean"


def warn_of_nll_loss_2d() -> None:
    """Warn the one who makes an ``NLLLoss2d``."""
    warnings.warn(
        "NLLLoss2d is deprecated. Please use NLLLoss instead, which takes the same arguments.",
        FutureWarning,
        stacklevel=3,
    )
