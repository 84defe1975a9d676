"""torch's deprecated pair, ``size_average`` and ``reduce``, which all its older losses take."""

from __future__ import annotations

import warnings


def legacy_reduction(size_average: bool | None, reduce: bool | None, warn: bool = True) -> str:
    """The reduction that the deprecated pair stands for, with torch's warning."""
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
            stacklevel=4,
        )
    return reduction
