"""One request after another: tensors are made of it, an implementation is called, and what came is data."""

from __future__ import annotations

import base64
import os
import warnings
from typing import Any

import numpy as np

from .calls import call_of, is_there
from .driver import Refused, Unsupported, error_data, in_phase, message_of
from .drivers import driver_of


class Session:
    """A framework and the implementations under test in it, by name.

    The seam for a test that brings wrong ones.
    """

    def __init__(self, framework, implementations):
        self.framework, self.implementations = framework, dict(implementations)
        self.functions = {}

    def available(self):
        """By name, None for an implementation that can be called, else why not."""
        reasons: dict[str, str | None] = {}
        for name, implementation in self.implementations.items():
            try:
                self.functions[name] = implementation.find()
                reasons[name] = None
            except Exception as error:
                reasons[name] = type(error).__name__ + ": " + message_of(error)[-600:]
        return reasons

    def answer(self, request):
        """What came of one request, as data for JSON."""
        self.framework.settle()
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
            warnings.simplefilter("always")
            try:
                found = self.run(request)
            except Unsupported as why:
                found = {"outcome": "unsupported", "message": str(why)}
            except Refused as refusal:
                found = dict(error_data(refusal.error), outcome="error", phase=refusal.phase)
        found["warnings"] = [[w.category.__name__, message_of(w.message)[:300]] for w in caught][:5]
        return found

    def run(self, request):
        repeat = request.get("repeat")
        name = request["implementation"]
        implementation = self.implementations[name]
        specs = completed(request["tensors"], implementation.required)
        tensors, before = {}, {}
        for key, spec in specs.items():
            tensors[key] = in_phase("inputs", self.made, spec, repeat)
            if repeat is None and spec.get("as", "tensor") == "tensor":
                before[key] = self.framework.array(tensors[key])[0].tobytes()
        self.framework.use_threads(request.get("threads", 1))
        call = implementation.bind(self.functions[name], request, self.framework.through)
        wrt = request.get("differentiate", [])
        gradients, twice = {}, None
        if request.get("before"):
            earlier = {key: self.made(resized(spec, request["before"]), None) for key, spec in specs.items()}
            self.differentiate(call, earlier, wrt, request.get("cotangent"), None)
        if wrt and not self.framework.values_alone:
            how = (request.get("cotangent"), self.second(request))
            value, gradients, twice = in_phase("call", self.differentiate, call, tensors, wrt, *how)
        else:
            value = in_phase("call", self.framework.evaluate, call, tensors)
        answer = {"outcome": "value", "value": in_phase("call", self.packed, value, repeat)}
        if self.framework.values_alone:
            return dict(answer, gradients={}, second=None, values_alone=True)
        for name, x in gradients.items():
            gradients[name] = x if isinstance(x, dict) else in_phase("gradient", self.packed, x, repeat)
        answer["gradients"] = gradients
        if request.get("second"):
            answer["second"] = (
                twice if isinstance(twice, dict) else in_phase("gradient", self.packed, twice, repeat)
            )
        answer["modified"] = [
            n for n, old in before.items() if self.framework.array(tensors[n])[0].tobytes() != old
        ]
        return answer

    def differentiate(self, call, tensors, wrt, cotangent, second):
        """Value and gradients; where a framework refuses some of them, the others and what it said
        of those.
        """
        try:
            return self.framework.differentiate(call, tensors, wrt, cotangent, second)
        except Refused as refusal:
            said = dict(error_data(refusal.error), refused=True)
        # The call itself may be what is wrong: its own error then speaks for itself.
        value = in_phase("call", self.framework.evaluate, call, tensors)
        gradients = {}
        if second and len(wrt) == 1:
            return value, self.differentiate(call, tensors, wrt, cotangent, None)[1], said
        for name in wrt:
            gradients[name] = said
            if len(wrt) > 1:
                gradients.update(self.differentiate(call, tensors, [name], cotangent, None)[1])
        return value, gradients, said

    def second(self, request):
        """What of the gradient is differentiated again: each element, or each times a number; None for
        nothing.
        """
        if not request.get("second"):
            return None
        if "direction" not in request:
            return lambda gradient: gradient
        direction = self.made(request["direction"], None)
        return lambda gradient: gradient * direction

    def made(self, spec, repeat):
        values = decoded(spec["data"]).reshape(spec["shape"])
        kind = spec.get("as", "tensor")
        if kind == "list":
            return values.tolist()
        if kind == "foreign":
            return Foreign()
        if repeat is not None and values.ndim and len(values) == repeat["distinct"]:
            values = values[permutation(repeat) % repeat["distinct"]]
        return self.framework.tensor(values, spec["dtype"], spec.get("view"))

    def packed(self, x, repeat):
        """A result for the wire; of a repeated input, the least and the greatest result of each distinct
        pair or row.
        """
        if x is None:
            return None
        array, dtype = self.framework.array(x)
        shape = list(array.shape)
        wide = array.astype(np.float64)
        if repeat is not None and wide.ndim and len(wide) == repeat["distinct"] * repeat["times"]:
            rows = np.empty_like(wide)
            rows[permutation(repeat)] = wide
            rows = rows.reshape((repeat["times"], repeat["distinct"], *wide.shape[1:]))
            wide = np.stack([rows.min(axis=0), rows.max(axis=0)])
        return {"dtype": dtype, "shape": shape, "data": encoded(wide)}


def session_of(framework, mode, rows):
    """The session of a framework in a mode, and the rows of the table that are tested in it."""
    driver = driver_of(framework, mode)
    driver.use_device(os.environ.get("COMPATLOSSES_DEVICE", "cpu"))
    there = {name: row for name, row in rows.items() if is_there(row, driver.version)}
    return Session(driver, {name: call_of(row, driver.version) for name, row in there.items()})


def completed(specs, required):
    """The tensors of a request, with ones for those that an implementation cannot be called without."""
    missing = [name for name in required if name not in specs]
    if not missing:
        return specs
    like, other = list(specs.values())[:2]
    if like.get("as") == "list":
        like = other
    if like.get("as", "tensor") != "tensor":
        raise Unsupported("ones cannot be made like what is no tensor")
    ones = dict(like, view=None, data=encoded(np.ones(like["shape"])))
    return dict(specs, **{name: ones for name in missing})


def resized(spec, length):
    """A one-dimensional tensor of the same values, repeated or cut to another length."""
    values = np.resize(decoded(spec["data"]), length)
    return dict(spec, shape=[length], data=encoded(values))


class Foreign:
    """What is no tensor of any framework."""


_LAST: dict[tuple[int, int, int], Any] = {}


def permutation(repeat):
    """The order in which the repeated pairs stand: from the old generator, whose stream is the same in every
    NumPy.
    """
    key = (repeat["distinct"], repeat["times"], repeat["seed"])
    if key not in _LAST:
        if sum(len(order) for order in _LAST.values()) + key[0] * key[1] > 2 * 10**6:
            _LAST.clear()
        _LAST[key] = np.random.RandomState(key[2]).permutation(key[0] * key[1])
    return _LAST[key]


def encoded(array):
    """Base64 of little-endian float64."""
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f8").tobytes()).decode("ascii")


def decoded(text):
    """The flat float64 array that `encoded` wrote."""
    return np.frombuffer(base64.b64decode(text), dtype="<f8").copy()
