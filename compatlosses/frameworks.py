"""What is installed here, in which versions, and which adapters are ready: the survey behind ``compatlosses
frameworks``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version

from .adapters import ADAPTERS, GROUP, Adapter

PROBE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework as this environment has it."""

    name: str
    version: str | None
    """None: not installed."""
    ready: bool
    """Whether the framework and its adapter import together, tried in a process of their own."""
    reason: str
    """Why it is not ready; empty if it is."""
    cautions: tuple[str, ...]


def survey(progress: Callable[[str], None] = lambda name: None) -> tuple[Framework, ...]:
    """Every adapter's framework. Each is imported in a process of its own, so no pair can hurt another, or
    this process.

    ``progress`` is called with the name of each framework that is about to be tried.
    """
    versions = {adapter.NAME: installed_version(adapter) for adapter in ADAPTERS}
    installed = {name: found for name, found in versions.items() if found is not None}
    frameworks = []
    for adapter in ADAPTERS:
        found = versions[adapter.NAME]
        if found is None:
            reason = f"not installed: pip install {adapter.DISTRIBUTIONS[0]}"
        else:
            progress(f"{adapter.NAME} {found}")
            reason = probe(adapter)
        cautions = adapter.cautions(installed) if found is not None else ()
        frameworks.append(Framework(adapter.NAME, found, not reason, reason, cautions))
    return tuple(frameworks)


def installed_version(adapter: Adapter) -> str | None:
    """The version of the adapter's framework here, or None."""
    for distribution in adapter.DISTRIBUTIONS:
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return None


def probe(adapter: Adapter) -> str:
    """Import a framework and its adapter in a fresh process: why that failed, or an empty text."""
    module = next(point.value for point in entry_points(group=GROUP) if point.load() is adapter)
    program = (
        "import importlib, sys; importlib.import_module(sys.argv[1]); "
        "importlib.import_module(sys.argv[2]).library()"
    )
    try:
        # -P: a folder named like a framework in the current directory must not stand in for it.
        done = subprocess.run(
            [sys.executable, "-P", "-c", program, adapter.MODULE, module],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"importing {adapter.MODULE} took more than {PROBE_SECONDS} seconds"
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return (
        f"importing {adapter.MODULE} ends with status {done.returncode}: {said[-1] if said else 'no message'}"
    )
