"""What a framework does to its process ends one case at most; the rest go on, and nothing of it is left
running.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compatlosses.conformance.judging.run import Run
from compatlosses.conformance.model import implementations
from compatlosses.conformance.model.case import Case, Tensor
from compatlosses.conformance.running.channel import ChannelError, answer_in
from compatlosses.conformance.running.request import request_of
from compatlosses.conformance.running.target import Target
from compatlosses.conformance.running.workers import start

FAULTY = Path(__file__).with_name("faulty_worker.py")
COMMAND = [sys.executable, str(FAULTY)]
FAULTS = {
    "crash": ("crash", "status -11"),
    "hang": ("timeout", "no answer within 3 s"),
    "hold the pipe": ("fail", ""),
    "hold the pipe and crash": ("crash", "status -11"),
    "daemon": ("fail", ""),
    "daemon and hang": ("timeout", "no answer"),
    "copy": ("fail", ""),
    "chatter": ("fail", ""),
    "reader": ("fail", ""),
    "no newline": ("crash", "no JSON object on the channel: 'xxx"),
    "endless line": ("crash", "a line of more than"),
    "no JSON": ("crash", "no JSON object on the channel: '{not an answer}'"),
    "deep JSON": ("crash", "no JSON object on the channel: '[[["),
    "another's answer": ("crash", "an answer to another request"),
    "stop": ("timeout", "no answer"),
    "close": ("crash", "status 1"),
    "close and hang": ("crash", "closed the channel and went on"),
    "exit": ("crash", "status 0"),
    "murmur": ("fail", ""),
    "evil": ("fail", r"Ev\x1b[31mil in the call: \x1b]0;title\x07 \x9b2J \u202e [red]not red[/] \ud800 end"),
    "wordy": ("fail", "ValueError in the call: xxx"),
    "mute": ("fail", "Mute in the call: its message cannot be made: RuntimeError"),
}
"""By what an implementation does: the status of the case in which it does so, and what is said of it."""


def case(name: str, logit: float) -> Case:
    one = Tensor("float64", (1,), (logit,))
    return Case(
        name, "a clause", {"logits": one, "targets": Tensor("float64", (1,), (0.0,))}, {"reduction": "none"}
    )


CASES = [case("a", -800.0), case("b", 13.0), case("c", -800.0)]


@pytest.fixture
def pids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which processes that must not be left note themselves."""
    path = tmp_path / "pids"
    path.touch()
    monkeypatch.setenv("FAULTY_PIDS", str(path))
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, pids: Path) -> Run:
    for name in FAULTS:
        monkeypatch.setitem(implementations.TABLE, name, implementations.Row(name, primary=True))
    return Run([Target("numpy", "shim", command=COMMAND)], CASES, seconds=3.0)


def left(pids: Path, seconds: float = 0.0) -> list[int]:
    """The noted processes that run after so long."""
    deadline = time.monotonic() + seconds
    while (
        running := [int(pid) for pid in pids.read_text().split() if runs(int(pid))]
    ) and time.monotonic() < deadline:
        time.sleep(0.05)
    return running


def runs(pid: int) -> bool:
    """Whether the process is there and no mere entry of one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("name", FAULTS)
def test_one_case_ends_and_the_rest_go_on(run: Run, pids: Path, name: str) -> None:
    run.pattern = lambda implementation: implementation.name == name
    began = time.monotonic()
    run.go(1)
    status, said = FAULTS[name]
    assert not run.targets[0].error
    assert {verdict.case: verdict.status for verdict in run.verdicts} == {
        "a": "pass",
        "b": status,
        "c": "pass",
    }
    message = next(verdict.message for verdict in run.verdicts if verdict.case == "b")
    assert said in message
    assert not re.search(r"[^\n\t -~]", message)
    assert not left(pids)
    assert time.monotonic() - began < 60


def test_a_target_that_does_not_start_says_why(run: Run) -> None:
    run.targets[0].command = [sys.executable, "-c", "raise SystemExit('no \x1b[2J framework here')"]
    run.go(1)
    assert r"no \x1b[2J framework here" in run.targets[0].error
    assert not run.verdicts


def test_a_command_that_is_none_says_so(run: Run) -> None:
    run.targets[0].command = ["/no/such/python"]
    run.go(1)
    assert "/no/such/python cannot be run: No such file" in run.targets[0].error


def test_a_worker_that_prints_before_it_is_ready_does_not_start(run: Run) -> None:
    run.targets[0].command = [sys.executable, "-c", "print('{}', flush=True); input()"]
    run.go(1)
    assert "did not say that it is ready" in run.targets[0].error


ANSWERING = """
import json, sys
versions = {{"framework": "1", "python": "3", "numpy": "1"}}
sys.stdin.readline()
ready = {{"ready": True, "available": {{"compatlosses": None}}, **versions}}
print(json.dumps(ready), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    answer = {{"outcome": "unsupported", "message": "no", "id": request["id"]}}
    answer.update({changes})
    print(json.dumps(answer), flush=True)
"""


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({}, "unsupported", "no"),
        ({"id": "x"}, "crash", "an answer to another request"),
        ({"id": ["x"]}, "crash", "an answer to another request"),
        ({"outcome": "better"}, "crash", "its outcome is 'better'"),
        ({"outcome": None}, "crash", "its outcome is None"),
        ({"outcome": "error"}, "crash", "an error without"),
        ({"outcome": "error", "kinds": [], "phase": "call"}, "crash", "an error without"),
        ({"outcome": "value"}, "crash", "a value without gradients"),
        ({"outcome": "value", "gradients": {}, "value": 1.0}, "crash", "an array without"),
        (
            {"outcome": "value", "gradients": {}, "value": {"dtype": "float64", "shape": [1], "data": "!"}},
            "crash",
            "an array",
        ),
        (
            {"outcome": "value", "gradients": {}, "value": {"dtype": "float64", "shape": [1], "data": ""}},
            "fail",
            "0 numbers",
        ),
        ({"outcome": "value", "gradients": {}, "value": None}, "fail", "None, silently"),
        ({"outcome": "value", "gradients": {}, "warnings": [1]}, "crash", "warnings"),
        ({"outcome": "value", "gradients": {}, "modified": 1}, "crash", "modified"),
    ],
)
def test_an_answer_that_is_none_ends_its_case(
    run: Run, changes: dict[str, object], status: str, said: str
) -> None:
    run.targets[0].command = [sys.executable, "-c", ANSWERING.format(changes=repr(changes))]
    run.go(1)
    assert [verdict.status for verdict in run.verdicts] == [status] * 3
    assert said in run.verdicts[0].message


def test_an_answer_that_is_too_long_is_an_error_of_the_call(run: Run, tmp_path: Path) -> None:
    before = "def wordy():\n"
    script = FAULTY.read_text().replace(before, f"{before}    channel.LARGEST_LINE = 1500\n")
    long = tmp_path / "worker.py"
    long.write_text(script)
    run.targets[0].command = [sys.executable, str(long)]
    run.pattern = lambda implementation: implementation.name == "wordy"
    run.go(1)
    assert "more than the 1500 of a line" in run.verdicts[1].message


RUNNING = """
import sys
from unittest import mock
sys.path.insert(0, {folder!r})
import test_isolation
from compatlosses.conformance.judging.run import Run
from compatlosses.conformance.model import implementations
from compatlosses.conformance.running.target import Target
rows = {{name: implementations.Row(name, primary=True) for name in test_isolation.FAULTS}}
with mock.patch.dict(implementations.TABLE, rows):
    target = Target("numpy", "shim", command=test_isolation.COMMAND)
    run = Run([target], test_isolation.CASES, lambda i: i.name == {name!r}, seconds=600.0)
    run.go(1)
"""


@pytest.mark.parametrize("name", ["hang", "stop", "daemon and hang"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_a_runner_that_ends(pids: Path, name: str, number: signal.Signals) -> None:
    script = RUNNING.format(folder=str(FAULTY.parent), name=name)
    wanted = 2 if name == "daemon and hang" else 1
    # The keeper is told by the system. The worker hears nothing of a Ctrl-C: only the runner is in the
    # terminal's group.
    with subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, preexec_fn=default_interrupt
    ) as process:
        while len(pids.read_text().split()) < wanted:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        assert len(left(pids)) == wanted
        process.send_signal(number)
        process.communicate(timeout=60)
    assert not left(pids, 20)


def default_interrupt() -> None:
    """In a child: let SIGINT interrupt, also where a background job's parent had it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_keeper_that_is_killed_takes_the_worker_along(run: Run, pids: Path) -> None:
    worker = start(run.targets[0])
    worker.send(request_of(CASES[1], "hang"))
    while not pids.read_text():
        time.sleep(0.05)
    os.kill(worker.process.pid, signal.SIGKILL)
    assert worker.receive(60)["outcome"] == "crash"
    assert not left(pids, 20)


def test_a_request_that_no_one_reads_does_not_block(run: Run, pids: Path) -> None:
    worker = start(run.targets[0])
    worker.send(request_of(CASES[1], "stop"))
    for _ in range(100):
        worker.send({**request_of(CASES[1], "stop"), "padding": "x" * 10**5})
    assert worker.receive(1)["outcome"] == "timeout"
    assert not left(pids)


def test_an_interruption_ends_workers_that_are_being_started(run: Run) -> None:
    run.targets[0].command = [sys.executable, "-c", "import time; time.sleep(600)"]
    run.halt.set()
    began = time.monotonic()
    run.go(1)
    assert time.monotonic() - began < 60
    assert not run.targets[0].error


def test_a_line_that_is_no_object_is_no_answer() -> None:
    for line in (b"", b"1", b"null", b'"x"', b"[]", b"\xff", json.dumps({"id": "y"}).encode()):
        with pytest.raises(ChannelError):
            answer_in(line, "x")
