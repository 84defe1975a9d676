"""The kernels for a GPU: what they compute, under Triton's interpreter, and that they compile, for GPUs that
are not here.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import compatlosses as cl
from compatlosses.torch import device

HERE = Path(__file__).resolve().parent

needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None,
    reason="Triton is not installed here: pip install 'compatlosses[cuda]'",
)


def run(arguments: list[str], **environment: str) -> None:
    """Python in a process of its own: Triton reads its environment when it is imported."""
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "support"), **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]


@needs_triton
def test_under_the_interpreter() -> None:
    pytest_alone = ["-m", "pytest", "-q", "--import-mode=importlib", "--noconftest", "-p", "no:cacheprovider"]
    run([*pytest_alone, str(HERE / "on_interpreter.py")], TRITON_INTERPRET="1")


@needs_triton
def test_the_kernels_compile_for_gpus_that_are_not_here(tmp_path: Path) -> None:
    """By the arguments of real calls, down to the machine code of an A100 and an H100."""
    run([str(HERE / "for_a_gpu.py")], TRITON_CACHE_DIR=str(tmp_path))


def test_why_a_call_on_a_gpu_takes_the_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Triton it does, and `executor_of` says so."""
    monkeypatch.setattr(device, "DEVICES", ("meta",))
    monkeypatch.setattr(device, "why_unavailable", lambda: "Triton is not installed")
    x = torch.empty(3, device="meta")
    expected = "formula: a tensor is on the device meta; Triton is not installed"
    assert cl.executor_of(cl.mse_loss, x, x) == expected
    assert cl.mse_loss(x, x).is_meta


@pytest.mark.parametrize(
    ("release", "why"),
    [("3.4.0", None), ("3.10.1", None), ("3.3.1", "Triton 3.3.1 is installed; expected 3.4 or newer")],
)
def test_releases_of_triton(release: str, why: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "version", lambda name: release)
    assert device.why_unavailable.__wrapped__() == why
