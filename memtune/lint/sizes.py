"""Sizes as foreign files write them; None where it is no size."""

import re

from memtune.units import GIB, KIB, MIB

_SIZE = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([kmgKMG]?)(?:i?[bB])?\s*")
_DEFAULT = re.compile(r"\$\{\w+:?-([^}]*)\}")


def binary_size(text: str) -> int | None:
    """Bytes of ``512m``, ``50mb``, ``1G`` or ``536870912``; k, m and g are powers of 1024.

    Docker compose, Node's ``bytes`` and psutil's users all read them so. ``${NAME:-512m}`` is
    what it is without the variable.
    """
    match = _SIZE.fullmatch(_DEFAULT.sub(r"\1", text))
    if match is None:
        return None
    factor = {"": 1, "k": KIB, "m": MIB, "g": GIB}[match[2].lower()]
    return round(float(match[1]) * factor)
