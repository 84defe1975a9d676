"""Porting: the page is up to date, both lines of an example give the same number, no function is left out."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from types import SimpleNamespace
from typing import Any

import api
import numpy as np
import porting
import pytest

from compatlosses.conformance.porting import moves, observed, table, text
from compatlosses.conformance.porting.observed import INDICES, ONE_HOT, X, Y

EXAMPLE = re.compile(r"### (\w+): .*\n\n```python\nloss = (.*)\nloss = (.*)\n```")


def edition(name: str) -> Any:
    """The package of a framework's editions."""
    return importlib.import_module(f"compatlosses.{name}")


def names(loss: str) -> dict[str, Any]:
    """What the examples name: editions in place of frameworks, NumPy's means in place of theirs."""
    v1 = importlib.import_module("compatlosses.tensorflow.compat.v1")
    numbers = table.Function("", "", "", "", loss)
    of_rows = observed.is_of_rows(numbers)
    return {
        **{name: edition(name) for name in ("torch", "paddle", "mindspore", "optax")},
        "tf": SimpleNamespace(
            nn=edition("tensorflow").nn,
            compat=SimpleNamespace(v1=v1),
            reduce_mean=np.mean,
            reduce_sum=np.sum,
        ),
        "keras": SimpleNamespace(
            losses=edition("keras").losses, ops=SimpleNamespace(mean=np.mean, sum=np.sum)
        ),
        "x": observed.predictions(numbers),
        "y": INDICES if of_rows else Y,
        "q": ONE_HOT,
        "v": np.full_like(X, 0.5),
    }


def test_the_page_is_up_to_date() -> None:
    assert porting.PAGE.read_text() == text.page(), "run python tools/porting.py"


def test_both_lines_of_each_example_give_the_same() -> None:
    examples = EXAMPLE.findall(porting.PAGE.read_text())
    assert len(examples) > 40
    for loss, one, other in examples:
        known = names(loss)
        a, b = (np.asarray(eval(line, dict(known))) for line in (one, other))
        np.testing.assert_allclose(a.ravel(), b.ravel(), rtol=1e-5, err_msg=f"{one}\n{other}")


def test_every_pair_has_an_example_or_says_that_there_is_none() -> None:
    page = porting.PAGE.read_text()
    assert page.count("\n### ") == page.count("```python")
    for loss, of in table.functions().items():
        having = [api for api in text.MAIN if api in of]
        assert page.count(f"\n### {loss}: ") == len(having) * (len(having) - 1) // 2


def test_the_table_has_every_function_of_its_modules() -> None:
    modules = {
        f.edition.rpartition(".")[0] for of in table.functions().values() for fs in of.values() for f in fs
    }
    listed = {id(f.loaded()) for of in table.functions().values() for fs in of.values() for f in fs}
    missing = [
        path
        for one in api.editions()
        for path in one.paths
        if path.rpartition(".")[0] in modules
        and inspect.isfunction(one.value)
        and id(one.value) not in listed
    ]
    assert sorted(missing) == sorted(table.left_out())


@pytest.mark.parametrize(
    ("one", "other", "loss", "title", "said"),
    [
        ("torch", "paddle", "mse_loss", "a third argument by position is", ("`size_average`", "`reduction`")),
        (
            "torch",
            "mindspore",
            "smooth_l1_loss",
            "a third argument by position is",
            ("`size_average`", "`beta`"),
        ),
        ("torch", "keras", "mse_loss", "the first argument is", ("predictions", "targets")),
        (
            "torch",
            "optax",
            "mse_loss",
            "a call without options gives",
            ("the mean", "none: the loss of each"),
        ),
        ("mindspore", "optax", "cross_entropy", "the class axis", ("1", "-1, the last")),
    ],
)
def test_traps_are_silent_differences(
    one: str, other: str, loss: str, title: str, said: tuple[str, str]
) -> None:
    a, b = table.found(loss, one)[0], table.found(loss, other)[0]
    silent = {d.title: (d.one, d.other) for d in moves.differences(a, b) if d.silent}
    assert silent[title] == said


def test_half_of_the_square_is_doubled() -> None:
    torch, half = table.found("mse_loss", "torch")[0], table.found("mse_loss", "optax")[1]
    assert str(moves.counterpart(torch, half)) == "2 * optax.l2_loss(x, y).mean()"
    assert float(moves.usual(torch).value()) == pytest.approx(float(((X - Y) ** 2).mean()), rel=1e-6)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    from compatlosses.conformance.commands.port import port

    port("torch", "keras", "mse_loss", json=False)
    said = capsys.readouterr().out
    assert "loss = keras.ops.mean(keras.losses.mean_squared_error(y, x))" in said
    assert max(map(len, said.splitlines())) <= 80
    port("torch", "optax", "mse_loss", json=True)
    first, second = json.loads(capsys.readouterr().out)
    assert first["to"] == "optax.squared_error(x, y).mean()" and second["loss"] == "mse_loss"
    port("torch", "paddle", None, json=False)
    assert "huber_loss" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("torhc", "paddle", None), "no API is named 'torhc'; did you mean 'torch'"),
        (("torch", "paddle", "mse"), "no loss is named 'mse'; expected binary_cross"),
        (("torch", "keras", "smooth_l1_loss"), "Keras has no smooth_l1_loss; these have: torch"),
    ],
)
def test_what_there_is_not(arguments: tuple[str, str, str | None], message: str) -> None:
    from compatlosses.conformance.commands.port import port
    from compatlosses.conformance.errors import SuiteError

    with pytest.raises(SuiteError, match=message):
        port(*arguments, json=False)
