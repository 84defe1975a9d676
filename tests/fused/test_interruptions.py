"""A call that is interrupted, anywhere and more than once: nothing works on its memory afterwards, and
nothing hangs.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import lane
import numpy as np
import pytest

from compatlosses import executors, fused, threads
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.pieces import ALL, NEXT, WORKING
from compatlosses.request import Request

X = (True, False, False, False)
SIZE = 300 * 1024
RNG = np.random.default_rng(5)
LOGITS = RNG.normal(size=SIZE).astype(np.float32)
LABELS = (LOGITS > 0).astype(np.float32)
FILE = threads.__file__


class Stop(Exception):
    """What a signal handler raises."""


def call() -> lane.Result:
    return lane.evaluate(LOGITS, LABELS, wrt=X)


def same(a: lane.Result, b: lane.Result) -> bool:
    return a.loss.tobytes() == b.loss.tobytes() and np.array_equal(a.gradients[0], b.gradients[0])  # type: ignore[arg-type]


def at_each_instruction(
    act: Callable[[], None], limit: int = 2000, function: Callable[[], lane.Result] | None = None
) -> int:
    """Make a call again and again, and act once in each: before its first instruction in `threads`, its
    second, ...
    """
    for number in range(limit):
        seen = 0

        def trace(frame: FrameType, event: str, argument: Any, number: int = number) -> Any:
            nonlocal seen
            if frame.f_code.co_filename != FILE:
                return None
            frame.f_trace_opcodes = True
            if event == "opcode":
                seen += 1
                if seen == number + 1:
                    sys.settrace(None)
                    act()
            return trace

        sys.settrace(trace)
        try:
            attempt(function or call)
        finally:
            sys.settrace(None)
        if seen <= number:
            return number
    raise AssertionError("the call has no end")


def attempt(function: Callable[[], lane.Result]) -> None:
    """Make the call; an exception that was raised inside it ends here."""
    try:
        result = function()
    except Stop:
        return
    assert same(result, WANT)


WANT = call()


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> list[threads.Work]:
    """The works that helpers were asked to join, with two helpers at hand."""
    found: list[threads.Work] = []
    ask = threads.Helpers.call

    def noted(self: threads.Helpers, work: threads.Work, helpers: int) -> None:
        found.append(work)
        ask(self, work, helpers)

    monkeypatch.setattr(threads, "LEAST", 1)
    monkeypatch.setattr(threads.Helpers, "call", noted)
    fused.set_num_threads(3)
    return found


def test_an_exception_at_each_instruction(works: list[threads.Work]) -> None:
    def act() -> None:
        raise Stop

    assert at_each_instruction(act) > 30
    assert len(works) > 20
    for work in works:
        started = bool(work.progress[NEXT])
        assert not started or (work.progress[NEXT] >= ALL and work.progress[WORKING] == 0)
    attempt(call)


def test_a_call_at_each_instruction(works: list[threads.Work]) -> None:
    """As a signal handler or a finaliser makes it: the outer call holds no lock that the inner one
    waits for.
    """
    assert at_each_instruction(lambda: attempt(call)) > 30
    assert at_each_instruction(lambda: fused.set_num_threads(2)) > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_at_each_instruction(works: list[threads.Work]) -> None:
    """In the child the call goes on, without the helpers that have claimed a part of it, and the child ends
    with it.
    """
    parent = os.getpid()
    children: list[int] = []

    def act() -> None:
        if os.getpid() != parent:
            os._exit(2)
        child = os.fork()
        if child:
            children.append(child)

    def one_call() -> lane.Result:
        right = False
        try:
            result = call()
            right = same(result, WANT)
            return result
        finally:
            if os.getpid() != parent:
                os._exit(0 if right else 1)

    assert at_each_instruction(act, 200, one_call) > 30
    assert len(children) > 30
    assert {os.waitpid(child, 0)[1] for child in children} == {0}


STORM = """
import ctypes, signal, threading, time
import lane
import numpy as np
from compatlosses import fused
class Stop(Exception): pass
armed = False
def handler(*_):
    if armed: raise Stop
n = 600_000
x = np.random.default_rng(0).standard_normal(n).astype(np.float16)
y = (x > 0).astype(np.int64)
def call(): return lane.evaluate(x, y, reduction="none", wrt=lane.X)
fused.set_num_threads(2)
want = call().loss.tobytes()
began = time.perf_counter(); call(); took = time.perf_counter() - began
main, over = threading.get_ident(), False
def send():
    while not over:
        if armed: ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main), ctypes.py_object(Stop))
        time.sleep(took / 10)
if STORM == "signal": signal.signal(signal.SIGALRM, handler)
else: threading.Thread(target=send, daemon=True).start()
stops = 0
for i in range(120):
    try:
        try:
            if STORM == "signal": signal.setitimer(signal.ITIMER_REAL, took * (i % 20 + 1) / 20, took / 40)
            armed = True
            call()
        finally:
            armed = False
    except Stop:
        stops += 1
    while True:
        try:
            mine = [np.full(n, 7, np.float16) for _ in range(3)]
            time.sleep(took / 4)
            assert all((m == 7).all() for m in mine), "memory that was freed is written to"
            break
        except Stop:  # one that was under way
            pass
over = True
if STORM == "signal": signal.setitimer(signal.ITIMER_REAL, 0)
else: time.sleep(took)
assert call().loss.tobytes() == want
print("stops", stops)
"""


def script(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(lane.__file__).parent)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("storm", ["signal", "thread"])
def test_many_interruptions_of_one_call(storm: str) -> None:
    """By an interval timer, and by exceptions that another thread sends."""
    if storm == "signal" and not hasattr(__import__("signal"), "setitimer"):
        pytest.skip("no interval timer here")
    assert int(script(f"STORM = {storm!r}\n{STORM}").split()[1]) > 10


def test_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch, works: list[threads.Work]) -> None:
    start = threads.start_new_thread
    left = [1]

    def scarce(*arguments: Any) -> int:
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        return start(*arguments)

    fused.set_num_threads(8)
    monkeypatch.setattr(threads, "start_new_thread", scarce)
    for _ in range(20):
        assert same(call(), WANT)
    left[0] = 100
    assert same(call(), WANT)
    assert left[0] == 94  # the other six are started as soon as there are threads again


def test_helpers_end_and_hold_nothing(works: list[threads.Work]) -> None:
    def alive() -> int:
        return sum("serve" in frame.f_code.co_name for frame in sys._current_frames().values())

    attempt(call)
    assert all(work.task is None for work in works)
    for _ in range(20):
        fused.set_num_threads(3)
        attempt(call)
    fused.set_num_threads(1)
    deadline = threading.Event()
    for _ in range(100):
        if not alive():
            break
        deadline.wait(0.1)
    assert alive() == 0


@pytest.mark.parametrize(
    "ending",
    [
        "import atexit; atexit.register(call)",
        "class Late:\n    def __del__(self): call()\nlate = Late()",
        "def run():\n    while True: call()\nthreading.Thread(target=run, "
        "daemon=True).start()\ntime.sleep(0.3)",
    ],
    ids=["atexit", "finaliser", "daemon"],
)
def test_at_interpreter_exit(ending: str) -> None:
    code = f"""
import threading, time
import lane
import numpy as np
from compatlosses import fused
x = np.ones(2_000_000, np.float32)
def call(): lane.evaluate(x, x, wrt=lane.X)
fused.set_num_threads(3)
call()
{ending}
print("end")
"""
    assert script(code) == "end"


def test_two_threads_never_get_one_gradient() -> None:
    """They may write into what they were given."""
    x = LOGITS[:3000]
    arrays = (x, LABELS[:3000], None, None)
    request = Request(LOSS, (0.0,), ("mean", "all", None, math.nan, None), x.dtype)
    for _ in range(200):
        kept = executors.FusedCall(request, fused.evaluated, arrays, X)
        barrier = threading.Barrier(2)
        found: list[Any] = []

        def run(kept: Any = kept, barrier: Any = barrier, found: Any = found) -> None:
            barrier.wait()
            found.append(kept.gradients(arrays, 1.0)[0])

        workers = [threading.Thread(target=run) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert found[0] is not found[1] and not np.shares_memory(*found)
        assert np.array_equal(*found)
