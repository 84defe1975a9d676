"""Calls that come again.

What a call's checks come to depends on the types, dtypes and shapes of its inputs and on its options, never
on values. Once a call has been checked and the fused executor took it, that is kept, and a call like it goes
to the executor at once: most of what a small eager call costs is checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from . import fused
from .executors import FusedCall, direct, request_of, runner, views
from .protocols import Array, Call, Tensor
from .request import Direct, Request, Run

View = Callable[[Tensor], Array]
"""A host's `view`."""

Look = Callable[[View, tuple[Any, ...], tuple[Any, ...]], None]
"""What looks at the values of a call that comes again."""

MOST = 512
"""How many plans are kept together; then all are forgotten."""


class Plan(NamedTuple):
    """A call that has been checked, but for its tensors."""

    request: Request
    run: Run
    wanted: tuple[bool, ...]
    attached: bool
    """Whether some gradient is wanted."""
    direct: Direct | None
    """How it is computed from addresses alone, for a host that can do so."""


class Plans:
    """The plans of a function, or of several whose ``options`` tell them apart.

    ``options`` are what the function was given besides ``inputs``, all of which the checks look at. ``look``
    is given `Host.view`, the inputs and the options of each call that comes again: for checks of values.
    """

    def __init__(self, look: Look | None = None) -> None:
        self._plans: dict[Any, Plan] = {}
        self._look = look

    @property
    def types(self) -> tuple[type, ...]:
        """The types of tensors of which there are plans.

        A function asks whether its first tensor is of one of them before it asks for a plan: compilers that
        read it then leave that out.
        """
        return _Hosts.types

    def known(self, inputs: tuple[Any, ...], options: tuple[Any, ...]) -> Tensor | None:
        """The loss, where a call like this one has been checked before; None where it must be checked."""
        host = _Hosts.by_type.get(type(inputs[0]))
        if host is None:
            return None
        facts = host.facts(inputs)
        if facts is None:
            return None
        loops = fused.Loops.module
        # A call that interrupts a compilation in its own thread can begin no other one.
        if loops is None or loops.compiling():
            return None
        try:
            plan = self._plans.get((facts, options, *map(type, options)))
        except TypeError:  # an option that cannot be hashed, and that no call has been kept with
            return None
        if plan is None:
            return None
        if self._look is not None:
            self._look(host.view, inputs, options)
        request, run, wanted, attached, direct = plan
        if direct is not None:
            made = host.at_once(direct, inputs)
            if made is not None:
                if not attached:
                    return made[0]
                return host.attach(FusedCall.computed(request, run, wanted, *made), inputs)
        view = host.view
        arrays = tuple([x if x is None or type(x) is float else view(x) for x in inputs])
        call = FusedCall(request, run, arrays, wanted)
        return host.attach(call, inputs) if attached else host.tensor(call.loss, inputs[1])

    def keep(self, call: Call, dtype: str, options: tuple[Any, ...]) -> None:
        """Keep what the checks of a call came to that the fused executor takes."""
        _, library, inputs, _, reduction = call
        host = library.host
        if not hasattr(host, "facts") or reduction[4] is not None:
            return
        facts = host.facts(inputs)
        if facts is None or not all(type(option) in _PLAIN for option in options):
            return
        if len(self._plans) >= MOST:
            self._plans.clear()
        wanted, request = host.wanted(inputs), request_of(call, dtype)
        run, at_once = runner(request), None
        if hasattr(host, "at_once"):
            at_once = direct(request, run, views(host, inputs), wanted)
        plan = Plan(request, run, wanted, True in wanted, at_once)
        self._plans[(facts, options, *map(type, options))] = plan
        if type(inputs[0]) not in _Hosts.by_type:
            _Hosts.by_type[type(inputs[0])] = host
            _Hosts.types = tuple(_Hosts.by_type)


class _Hosts:
    """The hosts of the types of tensors of which there are plans."""

    by_type: ClassVar[dict[type, Any]] = {}
    types: tuple[type, ...] = ()


_PLAIN = (str, int, float, bool, type(None))
"""The types of options that are what they say."""
