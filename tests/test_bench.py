"""The benchmark: it compares before it times, says what it measured, and refuses what it does not know."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parent.parent / "tools"


def bench(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOLS / "bench.py"), "--quick", "--threads", "1", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_loss_beside_the_framework_s_own() -> None:
    pytest.importorskip("torch")
    done = bench("--programs", "torch", "--losses", "mse_loss", "--largest", "100")
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if "mse_loss" in line)
    assert float(row.split()[3]) > 0 and "(1.2)" in row
    assert "Everybody" in done.stdout


@pytest.mark.parametrize("option", [("--programs", "torhc"), ("--losses", "mse")])
def test_an_unknown_name_is_refused_with_the_known_ones(option: tuple[str, str]) -> None:
    done = bench(*option)
    assert done.returncode == 2
    assert repr(option[1]) in done.stderr and "none of" in done.stderr


def test_a_wrong_answer_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(TOOLS))
    import bench_problems
    import bench_programs

    program = bench_programs.Torch(torch.get_num_threads())
    problem = bench_problems.of_elements(8, ["mse_loss"])[0]
    native = bench_programs.number(program, bench_programs.pair(program, problem)[0], problem)
    losses: Any = iter([native, lambda *tensors: 1.1 * native(*tensors)])
    monkeypatch.setattr(bench_programs, "number", lambda *asked: next(losses))
    with pytest.raises(bench_programs.WrongAnswer, match="the loss of compatlosses is"):
        bench_programs.prepared(program, problem)


def test_the_page_has_the_ratios_of_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    import bench_run

    document = tmp_path / "page.md"
    document.write_text(f"before\n{bench_run.BEGIN}\nold\n{bench_run.END}\nafter\n")
    ratio = {"program": "torch", "name": "mse_loss", "shape": [100], "ratio": 0.456, "aim": 1.2}
    (tmp_path / "bench.json").write_text(json.dumps({"ratios": [ratio]}))
    bench_run.tables(document, [tmp_path / "bench.json", tmp_path / "missing.json"])
    text = document.read_text()
    assert "| over torch's own | 10^2 |" in text and "| `mse_loss` | 0.46 (1.2) |" in text
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
