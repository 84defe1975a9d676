"""The survey of what is installed, with versions that are made up: nothing is imported for it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from compatlosses import frameworks


def cautions(monkeypatch: pytest.MonkeyPatch, **installed: str) -> dict[str, tuple[str, ...]]:
    """What the survey warns of, by framework, where these distributions are installed."""

    def version(distribution: str) -> str:
        if distribution not in installed:
            raise PackageNotFoundError(distribution)
        return installed[distribution]

    monkeypatch.setattr(frameworks, "version", version)
    monkeypatch.setattr(frameworks, "probe", lambda adapter: "")
    return {
        framework.name: framework.cautions
        for framework in frameworks.survey()
        if framework.version is not None
    }


def test_jax_on_numpy_1(monkeypatch: pytest.MonkeyPatch) -> None:
    found = cautions(monkeypatch, jax="0.10.2", numpy="1.26.4")
    assert list(found) == ["JAX", "NumPy"]
    (said,) = found["JAX"]
    assert said.startswith("JAX needs NumPy 2 and NumPy 1.26.4 is installed") and "numpy>=2" in said


def test_mindspore_on_numpy_2(monkeypatch: pytest.MonkeyPatch) -> None:
    (said,) = cautions(monkeypatch, mindspore="2.10.0", numpy="2.4.6")["MindSpore"]
    assert "NumPy 1" in said and "2.4.6" in said and "numpy<2" in said


@pytest.mark.parametrize("numpy", ["1.26.4", "2.4.6"])
def test_no_numpy_serves_both(monkeypatch: pytest.MonkeyPatch, numpy: str) -> None:
    """Whichever NumPy is there, the pair is explained, and so is the one that it breaks."""
    found = cautions(monkeypatch, jax="0.10.2", mindspore="2.10.0", numpy=numpy)
    assert "no NumPy serves both" in found["JAX"][-1]
    assert len(found["JAX"]) == (2 if numpy.startswith("1") else 1)
    assert len(found["MindSpore"]) == (0 if numpy.startswith("1") else 1)


@pytest.mark.parametrize(
    "others", [{"jax": "0.10.2", "numpy": "2.4.6"}, {"mindspore": "2.10.0", "numpy": "1.26.4"}]
)
def test_each_alone_on_its_own_numpy_is_no_conflict(
    monkeypatch: pytest.MonkeyPatch, others: dict[str, str]
) -> None:
    assert not any(cautions(monkeypatch, **others).values())
