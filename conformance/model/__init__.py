"""The model: cases, the implementations that run them, and the strata that elements belong to."""
