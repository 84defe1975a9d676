"""What torch's losses of elements share: whose tensors, how reduced, of what shape and dtype."""

from __future__ import annotations

from compatlosses import checks, pairs, rules
from compatlosses.libraries import Library, Names, Tensor, library_of

from .legacy import legacy_reduction, renamed_mean

NAMES: Names = ("input", "target", "weight", "weight")


def library_for(input: Tensor, target: Tensor, weight: Tensor | None = None) -> Library:
    """The library of the tensors of a call; the weight, where there is one, is a tensor."""
    library = library_of(input, target, weight, None, NAMES)
    if weight is not None:
        checks.check_tensor(library, "weight", weight)
    return library


def reduction_of(
    library: Library, deprecated: tuple[bool | None, bool | None], reduction: str, renamed: bool = True
) -> str:
    """The reduction, which the deprecated pair overrides with a warning to the caller of the edition.

    ``renamed``: whether 'elementwise_mean' is one.
    """
    if deprecated[0] is not None or deprecated[1] is not None:
        return legacy_reduction(deprecated[0], deprecated[1], warn=not library.tracing(), depth=4)
    if renamed and isinstance(reduction, str) and reduction == "elementwise_mean":
        return renamed_mean(warn=not library.tracing(), depth=4)
    return reduction


def check_reduction(reduction: object) -> None:
    """Refuse what is none of the three; None is no string to torch's functions in Python."""
    if reduction is None:
        raise TypeError("reduction is None; expected 'none', 'mean' or 'sum'")
    rules.check_reduction(reduction, ValueError)


def check_no_bools(library: Library, *tensors: Tensor) -> None:
    """Refuse bool tensors, which torch does not subtract."""
    for x in tensors:
        if library.dtype(x) == "bool":
            raise RuntimeError(
                "a tensor is of bool, which torch does not subtract; expected numbers. Cast it first."
            )


def in_the_shape_of(library: Library, x: Tensor, like: Tensor) -> Tensor:
    """``x`` repeated to the shape of the input, to which it broadcasts."""
    shape, target = library.shape(x), library.shape(like)
    if shape == target:
        return x
    if rules.is_static(target):
        return library.broadcast_to(x, target)  # type: ignore[arg-type]
    return pairs.everywhere(library, x, like)
