"""The worker: runs calls inside one framework's environment, in plain Python 3.7 with NumPy alone.

It runs as a program of its own (``__main__``), and knows nothing of the suite around it. Packages that bring
a framework take from here what they need: `Eager`, `Unsupported` and `viewed`.
"""

from __future__ import annotations

from .driver import Eager, Unsupported, viewed

__all__ = ["Eager", "Unsupported", "viewed"]
