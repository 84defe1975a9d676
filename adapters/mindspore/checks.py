"""What MindSpore's editions share: the checks of their documents, and the call."""

from __future__ import annotations

from typing import Any

from compatlosses import checks, rules
from compatlosses.checks import REPEATED, Argument, Dialect
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate as evaluated
from compatlosses.libraries import Names, Tensor, common_library, quoted
from compatlosses.reductions import named

HALF_AND_SINGLE = ("float16", "float32")


def dialect(names: Names, dtypes: tuple[str, ...]) -> Dialect:
    """Binary cross entropy with logits, of two tensors and two weights."""
    weights = Argument(names[2], dtypes, REPEATED), Argument(names[3], dtypes, REPEATED)
    return Dialect((*checks.pair((names[0], names[1]), dtypes), *weights))


UP_TO_2_6 = dialect(("logits", "label", "weight", "pos_weight"), HALF_AND_SINGLE)
SINCE_2_7 = dialect(("input", "target", "weight", "pos_weight"), (*HALF_AND_SINGLE, "bfloat16"))


def evaluate(dialect: Dialect, inputs: tuple[Any, ...], reduction: str) -> Tensor:
    """The loss by an edition's rules. ``inputs``: logits, label, weight, pos_weight."""
    check_reduction(reduction)
    library = common_library(inputs, dialect.names)
    checks.check(library, dialect, inputs)
    logits, label, weight, pos_weight = inputs
    dtype = library.autocast_dtype(logits) or library.dtype(logits)
    ordered = (logits, label, pos_weight, weight)
    return evaluated((LOSS, library, ordered, (0.0,), named(reduction)), dtype)


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
