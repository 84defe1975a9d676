"""The judge: what a worker answered, against the documents and against the exact outcome."""

from __future__ import annotations

import base64
import math
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ..model.case import Case, reduction_of, result_dtype
from ..model.implementations import Api, Implementation, label_of
from ..model.losses import QUANTITIES, Value
from ..model.strata import stratum_of
from ..model.strata_rows import of_elements
from ..oracle.exact import Floats, Outcome, expected, rules_of
from ..places import CASES
from ..running.channel import Answer
from .severity import FIRST_DIGIT

STATUSES = ("pass", "unsupported", "fail", "timeout", "crash")
"""From best to worst."""
YARDSTICKS = ("documented", "exact", "agreement")
MOST_ACTUAL = 100
"""Elements of a failure that are kept."""
MOST_WORST = 3
"""Elements of a failure that are kept with their places, also in compact runs."""

CHECKS = frozenset(
    [f"{yardstick}/{quantity}" for yardstick in ("documented", "exact") for quantity in QUANTITIES]
    + [f"documented/{quantity}/{aspect}" for quantity in QUANTITIES for aspect in ("shape", "dtype")]
    + [f"documented/{what}" for what in ("inputs", "warning", "error", "error/phase", "crash", "timeout")]
)
"""Every check that can fail, as expectations name it: the yardstick, then what is checked."""

Worst = tuple[tuple[int, float, float], ...]


@dataclass
class Check:
    """One thing that was checked: of which quantity, by which yardstick, and how it came out."""

    what: str
    yardstick: str
    status: str
    message: str = ""
    ulps: float | None = None
    limit: float | None = None
    """How many ULPs are allowed."""
    strata: dict[str, float] = field(default_factory=dict)
    """The largest error in ULPs by stratum of the elements, where there is one."""
    actual: tuple[float, ...] = ()
    """What came back, of a failure by the mathematics that is short enough to be looked at."""
    worst: Worst = ()
    """The worst elements of a failure by the mathematics: index in the flat array, actual, expected."""
    expectation: str = ""
    """What the expectations say of a failure: 'expected' or 'unexpected'."""
    finding: str = ""
    """Where one reads about a known deviation."""

    @property
    def id(self) -> str:
        """How expectations name it."""
        return f"{self.yardstick}/{self.what}"


@dataclass
class Verdict:
    """All that is known of one case on one implementation."""

    case: str
    implementation: str
    framework: str
    kind: str
    status: str
    message: str = ""
    checks: list[Check] = field(default_factory=list)
    seconds: float = 0.0
    mode: str = "eager"
    expectation: str = ""
    """What the expectations say: '' nothing, 'expected' known deviations alone, 'unexpected' also one that
    they do not know, 'stale' no failure where they tell of one.
    """
    finding: str = ""
    """Where one reads about the first known deviation."""
    stale: list[str] = field(default_factory=list)
    """The checks that do not fail although expectations say so."""

    @property
    def label(self) -> str:
        return label_of(self.implementation, self.kind, self.framework, self.mode)

    def to_json(self) -> dict[str, Any]:
        """As data. JSON has no infinity: an unbounded error is the string 'inf'."""
        data: dict[str, Any] = jsonable({**vars(self), "checks": [vars(check) for check in self.checks]})
        return data


def jsonable(value: Any) -> Any:
    """The value with its infinite and NaN floats as strings."""
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


@lru_cache(maxsize=1)
def tolerances() -> dict[str, dict[str, dict[str, Any]]]:
    """By yardstick and quantity, the limit for each dtype and the reason for it."""
    return tomllib.loads((CASES / "tolerances.toml").read_text(encoding="utf-8"))


KNOWN: dict[tuple[str, ...], tuple[Case, dict[str, Outcome]]] = {}
"""Exact outcomes by id and the rules of a document, each with the case that it is of."""
KNOWN_LOCK = threading.Lock()


def exact_outcome(case: Case, api: Api) -> dict[str, Outcome]:
    """The exact outcome, once for all implementations whose documents come to the same.

    Targets run side by side and reach a case at about the same time: the second waits for the first one's
    work.
    """
    key = (case.id, *rules_of(case, api))
    with KNOWN_LOCK:
        if key not in KNOWN or KNOWN[key][0] is not case:
            KNOWN[key] = case, expected(case, api)
        return KNOWN[key][1]


def judge(case: Case, implementation: Implementation, answer: Answer, seconds: float = 0.0) -> Verdict:
    """The verdict on one answer."""
    verdict = Verdict(
        case.id,
        implementation.name,
        implementation.framework,
        implementation.kind,
        "pass",
        seconds=round(seconds, 4),
        mode=implementation.mode,
    )
    outcome = answer["outcome"]
    if outcome == "unsupported":
        verdict.status, verdict.message = outcome, str(answer.get("message", ""))
        return verdict
    if outcome in ("crash", "timeout"):
        verdict.checks = [Check(outcome, "documented", outcome, str(answer.get("message", "")))]
    elif case.errors:
        verdict.checks = list(judge_refusal(case, implementation, answer))
    elif outcome == "error":
        verdict.checks = [judge_error(case, implementation, answer)]
    else:
        verdict.checks = list(judge_value(case, implementation, answer))
    verdict.status = max((check.status for check in verdict.checks), key=STATUSES.index)
    verdict.message = "; ".join(check.message for check in verdict.checks if check.status != "pass")[:600]
    return verdict


def judge_refusal(case: Case, implementation: Implementation, answer: Answer) -> Iterator[Check]:
    """The error that a document asks for: of the right type, and in the call, not later in the gradient."""
    wanted = case.errors[implementation.api_name]
    raised = error_of(answer)
    if raised is None:
        yield Check("error", "documented", "fail", f"accepted silently; expected {' or '.join(wanted)}")
        return
    said = f"{raised['kinds'][0]} in the {raised['phase']}: {raised['message']}"
    if raised["phase"] == "inputs":
        yield Check("refusal", "documented", "unsupported", f"refused: {said}")
        return
    right = bool(set(wanted) & set(raised["kinds"]))
    yield Check(
        "error",
        "documented",
        "pass" if right else "fail",
        "" if right else f"expected {' or '.join(wanted)}, got {said}",
    )
    if raised["phase"] != "call":
        yield Check("error/phase", "documented", "fail", f"expected in the call, got {said}")


def error_of(answer: Answer) -> Answer | None:
    """The error that an answer tells of; of a call that went through, that of its gradients."""
    if answer["outcome"] == "error":
        return answer
    refused = [found for found in answer.get("gradients", {}).values() if found and "refused" in found]
    return {"phase": "gradient", **refused[0]} if refused else None


def judge_error(case: Case, implementation: Implementation, answer: Answer) -> Check:
    """An error that no document asks for: a refusal of what none promises, or a failure."""
    said = f"{answer['kinds'][0]} in the {answer['phase']}: {answer['message']}"
    dtypes = {tensor.dtype for tensor in case.tensors.values()}
    undocumented = not dtypes <= set(implementation.api.dtypes)
    refuses_gradient = answer["phase"] == "gradient" and implementation.kind == "native"
    if answer["phase"] == "inputs" or undocumented or refuses_gradient:
        return Check("refusal", "documented", "unsupported", f"refused: {said}")
    return Check("error", "documented", "fail", said)


def judge_value(case: Case, implementation: Implementation, answer: Answer) -> Iterator[Check]:
    """A result: its shape, dtype, numbers, gradients, warnings; and that the inputs are as they were."""
    api = implementation.api
    native = implementation.kind == "native"
    outcomes = exact_outcome(case, api)
    reduced = reduction_of(case, api.default) != "none"
    shape = api.reduced if reduced else outcomes["value"].shape
    if not reduced:
        shape = repeated(case, shape)
    yield from judge_array(
        case, "value", answer.get("value"), outcomes["value"], shape, result_dtype(case), native
    )
    differentiated = not answer.get("values_alone", False)
    for name in case.differentiate if differentiated else ():
        if name in api.constant:
            continue
        tensor = case.tensors[name]
        full = tensor.shape if case.of.rows and name == "weight" else repeated(case, tensor.shape)
        found = answer["gradients"].get(name)
        yield from judge_array(case, f"gradient/{name}", found, outcomes[name], full, tensor.dtype, native)
    if case.second and differentiated:
        yield from judge_array(
            case,
            case.second_name,
            answer.get("second"),
            outcomes["second"],
            outcomes["second"].shape,
            case.dtype,
            native,
        )
    if answer.get("modified"):
        yield Check("inputs", "documented", "fail", f"modified {', '.join(answer['modified'])}")
    if case.warns is not None:
        said = [message for _, message in answer.get("warnings", [])]
        heard = any(case.warns in message for message in said)
        yield Check(
            "warning",
            "documented",
            "pass" if heard else "fail",
            "" if heard else f"no warning {case.warns!r}: {said}",
        )


def repeated(case: Case, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of what a case repeats."""
    if case.repeat is None or shape[:1] != case.first.shape[:1]:
        return shape
    return (case.repeat.times * shape[0], *shape[1:])


def judge_array(
    case: Case,
    what: str,
    got: Answer | None,
    exact: Outcome,
    shape: tuple[int, ...],
    dtype: str,
    native: bool,
) -> Iterator[Check]:
    """One array of a result, by the document and by the mathematics."""
    if got is None:
        yield Check(what, "documented", "fail", f"{what}: None, silently")
        return
    if "refused" in got:
        # A native function need not differentiate by its weights if it says so; the shim promises every
        # gradient.
        yield Check(
            what,
            "documented",
            "unsupported" if native else "fail",
            f"{what}: refused: {got['kinds'][0]}: {got['message']}",
        )
        return
    if tuple(got["shape"]) != shape:
        yield Check(
            what + "/shape", "documented", "fail", f"{what}: shape {tuple(got['shape'])}, expected {shape}"
        )
        if math.prod(got["shape"]) != math.prod(shape):
            return
    if got["dtype"] != dtype:
        yield Check(what + "/dtype", "documented", "fail", f"{what}: dtype {got['dtype']}, expected {dtype}")
    values = arrived(got)
    if case.repeat and values.size == 2 * exact.rounded.size:
        values = worst_of(values.reshape(2, -1), exact)
    if values.size != exact.rounded.size:
        yield Check(
            what,
            "documented",
            "fail",
            f"{what}: {values.size} numbers came back, expected {exact.rounded.size}",
        )
        return
    errors = errors_in_ulps(values, exact)
    limit = float(tolerances()["exact"][what.partition("/")[0]][dtype])
    check = numeric(case, what, "exact", values, exact, errors, limit)
    if check.status == "fail" and not values.any():
        check.message = f"{what}: all zeros, silently; expected {exact.rounded.ravel()[:4].tolist()}"
        yield check
        return
    yield check
    relative = tolerances()["documented"]["relative"][dtype]
    allowed = np.maximum(exact.ulp * 2.0 ** precision(dtype), 1.0) * relative
    yield numeric(case, what, "documented", values, exact, errors * exact.ulp / allowed, 1.0, counted=False)


def arrived(got: Answer) -> Floats:
    """A worker's array, flat."""
    return np.frombuffer(base64.b64decode(got["data"]), dtype="<f8")


def kept(values: Floats) -> tuple[float, ...]:
    """The values of a failure, if they are few."""
    return tuple(values.tolist()) if values.size <= MOST_ACTUAL else ()


def worst_elements(got: Floats, exact: Outcome, errors: Floats, limit: float) -> Worst:
    """The elements that are farthest off, the worst first: index in the flat array, actual, expected."""
    places = np.argsort(-errors, kind="stable")[:MOST_WORST]
    due = exact.rounded.ravel()
    return tuple((int(at), float(got[at]), float(due[at])) for at in places if errors[at] > limit)


def precision(dtype: str) -> int:
    """Bits of precision less one."""
    from ..model.rounding import FORMATS

    return FORMATS[dtype].precision - 1


def worst_of(both: Floats, exact: Outcome) -> Floats:
    """Of the least and the greatest result of each distinct pair, the one farther from the truth."""
    far = [errors_in_ulps(row, exact) for row in both]
    return np.where(far[0] >= far[1], both[0], both[1])


def errors_in_ulps(got: Floats, exact: Outcome) -> Floats:
    """|got - exact| in ULPs; 0 where both are the same infinity or both NaN, infinite where only one is."""
    with np.errstate(all="ignore"):
        distance = np.abs((got - exact.head) - exact.rest) / exact.ulp
    same = (got == exact.rounded) & ~np.isfinite(exact.rounded) | np.isnan(got) & np.isnan(exact.rounded)
    return np.where(same, 0.0, np.where(np.isfinite(distance), distance, np.inf))


@lru_cache(maxsize=1000)
def strata_of(
    loss: str, values: tuple[float, ...], targets: tuple[float, ...], parameters: tuple[Value, ...]
) -> tuple[list[str], Any]:
    """The strata of a case's elements, and for each element the place of its own among them."""
    return numbered([stratum_of(loss, x, y, parameters) for x, y in zip(values, targets, strict=True)])


def numbered(each: list[str]) -> tuple[list[str], Any]:
    """Names, and for each element the place of its own among them."""
    names = list(dict.fromkeys(each))
    places = {name: place for place, name in enumerate(names)}
    return names, np.array([places[name] for name in each], int)


def strata_in(case: Case, size: int, axis: int) -> tuple[list[str], Any]:
    """The strata of so many numbers of a case, if they are its elements' or its rows'; else none."""
    if case.of.rows:
        return numbered(of_elements(case, axis, size))
    if size == len(case.first.values) == len(case.tensors["targets"].values):
        return strata_of(case.loss, case.first.values, case.tensors["targets"].values, case.parameters)
    return numbered([])


def worst_place(got: Floats, exact: Outcome, errors: Floats, limit: float) -> int:
    """The element that tells most of a document's formula: one with a wrong value or sign, if there is one.

    It would otherwise hide behind a NaN, whose error nothing exceeds.
    """
    with np.errstate(all="ignore"):
        off = np.abs(got - exact.rounded) > FIRST_DIGIT * np.abs(exact.rounded)
    wrong = (errors > limit) & np.isfinite(got) & np.isfinite(exact.rounded) & off
    return int(np.where(wrong, errors, -1.0).argmax() if wrong.any() else errors.argmax())


def numeric(
    case: Case,
    what: str,
    yardstick: str,
    got: Floats,
    exact: Outcome,
    errors: Floats,
    limit: float,
    counted: bool = True,
) -> Check:
    """The worst of an array's errors, and where it is."""
    if not errors.size:
        return Check(what, yardstick, "pass", ulps=0.0 if counted else None, limit=limit if counted else None)
    bad = int((errors > limit).sum())
    worst = worst_place(got, exact, errors, limit) if bad and not counted else int(errors.argmax())
    strata: dict[str, float] = {}
    names, places = strata_in(case, errors.size, exact.axis) if counted or bad else numbered([])
    if names:
        largest = np.zeros(len(names))
        np.maximum.at(largest, places, errors)
        strata = {
            name: round(error, 3)
            for name, error in zip(names, largest.tolist(), strict=True)
            if counted or error > limit
        }
    ulps, most = (round(float(errors[worst]), 3), limit) if counted else (None, None)
    if not bad:
        return Check(what, yardstick, "pass", "", ulps, most, strata)
    where = f" at {names[places[worst]]}" if names else ""
    how = f"{errors[worst]:.3g} ULP off" if counted else "not the documented formula's value"
    said = (
        f"{what}: {float(got[worst])!r}, exactly {float(exact.rounded[worst])!r}: {how}{where} "
        f"({bad} of {errors.size})"
    )
    if not counted:
        return Check(what, yardstick, "fail", said, ulps, most, strata)
    elements = worst_elements(got, exact, errors, limit)
    return Check(what, yardstick, "fail", said, ulps, most, strata, kept(got), elements)
