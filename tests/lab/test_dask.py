"""A real Dask cluster of two worker processes, one of which is killed in the middle: its targets are run
again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import typer
from distributed import Client
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging.selection import Selection
from compatlosses.conformance.lab import environments
from compatlosses.conformance.lab.jobs import Job, run_all
from compatlosses.conformance.lab.machines import executor_at
from compatlosses.conformance.lab.recipes import Release, recipe_for

TORCH, PADDLE = Release("torch", "2.13.0"), Release("paddlepaddle", "3.3.1")
SECONDS = 60.0


@dataclass
class Cluster:
    """A scheduler's address, the processes of its workers, by their addresses, and its own."""

    address: str
    workers: dict[str, int]
    scheduler: int


def provide(release: Release, cache: Path) -> None:
    """Put this very environment where the workers look for the release's, so that they need not
    install it.
    """
    environment = environments.environment_of(release, recipe_for(release))
    place = cache / "compatlosses" / "environments" / environment.name
    python = environments.python_in(place)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (place / environments.MARK).write_text(json.dumps(asdict(environment)))


@contextmanager
def started(folder: Path, workers: int) -> Iterator[Cluster]:
    """A scheduler and so many workers of one thread each, started as people start them."""
    provide(TORCH, folder / "cache")
    provide(PADDLE, folder / "cache")
    file = folder / "scheduler.json"
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "DASK_TEMPORARY_DIRECTORY": str(folder),
    }
    worker = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    scheduler = [
        "scheduler",
        "--scheduler-file",
        str(file),
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    log = (folder / "log").open("w")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command], env=environment, stdout=log, stderr=log, cwd=folder
        )
        for command in (scheduler, *[worker] * workers)
    ]
    try:
        deadline = time.monotonic() + SECONDS
        while not file.exists():
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=SECONDS)
            pids = client.run(os.getpid)
        yield Cluster(address, pids, processes[0].pid)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        log.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    with started(tmp_path_factory.mktemp("cluster"), 2) as found:
        yield found


def conform(*arguments: str) -> tuple[int, str]:
    application = typer.Typer()
    cli.add_commands(application)
    result = CliRunner().invoke(application, ["lab", "run", *arguments])
    return result.exit_code, result.output.replace("\n", "")


def test_a_run_by_the_command(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    chosen = ["--implementation", "native", "--case", "error/*"]
    status, said = conform(str(TORCH), *chosen, "--dask", cluster.address, "--json", str(file))
    assert status == 0, said
    run = json.loads(file.read_text())
    assert run["targets"][0]["version"].startswith("2.13.0")
    assert len(run["verdicts"]) > 20


def test_the_targets_of_a_worker_that_is_killed_are_run_again(cluster: Cluster) -> None:
    jobs = [
        Job(TORCH, Selection((f"value/float32/{logit}/*",), ("native",)))
        for logit in ("+inf", "-inf", "zero", "+tiny", "-tiny")
    ]
    with executor_at(cluster.address, 1) as executor, Client(cluster.address, set_as_default=False) as client:
        running = run_all(jobs, executor)
        found = [next(running)]
        busy = {worker: tasks for worker, tasks in client.processing().items() if tasks}
        victim = next(iter(busy))
        os.kill(cluster.workers[victim], signal.SIGKILL)
        found += running
        assert list(client.nthreads()) == [worker for worker in cluster.workers if worker != victim]
    assert [target.error for one in found for target in one.targets] == [""] * len(jobs)
    assert sorted(
        pattern for one in found for pattern in {case.id.split("/")[2] for case in one.cases}
    ) == sorted(job.selection.cases[0].split("/")[2] for job in jobs)
    for one in found:
        assert {verdict.case for verdict in one.verdicts} == {case.id for case in one.cases}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            [str(TORCH), "--dask", "tcp://127.0.0.1:9"],
            "no Dask scheduler answers at 'tcp://127.0.0.1:9'",
        ),
        ([str(TORCH), "--dask", "nonsense://x"], "nonsense"),
        ([str(TORCH), "--dask", "nowhere"], "missing port number in address 'nowhere'"),
        (["--dask", "tcp://127.0.0.1:9"], "no release is named"),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compatlosses.conformance.lab.machines.CONNECT_SECONDS", 2)
    status, output = conform(*arguments)
    assert status == 2
    assert said in output
    assert "Traceback" not in output


SCRIPT = """
import sys
import typer
from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.lab import machines

machines.WORKERLESS_SECONDS = 4.0
application = typer.Typer()
cli.add_commands(application)
application(["lab", "run", *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    ("victim", "said"), [("scheduler", "does not answer any more"), ("worker", "has had no worker")]
)
def test_a_cluster_that_dies_ends_the_run_with_a_sentence_and_what_was_done_is_saved(
    victim: str, said: str, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    with started(tmp_path, 1) as found:
        chosen = [
            str(TORCH),
            str(PADDLE),
            "--implementation",
            "native",
            "--case",
            "[ev][ra][rl][ou][re]*/*",
        ]
        command = [sys.executable, "-c", SCRIPT, *chosen, "--dask", found.address, "--results", str(results)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            deadline = time.monotonic() + 4 * SECONDS
            while not list(results.glob("*.json")):
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
            os.kill(
                found.scheduler if victim == "scheduler" else next(iter(found.workers.values())),
                signal.SIGKILL,
            )
            output, _ = process.communicate(timeout=2 * SECONDS)
    assert process.returncode == 3, output
    assert said in output.replace("\n", " ") and "Traceback" not in output, output
    (saved,) = results.iterdir()
    assert json.loads(saved.read_text())["partial"] is False
