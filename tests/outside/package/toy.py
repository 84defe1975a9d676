"""A toy framework: a tensor class with Python's operators, and NumPy inside."""

from __future__ import annotations

from typing import Any

import numpy as np


class Tensor:
    """A tensor. What it holds is in ``data``."""

    def __init__(self, data: Any, dtype: str | None = None) -> None:
        self.data = np.asarray(data, dtype)

    def __neg__(self) -> Tensor:
        return Tensor(-self.data)

    def __invert__(self) -> Tensor:
        return Tensor(~self.data)

    def __add__(self, other: Any) -> Tensor:
        return Tensor(self.data + raw(other))

    def __sub__(self, other: Any) -> Tensor:
        return Tensor(self.data - raw(other))

    def __mul__(self, other: Any) -> Tensor:
        return Tensor(self.data * raw(other))

    def __truediv__(self, other: Any) -> Tensor:
        return Tensor(self.data / raw(other))

    def __rtruediv__(self, other: Any) -> Tensor:
        return Tensor(raw(other) / self.data)

    def __pow__(self, other: Any) -> Tensor:
        return Tensor(self.data ** raw(other))

    def __and__(self, other: Any) -> Tensor:
        return Tensor(self.data & raw(other))

    def __or__(self, other: Any) -> Tensor:
        return Tensor(self.data | raw(other))

    def __lt__(self, other: Any) -> Tensor:
        return Tensor(self.data < raw(other))

    def __gt__(self, other: Any) -> Tensor:
        return Tensor(self.data > raw(other))

    def __le__(self, other: Any) -> Tensor:
        return Tensor(self.data <= raw(other))

    def __ge__(self, other: Any) -> Tensor:
        return Tensor(self.data >= raw(other))

    def __rsub__(self, other: Any) -> Tensor:
        return Tensor(raw(other) - self.data)

    __radd__ = __add__
    __rmul__ = __mul__


def raw(x: Any) -> Any:
    """What a tensor holds; a number itself."""
    return x.data if isinstance(x, Tensor) else x
