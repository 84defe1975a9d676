"""The option ``--framework`` of the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import frameworks
import pytest

ROOT = Path(__file__).resolve().parent.parent


def collected(*options: str) -> subprocess.CompletedProcess[str]:
    """What pytest collects with these options, in a process of its own."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--no-header", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)


def test_every_adapter_can_be_selected() -> None:
    # torchvision's losses take torch's tensors, and are tested with torch's.
    folders = {path.name for path in (ROOT / "adapters").iterdir()} - {"__pycache__", "torchvision"}
    assert folders == {*frameworks.KNOWN, "numpy"}


def test_what_is_selected_is_under_test() -> None:
    with_tensors = [name for name in frameworks.UNDER_TEST if name not in frameworks.WITHOUT_TENSORS]
    assert [framework.name for framework in frameworks.FRAMEWORKS] == ["numpy", *with_tensors]


def test_numpy_alone() -> None:
    others = [
        word for glob in ("[!ot]*", "outside", "test_[!d]*") for word in ("--ignore-glob", f"tests/{glob}")
    ]
    done = collected("--framework", "numpy", *others)
    assert done.returncode == 0, done.stdout
    files = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert files == {"tests/test_differences.py", "tests/test_docs.py"}
    assert "-numpy-float32]" in done.stdout and "-torch-float32]" not in done.stdout


def test_a_folder_of_a_framework_that_is_not_selected() -> None:
    done = collected("--framework", "numpy", "tests/torch/test_edition.py")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Add --framework torch." in done.stderr


def test_a_framework_that_nobody_knows() -> None:
    done = collected("--framework", "tinygrad")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--framework tinygrad: no such framework; expected one of numpy, mindspore" in done.stderr


@pytest.mark.skipif(
    all(frameworks.installed(name) for name in frameworks.KNOWN), reason="every framework is installed"
)
def test_a_framework_that_is_missing() -> None:
    missing = next(name for name in frameworks.KNOWN if not frameworks.installed(name))
    done = collected("--framework", missing)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"--framework {missing}: it is not installed here" in done.stderr
