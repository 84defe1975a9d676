"""A loss from outside, installed beside the checkout: its own tests, its gradients in each framework, the
guide.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import frameworks
import pytest
from guides import check_quotes

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "loss"
GUIDE = HERE.parent.parent / "docs" / "adding-a-loss.md"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the package is installed, for programs to have in PYTHONPATH."""
    folder = tmp_path_factory.mktemp("loss")
    # From a copy: a build leaves its folders beside the sources.
    copytree(PACKAGE, folder / "source", ignore=ignore_patterns("build", "*.egg-info", "__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(folder / "source")], check=True)
    return folder / "site"


def output(site: Path, *arguments: str) -> str:
    """What a Python program prints that has the package."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=site, timeout=300
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_its_own_tests_pass(site: Path) -> None:
    said = output(site, "-m", "pytest", "-q", str(site.parent / "source" / "test_log_cosh.py"))
    assert " passed" in said
    output(site, "-m", "doctest", str(site / "compatlosses_log_cosh" / "log_cosh.py"))


def test_it_is_known(site: Path) -> None:
    program = """
import compatlosses as cl, compatlosses_log_cosh
loss = cl.definitions.known_losses()["log_cosh_loss"]
print(loss.loops, cl.definitions.loss_of(compatlosses_log_cosh.log_cosh_loss) is loss)
"""
    assert output(site, "-c", program).split() == ["compatlosses_log_cosh.loops", "True"]


GRADIENTS = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import frameworks
frameworks.load([sys.argv[2]])
import compatlosses as cl
from compatlosses_log_cosh import log_cosh_loss
from compatlosses_log_cosh.optax import log_cosh

face = frameworks.FRAMEWORKS[-1]
r = np.array([0.0, 1e-3, -0.5, 0.7, -2.0, 30.0])
x, y = face.tensor(r, "float64"), face.tensor(np.zeros(6), "float64")
loss = lambda a, b: log_cosh_loss(a, b, reduction="sum")
assert cl.executor_of(log_cosh_loss, x, y) == "fused"
np.testing.assert_allclose(face.array(loss(x, y)), np.log(np.cosh(r)).sum(), rtol=1e-12)
by_x, by_y = face.gradients(loss, [x, y])
np.testing.assert_allclose(face.array(by_x), np.tanh(r), rtol=1e-14)
np.testing.assert_allclose(face.array(by_y), -np.tanh(r), rtol=1e-14)
second = face.second(loss, [x, y], 0, 0)
np.testing.assert_allclose(face.array(second), 1 / np.cosh(r) ** 2, rtol=1e-11, atol=1e-30)
by_edition = face.gradients(log_cosh, [x, y])
np.testing.assert_allclose(face.array(by_edition[0]), np.tanh(r), rtol=1e-14)
"""


def test_gradients(site: Path) -> None:
    """In each framework's own autograd, of first and second order, in a process of its own."""
    for framework in frameworks.WITH_AUTOGRAD:
        output(site, "-c", GRADIENTS, str(HERE.parent / "support"), framework.name)


def test_the_edition_is_optax(site: Path) -> None:
    if "optax" not in frameworks.UNDER_TEST:
        pytest.skip("optax is not under test")
    program = """
import inspect, jax.numpy as jnp, numpy as np, optax
from compatlosses_log_cosh.optax import log_cosh
assert list(inspect.signature(log_cosh).parameters) == list(inspect.signature(optax.log_cosh).parameters)
x, y = jnp.asarray([[0.5, -3.0], [100.0, 0.25]]), jnp.asarray([0.5, 0.0])
for given in ((x,), (x, y)):
    ours, theirs = log_cosh(*given), optax.log_cosh(*given)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
"""
    output(site, "-c", program)


def test_the_guide_quotes_the_package() -> None:
    files = [f"compatlosses_log_cosh/{name}.py" for name in ("__init__", "log_cosh", "loops", "optax")]
    check_quotes(GUIDE, PACKAGE, ["pyproject.toml", "test_log_cosh.py", *files])
