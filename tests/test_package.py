"""The package as people get it: what it imports, what the wheel holds, what works with NumPy alone."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from api import public_modules

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FRAMEWORKS = (
    "torch",
    "paddle",
    "mindspore",
    "jax",
    "optax",
    "tensorflow",
    "keras",
    "array_api_compat",
    "dask",
)
EDITIONS = public_modules()


def python(program: str, *arguments: str, executable: str = sys.executable) -> str:
    """What a program prints, run in a process of its own away from the checkout."""
    command = [executable, "-P", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["compatlosses", *EDITIONS])
def test_importing_imports_no_framework(module: str) -> None:
    program = "import importlib, sys; importlib.import_module(sys.argv[1]); print(' '.join(sys.modules))"
    loaded = set(python(program, module).split())
    assert module in loaded
    assert not loaded & {*FRAMEWORKS, "numba", "typer", "rich", "importlib.metadata"}


def test_a_call_imports_the_framework_of_its_tensors_alone() -> None:
    program = """
import sys, numpy, compatlosses as cl, compatlosses.paddle, compatlosses.mindspore
cl.binary_cross_entropy_with_logits(numpy.ones(2), numpy.ones(2))
compatlosses.paddle.binary_cross_entropy_with_logits(numpy.ones(2), numpy.ones(2))
print(' '.join(sys.modules))
"""
    assert not set(python(program).split()) & {*FRAMEWORKS}


def test_a_framework_that_is_imported_later_is_found() -> None:
    program = """
import numpy, compatlosses as cl
cl.binary_cross_entropy_with_logits(numpy.ones(2), numpy.ones(2))
import torch
print(type(cl.binary_cross_entropy_with_logits(torch.ones(2), torch.ones(2))).__name__)
"""
    assert python(program) == "Tensor"


def test_a_stranger_in_the_place_of_torch_is_not_taken_for_it() -> None:
    """Some packages put a proxy at sys.modules['torch']: tensors are known by their class, and errors stay
    clear.
    """
    program = """
import sys, types, numpy, compatlosses as cl
sys.modules["torch"] = types.ModuleType("torch")
import warnings
warnings.simplefilter("ignore")
print(float(cl.binary_cross_entropy_with_logits(numpy.zeros(2), numpy.ones(2))))
"""
    assert python(program).startswith("0.693")


def test_the_core_names_no_framework() -> None:
    for path in (ROOT / "compatlosses").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Name):
                names = [node.id]
            elif isinstance(node, ast.Attribute):
                names = [node.attr]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] not in FRAMEWORKS, f"{path.name}:{node.lineno} names {name}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", EDITIONS)
def test_every_edition_is_documented(module: str) -> None:
    edition = importlib.import_module(module)
    for name in edition.__all__:
        member = getattr(edition, name)
        if callable(member):
            assert "Source:" in (member.__doc__ or ""), (
                f"{module}.{name} does not say what document it follows"
            )


def test_the_wheel_holds_exactly_the_package(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = set()
    for folder, package in (("compatlosses", ""), ("adapters", ""), ("conformance", "conformance/")):
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT / folder)
            linked = folder == "compatlosses" and (ROOT / folder / inside.parts[0]).is_symlink()
            if (
                path.is_file()
                and not linked
                and "__pycache__" not in inside.parts
                and "runs" not in inside.parts
            ):
                expected.add(f"compatlosses/{package}{inside.as_posix()}")
    assert held == expected
    assert "compatlosses/py.typed" in held


def test_numpy_alone_is_enough(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    executable = str(tmp_path / "env" / "bin" / "python")
    subprocess.run([executable, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    program = """
import numpy as np, compatlosses as cl
x, y = np.float32([0, 1]), np.float32([1, 0])
loss, gradients = cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y)
from compatlosses.paddle import binary_cross_entropy_with_logits
assert float(binary_cross_entropy_with_logits(np.float32([0, 1]), np.float32([1, 0]))) == float(loss)
from importlib.metadata import distributions
print(*sorted({d.metadata["Name"] for d in distributions()} - {"pip", "setuptools"}))
"""
    assert python(program, executable=executable) == "compatlosses numpy"
    command = [str(tmp_path / "env" / "bin" / "compatlosses"), "frameworks"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install 'compatlosses[conformance]'" in done.stderr


def test_the_metadata_offers_the_extras(wheel: Path) -> None:
    text = next(
        zipfile.ZipFile(wheel).read(name).decode()
        for name in zipfile.ZipFile(wheel).namelist()
        if name.endswith("METADATA")
    )
    extras = {
        line.removeprefix("Provides-Extra: ")
        for line in text.splitlines()
        if line.startswith("Provides-Extra")
    }
    assert extras == set(PROJECT["project"]["optional-dependencies"])
    assert {"torch", "paddle", "mindspore", "fused", "conformance", "all"} <= extras
    assert 'numpy<2; extra == "mindspore"' in text
    assert "License-Expression: Apache-2.0" in text
    assert "Requires-Python: >=3.11" in text


def test_all_is_every_extra_but_mindspore() -> None:
    """MindSpore needs NumPy 1, JAX NumPy 2."""
    extras = PROJECT["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    assert everything == f"compatlosses[{','.join(sorted(extras.keys() - {'all', 'mindspore'}))}]"


def test_the_environments_hold_every_extra() -> None:
    """Each extra is installed, and so tested, in one of the two development environments."""
    extras, held = PROJECT["project"]["optional-dependencies"], set[str]()
    for name in ("numpy1", "numpy2"):
        group = PROJECT["dependency-groups"][name]
        (own,) = [line for line in group if isinstance(line, str) and line.startswith("compatlosses[")]
        held |= set(own.removeprefix("compatlosses[").removesuffix("]").split(","))
        assert f"--group {name} --editable ." in (ROOT / "Makefile").read_text()
    # The smaller build for processors is tested in its place.
    assert "tensorflow-cpu>=2.16" in PROJECT["dependency-groups"]["numpy2"]
    assert held == extras.keys() - {"all", "tensorflow"}
