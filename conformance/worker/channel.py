"""The worker's end of the channel: a line of JSON for each request, and one for each answer.

The first line is the table of the implementations under test; the first answer says which of them can be
called. An answer has the id of its request. Arrays travel as base64 of little-endian float64 with the name of
their dtype beside them: every float dtype fits into float64 exactly. Nothing that comes is evaluated.
"""

from __future__ import annotations

import json
import os
import platform

import numpy as np

from .driver import error_data

LARGEST_LINE = 2**26
"""Bytes of a request or an answer."""


def platform_of():
    """The system, the machine and, where the system tells, its processor: what results depend on."""
    try:
        with open("/proc/cpuinfo") as file:
            models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        models = []
    return ", ".join([platform.system() + " " + platform.machine(), *models[:1]])


def serve(session):
    """Answer requests until the input ends, by the session that `session` makes of the table.

    The channel is kept on descriptors of its own: what a framework reads, prints or hands to programs that it
    starts are others. Frameworks that print do so on standard error, and read nothing.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    this = os.getpid()

    def send(message):
        line = json.dumps(message).encode("ascii")
        if len(line) >= LARGEST_LINE:
            error = ValueError(f"the answer has {len(line)} bytes, more than the {LARGEST_LINE} of a line")
            message = dict(error_data(error), outcome="error", phase="call", id=message["id"])
            line = json.dumps(message).encode("ascii")
        if os.getpid() != this:
            os._exit(0)  # A copy of this process that a framework has made is nobody's worker.
        answers.write(line + b"\n")
        answers.flush()

    made = session(json.loads(requests.readline(LARGEST_LINE).decode("ascii")))
    send(
        {
            "ready": True,
            "framework": made.framework.version,
            "available": made.available(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "platform": platform_of(),
        }
    )
    while True:
        line = requests.readline(LARGEST_LINE)
        if not line:
            return
        if not line.endswith(b"\n"):
            raise SystemExit(f"a request is cut off, or has more than {LARGEST_LINE} bytes")
        request = json.loads(line.decode("ascii"))
        answer = made.answer(request)
        answer["id"] = request["id"]
        send(answer)
