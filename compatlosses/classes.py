"""The loss classes of the API editions: real modules of their framework where that is in use, plain callables
elsewhere.

Which of the two is settled when an object is made or the class is subclassed: a module if the framework has
been imported by then. The class itself imports no framework. So Paddle's class on torch tensors does not
bring Paddle into the process, and a class that is imported above its framework, where import sorters put it,
is a module all the same.

A class is a part of its own framework's modules alone: see `warn_of_foreign`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

from .libraries import Tensor, find


def loss_class(module: str, name: str, known: Sequence[str], home: tuple[str, str]) -> Any:
    """The loss class that ``__getattr__`` of an API's ``module`` answers with for ``name``.

    That is the one in ``modules`` where its framework has been imported; before that, a class that is settled
    later.

    Args:
        module: the module that was asked.
        name: what it was asked for.
        known: the names of that module, its ``__all__``.
        home: the package with ``modules`` and ``plain``, and the module of the framework.

    Raises:
        AttributeError: the module has no such name.
    """
    if name not in known:
        raise AttributeError(f"module {module!r} has no attribute {name!r}; it has {', '.join(known)}")
    package, framework = home
    return (
        settled(package, name, framework) if is_imported(framework) else unsettled(package, name, framework)
    )


class PlainLoss:
    """What the plain loss classes share: an object that shows no option, as the frameworks' own do."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def warn_of_foreign(loss: str, own: str, **weights: Tensor | None) -> None:
    """Warn of ``weights`` of the class ``loss``, of the framework named ``own``, that are tensors of another
    one with modules.

    Such a weight is an attribute like any other: a model of its framework neither moves nor saves it. The
    class that would keep it is its `Library`'s ``LOSS_CLASS``; a framework without modules has none.
    """
    # This, the class, and its caller; between those the metaclass, where the class is settled only now.
    level = 4 if sys._getframe(2).f_globals is globals() else 3
    for name, weight in weights.items():
        library = None if weight is None else find(weight)
        theirs = getattr(library, "LOSS_CLASS", None)
        if library is None or theirs is None or own == library.NAME:
            continue
        warnings.warn(
            f"{name} of {loss} is a {library.NAME} tensor, and {loss} is no {library.NAME} module: a "
            f"{library.NAME} model that "
            f"is moved, cast or saved leaves {name} behind. Use {theirs} in a {library.NAME} model, or call "
            f"the loss function "
            f"with {name}.",
            UserWarning,
            stacklevel=level,
        )


def is_imported(framework: str) -> bool:
    """Whether a framework's module has been imported."""
    return sys.modules.get(framework) is not None


def settled(package: str, name: str, framework: str) -> Any:
    """The class for an object that is made now."""
    return getattr(import_module(".modules" if is_imported(framework) else ".plain", package), name)


@cache
def unsettled(package: str, name: str, framework: str) -> UnsettledClass:
    """What stands for the class before its framework has been imported, one object for all who ask."""
    return UnsettledClass(package, name, framework)


class UnsettledClass:
    """A loss class that is settled when it is called or subclassed: what comes of it is the settled class's.

    An ordinary object with the name, document and signature of the class. It answers what Python asks a
    class.
    """

    def __init__(self, package: str, name: str, framework: str) -> None:
        plain = getattr(import_module(".plain", package), name)
        self.__name__ = self.__qualname__ = name
        self.__module__ = package
        self.__doc__ = plain.__doc__
        self.__signature__ = signature(plain)
        self._plain = plain
        self._place = (package, name, framework)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return settled(*self._place)(*arguments, **options)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (settled(*self._place),)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, (self._plain, settled(*self._place)))

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, (self._plain, settled(*self._place)))

    def __or__(self, other: Any) -> Any:
        return settled(*self._place) | other

    def __ror__(self, other: Any) -> Any:
        return other | settled(*self._place)

    def __reduce__(self) -> tuple[Any, ...]:
        return unsettled, self._place

    def __repr__(self) -> str:
        return f"<class {self.__module__}.{self.__name__}, settled when it is made>"
