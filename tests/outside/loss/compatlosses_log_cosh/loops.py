"""The compiled loops of the log-cosh loss."""

from compatlosses.loops.elements import loops

from . import log_cosh

contiguous, general = loops(log_cosh, __name__)
