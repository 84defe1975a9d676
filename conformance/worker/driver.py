"""What a framework is to the worker: it makes tensors, reads them, differentiates, and executes calls."""

from __future__ import annotations

import numpy as np


class Unsupported(Exception):
    """What is asked for cannot be expressed with this implementation."""


class CannotRun(SystemExit):
    """What is to be run is not there: the process ends with a sentence, behind a mark for the runner."""

    MARK = "cannot run: "

    def __init__(self, sentence):
        super().__init__(self.MARK + sentence)


class Refused(Exception):
    """The framework raised an error; `phase` says whether in making the inputs, in the call or in the
    gradient.
    """

    def __init__(self, phase, error):
        super().__init__(phase)
        self.phase = phase
        self.error = error


class Eager:
    """A framework whose calls are done when they return."""

    values_alone = False
    """Whether there is nothing to differentiate in this mode."""

    def use_device(self, device):
        """Have tensors made on a device; where it is not at hand, end with a sentence."""
        if device != "cpu":
            name = type(self).__module__.split(".")[-1]
            raise CannotRun(f"the suite runs {name} on the CPU alone, not on {device!r}; leave out --device")

    def use_threads(self, count):
        """Let the calls that follow use so many threads, where the framework can be told."""

    def settle(self):
        """Let nothing of an earlier call come up in the next."""

    def through(self, call):
        """What is tested, a function or a module, in the form in which this mode executes it."""
        return call

    def evaluate(self, call, tensors):
        """The call's value."""
        return call(tensors)

    def tensor(self, values, dtype, view):
        """A tensor of these values, laid out in memory as `view` says."""
        raise NotImplementedError

    def array(self, x):
        """The tensor as an array, and the name of its dtype."""
        raise NotImplementedError

    def differentiate(self, call, tensors, wrt, cotangent, second):
        """The call's value, its gradients by name, and the second derivative or None.

        The second derivative is that of the sum of `second(gradient)`, the gradient being the first of
        `wrt`'s; where `second` is None there is none.
        """
        raise NotImplementedError


def viewed(values, view, make):
    """A tensor of these values by way of `make`, laid out in memory as `view` says."""
    if view == "strided":
        spread = np.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
        spread[..., ::2] = values
        return make(spread)[..., ::2]
    if view == "transposed":
        return make(np.ascontiguousarray(values.T)).T
    if view == "offset":
        return make(np.concatenate([np.zeros_like(values[:1]), values]))[1:]
    return make(values)


def no_device(framework, device, error):
    """The sentence that a device is not at hand, or that its tensors have no numbers."""
    said = (message_of(error).splitlines() or [""])[0]
    return CannotRun(
        f"{framework} cannot be run on device {device!r} here: {said}; leave out --device to run on the CPU"
    )


def error_data(error):
    """An error as data: the names of its class and of that one's bases, and its message."""
    # Paddle's messages begin with a stack and end with what is wrong.
    return {
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "message": message_of(error).strip()[-600:],
    }


def message_of(error):
    """An error's or a warning's message, also where making it is an error of its own."""
    try:
        return str(error)
    except Exception as another:
        return "its message cannot be made: " + type(another).__name__


def in_phase(phase, function, *arguments):
    """The result of the function; its error as one of this phase."""
    try:
        return function(*arguments)
    except (Unsupported, Refused):
        raise
    except Exception as error:
        raise Refused(phase, error) from error
