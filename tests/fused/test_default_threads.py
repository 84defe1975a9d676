"""How many threads are used where nobody says so, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
NAMES = ("COMPATLOSSES_NUM_THREADS", "OMP_NUM_THREADS")


def threads(program: str = "", **variables: str) -> int:
    """The default after ``program``, in a process that is started with these variables."""
    environment = {name: value for name, value in os.environ.items() if name not in NAMES} | variables
    program += "\nimport compatlosses\nprint(compatlosses.get_num_threads())"
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=True)
    return int(done.stdout.split()[-1])


def test_every_core_or_what_the_user_says() -> None:
    assert threads() == CORES
    assert threads(OMP_NUM_THREADS="3") == 3
    assert threads(OMP_NUM_THREADS="3", COMPATLOSSES_NUM_THREADS="5") == 5
    assert threads(OMP_NUM_THREADS="many") == CORES


@pytest.mark.skipif(
    not os.path.exists("/proc/self/environ"),
    reason="the system does not keep what a process was started with",
)
def test_what_a_framework_sets_for_itself_is_not_the_users() -> None:
    """Paddle sets OMP_NUM_THREADS to 1 when it is imported."""
    assert threads("import os; os.environ['OMP_NUM_THREADS'] = '1'") == CORES
    assert threads("import paddle, os; assert os.environ['OMP_NUM_THREADS'] == '1'") == CORES
