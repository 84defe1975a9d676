"""The way of a call, once its edition has checked it: to the executor that can run it, and back as a
tensor.
"""

from __future__ import annotations

from typing import Any

from . import by_formula, rows, rules
from .elementwise import takes
from .executors import FusedCall, request_of, runner, views
from .plans import Plans
from .protocols import Call, Tensor


def evaluate(call: Call, dtype: str, plans: Plans | None = None, options: tuple[Any, ...] = ()) -> Tensor:
    """The loss as a tensor of ``dtype``, with its gradients.

    What its checks came to is kept in ``plans``, for other calls with these ``options``.
    """
    if why_formula(call) is None:
        result = fused(call, dtype)
        if plans is not None:  # only now: a signal handler must not find the plan of what is being compiled
            plans.keep(call, dtype, options)
        return result
    if why_not_on_device(call) is None:
        result = call[1].on_device(call, dtype)
        if result is not None:
            return result
    check_classes(call)
    return by_formula.value(call, dtype)


def why_not_on_device(call: Call) -> str | None:
    """Why a call that the fused executor cannot take goes to no kernels of its device, in words; none where
    the device has none. None where it goes to them. See `Accelerated`.
    """
    library = call[1]
    if not hasattr(library, "why_not_on_device"):
        return ""
    why: str | None = library.why_not_on_device(call)
    return why


def check_classes(call: Call) -> None:
    """Refuse an index that is no class, where the formula computes a loss of rows and values can be seen; the
    compiled loops see to it themselves.

    Raises:
        IndexError: a row that counts has such an index.
    """
    loss, library, inputs, parameters, reduction = call
    host, mask = library.host, reduction[4]
    if loss.rows == "" or host is None or library.dtype(inputs[1]) in rules.FLOATING:
        return
    if host.why_formula(inputs if mask is None else (*inputs, mask)) is None:
        classes = library.shape(inputs[0])[int(parameters[0])]
        counts = None if mask is None else host.view(mask)
        rows.check_classes(host.view(inputs[1]), classes, reduction[2], counts)


def why_formula(call: Call, wanted: tuple[bool, ...] | None = None) -> str | None:
    """Why a call must go to the formula, in words; None where the fused executor may run.

    ``wanted``: by which inputs a gradient is wanted; None for those by which the framework's autograd will
    ask for one.
    """
    loss, library, inputs, parameters, reduction = call
    host = library.host
    if host is None:
        return f"{library.NAME} has no host memory"
    if loss.loops == "":
        return f"{loss.name} has no compiled loops"
    if loss.rows == "" and not takes(reduction):
        return "the mean by weights is the formula's"
    mask = reduction[4]
    why: str | None = host.why_formula(inputs if mask is None else (*inputs, mask))
    if why is None and loss.rows != "":
        asked = host.wanted(inputs) if wanted is None else wanted
        if reduction[1] == "weights" and (asked[1] or asked[2]):
            return "the mean by weights has a divisor that depends on what is differentiated"
        if loss.alone and (asked[2] or parameters[1] != 0.0 or library.dtype(inputs[1]) in rules.FLOATING):
            return f"{loss.name} has loops from plain class indices, for the gradient by the first input"
    return why


def fused(call: Call, dtype: str) -> Tensor:
    """The loss by the fused executor, attached to the framework's autograd where that will ask for
    gradients.
    """
    _, library, inputs, _, reduction = call
    host = library.host
    wanted = host.wanted(inputs)
    request = request_of(call, dtype)
    made = FusedCall(request, runner(request), views(host, inputs), wanted, reduction[4])
    if True in wanted:
        return host.attach(made, inputs)
    return host.tensor(made.loss, inputs[1])


def value_and_slopes(call: Call, wrt: tuple[int, ...], dtype: str) -> tuple[Tensor, tuple[Any, ...]]:
    """The loss and its gradients by the inputs numbered ``wrt``, in one pass where the fused
    executor runs.
    """
    _, library, inputs, _, _ = call
    wanted = tuple([i in wrt for i in range(len(inputs))])
    if why_formula(call, wanted) is not None:
        check_classes(call)
        return by_formula.value(call, dtype), by_formula.slopes(call, wrt)
    host = library.host
    request = request_of(call, dtype)
    loss, found = runner(request)(request, views(host, inputs), wanted, None, True)
    gradients = tuple([host.tensor(found[i], inputs[0 if i == 1 else i]) for i in wrt])
    return host.tensor(loss, inputs[1]), gradients
