"""The colours of the screens, of which each is told from a white ground and from a black one."""

from rich.theme import Theme

# Of the 256: unlike the first 16 they are the same whatever scheme a terminal has.
GOOD = "color(28)"
BAD = "color(160)"
WARN = "color(130)"
"""Amber; yellow cannot be read on white."""
NOTE = "color(31)"
NAMES = {"green": GOOD, "red": BAD, "yellow": WARN, "blue": NOTE, "cyan": NOTE}
"""What screens say, and what is meant by it."""
THEME = Theme(NAMES | {f"bold {name}": f"bold {colour}" for name, colour in NAMES.items()})
