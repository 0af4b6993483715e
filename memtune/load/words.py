"""Lines on stderr; foreign text in them moves no cursor and fills no screen."""

import sys

LENGTH = 200


def beginning(text: str) -> str:
    """Return the beginning of a foreign text, without control characters."""
    return "".join(one if one.isprintable() else " " for one in text[:LENGTH]).strip()


def tell(text: str) -> None:
    """Write one line."""
    print(beginning(text), file=sys.stderr, flush=True)
