"""The loss classes of the API editions: real modules of their framework, imported only when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def loss_class(package: str, name: str, framework: str, known: str = "BCEWithLogitsLoss") -> Any:
    """What ``__getattr__`` of an API's ``package`` answers for ``name``: its loss class, which is called ``known``.

    That is in ``modules``, which imports the module ``framework``; where it is not installed, a plain callable in ``plain``.

    Raises:
        AttributeError: ``name`` is not the loss class.
    """
    if name != known:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    try:
        module = import_module(".modules", package)
    except ModuleNotFoundError as error:
        if error.name != framework:
            raise
        module = import_module(".plain", package)
    return getattr(module, known)
