"""The loops for contiguous arrays of float32 give the bits of the loops for anything, and take the calls that
they are for.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from compatlosses import elementwise, fused
from compatlosses.definitions import known_losses
from compatlosses.request import Request, loaded
from compatlosses.warm_up import defaults

LOSSES = {name: loss for name, loss in known_losses().items() if loss.loops and not loss.rows}
FORMS = [("mean", "all"), ("sum", "one"), ("none", "one")]
SPECIAL = np.array(
    [
        0.0,
        -0.0,
        1e-45,
        -1e-45,
        1e-20,
        0.25,
        0.5,
        1.0,
        -1.0,
        2.0,
        -3.5,
        90.0,
        -90.0,
        3e38,
        np.inf,
        -np.inf,
        np.nan,
    ],
    np.float32,
)


def arrays(loss: Any, weighted: bool) -> list[np.ndarray | None]:
    """Every combination of special values, and ordinary ones for more than two blocks."""
    count = len(loss.inputs)
    given = np.array(list(itertools.product(SPECIAL, repeat=2)), np.float32).T
    rng = np.random.default_rng(5)
    drawn = rng.normal(0, 3, (4, 2500)).astype(np.float32)
    drawn[1:] = np.abs(drawn[1:]) / 12  # targets, third inputs and weights
    found: list[np.ndarray | None] = []
    for i in range(count):
        found.append(np.concatenate([given[i] if i < 2 else np.roll(given[0], 7), drawn[i]]))
    found.append(np.concatenate([np.roll(given[1], 3), drawn[3]]) if weighted else None)
    return found


def strided(a: np.ndarray | None) -> np.ndarray | None:
    """The same values, two places apart: for these the loops for anything are there."""
    return None if a is None else np.repeat(a, 2)[::2]


def result(loss: Any, form: tuple[str, str], given: Any, cotangent: Any) -> list[bytes]:
    """The bits of the loss and its gradient, in one pass where it is reduced, times the cotangent."""
    request = Request(loss, defaults(loss), (*form, None, 0.0, None), np.dtype(np.float32))
    wrt, none = (True, *[False] * (len(given) - 1)), (False,) * len(given)
    if form[0] == "none":
        losses, _ = elementwise.evaluated(request, given, none, None, True)
        _, gradients = elementwise.evaluated(request, given, wrt, cotangent, False)
    else:
        losses, gradients = elementwise.evaluated(request, given, wrt, cotangent, True)
    assert gradients[0] is not None
    # Which of several NaN an operation gives is nobody's promise.
    return [np.where(np.isnan(a), np.float32(np.nan), a).tobytes() for a in (losses, gradients[0])]


@pytest.mark.parametrize("name", LOSSES)
def test_the_bits_of_the_loops_for_anything(name: str) -> None:
    loss = LOSSES[name]
    given = arrays(loss, False)
    expected = result(loss, FORMS[0], [strided(a) for a in given], 3.0)
    assert result(loss, FORMS[0], given, 3.0) == expected
    finite = [a if a is None else a[SPECIAL.size**2 :] for a in given]
    assert result(loss, FORMS[0], finite, 3.0) == result(loss, FORMS[0], [*map(strided, finite)], 3.0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[0])
def test_every_form(form: tuple[str, str], weighted: bool) -> None:
    loss = LOSSES["mse_loss"]
    given = arrays(loss, weighted)
    cotangent = np.linspace(-2, 2, given[0].size, dtype=np.float32) if form[0] == "none" else -0.5
    others = [strided(a) for a in given]
    assert result(loss, form, given, cotangent) == result(loss, form, others, strided_if(cotangent))


def strided_if(cotangent: Any) -> Any:
    """An array two places apart; a number as it is."""
    return strided(cotangent) if isinstance(cotangent, np.ndarray) else cotangent


def test_threads_change_nothing() -> None:
    loss = LOSSES["huber_loss"]
    rng = np.random.default_rng(2)
    given = [*rng.normal(0, 2, (2, 300_001)).astype(np.float32), None]
    alone = result(loss, FORMS[0], given, 1.0)
    fused.set_num_threads(3)
    assert result(loss, FORMS[0], given, 1.0) == alone


def test_which_calls_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = LOSSES["mse_loss"]
    loops, taken = loaded(loss.loops), []
    for name in ("contiguous", "general"):
        original = getattr(loops, name)
        monkeypatch.setattr(
            loops, name, lambda *given, name=name, of=original: (taken.append(name), of(*given))
        )
    x = np.ones((2, 3), np.float32)
    broad, whole = x[:1], ("mean", "all", None, 0.0, None)
    for given, reduction, wrt in [
        ((x, x, None), whole, (True, False, False)),
        ((x, x, x), whole, (False, False, False)),
        ((x.T, x.T, None), whole, (True, False, False)),
        ((x, x, broad), whole, (True, False, False)),
        ((x, x, None), whole, (True, True, False)),
        ((x, x.astype(np.float64), None), whole, (True, False, False)),
        ((x, x, None), ("mean", "counted", 1.0, 0.0, None), (True, False, False)),
    ]:
        request = Request(loss, (), reduction, np.dtype(np.float32))
        elementwise.evaluated(request, given, wrt, None, True)
    assert taken == ["contiguous"] * 2 + ["general"] * 5
