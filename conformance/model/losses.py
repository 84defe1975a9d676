"""The losses that the suite knows: one for each file of ``implementations/``.

Its table ``[loss]`` gives the kind, and the numbers that shape the loss; the tensors are those of the neutral
function.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import Any

from ..errors import SuiteError
from ..places import IMPLEMENTATIONS

Value = float | bool | str | None
"""What an option may be; None where it is not given."""
KINDS = ("difference", "elements", "rows", "with_pos_weight")
"""Of predictions and targets alone; of elements such as probabilities or logits; of rows along an axis of
classes, with an index for each row or a number for each class, and a weight for each class; of elements whose
positive labels have a weight.
"""


@dataclass(frozen=True)
class Loss:
    """The arguments of a loss. The first has the loss's dtype; the first two are given by position."""

    arguments: tuple[str, ...]
    parameters: dict[str, Value] = field(default_factory=dict)
    """Options that shape the loss, with the values that they have where a case does not give them."""
    kind: str = "elements"
    flat: bool = False
    """Whether it has no curvature: its second derivative is 0 or nothing, by framework."""

    @property
    def rows(self) -> bool:
        """Whether its elements are rows."""
        return self.kind == "rows"

    @property
    def elements(self) -> bool:
        """Whether it is one of elements whose grid is its own."""
        return self.kind == "elements"


FIRST = "binary_cross_entropy_with_logits"
"""The loss whose cases have ids without its name."""
DIFFERENCE = ("predictions", "targets", "weight")
MASK = "mask"
"""The neutral name of the tensor that says which elements or rows count, of every loss."""


def known_files() -> dict[str, dict[str, Any]]:
    """The files of the table of implementations, by loss."""
    paths = [path for path in sorted(IMPLEMENTATIONS.glob("*.toml")) if path.stem != "frameworks"]
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in paths}


def loss_in(name: str, file: dict[str, Any]) -> Loss:
    """The loss of a file.

    Raises:
        SuiteError: a file without the table, or of an unknown kind.
    """
    table = file.get("loss", {})
    kind = table.get("kind")
    if kind not in KINDS:
        raise SuiteError(f"{name}.toml: [loss] has kind {kind!r}; expected one of {', '.join(KINDS)}")
    arguments = tuple(argument for argument in file["arguments"]["neutral"] if argument != MASK)
    parameters = {**dict.fromkeys(table.get("absent", ())), **table.get("parameters", {})}
    return Loss(arguments, parameters, kind, table.get("flat", False))


FILES = known_files()
LOSSES = {name: loss_in(name, file) for name, file in FILES.items()}
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
