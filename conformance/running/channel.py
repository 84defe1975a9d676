"""The runner's end of the channel to a worker: its three pipes, and the answers that come over them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import selectors
import subprocess
import time
from typing import Any

from ..printable import printable, printable_data

Answer = dict[str, Any]
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
