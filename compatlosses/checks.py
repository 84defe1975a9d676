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


DTYPE, SHAPE = "dtype", "shape"
"""What is looked at of an argument."""


@dataclass(frozen=True)
class Argument:
    """A tensor as an edition accepts it."""

    name: str
    dtypes: tuple[str, ...]
    """Empty: the dtype of the first argument alone."""
    shape: str = MUTUAL
    """`SAME`, `REPEATED` or `MUTUAL`."""
    alike: bool = False
    """Whether its dtype is that of the first argument, as automatic casting leaves the two."""
    dtype_error: type[Exception] = TypeError
    """The error of a dtype that is not accepted."""
    shape_error: type[Exception] = ValueError
    """That of a shape that does not go with the first argument's."""
    other_dtypes: tuple[str, ...] = ()
    """Dtypes of which the error is `other_error`."""
    other_error: type[Exception] = TypeError
    beside_floating: tuple[str, ...] = ()
    """Dtypes that are accepted where the second argument is floating."""
    or_number: bool = False
    """Whether it may be a number, of which nothing is checked."""


@dataclass(frozen=True, eq=False)
class Dialect:
    """The tensors of an edition. From the third on they may be None."""

    arguments: tuple[Argument, ...]
    order: tuple[tuple[int, str], ...] = ()
    """What is checked, in order: the number of an argument, and `DTYPE` or `SHAPE`. Empty: of each argument
    the dtype and then the shape.
    """
    confusable: bool = False
    """Whether the error of a first argument of whole numbers asks if it stands in the second one's place."""
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple([argument.name for argument in self.arguments]))
        if not self.order:
            each = [(i, what) for i in range(len(self.arguments)) for what in (DTYPE, SHAPE)]
            object.__setattr__(self, "order", tuple(each))


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
        TypeError: no tensor.
        Exception: the argument's error of a dtype or a shape that is not accepted.
    """
    for i, what in dialect.order:
        argument, x = dialect.arguments[i], inputs[i]
        if x is None or (argument.or_number and not library.owns(x)):
            continue
        check_tensor(library, argument.name, x)
        if what == DTYPE:
            check_dtype(library, dialect, i, inputs)
        elif i > 0:
            check_shape(library, argument, x, dialect.names[0], inputs[0])


def of_one_shape(library: Library, dialect: Dialect, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Predictions and targets that have been checked, broadcast against each other where the dialect has
    that.
    """
    second = dialect.arguments[1]
    if second.shape != MUTUAL:
        return pair
    return pairs.spread(library, dialect.names, pair[0], pair[1], second.shape_error)


def check_tensor(library: Library, name: str, x: object) -> None:
    """Refuse what is no tensor of the library."""
    if not library.owns(x):
        raise TypeError(
            f"{name} is {quoted(x)}; expected a {library.NAME} tensor or None. Make it a tensor first."
        )


def check_dtype(library: Library, dialect: Dialect, place: int, inputs: tuple[Any, ...]) -> None:
    """Refuse a dtype that the argument of that ``place`` may not have."""
    argument, x, first, second = dialect.arguments[place], inputs[place], inputs[0], inputs[1]
    dtype = library.dtype(x)
    accepted = argument.dtypes if len(argument.dtypes) > 0 else (library.dtype(first),)
    if len(argument.beside_floating) > 0 and library.dtype(second) in rules.FLOATING:
        accepted = (*accepted, *argument.beside_floating)
    if dtype not in accepted:
        error = argument.other_error if dtype in argument.other_dtypes else argument.dtype_error
        targets = second if dialect.confusable and place == 0 else None
        rules.check_dtype(library, argument.name, x, accepted, error, targets=targets)
    if argument.alike:
        check_alike(library, argument.name, x, dialect.names[0], first)


def check_shape(library: Library, argument: Argument, x: Tensor, like_name: str, like: Tensor) -> None:
    """Refuse a shape that does not go with that of the first argument, ``like``."""
    if argument.shape == SAME:
        rules.check_same_shape(library, argument.name, x, like_name, like, argument.shape_error)
    if argument.shape == REPEATED:
        rules.check_broadcast(library, argument.name, x, like_name, like, argument.shape_error)


def check_alike(library: Library, name: str, x: Tensor, like_name: str, like: Tensor) -> None:
    """Refuse a tensor of another dtype than ``like``, as automatic casting leaves the two."""
    dtype = library.autocast_dtype(like) or library.dtype(like)
    found = library.autocast_dtype(x) or library.dtype(x)
    if found != dtype:
        raise TypeError(
            f"{name} has dtype {library.dtype(x)}; expected {dtype}, the dtype of {like_name}. "
            f"Cast {name} to {dtype} first."
        )
