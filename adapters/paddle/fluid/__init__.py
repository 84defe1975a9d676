"""Paddle 1.8's API: ``import compatlosses.paddle.fluid as fluid`` for the losses of ``fluid.layers``."""

from typing import NoReturn

from ..names import refuse
from . import layers

__all__ = ["layers"]


def __getattr__(name: str) -> NoReturn:
    """Say where the rest of fluid is."""
    refuse(
        __name__,
        name,
        "layers alone",
        f"fluid.{name} is Paddle's own, up to 2.4: `import paddle.fluid as fluid`, and take the losses from "
        f"here.",
    )
