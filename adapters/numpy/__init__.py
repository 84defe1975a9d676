"""NumPy arrays and scalars. NumPy has no such loss of its own, so there is a library here and no API."""
