"""One model, one loss, three frameworks: the curves coincide, each trained by its own framework in its own
process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STEPS = 40


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the driver wrote its curves and its picture."""
    folder = tmp_path_factory.mktemp("port")
    command = [sys.executable, str(EXAMPLES / "port_all.py"), "--steps", str(STEPS)]
    command += ["--json", "curves.json", "--picture", "port.png"]
    # as a person runs it: the script's own folder is looked into, the checkout's is not
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def curves(trained: Path) -> dict[str, NDArray[np.float64]]:
    """The losses of every step by framework."""
    return {
        name: np.array(losses) for name, losses in json.loads((trained / "curves.json").read_text()).items()
    }


def test_the_curves_coincide(curves: dict[str, NDArray[np.float64]]) -> None:
    assert set(curves) == {"torch", "paddle", "mindspore"}
    for name, losses in curves.items():
        assert losses.shape == (STEPS,)
        np.testing.assert_allclose(losses, curves["torch"], rtol=1e-5, err_msg=name)


def test_the_first_loss_is_the_formula_of_the_same_logits(
    curves: dict[str, NDArray[np.float64]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import port_data

    given, start = port_data.data(0), port_data.weights(0)
    inputs, labels = (array.astype(np.float64) for array in given.batch(0))
    logits = np.maximum(inputs @ start.hidden.T, 0) @ start.output.T
    losses = (1 - labels) * np.logaddexp(0, logits) + given.weight * labels * np.logaddexp(0, -logits)
    for name, curve in curves.items():
        assert curve[0] == pytest.approx(losses.mean(), rel=1e-6), name


def test_training_trains(curves: dict[str, NDArray[np.float64]]) -> None:
    for losses in curves.values():
        assert losses[-8:].mean() < 0.75 * losses[:8].mean()


def test_the_picture_is_a_png(trained: Path) -> None:
    assert (trained / "port.png").read_bytes().startswith(b"\x89PNG")


def test_the_frameworks_own_losses_differ_where_rows_have_no_label(tmp_path: Path) -> None:
    """Paddle 3 divides by all rows, so its loss is the others' times the share of rows with a label."""
    command = [sys.executable, str(EXAMPLES / "port_all.py"), "--steps", "8", "--json", "curves.json"]
    done = subprocess.run([*command, "--problem", "unweighted"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    curves = json.loads((tmp_path / "curves.json").read_text())
    for name in ("paddle", "mindspore", "torch, own", "mindspore, own"):
        np.testing.assert_allclose(curves[name], curves["torch"], rtol=1e-5, err_msg=name)
    batch = 64
    without = len(range(0, batch, 6))
    first = curves["torch"][0] * (batch - without) / batch
    assert curves["paddle, own"][0] == pytest.approx(first, rel=1e-5)
    assert curves["paddle, own"][-1] != pytest.approx(curves["torch"][-1], rel=1e-3)
