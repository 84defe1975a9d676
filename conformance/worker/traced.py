"""For modes that make a program of a call: the call as a function of its tensors alone."""

from __future__ import annotations


def over_tensors(call, kind, execute):
    """The call as `execute` makes it of a function of its tensors alone; all else is constant in that
    function.
    """

    def run(*arguments, **keywords):
        given, names = [*arguments, *keywords.values()], list(keywords)
        places = [place for place, x in enumerate(given) if isinstance(x, kind)]

        def of_tensors(*tensors):
            full = list(given)
            for place, x in zip(places, tensors):
                full[place] = x
            return call(*full[: len(arguments)], **dict(zip(names, full[len(arguments) :])))

        return execute(of_tensors)(*[given[place] for place in places])

    return run


def one_of_a_batch(vmap, expand):
    """For `over_tensors`: vectorised over a batch of one, and that one's result."""

    def execute(function):
        return lambda *tensors: vmap(function)(*[expand(x) for x in tensors])[0]

    return execute
