"""The fuzz: what is drawn is a case, always the same; a failure is found, made small and saved as data."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.fuzz import shrink
from compatlosses.conformance.fuzz.campaign import Failure, Fuzz, new_ones
from compatlosses.conformance.fuzz.draw import drawn
from compatlosses.conformance.fuzz.known import Known, lessons, present
from compatlosses.conformance.fuzz.toml import toml
from compatlosses.conformance.judging import expectations
from compatlosses.conformance.judging.expectations import Book
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.judging.reviewed import reviewed
from compatlosses.conformance.model import cases, strata
from compatlosses.conformance.model.case import Case, Tensor, spread
from compatlosses.conformance.model.implementations import TABLE, Implementation, Row, wanted
from compatlosses.conformance.running.line import Line
from compatlosses.conformance.running.target import Target

APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)
IMPLEMENTATIONS = [
    Implementation(row.name, "torch", "shim", "2") for row in TABLE.values() if row.kind == "shim"
]
FIRST = next(one for one in IMPLEMENTATIONS if one.row.loss == "binary_cross_entropy_with_logits")
QUICK = ["--framework", "numpy", "--implementation", "compatlosses"]


def draws(implementation: Implementation, count: int = 300) -> list[Case]:
    return [drawn(7, place, implementation) for place in range(count)]


def same(one: Case, other: Case) -> bool:
    """Equality, in which NaN equals itself and -0 does not equal 0."""
    return repr(one) == repr(other)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda implementation: implementation.name)
def test_a_draw_depends_on_seed_and_place_alone_and_is_a_case(
    implementation: Implementation, tmp_path: Path
) -> None:
    for case, again in zip(draws(implementation), draws(implementation), strict=True):
        assert same(case, again)
        assert len(case.first.values) <= 36
    some = draws(implementation, 60)
    (tmp_path / "axes.toml").write_text("")
    (tmp_path / "fuzz.toml").write_text("\n".join(toml(case) for case in some))
    loaded = {case.id: case for case in cases.load(tmp_path)}
    for case in some:
        assert same(loaded[case.id], replace(case, primary=False))


def test_draws_reach_every_stratum_of_logit_and_label() -> None:
    reached = set()
    for case in draws(FIRST, 3000):
        tensors = case.tensors
        reached |= {
            strata.stratum(x, y)
            for x, y in zip(tensors["logits"].values, tensors["targets"].values, strict=False)
        }
    sizes = [f"{sign}{size} logit" for sign in "+-" for size in ("tiny", "ordinary", "saturating", "largest")]
    for logit in (*sizes, "logit +0", "logit -0", "logit +inf", "logit -inf", "NaN logit"):
        for label in ("label 0", "label 1", "soft label", "label outside [0, 1]"):
            assert f"{logit}, {label}" in reached


def test_another_seed_draws_other_calls() -> None:
    assert not same(drawn(1, 0, FIRST), drawn(2, 0, FIRST))


def test_a_failure_is_made_as_small_as_it_gets() -> None:
    def fails(case: Case) -> bool:
        columns = zip(
            case.tensors["logits"].values,
            spread(case, "weight", case.tensors["logits"].shape),
            strict=False,
        )
        return any(x < -2.0 and w > 1.0 for x, w in columns)

    found = next(
        case for case in draws(FIRST, 3000) if len(case.tensors["logits"].values) > 8 and fails(case)
    )
    small = shrink.shrunk(found, fails)
    assert fails(small)
    assert len(small.tensors["logits"].values) == 1
    assert set(small.tensors) == {"logits", "targets", "weight"}
    assert not small.differentiate and not small.options and not small.repeat
    assert small.tensors["targets"].values[0] in (0.0, 1.0)


def test_shrinking_ends_where_nothing_is_simpler() -> None:
    tried = []

    def fails(case: Case) -> bool:
        tried.append(case)
        return False

    case = draws(FIRST, 1)[0]
    assert shrink.shrunk(case, fails, most=10) is case
    assert len(tried) <= 10


def test_numbers_become_shorter_and_stay_of_the_dtype() -> None:
    assert shrink.shorter_numbers(math.nan, "float32") == []
    assert 0.0 in shrink.shorter_numbers(-3.14159, "float64")
    assert all(len(repr(x)) < len(repr(1 / 3)) for x in shrink.shorter_numbers(1 / 3, "float64"))


def status_of(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APPLICATION, [*arguments])
    return result.exit_code, result.output


def test_the_command_ends_with_0_where_nothing_fails() -> None:
    status, said = status_of("fuzz", "300", *QUICK, "--seed", "7")
    assert status == 0, said
    assert "300 calls, seed 7" in said and "0 unexpected" in said


def test_every_call_is_made_where_a_name_leaves_out_the_native_functions() -> None:
    status, said = status_of(
        "fuzz", "40", "--framework", "torch", "--implementation", "compatlosses", "--seed", "7"
    )
    assert status == 0, said
    assert "40 calls, seed 7" in said and "torch 2" in said


def test_a_failure_ends_with_1_and_is_saved_as_a_case(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Another document for the same function: Paddle 2.0's formula, which differs for soft labels.
    monkeypatch.setitem(TABLE, "compatlosses", replace(TABLE["compatlosses"], api="paddle-2.0"))
    path = tmp_path / "found.toml"
    status, said = status_of("fuzz", "60", *QUICK, "--seed", "7", "--save", str(path))
    assert status == 1, said
    (tmp_path / "axes.toml").write_text("")
    saved = cases.load(tmp_path)
    assert saved and f"{len(saved)} cases saved" in said.replace("\n", " ")
    assert min(len(case.tensors["logits"].values) for case in saved) <= 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["0"],
        ["10", "--seed", "-1"],
        ["10", "--case", "value/*"],
        ["10", "--save", "/no/such/folder/found.toml"],
        ["10", "--timeout", "nan"],
        ["--seed", "7"],
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str]) -> None:
    assert status_of("fuzz", *QUICK, *arguments)[0] == 2


def test_a_crash_ends_one_call_and_the_rest_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "crash", Row("crash"))
    faulty = Path(__file__).with_name("faulty_worker.py")
    target = Target("numpy", "shim", command=[sys.executable, str(faulty)])
    line = Line(target, 10.0)
    crash = Implementation("crash", "numpy", "shim", "1")
    one = Tensor("float64", (1,), (0.0,))
    work = [
        (crash, Case(str(x), "a clause", {"logits": replace(one, values=(x,)), "targets": one}))
        for x in (1.0, 13.0, 2.0, 13.0, 3.0, 4.0)
    ]
    try:
        found = [(case.id, answer["outcome"]) for _, case, answer, _ in line.answered(iter(work))]
    finally:
        line.close()
    assert found == [
        ("1.0", "value"),
        ("13.0", "crash"),
        ("2.0", "value"),
        ("13.0", "crash"),
        ("3.0", "value"),
        ("4.0", "value"),
    ]


@pytest.mark.parametrize(
    ("fault", "check", "severity"),
    [("turned", "documented/gradient/predictions", "wrong"), ("inexact", "exact/value", "digits")],
)
def test_a_fault_in_a_native_function_is_found_among_those_that_are_known(
    fault: str, check: str, severity: str
) -> None:
    def found(command: list[str], count: int) -> list[Failure]:
        targets = [Target("torch", "native", command)]
        named = partial(wanted, patterns=["torch.nn.functional.mse_loss"])
        fuzz = Fuzz(targets, 11, count, named, expectations.load(), reviewed())
        fuzz.go(1)
        assert not targets[0].error
        return [one for one in new_ones(fuzz.failures) if one.checks == {check} and one.severity == severity]

    planted = [sys.executable, str(Path(__file__).with_name("planted_worker.py")), fault]
    (failure,) = found([*planted, "torch", "native", "eager"], 300)
    sound = sum(one.count for one in found([], 300))
    assert failure.count > 10 * max(sound, 1)
    assert len(failure.case.first.values) == 1
    assert fault != "inexact" or failure.case.first.values[0] > 3


def test_what_is_known_is_known_by_check_stratum_and_severity() -> None:
    native = Implementation("torch.nn.functional.mse_loss", "torch", "native", "2.13.0")
    entry = {
        "framework": "torch", "implementations": [native.name], "versions": ">=2", "note": "n", "link": "l",
        "failing": [{"checks": ["exact/value"], "cases": ["a"]}],
    }  # fmt: skip
    known = Known(Book([expectations.made(entry, "here")]))
    tensor = Tensor("float32", (2,), (1.0, 1e5))
    case = Case(
        "a", "c", {"predictions": tensor, "targets": replace(tensor, values=(0.0, 0.0))}, loss="mse_loss"
    )
    near, far = present(case, native)

    def verdict(id: str, strata: dict[str, float]) -> Verdict:
        said = f"value: 1.0, exactly 1.5: {max(strata.values(), default=9.0)} ULP off (1 of 2)"
        check = Check(id, "exact", "fail", said, max(strata.values(), default=9.0), 4.0, strata)
        return Verdict("a", native.name, "torch", "native", "fail", checks=[check])

    def is_new(id: str, strata: dict[str, float]) -> bool:
        return bool(known.unknown(case, native, verdict(id, strata)))

    assert is_new("value", {near: 9.0})
    known.learn(case, native, verdict("value", {near: 9.0, far: 2.0}))
    assert not is_new("value", {near: 12.0, far: 3.0})
    assert is_new("value", {near: 90.0})  # lost digits are worse than a few ULP
    assert is_new("value", {near: 9.0, far: 9.0})  # another stratum
    assert is_new("gradient/predictions", {near: 9.0})  # another check
    assert not is_new("value", {})  # a sum over elements one of which is known to fail
    assert known.unknown(replace(case, id="b"), native, verdict("value", {near: 9.0})) == frozenset()
    wide = replace(case, tensors={k: replace(t, dtype="float64") for k, t in case.tensors.items()})
    assert known.unknown(wide, native, verdict("value", {near: 9.0})) == {"exact/value"}


def test_every_lesson_has_strata_or_is_to_be_refused() -> None:
    for row in TABLE.values():
        if row.framework == "torch":
            native = Implementation(row.name, "torch", "native", "2.13.0")
            for _, case in lessons([native]):
                assert (
                    bool(present(case, native))
                    or case.errors
                    or not case.first.values
                    or (case.first.shape != case.tensors["targets"].shape)
                )


def test_what_the_expectations_do_not_tell_is_not_learnt() -> None:
    native = Implementation("torch.nn.functional.mse_loss", "torch", "native", "2.13.0")
    known = Known(Book(()))
    case = next(case for case in cases.load() if case.id == "mse_loss/piece/float32/zero")
    check = Check("value", "exact", "fail", "value: 1.0, exactly 0.0: 90 ULP off (1 of 1)", 90.0, 4.0)
    verdict = Verdict(case.id, native.name, "torch", "native", "fail", checks=[check])
    known.learn(case, native, verdict)
    assert known.unknown(case, native, verdict) == {"exact/value"}
    assert not any(case.repeat for _, case in lessons([native]))
