"""The fused kernel's tests run what the sources say now.

Numba's cache notices a change of the file that a compiled function is in, not of a file that this one imports. Here the
cache has a folder of its own for each state of the sources.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(importlib.util.find_spec("compatlosses").submodule_search_locations[0])  # type: ignore[union-attr,index]
STATE = hashlib.sha256(
    b"".join((ROOT / name).read_bytes() for name in ("scalar.py", "memory.py", "sums.py", "kernels.py"))
).hexdigest()[:16]
os.environ["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir(), f"compatlosses-{os.getuid()}-{STATE}"))


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Each test starts with one thread and leaves the number as it was."""
    from compatlosses import fused

    before = fused.get_num_threads()
    fused.set_num_threads(1)
    yield
    fused.set_num_threads(before)
