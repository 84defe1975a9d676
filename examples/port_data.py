"""The data and the initial weights of the port: the same numbers for every framework, from NumPy and a seed.

Two problems of 20 features. Several labels: 5 that are rare, so that positive weights matter. One class of 5:
some are rare, so that class weights matter, and some rows have no label, which is -1;
or the same without weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Labels = NDArray[np.float32] | NDArray[np.int32]

FEATURES, HIDDEN, LABELS = 20, 16, 5
ROWS, BATCH = 512, 64
LEARNING_RATE = 0.5
UNLABELLED = -1


@dataclass(frozen=True, slots=True)
class Data:
    """Inputs (ROWS, FEATURES), and labels: 0 and 1 (ROWS, LABELS), or the index of a class (ROWS). ``weight``
    is how many negatives a label has for a positive, or how rare a class is (LABELS).
    """

    inputs: F32
    labels: Labels
    weight: F32 | None

    def batch(self, step: int) -> tuple[F32, Labels]:
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


def classes(seed: int) -> Data:
    """The class for which a hidden linear rule with some noise speaks most; every sixth row has no label."""
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((ROWS, FEATURES), np.float32)
    rule = random.standard_normal((FEATURES, LABELS), np.float32)
    favour = np.arange(LABELS, dtype=np.float32)
    noise = random.standard_normal((ROWS, LABELS), np.float32)
    labels = (inputs @ rule + noise + favour).argmax(axis=1).astype(np.int32)
    found = np.bincount(labels, minlength=LABELS)
    labels[::6] = UNLABELLED
    return Data(inputs, labels, (ROWS / (LABELS * found)).astype(np.float32))


def unweighted(seed: int) -> Data:
    """The same, each class as heavy as another."""
    return replace(classes(seed), weight=None)


PROBLEMS = {"labels": data, "classes": classes, "unweighted": unweighted}


def weights(seed: int) -> Weights:
    """Small random weights."""
    random = np.random.default_rng([seed, 1])
    hidden = random.standard_normal((HIDDEN, FEATURES), np.float32) / np.float32(np.sqrt(FEATURES))
    output = random.standard_normal((LABELS, HIDDEN), np.float32) / np.float32(np.sqrt(HIDDEN))
    return Weights(hidden, output)
