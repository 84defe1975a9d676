"""A script against paddle.fluid's loss on torch tensors: what it computes is what fluid documented, and it
trains.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "fluid_on_torch.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("fluid_on_torch", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_loss_is_the_mean_over_the_tags_that_count(script: ModuleType) -> None:
    logits = torch.randn(16, 8, generator=torch.Generator().manual_seed(1), requires_grad=True)
    tags = torch.randint(-1, 2, (16, 8), generator=torch.Generator().manual_seed(2)).to(torch.float32)
    counts = tags != script.UNSEEN
    loss = script.tag_loss(logits, tags)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits.detach()[counts], tags[counts])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)

    (gradient,) = torch.autograd.grad(loss, logits)
    slope = (torch.sigmoid(logits.detach()) - tags) / counts.sum()
    np.testing.assert_allclose(gradient[counts].numpy(), slope[counts].numpy(), rtol=1e-5, atol=1e-9)
    assert (gradient[~counts] == 0).all()


def test_tags_that_nobody_has_looked_at_do_not_matter(script: ModuleType) -> None:
    logits = torch.tensor([[0.5, float("nan"), -1.0]])
    tags = torch.tensor([[1.0, script.UNSEEN, 0.0]])
    assert torch.isfinite(script.tag_loss(logits, tags))
    assert script.tag_loss(logits, torch.full_like(tags, script.UNSEEN)).item() == 0


def test_only_the_import_has_changed(script: ModuleType) -> None:
    text = SCRIPT.read_text()
    old = text.replace(
        "import compatlosses.paddle.fluid as fluid  # was: import paddle.fluid as fluid",
        "import paddle.fluid as fluid",
    )
    code = old.split('"""', 2)[2]
    assert "import paddle.fluid as fluid\n" in code
    assert "compatlosses" not in code


def test_the_script_runs_and_learns() -> None:
    done = subprocess.run([sys.executable, "-P", str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, last = (float(word) for word in done.stdout.split() if word[0].isdigit())
    assert last < 0.5 * first
