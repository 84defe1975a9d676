"""The losses: one file each, and the only place in the core that names one.

A definition says what a loss takes (`INPUTS`, `PARAMETERS`) and, in `written`, the value of an element and
its slope by each input. It is written once, in a vocabulary that every library has and that Numba compiles
too. The formula on every framework, its gradients of any order, the compiled loops and the documentation
follow from it. The oracle and the cases of the conformance suite do not: they can disagree with it.

Every loss takes a weight besides its inputs. The functions have it too, because a product that overflows
before a small weight meets it would be a wrong result. A weight of None is 1.

An outside package brings a loss by an entry point of the group ``compatlosses.losses`` that names such a
module.
"""

from __future__ import annotations

from functools import cache, partial
from types import ModuleType
from typing import Any

from ..protocols import Loss
from . import (
    binary_cross_entropy,
    binary_cross_entropy_of_whole_weights,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_of_indices,
    cross_entropy_of_probabilities,
    cross_entropy_of_probabilities_of_weighted_rows,
    cross_entropy_of_weighted_rows,
    gaussian_nll,
    generalized_kl_div,
    huber,
    kl_div,
    l1,
    mse,
    multilabel_soft_margin,
    nll,
    nll_of_indices,
    poisson_nll,
    sigmoid_focal,
    smooth_l1,
    soft_margin,
)

GROUP = "compatlosses.losses"
MODULES: tuple[ModuleType, ...] = (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_of_whole_weights,
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_of_indices,
    cross_entropy_of_probabilities,
    cross_entropy_of_probabilities_of_weighted_rows,
    cross_entropy_of_weighted_rows,
    gaussian_nll,
    generalized_kl_div,
    huber,
    kl_div,
    l1,
    mse,
    multilabel_soft_margin,
    nll,
    nll_of_indices,
    poisson_nll,
    sigmoid_focal,
    smooth_l1,
    soft_margin,
)
"""The definitions of this package."""


@cache
def known_modules() -> tuple[ModuleType, ...]:
    """The definitions of this package, and those that installed packages bring."""
    from importlib.metadata import (
        entry_points,  # not above: it is a quarter of what importing this package costs
    )

    return (*MODULES, *[entry_point.load() for entry_point in entry_points(group=GROUP)])


@cache
def known_losses() -> dict[str, Loss]:
    """Every loss by its name."""
    return {module.LOSS.name: module.LOSS for module in known_modules()}


def _loss_of(function: object) -> Loss | None:
    """The loss that a neutral function computes; None for anything else."""
    if function is None:
        return None
    # Those of this package first: compilers that read this know no entry points.
    for module in MODULES:
        if getattr(module, module.LOSS.name, None) is function:
            found: Loss = module.LOSS
            return found
    for module in known_modules():
        if getattr(module, module.LOSS.name, None) is function:
            brought: Loss = module.LOSS
            return brought
    return None


loss_of = partial(_loss_of)
"""`_loss_of`. MindSpore's compiler does not read a partial function but calls it."""


def neutral_functions() -> dict[str, Any]:
    """The neutral functions by name."""
    found = {module.LOSS.name: getattr(module, module.LOSS.name, None) for module in known_modules()}
    return {name: function for name, function in found.items() if function is not None}
