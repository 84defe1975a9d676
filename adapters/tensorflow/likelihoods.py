"""``tf.nn.log_poisson_loss``."""

from __future__ import annotations

from compatlosses import checks, rules
from compatlosses.checks import DTYPE, SAME, SHAPE, Argument, Dialect
from compatlosses.definitions import poisson_nll
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Tensor, common_library
from compatlosses.reductions import named

from . import adapter
from .arguments import converted

_DIALECT = Dialect(
    (Argument("log_input", rules.FLOATING), Argument("targets", (), SAME)),
    order=((1, SHAPE), (0, DTYPE), (1, DTYPE)),
)


def log_poisson_loss(
    targets: Tensor, log_input: Tensor, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """The negative log-likelihood of counts by TensorFlow's rules, ``exp(log_input) - log_input * targets``.
    Targets come first.

    Args:
        targets: counts: a tensor of the rates' shape and dtype.
        log_input: logarithms of rates; floating.
        compute_full_loss: adds Stirling's approximation ``targets * log(targets) - targets + log(2 pi
            targets) / 2`` where targets are above 1.
        name: of the loss in a TensorFlow graph; 'log_poisson_loss' if None.

    Lists, numbers and arrays are taken as by `compatlosses.tensorflow.nn.sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of the rates' shape and dtype: the loss of each element.

    Raises:
        ValueError: targets of another shape than the rates.
        TypeError: what is no tensor, tensors of two frameworks, rates that are not floating, targets of
            another dtype than they.

    Source: TensorFlow 2 documentation; where it is silent, tensorflow 2.21.0.
    """
    targets, log_input, _ = converted(targets, log_input)
    library = common_library((log_input, targets), _DIALECT.names)
    checks.check(library, _DIALECT, (log_input, targets))
    parameters = (1.0, 1.0 if compute_full_loss else 0.0, 0.0)
    call = (poisson_nll.LOSS, library, (log_input, targets, None), parameters, named("none"))
    loss = evaluate(call, library.dtype(log_input))
    if library.NAME == adapter.NAME and library.tracing():
        from . import library as tensorflow

        return tensorflow.named(loss, name or "log_poisson_loss")
    return loss
