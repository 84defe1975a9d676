"""What a lab run leaves when it is ended: what it had, and nothing that runs. Two runs share a cache."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from compatlosses.conformance.lab import environments
from compatlosses.conformance.lab.environments import Environment
from compatlosses.conformance.lab.recipes import LabError, Release, recipe_for
from compatlosses.conformance.results import results
from compatlosses.conformance.running import processes

TORCH = Release("torch", "2.13.0")
TINY = Environment("tiny==1.0", "3.11", ("tiny==1.0",))
SECONDS = 60.0
COMMAND = """
import sys
import typer
import uv
from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging import run

judge = run.judge

def told(*arguments):
    print("judged", flush=True)
    return judge(*arguments)

run.judge = told
if sys.argv[1]:
    uv.find_uv_bin = lambda: sys.argv[1]
application = typer.Typer()
cli.add_commands(application)
application(["lab", "run", *sys.argv[2:]])
"""
INSTALLER = """#!/bin/sh
case "$*" in
*" venv "*) sh -c 'echo $$ > {folder}/child; exec sleep 600' & echo $$ > {folder}/own; wait ;;
esac
"""


def until(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def running(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    """An environment's variables with a cache in which torch's release is this very environment."""
    environment = environments.environment_of(TORCH, recipe_for(TORCH))
    place = tmp_path / "cache" / "compatlosses" / "environments" / environment.name
    python = environments.python_in(place)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (place / environments.MARK).write_text(json.dumps(asdict(environment)))
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}


def started(arguments: list[str], variables: dict[str, str], installer: str = "") -> subprocess.Popen[str]:
    """The command as a process, in which SIGINT is not ignored even if it is here."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, installer, *arguments],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_release_saves_what_it_has(
    tmp_path: Path, cache: dict[str, str], number: signal.Signals
) -> None:
    folder, junit = tmp_path / "new" / "results", tmp_path / "run.xml"
    arguments = [
        str(TORCH),
        "--implementation",
        "native",
        "--results",
        str(folder),
        "--junit",
        str(junit),
    ]
    with started(arguments, cache) as process:
        assert process.stdout is not None
        for _ in itertools.islice((line for line in process.stdout if line == "judged\n"), 20):
            pass
        assert folder.is_dir()
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(SECONDS) == 130, said
    found = results.read(folder / "torch-2.13.0.json")
    assert found["partial"] is True
    assert len(found["verdicts"]) >= 20
    assert {verdict["status"] for verdict in found["verdicts"]} <= {"pass", "unsupported", "fail"}
    assert [target["error"] for target in found["targets"]] == [""]
    assert junit.stat().st_size > 1000


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)]
)
def test_an_installer_does_not_outlive_its_run(tmp_path: Path, number: signal.Signals, status: int) -> None:
    installer = tmp_path / "uv"
    installer.write_text(INSTALLER.format(folder=tmp_path))
    installer.chmod(0o755)
    variables = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with started([str(TORCH), "--implementation", "native"], variables, str(installer)) as process:
        until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip())
        pids = [int((tmp_path / name).read_text()) for name in ("own", "child")]
        assert all(map(running, pids))
        process.send_signal(number)
        assert process.wait(SECONDS) == status
        until(lambda: not any(map(running, pids)))


HOLD = """
import sys, time
from pathlib import Path
from compatlosses.conformance.lab import environments
from compatlosses.conformance.lab.environments import Environment

with environments.locked(Environment("tiny==1.0", "3.11", ("tiny==1.0",)), Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("killed", [False, True])
def test_an_environment_is_used_by_one_run_at_a_time(
    tmp_path: Path, killed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path), "600" if killed else "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        (tmp_path / TINY.name).mkdir()
        with pytest.raises(LabError, match="in use"):
            environments.removed([TINY.name], tmp_path)
        if killed:
            threading.Timer(1.0, holder.kill).start()
        with environments.locked(TINY, tmp_path):
            assert holder.wait(0.5) == (-signal.SIGKILL if killed else 0)
    assert "waits" in capsys.readouterr().err
    assert [one.name for one in environments.removed([TINY.name], tmp_path)] == [TINY.name]
    assert list(tmp_path.iterdir()) == []


def test_a_wait_for_an_environment_can_be_interrupted(tmp_path: Path) -> None:
    halt = threading.Event()
    with environments.locked(TINY, tmp_path), processes.halting(halt):
        threading.Timer(0.5, halt.set).start()
        with pytest.raises(processes.Halted), environments.locked(TINY, tmp_path):
            pass


def test_a_folder_for_results_that_cannot_be_made_ends_the_call_before_the_run(
    tmp_path: Path, cache: dict[str, str]
) -> None:
    (tmp_path / "file").touch()
    with started([str(TORCH), "--results", str(tmp_path / "file" / "x")], cache) as process:
        said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert "cannot be made" in said and "judged" not in said and "Traceback" not in said
