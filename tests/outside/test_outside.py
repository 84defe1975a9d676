"""An adapter from outside, in a fresh environment: calls, the survey and the conformance suite."""

from __future__ import annotations

import fnmatch
import json
import shutil
import subprocess
import venv
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from guides import check_quotes

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = HERE / "package"
GUIDE = ROOT / "docs" / "adapters.md"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a new environment that has compatlosses with its suite, and the outside package."""
    folder = tmp_path_factory.mktemp("outside")
    # From copies: a build leaves its folders beside the sources.
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "runs")
    shutil.copytree(ROOT, folder / "source", ignore=ignored)
    venv.create(folder / "env", with_pip=True)
    bin = folder / "env" / "bin"
    pip = [str(bin / "python"), "-m", "pip", "install", "--quiet"]
    index = subprocess.run([*pip, "numpy"], capture_output=True, text=True)
    if index.returncode != 0:
        pytest.skip(f"pip reaches no index: {index.stderr.strip().splitlines()[-1]}")
    package = folder / "source" / PACKAGE.relative_to(ROOT)
    subprocess.run([*pip, f"{folder / 'source'}[conformance]", str(package)], check=True)
    return bin


def output(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, cwd="/", timeout=300
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_calls(environment: Path) -> None:
    program = """
import numpy as np, compatlosses as cl, compatlosses.paddle as paddle
from toy import Tensor
x, y, p = np.float32([0.5, -2, np.inf]), np.float32([1, 0, 1]), np.float32([2, 1, 3])
wrt = ("logits", "pos_weight")
function = cl.binary_cross_entropy_with_logits
loss, gradients = cl.value_and_gradients(function, Tensor(x), Tensor(y), wrt=wrt, pos_weight=Tensor(p))
expected, exactly = cl.value_and_gradients(function, x, y, wrt=wrt, pos_weight=p)
assert isinstance(loss, Tensor) and loss.data == expected, (loss.data, expected)
for name in exactly:
    np.testing.assert_allclose(gradients[name].data, exactly[name], rtol=1e-6)
edition = paddle.binary_cross_entropy_with_logits(Tensor(x), Tensor(y), reduction="none")
expected = cl.binary_cross_entropy_with_logits(x, y, reduction="none")
np.testing.assert_allclose(edition.data, expected, rtol=1e-6)
a, b = np.float32([[0.5, -2, 3], [1, 0, 1]]), np.float32([[1, 0, 1], [-4, 0, 0]])
for loss, options in ((cl.huber_loss, {"delta": 0.75}), (cl.l1_loss, {}), (cl.cross_entropy, {})):
    labels = np.array([2, 0]) if loss is cl.cross_entropy else b
    value, slopes = cl.value_and_gradients(loss, Tensor(a), Tensor(labels), **options)
    expected, exactly = cl.value_and_gradients(loss, a, labels, **options)
    np.testing.assert_allclose(value.data, expected, rtol=1e-6)
    for name in exactly:
        np.testing.assert_allclose(slopes[name].data, exactly[name], rtol=1e-6)
try:
    cl.binary_cross_entropy_with_logits(Tensor(x), y)
except TypeError as error:
    print(error)
"""
    said = output(environment / "python", "-P", "-c", program)
    assert said.startswith("logits is a Toy tensor and targets is a NumPy tensor")


def test_the_survey_names_it(environment: Path) -> None:
    found = {
        row["name"]: row for row in json.loads(output(environment / "compatlosses", "frameworks", "--json"))
    }
    assert found["Toy"]["version"] == "1.0" and found["Toy"]["ready"], found["Toy"]


UNSEEN = ("*/error/index-*", "*/error/probability-*", "*/error/target-*", "*/error/variance-*")
"""Cases of values that are refused: the toy has no host, so nobody sees them."""
LIMITS = ("poisson_nll_loss/direct/float64/*", "sigmoid_focal_loss/*float64*")
"""Cases in which the formula is known to lose digits, on every framework."""


def test_the_suite_runs_on_it(environment: Path, tmp_path: Path) -> None:
    """What is new is values that nobody sees, and limits of the formula, which it has everywhere."""
    file = tmp_path / "run.json"
    command = (environment / "compatlosses", "conform", "--framework", "toy", "--json", file)
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, cwd="/", timeout=300
    )
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    run = json.loads(file.read_text())
    assert len(run["verdicts"]) > 10_000
    new = {verdict["case"] for verdict in run["verdicts"] if verdict["expectation"]}
    assert not {case for case in new if not any(fnmatchcase(case, known) for known in (*UNSEEN, *LIMITS))}
    assert all(fnmatch.filter(sorted(new), known) for known in (*UNSEEN, *LIMITS))


def test_the_guide_quotes_the_package() -> None:
    files = (
        "pyproject.toml",
        *(f"compatlosses_toy/{name}.py" for name in ("adapter", "library", "conformance")),
    )
    check_quotes(GUIDE, PACKAGE, files)
