"""Keras' edition on every backend that is installed, each in a process of its own: Keras settles on one when
imported.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FILES = ("on_a_backend.py", "test_differences.py", "test_family.py", "test_cross_entropy.py")
ADAPTERS = HERE.parent.parent / "adapters"

# TensorFlow comes first: the environment that is meant for Keras has it, and is broken without.
BACKENDS = ["tensorflow", "numpy"] + [
    name for name in ("jax", "torch") if importlib.util.find_spec(name) and (ADAPTERS / name).is_dir()
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_backend(backend: str) -> None:
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-q",
        "--import-mode=importlib",
        "--noconftest",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, *(str(HERE / name) for name in FILES)],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "EXPECTED_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-6000:]


def test_importing_imports_no_keras() -> None:
    program = """
import sys, numpy as np
from compatlosses.keras import binary_crossentropy
from compatlosses.keras.losses import binary_crossentropy as averaged
loss = binary_crossentropy(np.float32([[1, 0]]), np.float32([[0.5, -np.inf]]), from_logits=True)
assert loss.shape == (1, 2) and loss[0, 1] == 0 and loss.dtype == np.float32
found = averaged(np.float32([[1, 0]]), np.float32([[0.5, -np.inf]]), from_logits=True)
assert found.tolist() == [loss.sum() / 2]
loss = binary_crossentropy(np.float32([1, 1]), np.float32([0.5, 0.0]))
np.testing.assert_allclose(loss, [np.log(2), -np.log(1e-7)], rtol=1e-6)
assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_the_class_where_keras_is_not_installed() -> None:
    """Keras is hidden, as if it were not there."""
    program = """
import sys
sys.modules["keras"] = None
import numpy as np
from compatlosses.keras import BinaryCrossentropy
y, x = np.float32([[1, 0], [0, 1]]), np.float32([[0.5, -1], [2, 3]])
rows = ((1 - y) * np.log1p(np.exp(x)) + y * np.log1p(np.exp(-x))).mean(axis=1)
for reduction, expected in (("none", rows), (None, rows), ("sum", rows.sum()), ("mean", rows.mean())):
    np.testing.assert_allclose(BinaryCrossentropy(True, reduction=reduction)(y, x), expected, rtol=1e-6)
np.testing.assert_allclose(BinaryCrossentropy(True)(y, x), rows.mean(), rtol=1e-6)
try:
    BinaryCrossentropy(reduction="mean_with_sample_weight")
except ValueError as error:
    assert "expected 'sum_over_batch_size'" in str(error)
else:
    raise SystemExit("a reduction that there is not was taken")
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
