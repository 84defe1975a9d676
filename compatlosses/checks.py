"""What an edition accepts, as data, and the one walk over it.

It is read by the frameworks' compilers: plain if, for and raise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import pairs, rules
from .libraries import Library, quoted
from .protocols import Tensor

SAME = "same"
"""A shape: that of the first argument."""
REPEATED = "repeated"
"""A shape that broadcasts to that of the first argument and does not enlarge it."""
MUTUAL = "mutual"
"""A shape that broadcasts against that of the first argument; `of_one_shape` looks at it."""


@dataclass(frozen=True)
class Argument:
    """A tensor as an edition accepts it: a dtype that it does not is a TypeError, a shape a ValueError."""

    name: str
    dtypes: tuple[str, ...]
    shape: str = MUTUAL
    """`SAME`, `REPEATED` or `MUTUAL`."""
    alike: bool = False
    """Whether its dtype is that of the first argument, as automatic casting leaves the two."""


@dataclass(frozen=True, eq=False)
class Dialect:
    """The tensors of an edition, in the order in which they are checked. From the third on they may be
    None.
    """

    arguments: tuple[Argument, ...]
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple([argument.name for argument in self.arguments]))


def pair(
    names: tuple[str, str], dtypes: tuple[str, ...], shape: str = SAME, alike: bool = False
) -> tuple[Argument, Argument]:
    """Predictions and targets of the same ``dtypes``."""
    return Argument(names[0], dtypes), Argument(names[1], dtypes, shape, alike)


def check(library: Library, dialect: Dialect, inputs: tuple[Any, ...]) -> None:
    """Refuse tensors that the dialect does not accept. ``library`` is that of the first.

    Returns None on purpose: where sizes are unknown, a compiler may not be able to use a value from behind a
    check of them.

    Raises:
        TypeError: no tensor, a dtype that is not accepted.
        ValueError: a shape that is not.
    """
    first = dialect.arguments[0]
    for i in range(len(dialect.arguments)):
        argument, x = dialect.arguments[i], inputs[i]
        if x is None:
            continue
        check_dtype(library, argument, x)
        if argument.alike:
            check_alike(library, argument.name, x, first.name, inputs[0])
        if i > 0 and argument.shape == SAME:
            rules.check_same_shape(library, argument.name, x, first.name, inputs[0], ValueError)
        if i > 0 and argument.shape == REPEATED:
            rules.check_broadcast(library, argument.name, x, first.name, inputs[0], ValueError)


def of_one_shape(library: Library, dialect: Dialect, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Predictions and targets that have been checked, broadcast against each other where the dialect has
    that.
    """
    if dialect.arguments[1].shape != MUTUAL:
        return pair
    return pairs.spread(library, dialect.names, pair[0], pair[1], ValueError)


def check_dtype(library: Library, argument: Argument, x: object) -> None:
    """Refuse what is no tensor of the library, or of a dtype that is not accepted."""
    if not library.owns(x):
        raise TypeError(
            f"{argument.name} is {quoted(x)}; expected a {library.NAME} tensor or None. Make it a tensor "
            f"first."
        )
    rules.check_dtype(library, argument.name, x, argument.dtypes, TypeError)


def check_alike(library: Library, name: str, x: Tensor, like_name: str, like: Tensor) -> None:
    """Refuse a tensor of another dtype than ``like``, as automatic casting leaves the two."""
    dtype = library.autocast_dtype(like) or library.dtype(like)
    found = library.autocast_dtype(x) or library.dtype(x)
    if found != dtype:
        raise TypeError(
            f"{name} has dtype {library.dtype(x)}; expected {dtype}, the dtype of {like_name}. "
            f"Cast {name} to {dtype} first."
        )
