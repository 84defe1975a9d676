"""What a module of these editions answers for a name that it does not have: where that lives."""

from __future__ import annotations

from typing import NoReturn


def refuse(module: str, name: str, here: str, elsewhere: str) -> NoReturn:
    """Raise the AttributeError for ``name``.

    ``here``: the names that ``module`` has; ``elsewhere``: where all others live.
    """
    if name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    raise AttributeError(f"module {module!r} has no attribute {name!r}; it has {here}. {elsewhere}")
