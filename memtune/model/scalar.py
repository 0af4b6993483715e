"""The values that knobs, output figures and answers can have."""

Scalar = int | float | str

Member = bool | int | float | str
"""A member of a JSON body or answer; ``true`` is not 1 there."""
