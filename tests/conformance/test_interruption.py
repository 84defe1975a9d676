"""An interrupted run saves what is done, and says that it is partial."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from compatlosses.conformance.results import results

SCRIPT = """
import sys
import typer
from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging import run

judge = run.judge

def told(*arguments):
    print("judged", flush=True)
    return judge(*arguments)

run.judge = told
application = typer.Typer()
cli.add_commands(application)
application([*sys.argv[1:], "--framework", "numpy"])
"""
DONE = 20


def foreground() -> None:
    """In a child: SIGINT interrupts, as it does to what a person starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def background() -> None:
    """In a child: SIGINT is ignored, as it is by what a script starts with an ampersand."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize(
    ("number", "ground"),
    [(signal.SIGINT, foreground), (signal.SIGTERM, foreground), (signal.SIGTERM, background)],
)
def test_an_interrupted_run_saves_what_is_done(
    tmp_path: Path, number: signal.Signals, ground: Callable[[], None]
) -> None:
    run, junit = tmp_path / "run.json", tmp_path / "run.xml"
    command = [sys.executable, "-c", SCRIPT, "conform", "--json", str(run), "--junit", str(junit)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=ground
    ) as process:
        assert process.stdout is not None
        for line in itertools.islice((line for line in process.stdout if line == "judged\n"), DONE):
            assert line
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(60) == 130, said
    assert "partial" in said
    found = results.read(run)
    assert found["partial"]
    assert len(found["verdicts"]) >= DONE
    assert "crash" not in {verdict["status"] for verdict in found["verdicts"]}
    assert found["targets"][0]["error"] == ""
    assert len(ElementTree.parse(junit).getroot().findall("testsuite/testcase")) == len(found["verdicts"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_fuzz_tells_what_it_found(number: signal.Signals) -> None:
    command = [
        sys.executable,
        "-c",
        SCRIPT.replace("judging import run", "fuzz import campaign as run"),
    ]
    command += ["fuzz", "100000", "--implementation", "compatlosses"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=foreground
    ) as process:
        assert process.stdout is not None
        for line in itertools.islice((line for line in process.stdout if line == "judged\n"), DONE):
            assert line
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(60) == 130, said
    assert "interrupted: the rest was not drawn" in said
    assert "could not be run" not in said
