"""On what calls are run: the device, and how many threads a call may use."""

from __future__ import annotations

import os
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging.expectations import Book, made
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.model import cases
from compatlosses.conformance.model.implementations import Implementation, installed
from compatlosses.conformance.running import line
from compatlosses.conformance.running.target import LONG, Machine, Target
from compatlosses.conformance.worker.driver import CannotRun
from compatlosses.conformance.worker.drivers import driver_of

APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)
TORCH = pytest.mark.skipif(not installed("torch"), reason="torch is not installed here")


@pytest.mark.parametrize(
    ("threads", "elements", "cores", "expected"),
    [(None, 10, 8, 1), (None, LONG, 8, 1), (None, LONG + 1, 8, 4), (None, LONG + 1, 2, 2), (3, 10, 8, 3)],
)
def test_a_long_call_has_several_threads(
    threads: int | None, elements: int, cores: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert Machine(threads=threads).threads_for(elements) == expected


def test_a_request_says_how_many_threads_its_call_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    class Worker:
        send = sent.append

    monkeypatch.setattr(line, "start", lambda target, watch: Worker())
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    every = [case for case in cases.load() if case.loss == "binary_cross_entropy_with_logits"]
    short, long = min(every, key=lambda c: c.elements), max(every, key=lambda c: c.elements)
    assert long.elements > LONG
    calls = line.Line(Target("torch", "native"))
    for case in (short, long):
        calls.send(Implementation("torch.nn.BCEWithLogitsLoss", "torch", "native", "2.13.0"), case)
    assert [request["threads"] for request in sent] == [1, 4]


@TORCH
def test_torch_is_told_how_many_threads_to_use() -> None:
    import torch

    before = torch.get_num_threads()
    try:
        driver = driver_of("torch")
        driver.use_threads(2)
        assert torch.get_num_threads() == 2
        driver.use_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("torch", "no-such"),
        ("torch", "meta"),
        ("paddle", "no-such"),
        ("tensorflow", "no-such"),
        ("jax", "no-such"),
    ],
)
def test_a_device_that_is_not_at_hand_is_told_in_a_sentence(name: str, device: str) -> None:
    if not installed(name):
        pytest.skip(f"{name} is not installed here")
    with pytest.raises(CannotRun, match=rf" cannot be run on device '{device}' here: .*; leave out --device"):
        driver_of(name).use_device(device)


def test_a_run_on_a_device_that_is_not_at_hand_ends_with_3() -> None:
    result = CliRunner().invoke(APPLICATION, ["conform", "--framework", "numpy", "--device", "cuda"])
    assert result.exit_code == 3
    assert "the suite runs numpy on the CPU alone, not on 'cuda'; leave out --device" in " ".join(
        result.output.split()
    )


@pytest.mark.parametrize(("strict", "expected"), [(True, "stale"), (False, "")])
def test_what_passes_on_another_device_is_not_held_against_it(strict: bool, expected: str) -> None:
    entry = {
        "framework": "torch",
        "implementations": ["torch.f"],
        "versions": ">=0",
        "failing": [{"checks": ["exact/value"], "cases": ["a"]}],
        "note": "why",
        "finding": "A heading",
    }
    verdict = Verdict("a", "torch.f", "torch", "native", "pass", checks=[Check("value", "exact", "pass")])
    Book((made(entry, "here"),), strict=strict).say(verdict, "2.13.0")
    assert verdict.expectation == expected
