"""What MindSpore's editions share: the checks of their documents, and the call."""

from __future__ import annotations

from compatlosses import rules
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate as evaluated
from compatlosses.libraries import Library, Names, Tensor, library_of, quoted
from compatlosses.reductions import named

UP_TO_2_6 = ("float16", "float32")
SINCE_2_7 = ("float16", "float32", "bfloat16")

SINCE_2_7_NAMES: Names = ("input", "target", "weight", "pos_weight")


def evaluate(
    names: Names,
    accepted: tuple[str, ...],
    logits: Tensor,
    label: Tensor,
    weight: Tensor | None,
    pos_weight: Tensor | None,
    reduction: str,
) -> Tensor:
    """The loss by an edition's rules. ``names`` are its names for the arguments, ``accepted`` its dtypes."""
    check_reduction(reduction)
    library = library_of(logits, label, weight, pos_weight, names)
    rules.check_dtype(library, names[0], logits, accepted, TypeError)
    rules.check_dtype(library, names[1], label, accepted, TypeError)
    rules.check_same_shape(library, names[1], label, names[0], logits, ValueError)
    check_weight(library, names[2], weight, names[0], logits, accepted)
    check_weight(library, names[3], pos_weight, names[0], logits, accepted)
    dtype = library.autocast_dtype(logits) or library.dtype(logits)
    inputs = (logits, label, pos_weight, weight)
    return evaluated((LOSS, library, inputs, (0.0,), named(reduction)), dtype)


def check_reduction(reduction: object) -> None:
    """Refuse a reduction that is no string, or none of the three."""
    if not isinstance(reduction, str):
        raise TypeError(f"reduction is {quoted(reduction)}; expected a string, 'none', 'mean' or 'sum'")
    rules.check_reduction(reduction, ValueError)


def lowered(reduction: str) -> str:
    """The reduction in small letters where it then is one of the three, as MindSpore 2.7 takes it; else as it
    is.
    """
    if isinstance(reduction, str) and reduction.lower() in rules.REDUCTIONS:
        return reduction.lower()
    return reduction


def check_weight(
    library: Library, name: str, weight: object, logits_name: str, logits: Tensor, accepted: tuple[str, ...]
) -> None:
    """Refuse a weight that is neither None nor a tensor that broadcasts to the logits."""
    if weight is None:
        return
    if not library.owns(weight):
        raise TypeError(
            f"{name} is {quoted(weight)}; expected a {library.NAME} tensor or None. Make it a tensor first."
        )
    rules.check_dtype(library, name, weight, accepted, TypeError)
    rules.check_broadcast(library, name, weight, logits_name, logits, ValueError)
