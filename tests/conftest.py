"""Every test process imports the frameworks in the one order in which they all work: MindSpore, Paddle, torch."""

from __future__ import annotations

import socket

import pytest
from frameworks import FRAMEWORKS, WITH_AUTOGRAD, Framework


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
