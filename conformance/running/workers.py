"""Worker processes: started with their keepers, sent requests, ended."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ..model.implementations import FRAMEWORKS, rows
from ..places import WORKER
from ..printable import printable
from .channel import Answer, Channel, ChannelError, answer_in, is_list_of
from .processes import kept
from .target import Target, TargetError

START_SECONDS = 300.0
KEEPER_SECONDS = 10.0
"""How long a keeper may take to end what it keeps."""
GRACE_SECONDS = 5.0
"""How long a process may take to end that has closed the channel."""


class Worker:
    """A worker process and its keeper. One thread sends and receives; any may end it.

    The channel is the process's standard input and output: a request a line, an answer a line, in order. Each
    request goes out with an id that nobody could know before, and only what comes back with that id is its
    answer.
    """

    def __init__(self, target: Target) -> None:
        command = list(target.command)
        command = command or [sys.executable, "-u", str(WORKER), target.framework, target.kind, target.mode]
        environment = {**os.environ, "GLOG_minloglevel": "3"}
        # Errors alone: to MindSpore 0 means every detail, a gigabyte in a run of the suite; to Paddle it
        # means none.
        environment["GLOG_v"] = "3" if target.framework == "mindspore" else "0"
        # The worker's folder holds modules of ours; none of them is to shadow a framework's.
        environment["PYTHONSAFEPATH"] = "1"
        environment["COMPATLOSSES_DEVICE"] = target.machine.device
        if target.own:
            paths = (os.getcwd(), environment.get("PYTHONPATH", ""))
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        self.process, self.lifeline = kept(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=target.folder,
        )
        self.ending = threading.Lock()
        self.alive = True
        self.channel = Channel(self.process)
        self.expected: deque[str | None] = deque([None])
        """The ids of the answers to come.

        The first line is the table; what answers it is that the worker is ready.
        """
        tested = [target.own] if target.own else rows(target.framework, target.kind)
        table = {row.name: row.to_json() for row in tested}
        self.channel.write(json.dumps(table).encode() + b"\n")

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


RAISED = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception): .*", re.MULTILINE)
"""The line of a traceback that says what was raised."""


CANNOT_RUN = re.compile(r"(?:^|: )cannot run: (.*)", re.MULTILINE)
"""The line of a worker that says, in a sentence, why it ended; see `worker.driver.CannotRun`."""


def why_not(target: Target, message: str) -> str:
    """Why a worker cannot be run, in a sentence, and how to mend it: what it said of itself, or that its
    framework cannot be imported; '' where it ended in another way.
    """
    if said := CANNOT_RUN.findall(message):
        return str(said[-1])
    raised = RAISED.findall(message)
    if not raised:
        return ""
    name = next(iter(FRAMEWORKS[target.framework].distributions), target.framework)
    where = "this environment" if not target.command else f"the environment of {target.command[0]}"
    return (
        f"{target.framework} cannot be imported in {where}: {raised[-1]}; "
        f"mend it, for instance by pip install --force-reinstall {name}, or leave it out by --framework"
    )


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
        said_last = str(answer.get("message", "the worker did not say that it is ready"))
        raise TargetError(why_not(target, said_last) or said_last)
    target.version, target.python, target.numpy = map(str, said)
    target.platform = str(answer.get("platform", ""))
    target.available = {name: None if reason is None else str(reason) for name, reason in available.items()}
    return worker
