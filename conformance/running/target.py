"""What is run: a framework's environment, and what is tested in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..model.implementations import Implementation, Row, possible

CPU = "cpu"
LONG = 100_000
"""Elements above which frameworks divide a call among threads."""
SEVERAL = 4


class TargetError(RuntimeError):
    """A target that could not be run at all, and why."""


@dataclass(frozen=True)
class Machine:
    """On what calls are run."""

    device: str = CPU
    threads: int | None = None
    """How many a framework may use; None for several where a call is long, else one."""

    def threads_for(self, elements: int) -> int:
        """How many threads a call on so many elements has."""
        return self.threads or (min(SEVERAL, os.cpu_count() or 1) if elements > LONG else 1)


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
    platform: str = ""
    """The system, the machine and its processor."""
    available: dict[str, str | None] = field(default_factory=dict)
    error: str = ""
    seconds: float = 0.0
    mode: str = "eager"
    """How the framework executes the calls."""
    folder: str | None = None
    """Where its worker runs; by default in the current folder."""
    machine: Machine = field(default_factory=Machine)
    own: Row | None = None
    """A function of one's own, which is tested alone, and found from the current folder too."""

    @property
    def label(self) -> str:
        name = self.framework if self.kind == "native" else f"compatlosses on {self.framework}"
        label = f"{name} {self.version}".strip()
        return label if self.mode == "eager" else f"{label}, {self.mode}"

    @property
    def missing(self) -> dict[str, str]:
        """What cannot be called of the shim, or is one's own, and why: nothing may be.

        A framework's own functions come and go.
        """
        return {
            name: reason
            for name, reason in self.available.items()
            if reason is not None and (self.kind == "shim" or self.own)
        }

    def possible(self) -> list[Implementation]:
        """What it may hold, before its worker has said what it does hold."""
        if self.own:
            return [Implementation(self.own.name, self.framework, self.kind, "", self.mode, self.own)]
        return possible(self.framework, self.kind, self.mode)

    def implementations(self) -> list[Implementation]:
        """What the worker said can be called."""
        return [
            Implementation(name, self.framework, self.kind, self.version, self.mode, self.own)
            for name, reason in self.available.items()
            if reason is None
        ]
