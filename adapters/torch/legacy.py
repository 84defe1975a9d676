"""torch's deprecated ways to say how a loss is reduced, with torch's warnings."""

from __future__ import annotations

import warnings


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


def renamed_mean(warn: bool = True, depth: int = 3) -> str:
    """The reduction 'elementwise_mean', as 'mean' was called before torch 1.0."""
    if warn:
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            UserWarning,
            stacklevel=depth,
        )
    return "mean"
