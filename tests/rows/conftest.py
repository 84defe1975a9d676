"""What the tests of losses of rows share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Each test starts with one thread and leaves the number as it was."""
    from compatlosses import fused

    before = fused.get_num_threads()
    fused.set_num_threads(1)
    yield
    fused.set_num_threads(before)
