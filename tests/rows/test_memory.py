"""What a loss of rows holds beside its inputs: the gradient and 4 MB."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MEGABYTE = 2**20
PROGRAM = """
import sys
from pathlib import Path

import numpy as np

import compatlosses as cl


def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


shape = tuple(map(int, sys.argv[1:]))
random = np.random.default_rng(0)
logits = random.standard_normal(shape, np.float32)
targets = random.integers(0, shape[1], (shape[0], *shape[2:]))


def step():
    return cl.value_and_gradients(cl.cross_entropy, logits, targets, axis=1)[1]["logits"]


for _ in range(3):
    step()  # Loads the loops, and starts the threads.
Path("/proc/self/clear_refs").write_text("5")
before = status("VmRSS")
gradient = step()
print(status("VmHWM") - before - gradient.nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process's memory is read from /proc")
@pytest.mark.parametrize("shape", [(4096, 1000), (64, 32000), (8, 21, 256, 256)], ids=str)
def test_the_gradient_and_four_megabytes(shape: tuple[int, ...]) -> None:
    command = [sys.executable, "-P", "-c", PROGRAM, *map(str, shape)]
    # What is let go of returns to the system at once: nothing hides in memory that is kept for later.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    beyond = int(done.stdout)
    assert -MEGABYTE < beyond <= 4 * MEGABYTE
