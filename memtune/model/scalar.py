"""The values that knobs, output figures and answers can have."""

Scalar = int | float | str
