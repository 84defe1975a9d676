"""The losses that the suite knows: the tensors of each by neutral name, and the numbers that shape it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Loss:
    """The arguments of a loss. The first has the loss's dtype; the first two are given by position."""

    arguments: tuple[str, ...]
    parameters: dict[str, float] = field(default_factory=dict)
    """Options that shape the loss, with the values that they have where a case does not give them."""
    rows: bool = False
    """Whether its elements are rows along an axis of classes: the second argument has an index for each row,
    or a number for each class, and the weight is one number a class.
    """


FIRST = "binary_cross_entropy_with_logits"
"""The loss whose cases have ids without its name."""
DIFFERENCE = ("predictions", "targets", "weight")
LOSSES = {
    FIRST: Loss(("logits", "targets", "weight", "pos_weight")),
    "mse_loss": Loss(DIFFERENCE),
    "l1_loss": Loss(DIFFERENCE),
    "huber_loss": Loss(DIFFERENCE, {"delta": 1.0}),
    "smooth_l1_loss": Loss(DIFFERENCE, {"beta": 1.0}),
    "cross_entropy": Loss(("logits", "targets", "weight"), {"label_smoothing": 0.0}, rows=True),
    "nll_loss": Loss(("log_probabilities", "targets", "weight"), rows=True),
}
MASK = "mask"
"""The neutral name of the tensor that says which elements or rows count, of every loss."""
ARGUMENTS = tuple(dict.fromkeys(name for loss in LOSSES.values() for name in loss.arguments))
"""Every neutral name of a tensor."""
QUANTITIES = (
    "value",
    *(f"gradient/{name}" for name in ARGUMENTS),
    *dict.fromkeys(f"second/{loss.arguments[0]}" for loss in LOSSES.values()),
)
"""What can be asked of a call."""


def loss_of(case: str) -> str:
    """The loss that the case of this id is of."""
    head = case.partition("/")[0]
    return head if head in LOSSES else FIRST


def group_of(case: str) -> str:
    """The family of the case of this id: its row of the matrix of its loss."""
    parts = case.split("/")
    return parts[1] if parts[0] in LOSSES else parts[0]


def within_loss(case: str) -> str:
    """The id of a case without the name of its loss."""
    head, _, rest = case.partition("/")
    return rest if head in LOSSES else case
