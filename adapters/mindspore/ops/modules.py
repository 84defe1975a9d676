"""``mindspore.ops.BCEWithLogitsLoss`` by MindSpore's document of 2.3 to 2.6, as an object that MindSpore's compiler takes."""

from __future__ import annotations

import mindspore

from .plain import BCEWithLogitsLoss as Plain


@mindspore.jit_class
class BCEWithLogitsLoss(Plain):
    __doc__ = Plain.__doc__
