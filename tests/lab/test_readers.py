"""Runs that are not as they must be: every reader says so in a sentence, whatever stands where."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import runs
import typer
from typer.testing import CliRunner

from compatlosses.conformance import errors, files, places
from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.commands import support as support_cli
from compatlosses.conformance.judging import expectations, update
from compatlosses.conformance.judging.expectations import ExpectationError
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.report.data import page_data
from compatlosses.conformance.results import changes, compact, results, support
from compatlosses.conformance.running.target import Target

WRONG: list[Any] = [
    None,
    [],
    {},
    "",
    "x",
    "../x",
    -1,
    0.5,
    10**400,
    True,
    [[]],
    [None],
    {"a": None},
    [{"a": {}}],
    "inf",
    "\ud800",
]
ENTRY = "[[deviation]]\nframework = 'torch'\nversions = '>=1'\nnote = 'n'\nlink = 'l'\n"
GONE = object()
NAME = "torch.nn.BCEWithLogitsLoss"
APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)


def small_run() -> dict[str, Any]:
    """A run with something in every field."""
    run = runs.two_versions()[1]
    run["verdicts"] = run["verdicts"][:3] + run["verdicts"][-1:]
    run["verdicts"][0]["stale"] = ["exact/value"]
    side = {key: run["verdicts"][0][key] for key in ("implementation", "framework", "kind", "mode")}
    case = run["verdicts"][0]["case"]
    difference = {"case": case, "what": "value", "message": "m", "ulps": 1.0, "explained": ["x"]}
    run["agreement"] = [
        {"one": side, "other": side, "relation": "r", "compared": 1, "differences": [difference]}
    ]
    run["strata"] = [
        {**side, "dtype": "float32", "what": "value", "limit": 1, "failing": {"a": 2.0}, "passing": {}}
    ]
    run["cases"] = {case: {"clause": "c"}}
    run["curves"] = {"logits": run["curves"]["logits"][:2], "of": run["curves"]["of"][:1]}
    for curve in run["curves"]["of"]:
        curve["value"], curve["gradient"] = curve["value"][:2], curve["gradient"][:2]
    for verdict in run["verdicts"]:
        verdict["checks"] = verdict["checks"][:1]
    return json.loads(json.dumps(run))  # type: ignore[no-any-return]


def ways(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in some data."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from ways(item, (*path, key))


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The data with another value at a place, or with none."""
    data = copy.deepcopy(data)
    at = data
    for key in path[:-1]:
        at = at[key]
    if value is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data


def use(path: Path, other: dict[str, Any], folder: Path) -> None:
    """Give a run to all that read runs; what each says of a malformed one is its own error."""
    run = results.read(path)
    json.dumps(changes.compare(other, run).to_json())
    json.dumps(changes.compare(run, other).to_json())
    page_data([run, other])
    for one in ([run], [run, other]):
        try:
            support_cli.check_releases(one, [path] * 2)
            support.dumps(support.table_of(one))
            support_cli.markdown(one)
        except files.ResultError:
            pass
    with suppress(ExpectationError):
        files.write_all(update.updated(run, folder, update.Choice("why", "A heading"))[0].items())
    assert {name.name for name in folder.iterdir()} <= {"torch.toml"}
    expectations.load(folder)


@pytest.mark.parametrize("form", ["whole", "compact"])
def test_a_wrong_value_anywhere_is_a_sentence(form: str, tmp_path: Path) -> None:
    good = small_run()
    other = results.read(written(tmp_path / "other.json", good))
    data = good if form == "whole" else json.loads(compact.dumps(good))
    folder = tmp_path / "expectations"
    folder.mkdir()
    refused = 0
    for place in ways(data):
        for value in (GONE, *WRONG):
            for file in folder.iterdir():
                file.unlink()
            path = written(tmp_path / "run.json", changed(data, place, value))
            try:
                use(path, copy.deepcopy(other), folder)
            except files.ResultError as error:
                refused += 1
                assert str(path) in str(error) and len(str(error)) < 500
            except Exception as error:
                raise AssertionError(f"{value!r:.60} at {place}") from error
    assert refused > 500


def written(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\x00" * 1000, b"[" * 100_000, b'{"a":' * 100_000, b"nul",
        b'{"schema": 1',
        b'{"schema": true, "targets": [], "verdicts": []}', b'{"schema": 1.0, "targets": [], "verdicts": []}',
        b'{"schema": 1, "schema": 1, "targets": [], "verdicts": []}', 
        b'{"schema": 1, "targets": [], "verdicts": [], "x": NaN}',
        b'{"schema": ' + b"1" * 10_000 + b"}", b'{"schema": 1, "targets": [], "verdicts": 1e999}',
        b'"\xed\xa0\x80"',
        b'{"schema": 1, "compact": 1, "groups": [1]}', b'{"schema": 1, "compact": 1}',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "command",
    [
        ["compare", "{run}", "{run}"],
        ["report", "{run}", "--html", "{folder}/page.html"],
        ["support", "{run}"],
        ["update-expectations", "{run}", "--note", "n", "--finding", "f", "--folder", "{folder}"],
    ],
)  # fmt: skip
def test_a_file_that_is_no_run_ends_with_2(data: bytes, command: list[str], tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    run.write_bytes(data)
    done = CliRunner().invoke(APPLICATION, [part.format(run=run, folder=tmp_path) for part in command])
    assert done.exit_code == 2
    assert "run.json" in done.output.replace("\n", "")
    assert "Traceback" not in done.output


@pytest.mark.parametrize("kind", ["/dev/zero", "folder", "pipe", "huge", "missing", "locked"])
def test_what_is_no_plain_file_is_not_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(2**40)
    elif kind == "locked":
        path = tmp_path / "x" / "run.json"
        path.parent.touch()
    elif kind == "/dev/zero":
        path = Path(kind)
    for arguments in (
        ["compare", str(path), str(path)],
        ["lab", "run", "--file", str(path)],
        ["support", "--readme", str(path)],
        ["support", "--check", "--json", str(path)] if kind != "missing" else ["support", str(path)],
    ):
        if arguments[-1] == str(path) and kind == "locked" and "--check" in arguments:
            continue  # a table that is not there yet is a difference, not an error
        done = CliRunner().invoke(APPLICATION, arguments)
        assert done.exit_code == 2, (arguments, done.output, done.exception)


OPTIONS = [
    ["conform", "--framework", "numpy", "--timeout", "nan"],
    ["conform", "--framework", "numpy", "--timeout", "inf"],
    ["conform", "--framework", "numpy", "--jobs", "0"],
    ["conform", "--at", ""],
    ["conform", "--at", "torch=="],
    ["conform", "--at", "torch==" + "9" * 10_000],
    ["conform", "--at", "torch==1; " + "(" * 10_000],
    ["conform", "--at", "torch==../../x"],
    ["lab", "run", "torch==2.13.0", "--dask", ""],
    ["lab", "run", "torch==2.13.0", "--dask", "tcp://[::"],
    ["lab", "run", "torch==2.13.0", "--dask", "tcp://127.0.0.1:99999999"],
    ["conform", "--framework", "numpy", "--json", "x" * 5000],
    ["conform", "--framework", "numpy", "--json", "a\0b"],
    ["conform", "--framework", "numpy", "--json", ""],
    ["lab", "run", "torch==2.13.0", "--results", "a\0b"],
    ["conform", "--framework", "\udcff"],
    ["compare", "a\0b", "\udcff"],
    ["lab", "run", "--file", "a\0b"],
    ["repro", "\udcff\x1b[31m", "--framework", "torch"],
]


@pytest.mark.parametrize("arguments", OPTIONS, ids=lambda arguments: ascii(arguments)[:60])
def test_a_malformed_option_ends_with_2(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compatlosses.conformance.lab.machines.CONNECT_SECONDS", 2)
    done = CliRunner().invoke(APPLICATION, arguments)
    assert done.exit_code == 2, (done.output, done.exception)
    assert "Traceback" not in done.output


def failing_run(
    framework: str = "torch", version: str = "2.13.0", case: str = "documents/torch-example"
) -> dict[str, Any]:
    checks = [Check("value", "exact", "fail", "it is off", 7.0, expectation="unexpected")]
    verdict = Verdict(case, NAME, framework, "native", "fail", checks=checks, expectation="unexpected")
    return results.as_json([Target(framework, "native", version=version)], [verdict], False)


@pytest.mark.parametrize(
    ("run", "options"),
    [
        (failing_run("../outside"), []),
        (failing_run("/tmp/outside"), []),
        (failing_run("torch/../../outside"), []),
        (failing_run(version="2.13/../../outside"), []),
        (failing_run(version="/x"), []),
        (failing_run(version=""), []),
        (failing_run(version="nightly"), []),
        (failing_run(), ["--versions", "garbage"]),
        (failing_run(), ["--note", " "]),
        (failing_run(), ["--note", "unreviewed: x"]),
        (failing_run(), ["--finding", ""]),
        (failing_run(), ["--note", "\ud800"]),
        ({**failing_run(), "targets": []}, []),
    ],
)
def test_update_expectations_writes_nothing_that_is_wrong(
    run: dict[str, Any], options: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "expectations"
    folder.mkdir(parents=True)
    path = written(tmp_path / "run.json", run)
    arguments = ["--note", "why", "--finding", "A heading", "--folder", str(folder), *options]
    done = CliRunner().invoke(APPLICATION, ["update-expectations", str(path), *arguments])
    assert done.exit_code == 2, (done.output, done.exception)
    assert sorted(found.relative_to(tmp_path) for found in tmp_path.rglob("*")) == [
        Path("deep"), Path("deep/expectations"), Path("run.json"),
    ]  # fmt: skip


def test_update_expectations_reads_back_what_it_writes(tmp_path: Path) -> None:
    path = written(tmp_path / "run.json", failing_run())
    folder = tmp_path / "expectations"
    folder.mkdir()
    note = 'with "quotes", a \\ and a \x7f, a line\nand \x1f and \U0001f600'
    arguments = [str(path), "--note", note, "--finding", "A heading", "--folder", str(folder)]
    done = CliRunner().invoke(APPLICATION, ["update-expectations", *arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    (entry,) = expectations.load(folder)
    assert entry.note == note
    assert [file.name for file in folder.iterdir()] == ["torch.toml"]


def test_what_the_suite_would_call_wrong_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "EXPECTATIONS", tmp_path / "expectations")
    places.EXPECTATIONS.mkdir()
    path = written(tmp_path / "run.json", failing_run(case="no/such/case"))
    arguments = [str(path), "--note", "n", "--finding", "f", "--folder", str(places.EXPECTATIONS)]
    done = CliRunner().invoke(APPLICATION, ["update-expectations", *arguments])
    assert done.exit_code == 2 and "names no case" in done.output
    assert "docs/findings.md has no heading 'f'" in " ".join(done.output.split())
    assert list(places.EXPECTATIONS.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "deviation = 3", "deviation = [3]", "[deviation]\nx = 1", "[[deviation]]", "deviation = [[]]",
        "[[deviation]]\nframework = 3\nimplementations = 4\nversions = 5\nnote = 6\nlink = 7\nfailing = 8",
        ENTRY + "implementations = 'x'\ncases = ['a']", ENTRY + "implementations = ['x']\nfailing = [3]",
        ENTRY + "implementations = ['x']\nmodes = 3\ncases = ['a']",
        ENTRY + "implementations = ['x']\ncases = 'a'",
        "x = " + "[" * 5000, "x = 1\nx = 2", "\0",
    ],
)  # fmt: skip
def test_expectations_that_are_malformed_are_a_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "torch.toml").write_text(text)
    with pytest.raises(ExpectationError, match=r"torch\.toml"):
        expectations.load(tmp_path)


@pytest.mark.parametrize("way", ["in process", "as a program"])
def test_an_internal_error_has_a_status_of_its_own(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(written(tmp_path / "run.json", small_run()))
    if way == "in process":
        monkeypatch.setattr(changes, "compare", None)
        done = CliRunner().invoke(APPLICATION, ["compare", path, path])
        status, said = done.exit_code, done.stderr
    else:
        lines = [
            "from compatlosses.__main__ import main",
            "from compatlosses.conformance.results import changes",
            "changes.compare = None",
        ]
        script = "\n".join([*lines, "main()"])
        ran = subprocess.run(
            [sys.executable, "-c", script, "compare", path, path], capture_output=True, text=True
        )
        status, said = ran.returncode, ran.stderr
    assert status == errors.INTERNAL == 70
    assert "internal error: TypeError" in said
