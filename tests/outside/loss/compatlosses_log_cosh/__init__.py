"""A loss from outside: the logarithm of the hyperbolic cosine of a difference."""

from .log_cosh import log_cosh_loss

__all__ = ["log_cosh_loss"]
