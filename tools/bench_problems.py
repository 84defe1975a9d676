"""The problems of the benchmark: a loss, the form in which it is called, and its tensors as NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]
Finish = Callable[[Any, Any], Any]
"""A number of what the call returned, and of the tensor of weights."""

SEED = 20240229
SIZES = (10**2, 10**4, 10**6, 10**7)
SHAPES = ((32, 1000), (4096, 1000), (2048, 32000), (8, 21, 256, 256))
"""Of logits of rows; the classes are the second axis."""

ELEMENTS: dict[str, dict[str, str]] = {
    "binary_cross_entropy_with_logits": {"logits": "x", "targets": "label"},
    "mse_loss": {"predictions": "x", "targets": "label"},
    "l1_loss": {"predictions": "x", "targets": "label"},
    "huber_loss": {"predictions": "x", "targets": "label"},
    "smooth_l1_loss": {"predictions": "x", "targets": "label"},
    "binary_cross_entropy": {"probabilities": "probability", "targets": "label"},
    "sigmoid_focal_loss": {"logits": "x", "targets": "label"},
    "soft_margin_loss": {"logits": "x", "targets": "sign"},
    "kl_div": {"log_probabilities": "logarithm", "targets": "weight"},
    "poisson_nll_loss": {"rates": "x", "targets": "label"},
    "gaussian_nll_loss": {"means": "x", "targets": "label", "variances": "weight"},
}
"""The losses of elements: their arguments by neutral name, each with a name of `sources`. The first one is
the one that the gradient is by.
"""
ROWS = {"cross_entropy": "logits", "nll_loss": "log_probabilities"}
"""The losses of rows, and their first argument. The other one is class indices."""


class Form(NamedTuple):
    """How a loss is called and used."""

    name: str = ""
    options: Mapping[str, Any] = MappingProxyType({})
    weights: tuple[str, ...] = ()
    finish: Finish = lambda loss, weight: loss
    dtype: str = "float32"


MEAN = Form()
FORMS = (
    Form("3 * mean", finish=lambda loss, weight: 3 * loss),
    Form("65536 * mean", finish=lambda loss, weight: 65536 * loss),
    Form("'none', masked", {"reduction": "none"}, finish=lambda loss, weight: (loss * weight).mean()),
    Form("weight", weights=("weight",)),
    Form("pos_weight", weights=("pos_weight",)),
    Form("float16", dtype="float16"),
    Form("bfloat16", dtype="bfloat16"),
)
"""Further ways in which the first loss is called, beside its plain mean."""


class Problem(NamedTuple):
    """One loss, form and shape, with its tensors by neutral name."""

    loss: str
    form: Form
    shape: Shape
    tensors: Mapping[str, Array]
    weight: Array

    @property
    def size(self) -> int:
        """The number of elements of the first tensor."""
        return int(np.prod(self.shape))

    @property
    def name(self) -> str:
        """The loss, and its form where that is not the plain mean."""
        return self.loss + (f", {self.form.name}" if self.form.name else "")

    @property
    def rows(self) -> bool:
        """Whether it is a loss of rows."""
        return self.loss in ROWS


def sources(size: int) -> dict[str, Array]:
    """The numbers that the losses of elements are given, float32: a third of the labels are 1."""
    random = np.random.default_rng(SEED)
    label = (random.random(size, np.float32) < 1 / 3).astype(np.float32)
    probability = 0.01 + 0.98 * random.random(size, np.float32)
    return {
        "x": 3 * random.standard_normal(size, np.float32),
        "label": label,
        "sign": 2 * label - 1,
        "probability": probability,
        "logarithm": np.log(probability),
        "weight": 0.5 + random.random(size, np.float32),
    }


def of_elements(size: int, losses: Iterable[str]) -> list[Problem]:
    """The problems of one size: the mean of each loss, and the forms of the first one."""
    numbers = sources(size)
    found = []
    for loss in losses:
        names = ELEMENTS[loss]
        for form in (MEAN, *(FORMS if loss == next(iter(ELEMENTS)) else ())):
            tensors = {name: numbers[source] for name, source in names.items()}
            tensors |= {name: numbers["weight"] for name in form.weights}
            found.append(Problem(loss, form, (size,), tensors, numbers["weight"]))
    return found


def of_rows(shape: Shape, losses: Iterable[str]) -> list[Problem]:
    """The problems of one shape."""
    random = np.random.default_rng(SEED)
    logits = random.standard_normal(shape, np.float32)
    targets = random.integers(0, shape[1], (shape[0], *shape[2:]))
    found = []
    for loss in losses:
        first = logits if loss == "cross_entropy" else logits - np.logaddexp.reduce(logits, 1, keepdims=True)
        found.append(Problem(loss, MEAN, shape, {ROWS[loss]: first, "targets": targets}, np.ones(1)))
    return found
