"""The rooms of the suite: each imports only those before it, and the worker none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from compatlosses.conformance import places

ROOMS = (
    "printable", "errors", "files", "places", "worker", "model", "oracle", "running", "judging", "results",
    "fuzz", "lab", "porting", "report", "commands",
)  # fmt: skip
"""From the lowest floor to the highest."""


def imported(path: Path) -> Iterator[str]:
    """The rooms that a file imports from."""
    depth = len(path.relative_to(places.SUITE).parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            yield from [node.module.partition(".")[0]] if node.module else [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("compatlosses.conformance."):
            yield str(node.module).split(".")[2]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_those_before_it(room: str) -> None:
    files = [*(places.SUITE / room).rglob("*.py")] or [places.SUITE / f"{room}.py"]
    found = {other for path in files for other in imported(path)} - {room}
    assert found <= set(ROOMS[: ROOMS.index(room)])
    assert room != "worker" or not found


def test_every_file_is_in_a_room() -> None:
    parts = {path.relative_to(places.SUITE).parts[0] for path in places.SUITE.rglob("*.py")}
    assert {part.removesuffix(".py") for part in parts} - {"__init__"} == set(ROOMS)
