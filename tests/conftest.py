"""The fixtures that all tests share.

Every test process imports its frameworks in the one order in which they work.
"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from frameworks import FRAMEWORKS, UNDER_TEST, WITH_AUTOGRAD, Framework

ADAPTERS = Path(__file__).resolve().parent.parent / "adapters"

# The folders of frameworks that other processes test, each in the environment meant for it.
collect_ignore = [path.name for path in ADAPTERS.iterdir() if path.name not in UNDER_TEST]


@pytest.fixture(params=FRAMEWORKS, ids=lambda framework: framework.name)
def framework(request: pytest.FixtureRequest) -> Framework:
    """Each framework in turn, NumPy first."""
    found: Framework = request.param
    return found


@pytest.fixture(params=WITH_AUTOGRAD, ids=lambda framework: framework.name)
def autograd(request: pytest.FixtureRequest) -> Framework:
    """Each framework that differentiates."""
    found: Framework = request.param
    return found


@pytest.fixture
def free_port() -> int:
    """A port of the loopback interface that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
