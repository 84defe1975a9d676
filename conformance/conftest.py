"""The cases as pytest items: ``pytest conformance --framework torch``. Selectable by id, with xdist and
JUnit.

Each item runs in the worker process of its target, which the items of one pytest process share.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compatlosses.conformance import cases, expectations, modes
from compatlosses.conformance.cli import installed
from compatlosses.conformance.implementations import FRAMEWORKS, Implementation
from compatlosses.conformance.judge import applies, judge
from compatlosses.conformance.runner import CASE_SECONDS, Target, Worker, request_of, start


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("conformance")
    group.addoption(
        "--framework", action="append", choices=FRAMEWORKS, help="run the cases on this framework"
    )
    group.addoption("--implementation", action="append", default=None, help="native, shim or a name")
    group.addoption("--mode", default="eager", help="how calls are run: eager, or compile, static, jit ...")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The suite's items hang on the file of axes, one file for all, because families share it."""
    if file_path.name == "axes.toml" and file_path.parent == cases.CASES:
        collected: pytest.Collector = Suite.from_parent(parent, path=file_path)
        return collected
    return None


class Suite(pytest.File):
    """Every case on every implementation that is asked for."""

    def collect(self) -> Iterator[pytest.Item]:
        from compatlosses.conformance import worker

        asked = self.config.getoption("--framework") or [name for name in FRAMEWORKS if installed(name)]
        wanted = self.config.getoption("--implementation")
        mode = self.config.getoption("--mode")
        if mode != "eager":
            asked = [name for name in asked if (name, mode) in modes.MODES]
        for framework in asked:
            for kind in ("native", "shim"):
                for name in worker.implementations(framework, kind):
                    if wanted and not {kind, name} & set(wanted):
                        continue
                    guess = Implementation(name, framework, kind, "99999", mode)
                    for case in cases.load():
                        if applies(case, guess) and (
                            mode == "eager" or (guess.at_home and modes.run(case.id))
                        ):
                            yield Item.from_parent(
                                self, name=f"{guess.label}::{case.id}", case=case, guess=guess
                            )


class Item(pytest.Item):
    """One case on one implementation."""

    def __init__(self, *, case: cases.Case, guess: Implementation, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.case, self.guess = case, guess

    def runtest(self) -> None:
        """Run the case; a known deviation is an expected failure, strictly."""
        target, worker = worker_of(self.guess)
        reason = target.available.get(self.guess.name)
        if reason is not None:
            pytest.skip(reason)
        implementation = Implementation(
            self.guess.name, target.framework, target.kind, target.version, target.mode
        )
        worker.send(request_of(self.case, implementation.name))
        answer = worker.receive(CASE_SECONDS)
        if answer["outcome"] in ("crash", "timeout"):
            del WORKERS[target.framework, target.kind, target.mode]
        verdict = judge(self.case, implementation, answer)
        expectations.apply([verdict], {target.framework: target.version}, known())
        if verdict.expectation == "stale":
            pytest.fail(f"passes, which expectations deny: {', '.join(verdict.stale)}", pytrace=False)
        if verdict.expectation == "unexpected":
            pytest.fail(f"{verdict.status}: {verdict.message}", pytrace=False)
        if verdict.status == "unsupported":
            pytest.skip(f"unsupported: {verdict.message}")
        if verdict.expectation == "expected":
            pytest.xfail(verdict.message)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


WORKERS: dict[tuple[str, str, str], tuple[Target, Worker]] = {}
KNOWN: list[tuple[expectations.Expectation, ...]] = []


def known() -> tuple[expectations.Expectation, ...]:
    """The expectations, read once."""
    if not KNOWN:
        KNOWN.append(expectations.load())
    return KNOWN[0]


def worker_of(guess: Implementation) -> tuple[Target, Worker]:
    """The process that runs the items of an implementation's target."""
    key = (guess.framework, guess.kind, guess.mode)
    if key not in WORKERS:
        target = Target(guess.framework, guess.kind, mode=guess.mode)
        WORKERS[key] = target, start(target)
    return WORKERS[key]


def pytest_unconfigure() -> None:
    """End the workers."""
    for _, worker in WORKERS.values():
        worker.kill()
    WORKERS.clear()
