"""What releases of Paddle call by different names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import paddle


def _autocast_is_on() -> bool:
    """As paddle.is_autocast_enabled answers since 3.0."""
    tracer = paddle.base.framework._dygraph_tracer()  # type: ignore[no-untyped-call]
    return tracer is not None and tracer._amp_level != paddle.base.core.AmpLevel.O0


autocast_is_on: Callable[[], bool] = getattr(paddle, "is_autocast_enabled", _autocast_is_on)


def without_autocast() -> AbstractContextManager[Any]:
    """No automatic casting inside: at level O2 it would cast the formula's operations to half precision, on
    GPUs.
    """
    return paddle.amp.auto_cast(enable=False) if autocast_is_on() else nullcontext()


def _put(value: Any, into: Any) -> None:
    value._share_underline_tensor_to(into)


def _put_data(value: Any, into: Any) -> None:
    into.data = value
    into.stop_gradient = False


put: Callable[[Any, Any], None] = _put if hasattr(paddle.Tensor, "_share_underline_tensor_to") else _put_data
"""``put(value, into)``: the contents of a tensor in the place of another's, whose node in the graph stays."""


Dense: Any = getattr(paddle.base.core, "DenseTensor", None) or paddle.base.core.LoDTensor
"""What can own a tensor's memory, whatever becomes of the tensor. Its ``_ptr()`` is the address."""

share: Callable[[Any, Any], object] = getattr(Dense, "_share_data_nocheck_with", Dense._share_data_with)
"""``share(dense, tensor.get_tensor())``: lets the first own the memory of the second."""


def allocation(tensor: Any) -> Any:
    """The owner of a tensor's memory."""
    dense = Dense()
    share(dense, tensor.get_tensor())
    return dense
