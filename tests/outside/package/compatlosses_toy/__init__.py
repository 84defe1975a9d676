"""An adapter from outside: it brings the tensors of `toy` to compatlosses."""
