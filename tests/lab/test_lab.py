"""A small lab: the shim on a NumPy of its own environment; failures of one release leave the others alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.judging.run import Run
from compatlosses.conformance.lab import environments
from compatlosses.conformance.lab import jobs as lab
from compatlosses.conformance.lab.recipes import LabError, Release
from compatlosses.conformance.results import changes, compact, results
from compatlosses.conformance.running.target import Target

GOOD, BAD = Release("torch", "2.1.0"), Release("torch", "99.0")


def test_a_release_that_cannot_be_made_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(environment: environments.Environment) -> Path:
        raise LabError(f"no version of {environment.release}")

    monkeypatch.setattr(environments, "made", made)

    def run(job: lab.Job) -> lab.Finished:
        return (
            lab.run_job(job)
            if job.release == BAD
            else lab.Finished(job.release, [Target("torch", "native", version="2.1.0")])
        )

    with ThreadPoolExecutor(2) as pool:
        found = {one.release: one for one in lab.run_all([lab.Job(GOOD), lab.Job(BAD)], pool, run)}
    assert found[BAD].targets[0].error == "no version of torch==99.0"
    assert found[GOOD].targets[0].error == ""


def test_a_job_that_is_lost_is_its_targets_error() -> None:
    def run(job: lab.Job) -> lab.Finished:
        raise RuntimeError("the machine is gone")

    with ThreadPoolExecutor(1) as pool:
        (found,) = lab.run_all([lab.Job(GOOD)], pool, run)
    assert "the machine is gone" in found.targets[0].error


WORST = ((4, float("nan"), 0.25), (0, 0.5, 0.125))


def test_a_compact_run_reads_back_with_the_same_statuses_and_errors(tmp_path: Path) -> None:
    verdicts = [
        Verdict("a/1", "f", "torch", "native", "pass", checks=[Check("value", "exact", "pass", ulps=1.5)]),
        Verdict("a/2", "f", "torch", "native", "unsupported", "this API has no weight"),
        Verdict(
            "a/3", "f", "torch", "native", "fail", "m",
            [Check("value", "exact", "fail", "in /home/someone/x.py", float("inf"), worst=WORST)],
            expectation="unexpected",
        ),
    ]  # fmt: skip
    run = results.as_json([Target("torch", "native", version="2.1.0")], verdicts, False)
    path = tmp_path / "run.json"
    path.write_text(compact.dumps(run))
    assert "someone" not in path.read_text()
    back = results.read(path)
    assert [(v["case"], v["status"], changes.worst(v)) for v in back["verdicts"]] == [
        ("a/1", "pass", 1.5),
        ("a/2", "unsupported", None),
        ("a/3", "fail", float("inf")),
    ]
    assert changes.compare(run, back).unchanged == 3
    assert back["verdicts"][2]["checks"][0]["worst"] == [[4, "nan", 0.25], [0, 0.5, 0.125]]


def test_a_job_that_fails_leaves_the_one_after_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    halt = threading.Event()

    def ran(
        job: lab.Job, targets: list[Target], began: float, halt: threading.Event, notice: lab.Notice
    ) -> lab.Finished:
        run = Run([target for target in targets if target.kind == "native"], [], halt=halt)
        if job.release == BAD:
            monkeypatch.setattr(run, "run_target", lambda target, notice: {}["a fault of ours"])
        else:
            monkeypatch.setattr(run, "run_target", lambda target, notice: None)
        run.go(1)
        return lab.Finished(job.release, targets)

    monkeypatch.setattr(lab, "ran", ran)
    monkeypatch.setattr(environments, "made", lambda environment: Path("nowhere"))
    monkeypatch.setattr(environments, "put_shim", lambda place: None)
    with ThreadPoolExecutor(1) as pool:
        found = {
            one.release: one
            for one in lab.run_all([lab.Job(BAD), lab.Job(GOOD)], pool, partial(lab.run_job, halt=halt))
        }
    assert "KeyError" in found[BAD].targets[0].error
    assert not any(target.error for target in found[GOOD].targets)
    halt.set()
    assert lab.run_job(lab.Job(GOOD), halt).targets[0].error == "interrupted"
