"""Checks that Paddle's editions share."""

from __future__ import annotations

from compatlosses import rules
from compatlosses.libraries import Library, Names, Tensor

NAMES: Names = ("logit", "label", "weight", "pos_weight")


def check_pair(library: Library, names: tuple[str, str], logit: Tensor, label: Tensor, accepted: tuple[str, ...]) -> None:
    """Refuse logits and labels of an unsuitable dtype, of two dtypes or of two shapes.

    Raises:
        TypeError: a dtype that is not accepted; two dtypes, as automatic casting leaves them.
        ValueError: two shapes.
    """
    rules.check_dtype(library, names[0], logit, accepted, TypeError)
    rules.check_dtype(library, names[1], label, accepted, TypeError)
    dtype = library.autocast_dtype(logit) or library.dtype(logit)
    found = library.autocast_dtype(label) or library.dtype(label)
    if found != dtype:
        raise TypeError(
            f"{names[1]} has dtype {library.dtype(label)}; expected {dtype}, the dtype of {names[0]}. "
            f"Cast {names[1]} to {dtype} first."
        )
    rules.check_same_shape(library, names[1], label, names[0], logit, ValueError)


def check_weight(library: Library, name: str, weight: Tensor | None, logit: Tensor, accepted: tuple[str, ...]) -> None:
    """Refuse a weight that is no tensor, of an unsuitable dtype, or that does not broadcast to the logits.

    Raises:
        TypeError: no tensor, or a dtype that is not accepted.
        ValueError: a shape that does not broadcast to the logits', or would enlarge it.
    """
    if weight is None:
        return
    if not library.owns(weight):
        raise TypeError(f"{name} is {weight!r}; expected a tensor or None. Make it a tensor first.")
    rules.check_dtype(library, name, weight, accepted, TypeError)
    rules.check_broadcast(library, name, weight, "logit", logit, ValueError)


def promoted(a: str, b: str) -> str:
    """The floating dtype that Paddle's multiplication gives for these two."""
    if a == b:
        return a
    return "float64" if "float64" in (a, b) else "float32"
