"""The losses that the suite knows: the tensors of each by neutral name, and the numbers that shape it."""

from __future__ import annotations

from dataclasses import dataclass, field

Value = float | bool | str | None
"""What an option may be; None where it is not given."""


@dataclass(frozen=True)
class Loss:
    """The arguments of a loss. The first has the loss's dtype; the first two are given by position."""

    arguments: tuple[str, ...]
    parameters: dict[str, Value] = field(default_factory=dict)
    """Options that shape the loss, with the values that they have where a case does not give them."""
    rows: bool = False
    """Whether its elements are rows along an axis of classes: the second argument has an index for each row,
    or a number for each class, and the weight is one number a class.
    """
    elements: bool = False
    """Whether it is one of elements whose first argument is a probability, a logit, or of a density."""


FIRST = "binary_cross_entropy_with_logits"
"""The loss whose cases have ids without its name."""
DIFFERENCE = ("predictions", "targets", "weight")
LOSSES = {
    FIRST: Loss(("logits", "targets", "weight", "pos_weight")),
    "mse_loss": Loss(DIFFERENCE),
    "l1_loss": Loss(DIFFERENCE),
    "huber_loss": Loss(DIFFERENCE, {"delta": 1.0}),
    "smooth_l1_loss": Loss(DIFFERENCE, {"beta": 1.0}),
    "binary_cross_entropy": Loss(
        ("probabilities", "targets", "weight"),
        {"floor": None, "clip": 0.0, "epsilon": 0.0, "label_smoothing": 0.0},
        elements=True,
    ),
    "kl_div": Loss(("log_probabilities", "targets", "weight"), {"log_targets": False}, elements=True),
    "sigmoid_focal_loss": Loss(
        ("logits", "targets", "normalizer", "weight"), {"alpha": None, "gamma": 2.0}, elements=True
    ),
    "soft_margin_loss": Loss(("logits", "targets", "weight"), elements=True),
    "multilabel_soft_margin_loss": Loss(("logits", "targets", "weight"), elements=True),
    "poisson_nll_loss": Loss(
        ("rates", "targets", "weight"), {"log_input": True, "full": False, "epsilon": 1e-8}, elements=True
    ),
    "gaussian_nll_loss": Loss(
        ("means", "targets", "variances", "weight"),
        {"full": False, "epsilon": 1e-6, "clamp_gradient": "through"},
        elements=True,
    ),
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
