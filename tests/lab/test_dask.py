"""A real Dask cluster of two worker processes, one of which is killed in the middle: its targets are run again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import typer
from distributed import Client
from typer.testing import CliRunner

from compatlosses.conformance import cli, environments
from compatlosses.conformance.lab import Job, run_all
from compatlosses.conformance.machines import executor_at
from compatlosses.conformance.recipes import Release, recipe_for

TORCH = Release("torch", "2.13.0")
SECONDS = 60.0


@dataclass
class Cluster:
    """A scheduler's address and the processes of its workers, by their addresses."""

    address: str
    workers: dict[str, int]


def provide(release: Release, cache: Path) -> None:
    """Put this very environment where the workers look for the release's, so that they need not install it."""
    environment = environments.environment_of(release, recipe_for(release))
    place = cache / "compatlosses" / "environments" / environment.name
    python = environments.python_in(place)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (place / environments.MARK).write_text(json.dumps(asdict(environment)))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers of one thread each, started as people start them."""
    folder = tmp_path_factory.mktemp("cluster")
    provide(TORCH, folder / "cache")
    file = folder / "scheduler.json"
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "DASK_TEMPORARY_DIRECTORY": str(folder)}
    worker = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    commands = [
        ["scheduler", "--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        worker,
        worker,
    ]
    log = (folder / "log").open("w")
    processes = [
        subprocess.Popen([sys.executable, "-m", "dask", *command], env=environment, stdout=log, stderr=log, cwd=folder)
        for command in commands
    ]
    try:
        deadline = time.monotonic() + SECONDS
        while not file.exists():
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=SECONDS)
            yield Cluster(address, client.run(os.getpid))
    finally:
        for process in processes:
            process.kill()
            process.wait()
        log.close()


def conform(*arguments: str) -> tuple[int, str]:
    application = typer.Typer()
    cli.add_commands(application)
    result = CliRunner().invoke(application, ["conform", *arguments])
    return result.exit_code, result.output.replace("\n", "")


def test_a_run_by_the_command(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    chosen = ["--implementation", "native", "--case", "error/*"]
    status, said = conform("--at", str(TORCH), *chosen, "--dask", cluster.address, "--json", str(file))
    assert status == 0, said
    run = json.loads(file.read_text())
    assert run["targets"][0]["version"].startswith("2.13.0")
    assert len(run["verdicts"]) > 20


def test_the_targets_of_a_worker_that_is_killed_are_run_again(cluster: Cluster) -> None:
    jobs = [Job(TORCH, (f"value/float32/{logit}/*",), ("native",)) for logit in ("+inf", "-inf", "zero", "+tiny", "-tiny")]
    with executor_at(cluster.address, 1) as executor, Client(cluster.address, set_as_default=False) as client:
        running = run_all(jobs, executor)
        found = [next(running)]
        busy = {worker: tasks for worker, tasks in client.processing().items() if tasks}
        victim = next(iter(busy))
        os.kill(cluster.workers[victim], signal.SIGKILL)
        found += running
        assert list(client.nthreads()) == [worker for worker in cluster.workers if worker != victim]
    assert [target.error for one in found for target in one.targets] == [""] * len(jobs)
    assert sorted(pattern for one in found for pattern in {case.split("/")[2] for case in one.cases}) == sorted(
        job.cases[0].split("/")[2] for job in jobs
    )
    for one in found:
        assert {verdict.case for verdict in one.verdicts} == set(one.cases)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", str(TORCH), "--dask", "tcp://127.0.0.1:9"], "no Dask scheduler answers at 'tcp://127.0.0.1:9'"),
        (["--at", str(TORCH), "--dask", "nonsense://x"], "nonsense"),
        (["--at", str(TORCH), "--dask", "nowhere"], "missing port number in address 'nowhere'"),
        (["--dask", "tcp://127.0.0.1:9"], "go with --at or --lab"),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compatlosses.conformance.machines.CONNECT_SECONDS", 2)
    status, output = conform(*arguments)
    assert status == 2
    assert said in output
    assert "Traceback" not in output
