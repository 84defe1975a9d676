"""A Python of another environment, such as a build of one's own, and what is installed there."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SuiteError
from ..model.implementations import FRAMEWORKS
from ..places import WORKER
from . import processes

SECONDS = 60.0
SHIM = "compatlosses"
PROBE = """
import importlib.util, json, sys
print(json.dumps([name for name in json.loads(sys.argv[1]) if importlib.util.find_spec(name)]))
"""
"""Which of the modules that it is given are there. It imports none of them, and runs on Python 3.7."""


@dataclass(frozen=True)
class Interpreter:
    """A Python, and which frameworks are installed there."""

    path: str
    frameworks: tuple[str, ...]
    shim: bool
    """Whether compatlosses is installed there too."""

    def command(self, framework: str, kind: str, mode: str) -> Sequence[str]:
        """The command line of a worker. The user's PYTHONPATH counts: a build may be found by it."""
        return [self.path, "-u", str(WORKER), framework, kind, mode]


def interpreter_at(path: Path) -> Interpreter:
    """The interpreter at a path, or in the environment whose folder is there.

    Raises:
        SuiteError: there is none, or it cannot be run.
    """
    wanted = "expected an interpreter, or the folder of an environment"
    inside = path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # A link is not followed: an environment's interpreter is one, and what it links to is another's.
    place = os.path.abspath(inside if path.is_dir() else path)
    modules = {known.module or name: name for name, known in FRAMEWORKS.items()}
    command = [place, "-c", PROBE, json.dumps([*modules, SHIM])]
    try:
        done = processes.run(command, SECONDS, with_absolute_paths(os.environ))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SuiteError(f"--python {path} cannot be run: {error}; {wanted}") from error
    try:
        found = json.loads(done.output)
    except ValueError:
        said = (done.errors or done.output).strip()[-300:]
        raise SuiteError(f"--python {path} is no Python: {said or 'it says nothing'}; {wanted}") from None
    return Interpreter(
        place, tuple(name for module, name in modules.items() if module in found), SHIM in found
    )


def with_absolute_paths(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables whose PYTHONPATH means the same in another folder."""
    found = dict(variables)
    if found.get("PYTHONPATH"):
        parts = found["PYTHONPATH"].split(os.pathsep)
        found["PYTHONPATH"] = os.pathsep.join(os.path.abspath(part) for part in parts)
    return found
