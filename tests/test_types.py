"""What a strict type checker says of a user's code: ordinary code passes, and mistakes do not."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import compatlosses
from compatlosses.definitions import neutral_functions

Checker = Callable[..., "Said"]


def tensors_of(name: str) -> int:
    """How many tensors the neutral function takes."""
    parameters = inspect.signature(getattr(compatlosses, name)).parameters.values()
    return sum(each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters)


GOOD = """
import numpy as np
import torch

import compatlosses as cl
import compatlosses.keras.losses
import compatlosses.mindspore.ops
import compatlosses.optax
import compatlosses.paddle.nn.functional
import compatlosses.tensorflow.nn
import compatlosses.torch.nn.functional as F
from compatlosses.torch.nn import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss

x, y, logits, classes = torch.ones(3), torch.zeros(3), torch.ones(3, 4), torch.zeros(3).long()
losses: list[torch.Tensor] = [
    cl.mse_loss(x, y, weight=x, divisor="weights"),
    cl.l1_loss(x, y, mask=x > 0),
    cl.huber_loss(x, y, delta=0.5, reduction="none"),
    cl.smooth_l1_loss(x, y, beta=0.5, ignore_index=-1),
    cl.binary_cross_entropy_with_logits(x, y, weight=2.0, pos_weight=x, reduction="sum"),
    cl.binary_cross_entropy(x, y, weight=2.0, clip=1e-7, label_smoothing=0.1),
    cl.kl_div(logits, logits, reduction="batchmean", axis=-1),
    cl.sigmoid_focal_loss(x, y, alpha=0.25, gamma=2.0),
    cl.soft_margin_loss(x, y, dtype="float64"),
    cl.multilabel_soft_margin_loss(logits, logits, axis=1),
    cl.poisson_nll_loss(x, y, log_input=False, full=True),
    cl.gaussian_nll_loss(x, y, x, epsilon=1e-6),
    cl.cross_entropy(logits, classes, weight=torch.ones(4), label_smoothing=0.1),
    cl.nll_loss(logits, classes, ignore_index=-100),
]
array = cl.huber_loss(np.ones(3, np.float32), np.zeros(3, np.float32), delta=0.5, mask=np.ones(3) > 0)
loss, gradients = cl.value_and_gradients(cl.mse_loss, x, y, wrt=("predictions", "targets"))
slope: torch.Tensor = gradients["predictions"]
value, slopes, second = cl.value_and_gradients(cl.mse_loss, x, y, curvature=True)
curvature: torch.Tensor = second["predictions"]
said: str = cl.executor_of(cl.mse_loss, x, y)
F.mse_loss(x, y, reduction="none").sum()
MSELoss(reduction="sum")(x, y)
BCEWithLogitsLoss(pos_weight=x)(x, y)
CrossEntropyLoss(label_smoothing=0.1)(logits, classes)
compatlosses.paddle.nn.functional.cross_entropy(logits, classes)
compatlosses.mindspore.ops.smooth_l1_loss(x, y, 0.5)
compatlosses.keras.losses.huber(y, x)
compatlosses.optax.huber_loss(x, y, delta=2.0)
compatlosses.tensorflow.nn.sigmoid_cross_entropy_with_logits(y, x)
"""

GOOD_WITH_NUMPY = """
import numpy as np

import compatlosses as cl

x = np.ones(3)
cl.mse_loss(x, x, weight=x).sum()
loss, gradients = cl.value_and_gradients(cl.huber_loss, x, x, delta=2.0)
gradients["predictions"].sum()
"""

MISTAKES = [
    "cl.mse_loss(x, x, x)",
    "cl.mse_loss(x, x, weigth=x)",
    'cl.l1_loss(x, x, divisor="none")',
    'cl.huber_loss(x, x, delta="1")',
    'cl.kl_div(x, x, reduction="batch")',
    "cl.cross_entropy(x, x, label_smoothing=x)",
    "cl.executor_of(cl.mse_loss, x, x).sum()",
    *[
        line
        for name in neutral_functions()
        for line in (
            f"cl.{name}([1.0], {'[1.0], ' * (tensors_of(name) - 1)})",
            f'cl.{name}({"x, " * tensors_of(name)}reduction="avg")',
        )
    ],
]
"""A list and an unknown reduction of every loss, and others; all are errors."""

HEAD = "import numpy as np\n\nimport compatlosses as cl\n\nx = np.ones(3)\n"

Said = dict[int, str]
"""The errors of a checker, by line."""


def mypy(code: str, path: Path, python: str = sys.executable) -> Said:
    """What mypy --strict says of a user's program."""
    path.write_text(code)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary"]
    command += ["--python-executable", python, path.name]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=path.parent)
    assert ran.returncode in (0, 1) and not ran.stderr, ran.stderr
    found = re.findall(r"^user.py:(\d+): error: (.*)$", ran.stdout, re.MULTILINE)
    assert bool(found) == bool(ran.returncode), ran.stdout
    return {int(line): message for line, message in found}


def pyright(code: str, path: Path, python: str = sys.executable) -> Said:
    """What pyright says of it, in its strict mode."""
    path.write_text(code)
    (path.parent / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = ["pyright", "--pythonpath", python, "--outputjson", path.name]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=path.parent)
    said = json.loads(ran.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1: each["message"] for each in said}


checkers = pytest.mark.parametrize(
    "checked",
    [
        mypy,
        pytest.param(
            pyright,
            marks=pytest.mark.skipif(
                not shutil.which("pyright"), reason="there is no pyright; npm install --global pyright"
            ),
        ),
    ],
)


@checkers
def test_ordinary_code_passes(checked: Checker, tmp_path: Path) -> None:
    assert checked(GOOD, tmp_path / "user.py") == {}


@checkers
def test_mistakes_do_not(checked: Checker, tmp_path: Path) -> None:
    said = checked(HEAD + "\n".join(MISTAKES), tmp_path / "user.py")
    first = HEAD.count("\n") + 1
    assert [line for i, line in enumerate(MISTAKES) if first + i not in said] == []
    assert min(said) >= first


@checkers
def test_a_wheel_is_typed_too(checked: Checker, wheel: Path, tmp_path: Path) -> None:
    """In an environment that has the package as people get it, and NumPy from here."""
    venv.create(tmp_path / "env")
    (packages,) = tmp_path.glob("env/lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    (packages / "numpy").symlink_to(Path(np.__file__).parent)
    python, user = str(tmp_path / "env" / "bin" / "python"), tmp_path / "user.py"
    assert checked(GOOD_WITH_NUMPY, user, python) == {}
    said = checked(HEAD + 'cl.mse_loss([1.0], [2.0])\ncl.mse_loss(x, x, reduction="avg")\n', user, python)
    assert set(said) == {6, 7}


@pytest.mark.parametrize("name", ["mse_loss", "cross_entropy"])
def test_the_type_of_a_result_is_that_of_the_tensors(name: str, tmp_path: Path) -> None:
    head = "import numpy as np\n\nimport compatlosses as cl\n\n"
    code = f"{head}x: int = cl.{name}(np.ones((3, 2)), np.ones((3, 2)))\n"
    said = mypy(code, tmp_path / "user.py")[5]
    assert "Incompatible types in assignment" in said or "cannot be" in said
