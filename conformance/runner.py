"""The runner: one worker process a target, cases sent as lines of JSON, a crash or a hang the end of one case
alone.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import selectors
import subprocess
import sys
import threading
import time
from collections import deque
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
from .printable import printable, printable_data

WORKER = Path(__file__).with_name("worker.py")
KEEPER = Path(__file__).with_name("keeper.py")
START_SECONDS = 300.0
CASE_SECONDS = 180.0
"""Generous, because the shim compiles its kernel in the first call that needs it."""
KEEPER_SECONDS = 10.0
"""How long a keeper may take to end what it keeps."""
GRACE_SECONDS = 5.0
"""How long a process may take to end that has closed the channel."""
LOOK_SECONDS = 0.5
"""How often a process is looked after whose pipe somebody else might hold."""
LARGEST_LINE = 2**26
"""Bytes of an answer: six million numbers, which come back where a long case's result has the wrong shape."""
PIPE_BYTES = 2**16
"""How much is read at a time."""
KEPT_BYTES = 4000
"""Of what a process says on standard error, the end that is kept."""
LAST_READS = 16
"""Of a pipe that somebody might fill for ever."""


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

    @property
    def missing(self) -> dict[str, str]:
        """What of the shim cannot be called, and why: nothing may be.

        A framework's own functions come and go.
        """
        return {
            name: reason
            for name, reason in self.available.items()
            if reason is not None and self.kind == "shim"
        }

    def implementations(self) -> list[Implementation]:
        """What the worker said can be called."""
        return [
            Implementation(name, self.framework, self.kind, self.version, self.mode)
            for name, reason in self.available.items()
            if reason is None
        ]


class Worker:
    """A worker process and its keeper. One thread sends and receives; any may end it.

    The channel is the process's standard input and output: a request a line, an answer a line, in order. Each
    request goes out with an id that nobody could know before, and only what comes back with that id is its
    answer.
    """

    def __init__(self, target: Target) -> None:
        command = list(target.command)
        command = command or [sys.executable, "-u", str(WORKER), target.framework, target.kind, target.mode]
        # The worker's folder holds modules of ours; none of them is to shadow a framework's.
        environment = {**os.environ, "PYTHONSAFEPATH": "1", "GLOG_minloglevel": "3"}
        # Errors alone: to MindSpore 0 means every detail, a gigabyte in a run of the suite; to Paddle it
        # means none.
        environment["GLOG_v"] = "3" if target.framework == "mindspore" else "0"
        watched, self.lifeline = os.pipe()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(KEEPER), str(watched), *command],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=target.folder,
                pass_fds=[watched],
                start_new_session=True,
            )
        except BaseException:
            os.close(self.lifeline)
            raise
        finally:
            os.close(watched)
        self.ending = threading.Lock()
        self.alive = True
        self.channel = Channel(self.process)
        self.expected: deque[str | None] = deque([None])
        """The ids of the answers to come.

        The first message is that the worker is ready, and answers nothing.
        """

    def send(self, request: dict[str, Any]) -> None:
        """Write one request, or as much of it as the pipe takes; a worker that is gone is found out by
        `receive`.
        """
        identifier = secrets.token_hex(8)
        self.expected.append(identifier)
        self.channel.write(json.dumps({**request, "id": identifier}).encode() + b"\n")

    def receive(self, seconds: float) -> Answer:
        """The next answer. A crash, a timeout and what is no answer are one too, and the worker's last."""
        try:
            line = self.channel.read_line(time.monotonic() + seconds)
            return answer_in(line, self.expected.popleft())
        except TimeoutError:
            self.kill()
            return {"outcome": "timeout", "message": f"no answer within {seconds:g} s"}
        except ChannelError as error:
            self.kill()
            return {"outcome": "crash", "message": f"{error}{self.last_words()}"}
        except EOFError:
            how = self.ended_how()
            self.kill()
            return {"outcome": "crash", "message": f"{how}{self.last_words()}"}

    def ended_how(self) -> str:
        """How a process ended that answers no more."""
        try:
            return f"the process ended with status {self.process.wait(GRACE_SECONDS)}"
        except subprocess.TimeoutExpired:
            return "the process closed the channel and went on"

    def last_words(self) -> str:
        """The end of what the process wrote on standard error, after a colon."""
        said = printable(self.channel.errors.decode("utf-8", "replace")).strip()[-600:]
        return f": {said}" if said else ""

    def end(self) -> None:
        """Have the keeper end the process and all that came of it; to be called from any thread."""
        with self.ending:
            if self.alive:
                self.alive = False
                os.close(self.lifeline)

    def kill(self) -> None:
        """End the process, whatever it does, and everything that belongs to it."""
        self.end()
        try:
            self.process.wait(KEEPER_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.channel.close()


class ChannelError(Exception):
    """What came over the channel and is no answer."""


class Channel:
    """The three pipes of a process, read and written without ever waiting on one of them alone."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self.process = process
        self.requests, self.answers, self.messages = process.stdin, process.stdout, process.stderr
        self.unsent, self.received, self.errors = bytearray(), bytearray(), bytearray()
        self.ended = False
        """Whether no more answers can come."""
        self.selector = selectors.DefaultSelector()
        for pipe in (self.requests, self.answers, self.messages):
            os.set_blocking(pipe.fileno(), False)
        self.selector.register(self.answers, selectors.EVENT_READ, self.read_answers)
        self.selector.register(self.messages, selectors.EVENT_READ, self.read_messages)

    def write(self, line: bytes) -> None:
        """Add a line to what is to be sent, and send what can be."""
        if not self.requests.closed:
            self.unsent += line
            self.write_requests()

    def read_line(self, deadline: float) -> bytes:
        """The next line, sending meanwhile.

        Raises:
            TimeoutError: none came until then.
            EOFError: none can come.
            ChannelError: it is too long.
        """
        searched = 0
        while (end := self.received.find(b"\n", searched)) < 0:
            searched = len(self.received)
            if searched > LARGEST_LINE:
                raise ChannelError(f"a line of more than {LARGEST_LINE} bytes on the channel")
            if self.ended:
                raise EOFError
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.move(min(left, LOOK_SECONDS))
        line = bytes(self.received[:end])
        del self.received[: end + 1]
        return line

    def move(self, seconds: float) -> None:
        """Wait so long at most until a pipe can be read or written, and do that."""
        gone = self.process.poll() is not None
        ready = [key for key, _ in self.selector.select(0 if gone else seconds)]
        for key in ready:
            key.data()
        # Whoever still holds the other end of the pipe is not the process that is to answer.
        self.ended |= gone and self.answers not in [key.fileobj for key in ready]

    def write_requests(self) -> None:
        """Send what the pipe takes."""
        waiting = bool(self.unsent)
        try:
            while self.unsent:
                del self.unsent[: os.write(self.requests.fileno(), self.unsent)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.unsent.clear()
        registered = self.requests.fileno() in self.selector.get_map()
        if waiting and self.unsent and not registered:
            self.selector.register(self.requests, selectors.EVENT_WRITE, self.write_requests)
        elif registered and not self.unsent:
            self.selector.unregister(self.requests)

    def read_answers(self) -> None:
        """Take what has come; the end of the pipe is the end of the answers."""
        data = os.read(self.answers.fileno(), PIPE_BYTES)
        self.received += data
        if not data:
            self.selector.unregister(self.answers)
            self.ended = True

    def read_messages(self) -> None:
        """Take what the process says on standard error, and keep the end of it."""
        data = os.read(self.messages.fileno(), PIPE_BYTES)
        self.errors = (self.errors + data)[-KEPT_BYTES:]
        if not data:
            self.selector.unregister(self.messages)

    def close(self) -> None:
        """Read the last messages and close everything, once."""
        if self.requests.closed:
            return
        with contextlib.suppress(BlockingIOError, KeyError):
            for _ in range(LAST_READS):
                self.selector.get_key(self.messages)
                self.read_messages()
        self.selector.close()
        for pipe in (self.requests, self.answers, self.messages):
            pipe.close()


def answer_in(line: bytes, identifier: str | None) -> Answer:
    """The answer that a line holds.

    Raises:
        ChannelError: it is no answer to the request of this id.
    """
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ChannelError(
            f"no JSON object on the channel: {printable(line[:200].decode('utf-8', 'replace'))!r}"
        )
    if answer.pop("id", None) != identifier:
        raise ChannelError("an answer to another request on the channel")
    answer = Answer(printable_data(answer))
    fault = fault_of(answer) if identifier is not None else ""
    if fault:
        raise ChannelError(f"an answer that is none on the channel: {fault}")
    return answer


def fault_of(answer: Answer) -> str:
    """What an answer lacks that every one of its outcome has; empty for nothing."""
    outcome = answer.get("outcome")
    if outcome == "unsupported":
        return ""
    if outcome == "error":
        return (
            ""
            if is_error(answer) and isinstance(answer.get("phase"), str)
            else "an error without its kinds and message"
        )
    if outcome != "value":
        return f"its outcome is {outcome!r}"
    gradients, second = answer.get("gradients"), answer.get("second")
    if not isinstance(gradients, dict):
        return "a value without gradients"
    for array in (answer.get("value"), second, *gradients.values()):
        if array is not None and not (is_array(array) or (is_error(array) and "refused" in array)):
            return "an array without its dtype, shape and data"
    if not is_list_of(answer.get("modified", []), str):
        return "what it modified is no list of names"
    warnings = answer.get("warnings", [])
    if not is_list_of(warnings, list) or not all(len(one) == 2 and is_list_of(one, str) for one in warnings):
        return "its warnings are no pairs of texts"
    return ""


def is_error(answer: Any) -> bool:
    """Whether it tells of an error: its kinds and its message."""
    kinds = answer.get("kinds") if isinstance(answer, dict) else None
    return bool(kinds) and is_list_of(kinds, str) and isinstance(answer.get("message"), str)


def is_array(array: Any) -> bool:
    """Whether it is an array: a dtype, a shape, and base64 of whole numbers of 8 bytes."""
    if (
        not isinstance(array, dict)
        or not isinstance(array.get("dtype"), str)
        or not is_list_of(array.get("shape"), int)
    ):
        return False
    try:
        return len(base64.b64decode(array["data"], validate=True)) % 8 == 0
    except (KeyError, TypeError, ValueError):
        return False


def is_list_of(value: Any, kind: type) -> bool:
    """Whether it is a list whose members are of this type."""
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


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
    return {
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "data": data,
        "view": tensor.view,
        "as": tensor.kind,
    }


def start(target: Target, notice: Callable[[Worker], None] = lambda worker: None) -> Worker:
    """A worker that is ready, and what it says of itself noted on the target.

    `notice` has it before it is.
    """
    try:
        worker = Worker(target)
    except OSError as error:
        raise TargetError(f"the worker does not start: {error}") from error
    notice(worker)
    answer = worker.receive(START_SECONDS)
    said = [answer.get(name) for name in ("framework", "python", "numpy")]
    available = answer.get("available")
    if not answer.get("ready") or not is_list_of(said, str) or not isinstance(available, dict):
        worker.kill()
        raise TargetError(str(answer.get("message", "the worker did not say that it is ready")))
    target.version, target.python, target.numpy = map(str, said)
    target.available = {name: None if reason is None else str(reason) for name, reason in available.items()}
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
        ordered = sorted(
            self.targets, key=lambda t: place.get((t.framework, t.kind), 1 if t.kind == "shim" else 3)
        )
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
                    worker.end()
                raise

    def note(self, worker: Worker) -> None:
        """Have the worker end with the run, also one that is started while the run is being stopped."""
        self.workers.append(worker)
        if self.over:
            worker.end()

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
        worker = start(target, self.note)
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
                    worker = start(target, self.note)
                yield implementation, case, answer, time.monotonic() - began
        finally:
            worker.kill()
