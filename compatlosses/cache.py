"""What Numba has compiled, kept between runs: a file for each function, signature and processor.

Numba's own cache goes by the content of one file, shares an index among processes that may overwrite each
other's entries in it, and raises where a file cannot be read or written. Here a file's name holds a digest of
all the code that the kernels are made of, so that a change of any of it is compiled anew; its content begins
with its own digest, so that a damaged file is noticed; and trouble of any kind costs the time of a
compilation, never an error.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any
from uuid import uuid4

import llvmlite
import numba
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

PYTHON = sys.implementation.cache_tag
VERSIONS = f"numba {numba.__version__}, llvmlite {llvmlite.__version__}"


def digest_of(modules: Iterable[str]) -> str | None:
    """A digest of the code of modules, as Python imports it now; None where their loaders do not show it.

    Code, not text: where Python runs an outdated .pyc, that is what is compiled.
    """
    total = hashlib.sha256()
    for name in modules:
        loader: Any = getattr(sys.modules[name].__spec__, "loader", None)
        code = loader.get_code(name) if hasattr(loader, "get_code") else None
        if code is None:
            return None
        total.update(repr(content(code)).encode())
    return total.hexdigest()


def content(code: CodeType) -> tuple[Any, ...]:
    """What a code object does, without where it stands."""
    constants = [
        content(c) if isinstance(c, CodeType) else sorted(map(repr, c)) if isinstance(c, frozenset) else c
        for c in code.co_consts
    ]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars


class KernelCache(FunctionCache):
    """A function's compiled code on disk, in the directory that Numba chooses, under the digest
    ``sources``.
    """

    def __init__(self, function: Any, sources: str) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self._began = 0.0
        self._cache_file: Any = Files(Path(self.cache_path), name, sources)

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        """The signature and the processor. What a function has from around it belongs to ``sources``; Numba
        would take its identity, another one in each process.
        """
        return sig, codegen.magic_tuple()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function for a signature; None where there is none that can be used."""
        with suppress(Exception):  # of whatever kind: it is compiled then
            found = super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
            if found is not None:
                return found
        self._began = time.perf_counter()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function, where that is possible."""
        say_once(time.perf_counter() - self._began)
        with suppress(
            Exception
        ):  # a full disk, a quota, a directory that is gone: it is compiled again next time
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


LONG = 3.0
"""Seconds of a compilation from which on it is mentioned."""


def say_once(seconds: float) -> None:
    """Say, once in a process, that a compilation took long, and how to have it beforehand."""
    if seconds > LONG:
        _say(round(seconds))


@cache
def _say(seconds: int) -> None:
    if _say.cache_info().currsize == 0:
        logging.getLogger("compatlosses").warning(
            "compiling a loss took %d s. Where the cache can be written, that is kept for the processes to "
            "come; the command `compatlosses warm-up` compiles everything beforehand.",
            seconds,
        )


class Files:
    """The files of one function: what Numba's cache asks of its index and data files."""

    def __init__(self, directory: Path, function: str, sources: str) -> None:
        self.directory = directory
        self.function = function
        self.sources = sources[:16]

    def path(self, key: Any) -> Path:
        """The file for one signature and processor."""
        name = hashlib.sha256(f"{VERSIONS}, {key!r}".encode()).hexdigest()[:16]
        return self.directory / f"{self.function}-{self.sources}-{name}.{PYTHON}.nbc"

    def load(self, key: Any) -> Any:
        """What was saved under a key; None where there is no whole file."""
        try:
            whole = self.path(key).read_bytes()
        except OSError:
            return None
        data = whole[32:]
        return pickle.loads(data) if hashlib.sha256(data).digest() == whole[:32] else None

    def save(self, key: Any, data: Any) -> None:
        """Keep data under a key; what other sources have left for this function is removed."""
        path = self.path(key)
        pickled: bytes = dumps(data)  # type: ignore[no-untyped-call]
        unfinished = path.with_suffix(f".{uuid4().hex[:16]}.tmp")
        try:
            unfinished.write_bytes(hashlib.sha256(pickled).digest() + pickled)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        for other in self.directory.glob(f"{self.function}-*.{PYTHON}.nbc"):
            if not other.name.startswith(f"{self.function}-{self.sources}-"):
                other.unlink(missing_ok=True)
