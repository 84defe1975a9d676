"""What a framework's own engineers bring: an environment, a wheel, cases, expectations and recipes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.errors import SuiteError
from compatlosses.conformance.judging.selection import Selection
from compatlosses.conformance.lab.environments import environment_of
from compatlosses.conformance.lab.jobs import Job, modes_by_kind
from compatlosses.conformance.lab.recipes import LabError, recipe_for, release_of
from compatlosses.conformance.model.implementations import installed
from compatlosses.conformance.running.interpreter import interpreter_at

APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)
NUMPY = ("conform", "--framework", "numpy", "--implementation", "compatlosses")
CASE = """
[[case]]
id = "mine/zero"
clause = "l(0, 1) = log 2"
logits = {{ values = [0.0] }}
targets = {{ values = [1.0] }}
{more}
"""


def status_of(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APPLICATION, [*arguments])
    return result.exit_code, " ".join(result.output.split())


def own_cases(folder: Path, more: str = "") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "mine.toml").write_text(CASE.format(more=more))
    return str(folder)


def environment(folder: Path) -> Path:
    """A folder that looks like an environment: its interpreter is a link to this one."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    return folder


def test_an_interpreter_says_what_is_installed_there() -> None:
    found = interpreter_at(Path(sys.executable))
    assert "numpy" in found.frameworks and found.shim
    assert found.command("numpy", "shim", "eager")[0] == sys.executable


def test_a_folder_stands_for_its_interpreter_and_a_build_is_found_by_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "mindspore.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "build")
    found = interpreter_at(environment(tmp_path / "venv"))
    assert found.path == str(tmp_path / "venv" / "bin" / "python")
    assert "mindspore" in found.frameworks


@pytest.mark.parametrize(
    ("path", "said"),
    [("no/such", "cannot be run|is no Python"), ("file", "is no Python"), ("", "cannot be run|is no Python")],
)
def test_what_is_no_interpreter_is_refused(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "file").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "file").chmod(0o755)
    with pytest.raises(SuiteError, match=said) as caught:
        interpreter_at(tmp_path / path)
    assert "expected an interpreter, or the folder of an environment" in str(caught.value)


def test_a_run_in_another_environment_is_a_run() -> None:
    status, said = status_of(*NUMPY, "--python", sys.executable, "--case", "documents/torch-example")
    assert status == 0 and "1 case, 1 call on NumPy" in said
    status, said = status_of("conform", "--python", sys.executable, "--at", "torch==2.1.0")
    assert status == 2 and "--python goes with what is installed" in said


def test_a_framework_that_is_not_there_is_told_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    bare = tmp_path / "bin" / "python"
    bare.parent.mkdir()
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')  # without what is installed
    bare.chmod(0o755)
    status, said = status_of("conform", "--python", str(tmp_path), "--framework", "torch")
    assert status == 3
    assert "torch is not installed for" in said and "-m pip install torch" in said


def test_cases_of_one_s_own_are_run_and_nothing_is_known_of_them(tmp_path: Path) -> None:
    assert status_of(*NUMPY, "--cases", own_cases(tmp_path / "right"))[0] == 0
    wrong = own_cases(tmp_path / "wrong", 'errors = { neutral = ["ValueError"] }')
    status, said = status_of(*NUMPY, "--cases", wrong)
    assert status == 1 and "mine/zero" in said and "NEW" in said


def test_expectations_of_one_s_own_are_what_is_known(tmp_path: Path) -> None:
    folder = own_cases(tmp_path / "cases", 'errors = { neutral = ["ValueError"] }')
    known = tmp_path / "known"
    known.mkdir()
    (known / "numpy.toml").write_text(
        '[[deviation]]\nframework = "numpy"\nimplementations = ["compatlosses"]\nversions = ">=0"\n'
        'note = "no error is due"\nlink = "https://example.org/1"\n'
        'failing = [{ checks = ["documented/error"], cases = ["mine/*"] }]\n'
    )
    status, said = status_of(*NUMPY, "--cases", folder, "--expectations", str(known))
    assert status == 0 and "nothing new, 1 known failure" in said


@pytest.mark.parametrize("option", ["--cases", "--expectations"])
def test_what_is_no_folder_is_refused(option: str, tmp_path: Path) -> None:
    status, said = status_of(*NUMPY, option, str(tmp_path / "none"))
    assert status == 2 and f"{option} {tmp_path}/none is no folder" in said.replace("/ none", "/none")


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    status, said = status_of(*NUMPY, "--cases", str(tmp_path))
    assert status == 2 and "holds no case" in said


def wheel(folder: Path, text: str = "a build") -> Path:
    path = folder / "torch-2.14.0.dev1+git1-cp312-cp312-linux_x86_64.whl"
    path.write_text(text)
    return path


def test_a_wheel_is_a_release_on_the_python_that_it_is_built_for(tmp_path: Path) -> None:
    release = release_of(str(wheel(tmp_path)))
    assert (release.distribution, release.version) == ("torch", "2.14.0.dev1+git1")
    recipe = recipe_for(release)
    assert recipe.python == "3.12"
    assert environment_of(release, recipe).requirements[0].startswith("torch @ file:///")


def test_a_wheel_that_was_built_anew_has_another_environment(tmp_path: Path) -> None:
    releases = [release_of(str(wheel(tmp_path, text))) for text in ("one build", "another")]
    assert len({environment_of(release, recipe_for(release)).name for release in releases}) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torch-2.14.0-cp312-cp312-linux_x86_64.whl", "cannot be read"),
        ("torch.whl", "has no wheel's name"),
        ("requests-2.0-py3-none-any.whl", "asks for 'requests'; expected one of torch"),
    ],
)
def test_what_is_no_wheel_of_a_framework_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        release_of(str(tmp_path / name))


def test_a_recipe_of_one_s_own_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "recipes.toml"
    path.write_text('[[recipe]]\ndistribution = "torch"\nversions = "==2.1.*"\npython = "3.10"\n')
    release = release_of("torch==2.1.0")
    assert recipe_for(release, path).python == "3.10"
    assert recipe_for(release).python == recipe_for(release_of("torch==2.6.0"), path).python == "3.11"


@pytest.mark.parametrize(
    ("release", "modes", "native", "shim"),
    [
        ("torch==2.1.0", (), ["eager"], ["eager"]),
        ("torch==2.1.0", ("compile*",), ["compile", "compile-dynamic"], ["compile", "compile-dynamic"]),
        ("paddlepaddle==1.8.5", (), ["eager", "static"], []),
        ("paddlepaddle==1.8.5", ("static",), ["static"], []),
    ],
)
def test_the_modes_of_a_release(
    release: str, modes: tuple[str, ...], native: list[str], shim: list[str]
) -> None:
    job = Job(release_of(release), Selection(modes=modes))
    assert modes_by_kind(job, recipe_for(job.release)) == {"native": native, "shim": shim}


def test_a_mode_that_no_release_has_is_refused() -> None:
    status, said = status_of("conform", "--at", "torch==2.1.0", "--mode", "jit")
    assert status == 2 and "no mode here is named 'jit'" in said


OWN = """
import torch

def right(input, target, **options):
    return torch.nn.functional.mse_loss(input, target, **options)

def wrong(input, target, **options):
    return 1.5 * right(input, target, **options)
"""
TORCH = pytest.mark.skipif(not installed("torch"), reason="torch is not installed here")


def judged(folder: Path, function: str) -> tuple[int, str]:
    """Judge a function of a module in a folder, from there."""
    (folder / "mine.py").write_text(OWN)
    options = ("--function", f"mine:{function}", "--like", "torch.nn.functional.mse_loss")
    return status_of("conform", *options, "--case", "mse_loss/reduction/float32/*")


@TORCH
@pytest.mark.parametrize(
    ("function", "status", "words"),
    [
        ("right", 0, "ok: nothing new, nothing fails"),
        ("wrong", 1, "mine:wrong"),
        ("none", 3, "has no mine:none: AttributeError"),
    ],
)
def test_a_function_of_one_s_own_is_judged_like_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, status: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found, said = judged(tmp_path, function)
    assert found == status, said
    assert words in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--function", "mine:f"), "--function needs --like"),
        (("--like", "compatlosses"), "--like goes with --function"),
        (("--function", "mine", "--like", "compatlosses"), "expected module:function"),
        (
            ("--function", "mine:f", "--like", "torch.nn.functional.mse_los"),
            "such as torch.nn.functional.mse_",
        ),
        (("--function", "mine:f", "--like", "compatlosses.mse_loss"), "expected --framework as well"),
        (
            ("--function", "mine:f", "--like", "torch.nn.functional.mse_loss", "--framework", "jax"),
            "takes tensors of torch, not of jax",
        ),
    ],
)
def test_a_function_that_cannot_be_judged_is_refused(options: tuple[str, ...], said: str) -> None:
    status, output = status_of("conform", *options)
    assert status == 2 and said in output
