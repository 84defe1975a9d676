"""A failing call made small: greedily, one simplification at a time, for as long as it fails by the same
check.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..model.case import Case, Repeat, Tensor, spread
from ..model.losses import MASK
from ..model.rounding import FORMATS, round_float

MOST_TRIES = 500


def shrunk(case: Case, fails: Callable[[Case], bool], most: int = MOST_TRIES) -> Case:
    """The smallest case that still fails, as far as this many tries get; ``case`` itself fails."""
    tries = 0
    progress = True
    while progress:
        progress = False
        for candidate in simpler(case):
            if tries >= most:
                return case
            tries += 1
            if fails(candidate):
                case, progress = candidate, True
                break
    return case


def simpler(case: Case) -> Iterator[Case]:
    """Cases that are a little simpler, the boldest first.

    A call that is to be refused keeps all but its numbers.
    """
    if not case.errors:
        yield from shorter(case)
        yield from barer(case)
    yield from rounder(case)


def shorter(case: Case) -> Iterator[Case]:
    """Fewer repeats, fewer elements, fewer dimensions."""
    if case.repeat:
        if case.repeat.times > 1:
            yield replace(case, repeat=Repeat(case.repeat.times // 10 or 1, case.repeat.seed))
        else:
            yield replace(case, repeat=None)
    if case.of.rows:
        yield from fewer_rows(case)
        return
    count = len(case.first.values)
    if count > 1:
        half = count // 2
        yield picked(case, range(half))
        yield picked(case, range(half, count))
        for left_out in range(count):
            yield picked(case, [index for index in range(count) if index != left_out])
    elif case.first.shape not in ((), (1,)) and count:
        yield picked(case, range(count))


def fewer_rows(case: Case) -> Iterator[Case]:
    """Half of the rows, or all but one, of a matrix."""
    if len(case.first.shape) != 2 or case.options.get("axis", 1) not in (1, -1):
        return
    count = case.first.shape[0]
    halves = [range(count // 2), range(count // 2, count)] if count > 2 else []
    for kept in (*halves, *([i for i in range(count) if i != left_out] for left_out in range(count))):
        if count > 1 and 0 < len(kept) < count:
            yield picked_rows(case, list(kept))


def picked_rows(case: Case, kept: list[int]) -> Case:
    """The case of these rows alone."""
    tensors = dict(case.tensors)
    for name in (*case.of.arguments[:2], *([MASK] if MASK in tensors else [])):
        tensor = tensors[name]
        size = math.prod(tensor.shape[1:])
        chosen = [value for row in kept for value in tensor.values[row * size : (row + 1) * size]]
        tensors[name] = Tensor(tensor.dtype, (len(kept), *tensor.shape[1:]), tuple(chosen))
    return replace(case, tensors=tensors)


def picked(case: Case, indices: range | list[int]) -> Case:
    """The case of these elements alone, in one dimension; weights of one element stay so, others
    are spread.
    """
    shape = case.first.shape
    tensors = {}
    for name, tensor in case.tensors.items():
        if len(tensor.values) == 1 and name not in case.of.arguments[:2]:
            tensors[name] = replace(tensor, shape=(1,), view=None)
            continue
        every = spread(case, name, shape)
        chosen = tuple(every[index] for index in indices)
        tensors[name] = Tensor(tensor.dtype, (len(chosen),), chosen)
    return replace(case, tensors=tensors)


def barer(case: Case) -> Iterator[Case]:
    """Without a weight, an option, a derivative, a layout."""
    for name in ("weight", "pos_weight"):
        if name in case.tensors:
            left = {key: tensor for key, tensor in case.tensors.items() if key != name}
            yield replace(case, tensors=left, differentiate=tuple(n for n in case.differentiate if n != name))
    for option in case.options:
        yield replace(case, options={key: value for key, value in case.options.items() if key != option})
    if case.second:
        yield replace(case, second=False)
    if case.cotangent is not None:
        yield replace(case, cotangent=None)
    if len(case.differentiate) > 1 or not case.second:
        for name in case.differentiate:
            yield replace(case, differentiate=tuple(n for n in case.differentiate if n != name))
    for name, tensor in case.tensors.items():
        if tensor.view is not None:
            yield replace(case, tensors={**case.tensors, name: replace(tensor, view=None)})


def rounder(case: Case) -> Iterator[Case]:
    """Shorter numbers: 0, 1, then fewer digits."""
    for name, tensor in case.tensors.items():
        if tensor.dtype not in FORMATS:
            continue
        for place, value in enumerate(tensor.values):
            for other in shorter_numbers(value, tensor.dtype):
                values = (*tensor.values[:place], other, *tensor.values[place + 1 :])
                yield replace(case, tensors={**case.tensors, name: replace(tensor, values=values)})


def shorter_numbers(value: float, dtype: str) -> list[float]:
    """Numbers that are easier to read than this one, the easiest first."""
    if not math.isfinite(value) or value in (0.0, 1.0):
        return []
    tries = [0.0, 1.0, *(float(f"{value:.{digits}g}") for digits in (1, 2, 3, 5))]
    rounded = [round_float(number, dtype) for number in tries]
    easier = [number for number in rounded if len(repr(number)) < len(repr(value)) and number != value]
    return list(dict.fromkeys(easier))
