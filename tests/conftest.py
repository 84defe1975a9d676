"""The option ``--framework``, and the fixtures that all tests share."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import frameworks
import pytest

HERE = Path(__file__).resolve().parent

collect_ignore = ["outside/loss"]  # tests of a package that is not installed here: see outside/test_loss.py


def pytest_addoption(parser: pytest.Parser) -> None:
    """The frameworks to test."""
    parser.addoption(
        "--framework",
        action="append",
        metavar="NAME",
        help=f"a framework to test besides NumPy, one of {', '.join(frameworks.KNOWN)}, or numpy for none; "
        f"give it again for more. By default every one that is installed.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Import the selected frameworks, in their order, before any test is."""
    try:
        frameworks.load(selected(config.getoption("--framework")))
    except ImportError as error:
        raise pytest.UsageError(
            f"a framework does not import: {error}. Mend it, or leave it out: name the others, each by "
            f"--framework NAME."
        ) from error
    for argument in config.args:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        if left_out(path):
            raise pytest.UsageError(
                f"{argument} tests a framework that is not under test; expected tests of NumPy and the "
                f"selected frameworks. Add --framework {path.relative_to(HERE).parts[0]}."
            )


def selected(names: list[str] | None) -> list[str]:
    """The frameworks that these names select, None every installed one."""
    present = [name for name in frameworks.KNOWN if frameworks.installed(name)]
    if names is None:
        return present
    for name in names:
        if name not in (*frameworks.KNOWN, "numpy"):
            raise pytest.UsageError(
                f"--framework {name}: no such framework; expected one of numpy, {', '.join(frameworks.KNOWN)}"
            )
        if name not in (*present, "numpy"):
            raise pytest.UsageError(
                f"--framework {name}: it is not installed here. Install it, or choose among "
                f"{', '.join(('numpy', *present))}."
            )
    return [name for name in names if name != "numpy"]


def pytest_report_header() -> str:
    """The frameworks under test."""
    return f"frameworks: {', '.join(('numpy', *frameworks.UNDER_TEST))}"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the tests of a framework that is not under test."""
    return True if left_out(collection_path) else None


def left_out(path: Path) -> bool:
    """Whether a path is in the folder of a framework that is not under test."""
    folder = path.relative_to(HERE).parts[:1] if path.is_relative_to(HERE) else ()
    return folder != () and folder[0] in frameworks.KNOWN and folder[0] not in frameworks.UNDER_TEST


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an argument ``framework`` runs on each framework, NumPy first; one with ``autograd`` on
    each that differentiates.
    """
    for argument, chosen in (("framework", frameworks.FRAMEWORKS), ("autograd", frameworks.WITH_AUTOGRAD)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, chosen, ids=[one.name for one in chosen])


@pytest.fixture
def free_port() -> int:
    """A port of the loopback interface that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources: a stale build folder of the checkout would leak
    into it.
    """
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "runs")
    shutil.copytree(HERE.parent, folder / "source", ignore=ignored)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*command, str(folder / "source")], check=True)
    return next(folder.glob("*.whl"))
