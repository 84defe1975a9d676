"""The runner: one worker process a target, cases sent as lines of JSON, a crash or a hang the end of one case alone."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import curves, modes
from .cases import Case, Tensor
from .implementations import Implementation
from .judge import Answer, Verdict, applies, judge

WORKER = Path(__file__).with_name("worker.py")
START_SECONDS = 300.0
CASE_SECONDS = 180.0
"""Generous, because the shim compiles its kernel in the first call that needs it."""


class TargetError(RuntimeError):
    """A target that could not be run at all, and why."""


@dataclass
class Target:
    """A framework's environment and what is tested in it: its own functions, or the shim on its tensors."""

    framework: str
    kind: str
    command: Sequence[str] = ()
    """The worker's command line; by default this Python's."""
    version: str = ""
    python: str = ""
    numpy: str = ""
    available: dict[str, str | None] = field(default_factory=dict)
    error: str = ""
    seconds: float = 0.0
    mode: str = "eager"
    """How the framework executes the calls."""
    folder: str | None = None
    """Where its worker runs; by default in the current folder."""

    @property
    def label(self) -> str:
        name = self.framework if self.kind == "native" else f"compatlosses on {self.framework}"
        label = f"{name} {self.version}".strip()
        return label if self.mode == "eager" else f"{label}, {self.mode}"

    def implementations(self) -> list[Implementation]:
        """What the worker said can be called."""
        return [
            Implementation(name, self.framework, self.kind, self.version, self.mode)
            for name, reason in self.available.items()
            if reason is None
        ]


class Worker:
    """A worker process, and a thread that reads its answers so that waiting for one can end."""

    def __init__(self, target: Target) -> None:
        command = list(target.command)
        command = command or [sys.executable, "-u", str(WORKER), target.framework, target.kind, target.mode]
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        # The worker's folder holds modules of ours; none of them is to shadow a framework's.
        environment = {**os.environ, "PYTHONSAFEPATH": "1", "GLOG_minloglevel": "3"}
        # Errors alone: to MindSpore 0 means every detail, a gigabyte in a run of the suite; to Paddle it means none.
        environment["GLOG_v"] = "3" if target.framework == "mindspore" else "0"
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment,
            cwd=target.folder,
        )
        self.answers: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in self.process.stdout:
                self.answers.put(line)
        self.answers.put(None)

    def send(self, request: dict[str, Any]) -> None:
        """Write one request; a worker that is gone is found out by `receive`."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()

    def receive(self, seconds: float) -> Answer:
        """The next answer; a crash or a timeout is one."""
        try:
            line = self.answers.get(timeout=seconds)
        except queue.Empty:
            self.kill()
            return {"outcome": "timeout", "message": f"no answer within {seconds:g} s"}
        if line is None:
            status = self.process.wait()
            return {"outcome": "crash", "message": f"the process ended with status {status}: {self.last_words()}"}
        try:
            answer: Answer = json.loads(line)
        except ValueError:
            self.kill()
            return {"outcome": "crash", "message": f"no JSON on the channel: {line[:200]!r}"}
        return answer

    def last_words(self) -> str:
        """The end of what the process wrote on standard error."""
        self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, self.errors.tell() - 2000))
        return self.errors.read().decode("utf-8", "replace").strip()[-600:]

    def kill(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()
        self.errors.close()


def request_of(case: Case, implementation: str) -> dict[str, Any]:
    """A case as a line for the worker."""
    request: dict[str, Any] = {
        "id": case.id,
        "implementation": implementation,
        "tensors": {name: packed(tensor) for name, tensor in case.tensors.items()},
        "options": case.options,
        "differentiate": list(case.differentiate),
        "cotangent": case.cotangent,
        "second": case.second,
        **case.call,
    }
    if case.repeat:
        distinct = len(case.tensors["logits"].values)
        request["repeat"] = {"distinct": distinct, "times": case.repeat.times, "seed": case.repeat.seed}
    return request


def packed(tensor: Tensor) -> dict[str, Any]:
    """A tensor for the wire."""
    data = base64.b64encode(np.array(tensor.values, dtype="<f8").tobytes()).decode("ascii")
    return {"dtype": tensor.dtype, "shape": list(tensor.shape), "data": data, "view": tensor.view, "as": tensor.kind}


def start(target: Target, notice: Callable[[Worker], None] = lambda worker: None) -> Worker:
    """A worker that is ready, and what it says of itself noted on the target. `notice` has it before it is."""
    try:
        worker = Worker(target)
        notice(worker)
    except OSError as error:
        raise TargetError(f"the worker does not start: {error}") from error
    answer = worker.receive(START_SECONDS)
    if not answer.get("ready"):
        with contextlib.suppress(ValueError):
            worker.kill()
        raise TargetError(str(answer.get("message", "the worker did not say that it is ready")))
    target.version, target.python, target.numpy = answer["framework"], answer["python"], answer["numpy"]
    target.available = answer["available"]
    return worker


Notice = Callable[[Target, Verdict | None, Answer | None], None]


@dataclass
class Run:
    """A run over targets, and what has come of it so far."""

    targets: list[Target]
    cases: Sequence[Case]
    pattern: Callable[[Implementation], bool] = lambda implementation: True
    seconds: float = CASE_SECONDS
    verdicts: list[Verdict] = field(default_factory=list)
    answers: dict[tuple[str, Implementation], Answer] = field(default_factory=dict)
    with_curves: bool = False
    whole: bool = True
    """Whether modes other than eager run every case, not only those for modes."""
    curves: list[curves.Curve] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    halt: threading.Event = field(default_factory=threading.Event)
    """Set from outside, it ends the run, and perhaps others with it."""
    workers: list[Worker] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be run."""
        return self.stopped.is_set() or self.halt.is_set()

    def go(self, jobs: int, notice: Notice = lambda target, verdict, answer: None) -> None:
        """Run every target, so many at a time. An interruption stops all and keeps what is done."""
        # The slowest first; MindSpore's other one as soon as that is done, and not beside it.
        place = {("mindspore", "shim"): 0, ("mindspore", "native"): 2}
        ordered = sorted(self.targets, key=lambda t: place.get((t.framework, t.kind), 1 if t.kind == "shim" else 3))
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(self.run_target, target, notice) for target in ordered]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self.stopped.set()
                for future in futures:
                    future.cancel()
                for worker in self.workers:
                    worker.process.kill()
                raise

    def run_target(self, target: Target, notice: Notice) -> None:
        """Run the cases on one target."""
        began = time.monotonic()
        try:
            for implementation, case, answer, seconds in self.answered(target):
                if any(case is curve for curve in curves.cases()):
                    self.curves.append(curves.measure(case, implementation, answer))
                    continue
                verdict = judge(case, implementation, answer, seconds)
                self.verdicts.append(verdict)
                self.answers[case.id, implementation] = answer
                notice(target, verdict, answer)
        except TargetError as error:
            if not self.over:
                target.error = str(error)
        target.seconds = round(time.monotonic() - began, 2)
        notice(target, None, None)

    def work(self, target: Target) -> list[tuple[Implementation, Case]]:
        """What a target is asked, in order, once its worker has said what can be called."""
        whole = self.whole or target.mode == "eager"
        chosen = [case for case in self.cases if whole or modes.run(case.id)]
        chosen += curves.cases() if self.with_curves and whole else ()
        return [(i, c) for i in target.implementations() if self.pattern(i) for c in chosen if applies(c, i)]

    def answered(self, target: Target) -> Iterator[tuple[Implementation, Case, Answer, float]]:
        """Each case that applies, with its answer. While one is judged, the worker has the next."""
        worker = start(target, self.workers.append)
        try:
            work = self.work(target)
            sent = 0
            for place, (implementation, case) in enumerate(work):
                if self.over:
                    return
                began = time.monotonic()
                for ahead_implementation, ahead_case in work[sent : place + 2]:
                    worker.send(request_of(ahead_case, ahead_implementation.name))
                    sent += 1
                answer = worker.receive(self.seconds)
                if self.over:
                    return
                if answer["outcome"] in ("crash", "timeout"):
                    sent = place + 1
                    worker = start(target, self.workers.append)
                yield implementation, case, answer, time.monotonic() - began
        finally:
            with contextlib.suppress(ValueError):
                worker.kill()
