"""What a strict type checker says of a user's code: ordinary code passes, and mistakes do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """
import numpy as np
import torch

import compatlosses as cl
import compatlosses.torch.nn.functional as F
from compatlosses.torch.nn import MSELoss

x, y = torch.ones(3), torch.zeros(3)
one: torch.Tensor = cl.mse_loss(x, y)
two: torch.Tensor = cl.binary_cross_entropy_with_logits(x, y, weight=2.0, pos_weight=x, reduction="sum")
rows: torch.Tensor = cl.cross_entropy(torch.ones(3, 4), torch.zeros(3).long(), weight=torch.ones(4))
array = cl.huber_loss(np.ones(3, np.float32), np.zeros(3, np.float32), delta=0.5, mask=np.ones(3) > 0)
loss, gradients = cl.value_and_gradients(cl.mse_loss, x, y, wrt=("predictions", "targets"))
slope: torch.Tensor = gradients["predictions"]
value, slopes, second = cl.value_and_gradients(cl.mse_loss, x, y, curvature=True)
curvature: torch.Tensor = second["predictions"]
said: str = cl.executor_of(cl.mse_loss, x, y)
F.mse_loss(x, y, reduction="none").sum()
"""

BAD = {
    "cl.mse_loss([1.0], [2.0])": 'cannot be "list[float]"',
    'cl.mse_loss(x, x, reduction="avg")': "incompatible type",
    'cl.l1_loss(x, x, divisor="none")': "incompatible type",
    "cl.mse_loss(x, x, x)": "Too many positional arguments",
    "cl.mse_loss(x, x, weigth=x)": "Unexpected keyword argument",
    "cl.huber_loss(x, x, delta='1')": "incompatible type",
}


def checked(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    """What mypy --strict says of a user's program."""
    path.write_text(code)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", path.name]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=path.parent)


def test_ordinary_code_passes(tmp_path: Path) -> None:
    ran = checked(GOOD, tmp_path / "user.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_mistakes_do_not(tmp_path: Path) -> None:
    head = "import numpy as np\n\nimport compatlosses as cl\n\nx = np.ones(3)\n"
    ran = checked(head + "".join(f"{line}\n" for line in BAD), tmp_path / "user.py")
    said = ran.stdout.splitlines()
    for number, (line, message) in enumerate(BAD.items(), head.count("\n") + 1):
        assert any(each.startswith(f"user.py:{number}: error:") and message in each for each in said), (
            line,
            said,
        )


@pytest.mark.parametrize("name", ["mse_loss", "cross_entropy"])
def test_the_type_of_a_result_is_that_of_the_tensors(name: str, tmp_path: Path) -> None:
    head = "import numpy as np\n\nimport compatlosses as cl\n\n"
    code = f"{head}x: int = cl.{name}(np.ones((3, 2)), np.ones((3, 2)))\n"
    ran = checked(code, tmp_path / "user.py")
    assert "Incompatible types in assignment" in ran.stdout or "cannot be" in ran.stdout
