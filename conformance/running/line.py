"""A line of calls to one target: its worker is kept busy, and started again after a crash or a hang."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

from ..model.case import Case
from ..model.implementations import Implementation
from .channel import Answer
from .request import request_of
from .target import Target
from .workers import Worker, start

CASE_SECONDS = 180.0
"""Generous, because the shim compiles its kernel in the first call that needs it."""
AHEAD = 4
"""Calls that a worker has at a time."""
ENDS = ("crash", "timeout")
"""Outcomes that are a worker's last."""


class Line:
    """A target's worker, and the calls that it has."""

    def __init__(
        self,
        target: Target,
        seconds: float = CASE_SECONDS,
        watch: Callable[[Worker], None] = lambda worker: None,
    ) -> None:
        """`seconds` are a call's; `watch` has each worker before it is ready.

        Raises:
            TargetError: no worker can be started, here or later.
        """
        self.target, self.seconds, self.watch = target, seconds, watch
        self.worker: Worker = start(target, watch)

    def answered(
        self, work: Iterator[tuple[Implementation, Case]]
    ) -> Iterator[tuple[Implementation, Case, Answer, float]]:
        """Each call with its answer and the seconds it took. While one is judged, the worker has the next."""
        sent: deque[tuple[Implementation, Case]] = deque()
        while True:
            while len(sent) < AHEAD and (item := next(work, None)) is not None:
                self.send(*item)
                sent.append(item)
            if not sent:
                return
            implementation, case = sent.popleft()
            began = time.monotonic()
            answer = self.receive()
            seconds = time.monotonic() - began
            if answer["outcome"] in ENDS:
                for item in sent:
                    self.send(*item)
            yield implementation, case, answer, seconds

    def send(self, implementation: Implementation, case: Case) -> None:
        """Hand a call to the worker."""
        request = request_of(case, implementation.name, implementation.row)
        request["threads"] = self.target.machine.threads_for(case.elements)
        self.worker.send(request)

    def receive(self) -> Answer:
        """The next answer; after a crash or a hang there is a new worker."""
        answer = self.worker.receive(self.seconds)
        if answer["outcome"] in ENDS:
            self.close()
            self.worker = start(self.target, self.watch)
        return answer

    def close(self) -> None:
        """End the worker."""
        self.worker.kill()
