"""What can be asked of every loss function besides its value: gradients, curvature, the executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar, overload

from . import neutral_along, neutral_rows, rules
from .definitions import loss_of, neutral_functions
from .definitions.binary_cross_entropy_with_logits import LOSS as BINARY_CROSS_ENTROPY
from .deprecated import warn_of_the_old_form
from .evaluate import why_formula, why_not_on_device
from .libraries import described, find, quoted
from .neutral import SHARED, Options, TensorLike
from .neutral_along import Joined
from .protocols import Call, Library, Loss

T = TypeVar("T", bound=TensorLike)


@overload
def value_and_gradients(
    loss: Callable[..., Any],
    *tensors: T,
    wrt: tuple[str, ...] | None = None,
    curvature: Literal[False] = False,
    **options: Any,
) -> tuple[T, dict[str, T]]: ...
@overload
def value_and_gradients(
    loss: Callable[..., Any],
    *tensors: T,
    wrt: tuple[str, ...] | None = None,
    curvature: Literal[True],
    **options: Any,
) -> tuple[T, dict[str, T], dict[str, T]]: ...
def value_and_gradients(
    loss: Callable[..., Any],
    *tensors: Any,
    wrt: tuple[str, ...] | None = None,
    curvature: bool = False,
    **options: Any,
) -> Any:
    """The loss and its gradients, without an autograd: for NumPy, and for whoever writes a training step by
    hand.

    Args:
        loss: a loss function of this library, such as `compatlosses.mse_loss`.
        tensors: its tensors, as that function takes them.
        wrt: the names of the inputs to differentiate by; each a floating tensor. By default the first one.
        curvature: the second derivatives too, of each element by itself: what gradient boosting wants.
        options: as that function takes them.

    Returns:
        The loss, and by name a gradient of the shape and dtype of each input in ``wrt``. With reduction
        'none' it is the gradient of the sum of the returned losses. With ``curvature`` the second derivatives
        of that sum likewise, each by one element of an input twice.

    Raises:
        TypeError: no loss function of this library; as ``loss``; a name in ``wrt`` whose input is no floating
            tensor.
        ValueError: as ``loss``; an unknown name in ``wrt``.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> x, y = np.array([1.0, 4.0]), np.array([1.5, 1.0])
    >>> loss, gradients = cl.value_and_gradients(cl.mse_loss, x, y, reduction="sum")
    >>> float(loss), gradients["predictions"].tolist()
    (9.25, [-1.0, 6.0])
    """
    definition, tensors, options = split("value_and_gradients", loss, tensors, options)
    call = bound(definition, tensors, options)
    places = places_of(definition, call[0][1], wrt, inputs_of(definition, tensors, options))
    of = neutral_along.places_of_element(definition, places)
    value, slopes = neutral_along.value_and_slopes(call, of)
    if curvature:
        second = named(definition, places, neutral_along.second_slopes(call, of))
        return value, named(definition, places, slopes), second
    return value, named(definition, places, slopes)


def named(loss: Loss, places: tuple[int, ...], tensors: tuple[Any, ...]) -> dict[str, Any]:
    """Tensors by the names of the inputs that they belong to."""
    found = {}
    for i in range(len(places)):
        found[loss.names[places[i]]] = tensors[i]
    return found


def executor_of(loss: Callable[..., Any], *tensors: Any, **options: Any) -> str:
    """Which executor a call with these arguments runs on here and now: 'fused', 'device' for the kernels of a
    GPU, or 'formula: ' and why.

    It is the very question that the call itself asks. It takes what ``loss``, a loss function of this
    library, takes, and refuses it likewise.

    Raises:
        TypeError, ValueError: as ``loss``.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> cl.executor_of(cl.mse_loss, np.ones(2), np.ones(2), reduction="sum")
    'fused'
    """
    definition, tensors, options = split("executor_of", loss, tensors, options)
    call = bound(definition, tensors, options)[0]
    why = why_formula(call)
    if why is None:
        return "fused"
    also = why_not_on_device(call)
    if also is None:
        return "device"
    return f"formula: {why}" + (f"; {also}" if also else "")


def split(
    name: str, loss: object, tensors: tuple[Any, ...], options: dict[str, Any]
) -> tuple[Loss, tuple[Any, ...], dict[str, Any]]:
    """The definition of the loss function that ``name`` was given, the tensors behind it, and the options."""
    definition = loss_of(loss)
    if definition is not None:
        return definition, tensors, options
    if find(loss) is not None:
        warn_of_the_old_form(name)
        return BINARY_CROSS_ENTROPY, (loss, *tensors), {"divisor": "all", **options}
    functions = ", ".join([f"compatlosses.{each}" for each in neutral_functions()])
    raise TypeError(
        f"{name} was given {described(loss)} in the first place; expected a loss function of this "
        f"library: {functions}. Write {name}(compatlosses.mse_loss, predictions, targets)."
    )


def bound(loss: Loss, tensors: tuple[Any, ...], options: dict[str, Any]) -> Joined:
    """The checked call that a loss's function would make of these arguments."""
    check_names(loss, tuple(options.keys()))
    inputs = inputs_of(loss, tensors, options)
    if loss.rows != "":
        call, dtype = rows_bound(loss, inputs, options)
        return call, dtype, None, None
    parameters: tuple[Any, ...] = ()
    for parameter in loss.parameters:
        parameters = (*parameters, options.get(parameter.name, parameter.default))
    axis = options.get("axis", None if loss.element is None else -1)
    return neutral_along.checked_call(loss, inputs, parameters, axis, shared_options(options))


def shared_options(options: dict[str, Any]) -> Options:
    """The options that all losses share, in their order."""
    return (
        options.get("reduction", "mean"),
        options.get("divisor", "counted"),
        options.get("ignore_index"),
        options.get("mask"),
        options.get("dtype"),
        options.get("normalize"),
    )


def rows_bound(loss: Loss, inputs: tuple[Any, ...], options: dict[str, Any]) -> tuple[Call, str]:
    """`bound` for a loss of rows."""
    given = (options.get("axis", -1), options.get("label_smoothing", 0.0), options.get("weighting", "class"))
    return neutral_rows.checked_call(loss, inputs, given, shared_options(options)[:5])


def check_names(loss: Loss, names: tuple[str, ...]) -> None:
    """Refuse an option that a loss's function does not have."""
    known = (*loss.names[2:], *[parameter.name for parameter in loss.parameters], *SHARED)
    if loss.of_weighted_rows is not None:
        known = (*known, "weighting")
    if loss.along != "":
        known = (*known, "axis")
    if loss.name == BINARY_CROSS_ENTROPY.name:
        known = (*known, "normalize")
    for name in names:
        if name not in known:
            raise TypeError(f"{loss.name} has no option {name!r}; expected options among {', '.join(known)}")


def inputs_of(loss: Loss, tensors: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """The inputs in the definition's order, as the caller gave them."""
    needed = 2
    if len(loss.inputs) > 2 and not loss.inputs[2].optional:
        needed = 3
    if len(tensors) != 2 and len(tensors) != needed:
        raise TypeError(
            f"{loss.name} was given {len(tensors)} tensors by place; expected "
            f"{'two' if needed == 2 else 'three'}, {' and '.join(loss.names[:needed])}, and all else by name"
        )
    inputs: tuple[Any, ...] = tensors
    for i in range(len(tensors), len(loss.names)):
        inputs = (*inputs, options.get(loss.names[i]))
    return inputs


def places_of(loss: Loss, library: Library, wrt: object, inputs: tuple[Any, ...]) -> tuple[int, ...]:
    """The places of the inputs to differentiate by."""
    if wrt is None:
        return (0,)
    if isinstance(wrt, str):
        raise TypeError(f"wrt is the string {wrt!r}; expected a tuple of names, such as ({wrt!r},)")
    if not isinstance(wrt, Iterable):
        raise TypeError(f"wrt is {quoted(wrt)}; expected a tuple of names, such as ({loss.names[0]!r},)")
    places: tuple[int, ...] = ()
    for name in wrt:
        places = (*places, place_of(loss, library, name, inputs))
    return places


def place_of(loss: Loss, library: Library, name: object, inputs: tuple[Any, ...]) -> int:
    """The place of an input to differentiate by, which is a floating tensor."""
    if not isinstance(name, str) or name not in loss.names:
        raise ValueError(f"wrt names {quoted(name)}; expected names among {', '.join(loss.names)}")
    place = loss.names.index(name)
    if not library.owns(inputs[place]):
        raise TypeError(
            f"wrt names {name}, which is {quoted(inputs[place])}; expected a tensor there to differentiate by"
        )
    rules.check_dtype(library, name, inputs[place], rules.FLOATING, TypeError)
    return place
