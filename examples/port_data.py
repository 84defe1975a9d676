"""The data and the initial weights of the port: the same numbers for every framework, from NumPy and a seed.

A multi-label problem: inputs of 20 features, 5 labels that are rare, so that positive weights matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

FEATURES, HIDDEN, LABELS = 20, 16, 5
ROWS, BATCH = 512, 64
LEARNING_RATE = 0.5


@dataclass(frozen=True, slots=True)
class Data:
    """Inputs (ROWS, FEATURES), labels 0 and 1 (ROWS, LABELS), and how many negatives a label has for a
    positive (LABELS).
    """

    inputs: F32
    labels: F32
    pos_weight: F32

    def batch(self, step: int) -> tuple[F32, F32]:
        """The rows of a step, in order, around and around."""
        first = step * BATCH % ROWS
        return self.inputs[first : first + BATCH], self.labels[first : first + BATCH]


@dataclass(frozen=True, slots=True)
class Weights:
    """The layers' initial weights, (outputs, inputs) each, and no biases yet."""

    hidden: F32
    output: F32


def data(seed: int) -> Data:
    """Labels that a hidden linear rule with some noise hands out."""
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((ROWS, FEATURES), np.float32)
    rule = random.standard_normal((FEATURES, LABELS), np.float32)
    noise = random.standard_normal((ROWS, LABELS), np.float32)
    labels = (inputs @ rule + noise > 4.0).astype(np.float32)
    positives = labels.sum(axis=0)
    return Data(inputs, labels, ((ROWS - positives) / positives).astype(np.float32))


def weights(seed: int) -> Weights:
    """Small random weights."""
    random = np.random.default_rng([seed, 1])
    hidden = random.standard_normal((HIDDEN, FEATURES), np.float32) / np.float32(np.sqrt(FEATURES))
    output = random.standard_normal((LABELS, HIDDEN), np.float32) / np.float32(np.sqrt(HIDDEN))
    return Weights(hidden, output)
