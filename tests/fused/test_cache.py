"""Compiled code that is kept: never another version's, never a reason for an error."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import compatlosses
from compatlosses import cache

HOME = Path(compatlosses.__file__).parent

RUN = """
import numpy as np
from compatlosses import fused, kernels
out = np.empty(1)
kernels.total(np.full((3, 2), 0.5), 3.0, 0, out.__array_interface__["data"][0])
print(out[0], sum(kernels.total.stats.cache_hits.values()))
"""
"""The smallest kernel, and whether it came from the cache."""


def run(folder: Path, code: str = RUN, home: Path | None = None, limit: int | None = None) -> list[str]:
    """What a process prints that keeps its compiled code under ``folder``; ``home``: the package it runs."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    if home is not None:
        environment["PYTHONPATH"] = str(home)

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
        preexec_fn=limited,
        cwd=folder.parent,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def source_of(name: str) -> Path:
    """The file of a module of this package, which may be a package itself."""
    path = HOME / name
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def made_of(name: str) -> set[str]:
    """The modules of this package that a module's compiled code is made of: those that it imports from."""
    source = source_of(name)
    own = source.parent.relative_to(HOME)
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = own if node.level == 1 else own.parent
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {(folder / each.replace(".", "/")).as_posix() for each in names}
    return found - {"cache"}


def reached(name: str) -> list[str]:
    """The modules that a module's compiled code is made of, and theirs."""
    found, new = {name}, {name}
    while new := set().union(*(made_of(each) for each in new)) - found:
        found |= new
    return sorted(found)


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "cache") == ["1.0", "0"]
    assert run(tmp_path / "cache") == ["1.0", "1"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the core, as a pull would change it."""
    home = tmp_path / "home"
    (home / "compatlosses").mkdir(parents=True)
    for folder in ("", "definitions", "kernels", "loops"):
        (home / "compatlosses" / folder).mkdir(exist_ok=True)
        for path in (HOME / folder).glob("*.py"):
            shutil.copy(path, home / "compatlosses" / folder)
    return home


@pytest.mark.parametrize("name", reached("kernels/results"))
def test_an_edit_is_compiled_anew(name: str, copy: Path, tmp_path: Path) -> None:
    run(tmp_path / "cache", home=copy)
    assert run(tmp_path / "cache", home=copy) == ["1.0", "1"]
    source = copy / "compatlosses" / f"{name}.py"
    source.write_text(source.read_text() + "\nEDITED = 1\n")
    assert run(tmp_path / "cache", home=copy) == ["1.0", "0"]
    assert run(tmp_path / "cache", home=copy) == ["1.0", "1"]
    assert len(list((tmp_path / "cache").rglob("*.total-*"))) == 1  # the former one is removed


LOOPS = """
import numpy as np
from compatlosses import kernels
from compatlosses.loops import elements, mse
job = [0, 0, 0, 0, np.full((12, 3), -1), 0, 0, 0.0, 1.0, 1.0, np.empty((0, 2)), np.zeros(4, np.int64)]
job[:3] = elements.gather(), elements.scatter(), elements.summed()
mse.general((), tuple(job))
print(sum(mse.general.stats.cache_hits.values()))
"""
"""The loops of one loss over no element."""


@pytest.mark.parametrize("name", ["definitions/mse", "loops/mse", "loops/elements", "loops/words", "scalar"])
def test_an_edited_loss_is_compiled_anew(name: str, copy: Path, tmp_path: Path) -> None:
    run(tmp_path / "cache", LOOPS, copy)
    assert run(tmp_path / "cache", LOOPS, copy) == ["1"]
    source = copy / "compatlosses" / f"{name}.py"
    source.write_text(source.read_text() + "\nEDITED = 1\n")
    assert run(tmp_path / "cache", LOOPS, copy) == ["0"]


@pytest.mark.parametrize("name", ["nll", "rows", "rows_adjacent", "rows_general", "rows_tiles"])
def test_what_is_kept_of_rows_belongs_to_all_its_code(name: str) -> None:
    """The digest in a file's name is of `MODULES`."""
    modules = importlib.import_module(f"compatlosses.loops.{name}").MODULES
    loops = {each for each in reached(f"loops/{name}") if each.startswith("loops/")}
    assert {f"compatlosses/{each}".replace("/", ".") for each in loops} == set(modules)


LOSS = """
import numpy as np
from importlib.metadata import version
import compatlosses as cl
losses = cl.binary_cross_entropy_with_logits(np.float32([2.0]), np.float32([0.0]), reduction="none")
print(version("compatlosses"), float(losses[0]))
"""


def test_an_upgraded_wheel_shows_its_own_numbers(tmp_path: Path) -> None:
    """Two releases that differ in scalar.py: log1p's last coefficient is 2.5 in the second."""
    root = HOME.parent
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "tests", "docs")
    source, site = tmp_path / "source", tmp_path / "site"
    shutil.copytree(root, source, ignore=ignored, symlinks=True)
    found = []
    for number in ("0.1.0", "0.1.1"):
        package = source / "compatlosses" / "__init__.py"
        text = package.read_text()
        package.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{number}"', text))
        assert f'"{number}"' in package.read_text()
        wheels = tmp_path / number
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(source)], check=True
        )
        (wheel,) = wheels.glob("*.whl")
        subprocess.run(
            [*pip, "install", "--quiet", "--no-deps", "--upgrade", "--target", str(site), str(wheel)],
            check=True,
        )
        found.append(run(tmp_path / "cache", LOSS, site))
        scalar = source / "compatlosses" / "scalar.py"
        scalar.write_text(scalar.read_text().replace("1.9999999998090061", "2.5"))
    assert "2.5" in scalar.read_text()
    assert [version for version, _ in found] == ["0.1.0", "0.1.1"]
    assert abs(float(found[0][1]) - 2.126928) < 1e-5
    assert abs(float(found[1][1]) - 2.158617) < 1e-5


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path: Path) -> None:
    """One bit of the machine code."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def foreign(path: Path) -> None:
    path.write_bytes(b"another program's file" * 100)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [emptied, cut, flipped, foreign, a_folder, os.unlink])
def test_a_damaged_file(damage: Callable[[Path], None], tmp_path: Path) -> None:
    run(tmp_path / "cache")
    for path in list((tmp_path / "cache").rglob("*.nbc")):
        damage(path)
    assert run(tmp_path / "cache") == ["1.0", "0"]
    assert run(tmp_path / "cache") == ["1.0", "0" if damage is a_folder else "1"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size here")
def test_a_quota(tmp_path: Path) -> None:
    assert run(tmp_path / "cache", limit=2048) == ["1.0", "0"]
    assert not list((tmp_path / "cache").rglob("*.tmp")) and not list((tmp_path / "cache").rglob("*.nbc"))
    assert run(tmp_path / "cache") == ["1.0", "0"]


@pytest.mark.parametrize("then", ["pass", "open(folder, 'w').close()"])
def test_a_folder_that_vanishes(then: str, tmp_path: Path) -> None:
    """After Numba has found it fit; a file may stand in its place."""
    folder = tmp_path / "cache"
    code = (
        f"import shutil; from compatlosses import kernels; folder = {str(folder)!r}; "
        f"shutil.rmtree(folder); {then}\n{RUN}"
    )
    assert run(folder, code) == ["1.0", "0"]


def test_four_processes_compile_at_once(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-c", RUN]
    four = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in four:
        assert process.communicate(timeout=300)[0].split()[0] == "1.0"
        assert process.returncode == 0
    assert run(tmp_path / "cache") == ["1.0", "1"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_during_a_compilation(tmp_path: Path) -> None:
    """The child needs what the thread that compiles holds."""
    code = f"""
import os, threading, time
import numpy as np
from compatlosses import fused, kernels
def call(): {"; ".join(RUN.strip().splitlines()[2:4])}; return out[0]
assert fused.available()
worker = threading.Thread(target=call)
worker.start()
while not kernels.total._compiling_counter and not kernels.total.signatures: time.sleep(0.001)
began = bool(kernels.total._compiling_counter)
child = os.fork()
if child == 0:
    os._exit(0 if call() == 1.0 else 1)
deadline = time.monotonic() + 120
while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
    assert time.monotonic() < deadline, os.kill(child, 9)
    time.sleep(0.01)
worker.join()
print(began, ended[1])
"""
    assert run(tmp_path / "cache", code) == ["True", "0"]


def test_a_call_that_interrupts_a_compilation(tmp_path: Path) -> None:
    """From a signal handler in the thread that compiles: Numba cannot begin another one there, so the formula
    runs.
    """
    code = """
import signal
import numpy as np, compatlosses as cl
from compatlosses import kernels
x, y = np.float64([1.0, -2.0]), np.float64([1.0, 0.0])
seen = set()
def handler(*_):
    seen.add(cl.executor_of(cl.binary_cross_entropy_with_logits, x, y).partition(":")[0])
    assert abs(cl.binary_cross_entropy_with_logits(x, y) - 0.22009479) < 1e-7
assert cl.executor_of(cl.binary_cross_entropy_with_logits, x, y) == "fused"
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
loss = cl.binary_cross_entropy_with_logits(x, y)
signal.setitimer(signal.ITIMER_REAL, 0)
assert abs(loss - 0.22009479) < 1e-7 and cl.executor_of(cl.binary_cross_entropy_with_logits, x, y) == "fused"
print(*seen)
"""
    assert "formula" in run(tmp_path / "cache", code)


def test_compilation_that_is_switched_off() -> None:
    code = """
import numpy as np, compatlosses as cl
x, y = np.float64([1.0, -2.0]), np.float64([1.0, 0.0])
loss = cl.binary_cross_entropy_with_logits
print(cl.executor_of(loss, x, y))
assert abs(loss(x, y) - 0.22009479) < 1e-7
"""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=environment, check=True
    )
    assert done.stdout.strip() == "formula: Numba compiles nothing, as NUMBA_DISABLE_JIT is set"


def test_warm_up_compiles_what_calls_need() -> None:
    """All losses are named; a process after it compiles nothing."""
    command = [sys.executable, "-m", "compatlosses", "warm-up", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    assert {"mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"} < set(json.loads(done.stdout))
    code = """
import numpy as np, compatlosses as cl
from compatlosses import cache
cache.KernelCache.save_overload = lambda self, *rest: print("compiled", self._cache_file.function)
x = np.ones(3, np.float32)
cl.mse_loss(x, x)
cl.binary_cross_entropy_with_logits(x, x)
cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, x, weight=x, mask=x > 0)
cl.value_and_gradients(cl.huber_loss, x, x, ignore_index=1, wrt=("predictions", "targets"))
print("end")
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert found.stdout.split() == ["end"]


def test_a_long_compilation_is_mentioned_once(caplog: Any) -> None:
    cache._say.cache_clear()
    for seconds in (0.1, 4.0, 5.0):
        cache.say_once(seconds)
    assert [record.getMessage()[:28] for record in caplog.records] == ["compiling a loss took 4 s. W"]
    cache._say.cache_clear()


LOSSES = """
import sys
import numpy as np
import compatlosses as cl
x, y = np.array([1.0, 4.0]), np.array([1.5, 1.0])
for name in sys.argv[1:] or {names!r}:
    print(float(getattr(cl, name)(x, y)))
"""


def test_what_processes_kept_each_by_itself_is_told_apart_in_one(tmp_path: Path) -> None:
    """Numba names code by module and function, and losses of as many parameters share loops."""
    names = ("huber_loss", "smooth_l1_loss", "kl_div")
    apart = [run(tmp_path / "cache", LOSSES.format(names=(name,)))[0] for name in names]
    assert len(set(apart)) == 2  # Huber's loss and the smooth absolute error are one at 1
    assert run(tmp_path / "cache", LOSSES.format(names=names)) == apart
