"""JAX arrays. JAX has no API of its own for this loss; `compatlosses.optax` speaks optax's."""
