"""Wrong implementations that the conformance suite must kill, and a correct one that it must not.

Each says how people come to write it, in which stratum it should die (``dies_in``, a pattern of case ids),
and by a check of what (``by``: value, the name of an argument for its gradient, second, shape, dtype, inputs,
warning, error).
"""

from __future__ import annotations

from . import formulas, gradients, layouts, precisions, reductions, rules
from .correct import Correct, CorrectTorch

CONTROLS = (Correct, CorrectTorch)
MUTANTS = (
    *formulas.MUTANTS, *gradients.MUTANTS, *reductions.MUTANTS, *layouts.MUTANTS, *precisions.MUTANTS,
    *rules.MUTANTS,
)  # fmt: skip
