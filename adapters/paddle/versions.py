"""What releases of Paddle call by different names."""

from __future__ import annotations

from collections.abc import Callable

import paddle


def _autocast_is_on() -> bool:
    """As paddle.is_autocast_enabled answers since 3.0."""
    tracer = paddle.base.framework._dygraph_tracer()  # type: ignore[no-untyped-call]
    return tracer is not None and tracer._amp_level != paddle.base.core.AmpLevel.O0


autocast_is_on: Callable[[], bool] = getattr(paddle, "is_autocast_enabled", _autocast_is_on)
