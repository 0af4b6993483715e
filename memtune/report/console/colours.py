"""The colours of the screens, of which each is told from a white ground and from a black one.

They are of the 256: unlike the first 16 these are the same whatever scheme a terminal has.
"""

GOOD = "color(28)"
"""Green."""
BAD = "color(160)"
"""Red."""
WARN = "color(130)"
"""Amber; yellow cannot be read on white."""
NOTE = "color(31)"
"""Blue."""
