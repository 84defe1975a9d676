"""A worker whose implementations do on purpose what a framework must not.

Run as a process by the tests of the runner.
"""

import ctypes
import json
import os
import signal
import sys
import time

from compatlosses.conformance.worker import channel
from compatlosses.conformance.worker.calls import Function
from compatlosses.conformance.worker.drivers import driver_of
from compatlosses.conformance.worker.session import Session


class Fault(Function):
    """An implementation that does what its name says where the logit is 13, and else answers 0."""

    def find(self):
        return self.attribute

    def bind(self, function, request, through):
        def call(tensors):
            if 13.0 in tensors["logits"]:
                FAULTS[function]()
            return tensors["logits"] * 0

        return call


def note(pid):
    """Tell the test of a process that must not be left."""
    with open(os.environ["FAULTY_PIDS"], "a") as file:
        file.write(f"{pid}\n")


def hang():
    note(os.getpid())
    time.sleep(600)


def hold_the_pipe():
    """A child that has every descriptor of this process and lives on."""
    if os.fork() == 0:
        hang()


def hold_the_pipe_and_crash():
    hold_the_pipe()
    crash()


def daemon():
    """A grandchild in a session of its own, whose parent has ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            hang()
        os._exit(0)
    os.waitpid(child, 0)
    time.sleep(0.2)


def daemon_and_hang():
    daemon()
    hang()


def copy():
    """A child that goes on as if it were the worker."""
    os.fork()


def crash():
    ctypes.string_at(0)


def chatter():
    """JSON of its own on standard output, by Python and by descriptor."""
    answer = json.dumps({"id": "b", "outcome": "unsupported", "message": "none of mine"}) + "\n"
    sys.stdout.write(answer)
    sys.stdout.flush()
    os.write(1, answer.encode())


def reader():
    """What waits on standard input, taken: nothing does."""
    assert os.read(0, 1000) == b""


def everywhere(data):
    """The data on every descriptor that takes it: the channel is among them."""
    for descriptor in range(3, 64):
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError:
            continue


def stop():
    note(os.getpid())
    os.kill(os.getpid(), signal.SIGSTOP)


def close():
    os.closerange(0, 64)


def close_and_hang():
    os.closerange(0, 64)
    time.sleep(600)


def murmur():
    """More on standard error than any pipe holds."""
    os.write(2, b"x" * 10**7)


def evil():
    raise type("Ev\x1b[31mil", (ValueError,), {})("\x1b]0;title\x07 \x9b2J \u202e [red]not red[/] \ud800 end")


def wordy():
    raise ValueError("x" * 10**6 + "\u202e" * 300)


def mute():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    raise Mute


FAULTS = {
    "crash": crash,
    "hang": hang,
    "chatter": chatter,
    "reader": reader,
    "hold the pipe": hold_the_pipe,
    "hold the pipe and crash": hold_the_pipe_and_crash,
    "daemon": daemon,
    "daemon and hang": daemon_and_hang,
    "copy": copy,
    "no newline": lambda: everywhere(b"x" * 5 * 10**6),
    "endless line": lambda: [everywhere(b"x" * 10**7) for _ in range(10)],
    "no JSON": lambda: everywhere(b"{not an answer}\n"),
    "deep JSON": lambda: everywhere(b"[" * 10**5 + b"\n"),
    "another's answer": lambda: everywhere(
        b'{"id": "b", "outcome": "unsupported", "message": "none of mine"}\n'
    ),
    "stop": stop,
    "close": close,
    "close and hang": close_and_hang,
    "exit": lambda: sys.exit(0),
    "murmur": murmur,
    "evil": evil,
    "wordy": wordy,
    "mute": mute,
}
IMPLEMENTATIONS = {name: Fault("", name, {"logits": "x", "targets": "y"}) for name in FAULTS}

if __name__ == "__main__":
    channel.serve(lambda rows: Session(driver_of("numpy"), IMPLEMENTATIONS))
