"""Keras 3."""

from __future__ import annotations

import os

from .tensorflow import TensorFlow


class Keras(TensorFlow):
    """Keras 3 on TensorFlow, in eager mode."""

    def __init__(self):
        os.environ["KERAS_BACKEND"] = "tensorflow"
        super().__init__()
        import keras

        self.version = keras.__version__


MODES = {
    "eager": Keras,
}
