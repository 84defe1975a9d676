"""The worker as a program: ``python worker/__main__.py FRAMEWORK KIND MODE``, the channel on its standard
input and output.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

PACKAGE = "compatlosses.conformance.worker"


def package():
    """Make the folder of this file the package that it is to others, without the packages around it: they
    need not be there, nor run on this Python.
    """
    folder = os.path.dirname(os.path.abspath(__file__))
    place = os.path.join(folder, "__init__.py")
    spec: Any = importlib.util.spec_from_file_location(PACKAGE, place, submodule_search_locations=[folder])
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


def stay(kind):
    """Keep this process on one core, native and shim each on its own, where the system knows of such a thing.

    MindSpore hands every operation from thread to thread. The shim's cases took it 26 s of processor time on
    one core and 46 s spread over two; beside other targets 30 s and 65 s. The other targets give way to it
    for the same reason.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[0] if kind == "native" else cores[-1]})


def main():
    """Serve requests to one framework's implementations."""
    framework, kind, mode = sys.argv[1:4]
    if framework == "mindspore":
        stay(kind)
    else:
        os.nice(10)
    from compatlosses.conformance.worker.channel import serve
    from compatlosses.conformance.worker.session import session_of

    serve(lambda rows: session_of(framework, mode, rows))


if __name__ == "__main__":
    package()
    main()
