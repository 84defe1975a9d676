"""What TensorFlow makes tensors of by itself, its functions take here too."""

from __future__ import annotations

from typing import Any

import numpy as np

from compatlosses.libraries import find

from . import adapter


def converted(labels: Any, logits: Any, weight: Any = None) -> tuple[Any, Any, Any]:
    """Labels, logits and a weight, what is none yet as TensorFlow tensors; a weight that is a number or None
    stays that.

    They are left alone where all are tensors of one framework, where one is a tensor of another framework
    than TensorFlow, and where TensorFlow has not been imported. NumPy's arrays are such only among
    themselves.
    """
    arguments = [labels, logits] if weight is None or is_number(weight) else [labels, logits, weight]
    owner = find(logits)
    if owner is not None and all(owner.owns(x) for x in arguments):
        return labels, logits, weight
    if not adapter.loaded():
        return labels, logits, weight
    from . import library as tensorflow

    foreign = [
        find(x) for x in arguments if not tensorflow.owns(x) and not isinstance(x, (np.ndarray, np.generic))
    ]
    if any(library is not None for library in foreign):
        return labels, logits, weight
    return (*(tensorflow.converted(x) for x in (labels, logits)), weight)


def is_number(x: object) -> bool:
    """Whether ``x`` is one of Python's numbers."""
    return isinstance(x, (int, float))
