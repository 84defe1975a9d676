"""The implementations under test: what each is called, whose document binds it, and what that document
promises.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from importlib.metadata import entry_points

from packaging.version import InvalidVersion, Version

DISTRIBUTIONS = {
    "torch": "torch",
    "paddle": "paddlepaddle",
    "mindspore": "mindspore",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "jax": "jax",
    "array_api": "array-api-strict",
    "numpy": "numpy",
}
OUTSIDE = tuple(
    sorted({point.name for point in entry_points(group="compatlosses.conformance")} - {*DISTRIBUTIONS})
)
"""The frameworks that outside packages bring: the shim is tested on their tensors."""
FRAMEWORKS = (*DISTRIBUTIONS, *OUTSIDE)
HALVES = ("float16", "bfloat16")
WIDE = ("float32", "float64")


@dataclass(frozen=True)
class Api:
    """What a document says of every call: the dtypes it takes, its formula, its default reduction, the shape
    of a sum.
    """

    dtypes: tuple[str, ...]
    formula: str = "terms"
    default: str = "mean"
    reduced: tuple[int, ...] = ()


APIS = {
    "neutral": Api((*HALVES, *WIDE)),
    "torch": Api((*HALVES, *WIDE)),
    "paddle": Api(WIDE),
    "paddle-2.0": Api(WIDE, formula="whole", reduced=(1,)),
    "fluid": Api(WIDE, default="none"),
    "mindspore": Api(("float16", "float32")),
    "mindspore-2.0": Api(("float16", "float32")),
    "mindspore-2.7": Api((*HALVES, "float32")),
    "tensorflow": Api(WIDE, default="none"),
    "keras": Api((*HALVES, *WIDE), default="none"),
    "optax": Api((*HALVES, *WIDE), default="none"),
}
SHIM = {
    "compatlosses": "neutral",
    "compatlosses.torch": "torch",
    "compatlosses.paddle": "paddle",
    "compatlosses.paddle.v2_0": "paddle-2.0",
    "compatlosses.paddle.fluid.layers": "fluid",
    "compatlosses.mindspore": "mindspore",
    "compatlosses.mindspore.v2_0": "mindspore-2.0",
    "compatlosses.mindspore.v2_7": "mindspore-2.7",
    "compatlosses.mindspore.mint": "mindspore-2.7",
    "compatlosses.tensorflow.sigmoid_cross_entropy_with_logits": "tensorflow",
    "compatlosses.tensorflow.weighted_cross_entropy_with_logits": "tensorflow",
    "compatlosses.keras": "keras",
    "compatlosses.optax": "optax",
    "compatlosses.torch.BCEWithLogitsLoss": "torch",
    "compatlosses.paddle.BCEWithLogitsLoss": "paddle",
    "compatlosses.mindspore.BCEWithLogitsLoss": "mindspore",
}
MINDSPORE = (("2.7", "mindspore-2.7"), ("2.3", "mindspore"), ("0", "mindspore-2.0"))
"""Since when MindSpore's function is documented as it is, the latest first."""
NATIVE_OF = {
    "compatlosses.torch": ("torch.nn.functional.binary_cross_entropy_with_logits",),
    "compatlosses.paddle": ("paddle.nn.functional.binary_cross_entropy_with_logits",),
    "compatlosses.paddle.v2_0": ("paddle.nn.functional.binary_cross_entropy_with_logits",),
    "compatlosses.paddle.fluid.layers": (
        "paddle.fluid.layers.sigmoid_cross_entropy_with_logits",
        "paddle._C_ops.sigmoid_cross_entropy_with_logits",
    ),
    "compatlosses.mindspore": ("mindspore.ops.binary_cross_entropy_with_logits",),
    "compatlosses.mindspore.v2_7": ("mindspore.ops.binary_cross_entropy_with_logits",),
    "compatlosses.mindspore.mint": ("mindspore.mint.nn.functional.binary_cross_entropy_with_logits",),
    "compatlosses.torch.BCEWithLogitsLoss": ("torch.nn.BCEWithLogitsLoss",),
    "compatlosses.paddle.BCEWithLogitsLoss": ("paddle.nn.BCEWithLogitsLoss",),
    "compatlosses.mindspore.BCEWithLogitsLoss": ("mindspore.nn.BCEWithLogitsLoss",),
    "compatlosses.tensorflow.sigmoid_cross_entropy_with_logits": ("tf.nn.sigmoid_cross_entropy_with_logits",),
    "compatlosses.tensorflow.weighted_cross_entropy_with_logits": (
        "tf.nn.weighted_cross_entropy_with_logits",
    ),
    "compatlosses.keras": ("keras.ops.binary_crossentropy",),
    "compatlosses.optax": ("optax.sigmoid_binary_cross_entropy",),
}
"""What each edition stands for, in the versions whose document is the edition's."""
PRIMARY = (
    "compatlosses",
    "torch.nn.functional.binary_cross_entropy_with_logits",
    "paddle.nn.functional.binary_cross_entropy_with_logits",
    "mindspore.ops.binary_cross_entropy_with_logits",
    "paddle.fluid.layers.sigmoid_cross_entropy_with_logits",
    "tf.nn.sigmoid_cross_entropy_with_logits",
    "tf.nn.weighted_cross_entropy_with_logits",
    "keras.ops.binary_crossentropy",
    "optax.sigmoid_binary_cross_entropy",
)
OTHERS = {*SHIM, *itertools.chain(*NATIVE_OF.values())} - {*PRIMARY}
"""The rest: they run the cases that go into detail or length together, or not at all."""


@dataclass(frozen=True)
class Implementation:
    """A function as found in one environment."""

    name: str
    framework: str
    kind: str
    """'native' or 'shim'."""
    version: str
    mode: str = "eager"
    """How the framework executes it."""

    @property
    def label(self) -> str:
        """How people write it."""
        return label_of(self.name, self.kind, self.framework, self.mode)

    @property
    def at_home(self) -> bool:
        """Whether it is the framework's own, an edition of its API, or the neutral call: what its modes are
        tried with.
        """
        edition = "optax" if self.framework == "jax" else self.framework
        return self.kind == "native" or self.name == "compatlosses" or self.name.split(".")[1] == edition

    @property
    def api_name(self) -> str:
        """Whose document binds it."""
        if self.kind == "shim":
            return SHIM[self.name]
        if self.framework == "mindspore":
            spoken = [name for since, name in MINDSPORE if at_least(self.version, since)]
            return spoken[0]
        if self.framework == "paddle" and "sigmoid_cross_entropy" in self.name:
            return "fluid"
        if self.framework == "paddle" and not at_least(self.version, "2.5"):
            return "paddle-2.0"
        if self.framework == "jax":
            return "optax"
        return self.framework

    @property
    def api(self) -> Api:
        """What that document promises."""
        return APIS[self.api_name]


def label_of(name: str, kind: str, framework: str, mode: str) -> str:
    """How people write an implementation: the shim's beside whose tensors it takes, a mode unless it is the
    usual one.
    """
    label = name if kind == "native" else f"{name} on {framework}"
    return label if mode == "eager" else f"{label}, {mode}"


def at_least(version: str, least: str) -> bool:
    """Whether a version is at least that one; what is no version counts as newer."""
    try:
        return Version(version) >= Version(least)
    except InvalidVersion:
        return True
