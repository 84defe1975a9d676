"""Files of results: written whole or where they stand, with the user's permissions, and nothing left beside
them.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance import files
from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.commands import lab as lab_cli
from compatlosses.conformance.judging.judge import Verdict
from compatlosses.conformance.lab.jobs import Finished, Job
from compatlosses.conformance.lab.recipes import Release
from compatlosses.conformance.results import compact, results
from compatlosses.conformance.running.target import Target

APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)
QUICK = ["conform", "--framework", "numpy", "--case", "documents/torch-example"]
PROGRAM = [sys.executable, "-m", "compatlosses"]


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_what_the_umask_leaves_and_an_old_one_what_it_had(tmp_path: Path, umask: int) -> None:
    old = tmp_path / "old"
    old.touch()
    old.chmod(0o600)
    before = os.umask(umask)
    try:
        files.write(tmp_path / "new", "text")
        files.write(old, "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
    assert old.read_text() == "text"
    assert listing(tmp_path) == ["new", "old"]


@pytest.mark.parametrize("target", ["there", "not yet"])
def test_a_link_stays_a_link(tmp_path: Path, target: str) -> None:
    (tmp_path / "deep").mkdir()
    file, link = tmp_path / "deep" / "file", tmp_path / "link"
    if target == "there":
        file.write_text("longer than what comes")
    link.symlink_to(file)
    files.check_writable(link)
    files.write(link, "text")
    assert link.is_symlink() and file.read_text() == "text"
    assert listing(tmp_path) == ["deep", "link"] and listing(tmp_path / "deep") == ["file"]


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    files.check_writable(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_text()))
    reader.start()
    files.write(pipe, "text" * 100_000)
    reader.join(60)
    assert found == ["text" * 100_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode) and listing(tmp_path) == ["pipe"]


def test_a_device_stays_a_device() -> None:
    before = os.stat("/dev/null")
    files.check_writable(Path("/dev/null"))
    files.write(Path("/dev/null"), "text")
    after = os.stat("/dev/null")
    assert stat.S_ISCHR(after.st_mode) and (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("path", ["-", "/dev/stdout"])
def test_standard_output_is_continued(path: str, tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from compatlosses.conformance import files
print("before")
files.write(Path({path!r}), "text \\ud800\\n")
print("after")
"""
    for place in (subprocess.PIPE, (tmp_path / "file").open("w")):
        done = subprocess.run([sys.executable, "-c", script], stdout=place, stderr=subprocess.PIPE)
        said = done.stdout if place is subprocess.PIPE else (tmp_path / "file").read_bytes()
        assert said == b"before\ntext \\ud800\nafter\n", done.stderr
    assert not Path("-").exists()


@pytest.mark.parametrize("path", ["-", "/dev/stdout"])
def test_a_run_on_standard_output_is_json_alone(path: str) -> None:
    done = subprocess.run([*PROGRAM, *QUICK, "--json", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdicts"]
    assert "ok: nothing new, nothing fails; 1 case, " in done.stderr


@pytest.mark.parametrize("there", [False, True])
def test_a_file_that_fails_leaves_nothing_behind(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    if there:
        path.write_text("before")

    def fails(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(results.ResultError, match=r"run\.json cannot be written: No space left on device"):
        files.write(path, "after")
    assert listing(tmp_path) == (["run.json"] if there else [])
    assert not there or path.read_text() == "before"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_killed_while_it_writes_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    script = """
import os, sys
from pathlib import Path
from compatlosses.conformance import files

def killed(*arguments, **options):
    os.kill(os.getpid(), int(sys.argv[2]))

os.link = killed
files.write(Path(sys.argv[1]), "text" * 1_000_000)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "run.json"), str(int(number))])
    assert done.returncode == -number
    assert listing(tmp_path) == []


def test_one_file_that_cannot_be_written_does_not_lose_the_others(tmp_path: Path) -> None:
    arguments = [
        *QUICK,
        "--json",
        "/dev/full",
        "--html",
        str(tmp_path / "page.html"),
        "--junit",
        str(tmp_path / "run.xml"),
    ]
    done = CliRunner().invoke(APPLICATION, arguments)
    assert done.exit_code == 2
    assert "/dev/full cannot be written: No space left on device" in done.stderr.replace("\n", " ")
    assert "exit status 0; files:" in done.stdout.replace("\n", " ")
    assert listing(tmp_path) == ["page.html", "run.xml"]


def test_what_a_terminal_that_goes_away_was_to_show_does_not_lose_the_files(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PROGRAM, *QUICK, "--json", str(tmp_path / "run.json")],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert results.read(tmp_path / "run.json")["verdicts"], done.stderr


def test_two_outputs_that_are_one_file_are_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "run")
    done = CliRunner().invoke(APPLICATION, [*QUICK, "--json", path, "--junit", str(tmp_path / "." / "run")])
    assert done.exit_code == 2 and "are one file" in done.output.replace("\n", " ")
    assert listing(tmp_path) == []


@pytest.mark.parametrize("bad", ["file", "folder"])
def test_a_lab_run_prints_and_writes_what_it_can(
    bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = Release("torch", "2.13.0")
    verdict = Verdict(
        "documents/torch-example", "torch.nn.BCEWithLogitsLoss", "torch", "native", "pass", "a \ud800"
    )
    finished = Finished(
        release,
        [Target("torch", "native", version="2.13.0", available={verdict.implementation: None})],
        [verdict],
    )
    monkeypatch.setattr(lab_cli, "run_job", lambda job, halt, notice: finished)
    folder = tmp_path / "results"
    outputs = lab_cli.ReleaseOutputs(Path("/dev/full"), tmp_path / "run.xml", folder=folder)
    if bad == "folder":
        (folder / "torch-2.13.0.json").mkdir(parents=True)
        outputs.json = tmp_path / "run.json"
    with pytest.raises(results.ResultError, match="/dev/full" if bad == "file" else r"torch-2\.13\.0\.json"):
        lab_cli.conformed([Job(release)], outputs, False, 1)
    assert "1 case, 1 call on torch, " in " ".join(capsys.readouterr().out.split())
    assert (tmp_path / "run.xml").stat().st_size > 100
    if bad == "file":
        assert results.read(folder / "torch-2.13.0.json")["verdicts"]
    else:
        assert results.read(outputs.json)["verdicts"][0]["message"] == "a \ud800"


@pytest.mark.parametrize(
    "text",
    [
        "/" * 10**6,
        "/a" * 10**6,
        "a:/" * 10**5,
        "\\" * 10**6,
        "/site-packages" * 10**5,
        "/x/site-packages/" * 10**5,
        " /" * 10**5,
    ],
    ids=lambda text: text[:20],
)
def test_messages_are_scrubbed_in_one_pass(text: str) -> None:
    began = time.process_time()
    compact.scrubbed(text)
    assert time.process_time() - began < 5.0  # a second pass for each character takes hours


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("in /usr/lib/python3/site-packages/torch/x.py, line 3", "in .../torch/x.py, line 3"),
        ("C:\\u\\site-packages\\torch", ".../torch"),
        ("/a/site-packages/b /c/dist-packages/d", ".../b .../d"),
        ("site-packages/x and /site-packages/", "site-packages/x and /site-packages/"),
        ("open /home/me/run.json: no", "open ...: no"),
    ],
)
def test_messages_are_scrubbed_of_places(text: str, scrubbed: str) -> None:
    assert compact.scrubbed(text) == scrubbed
