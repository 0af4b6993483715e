"""The parts of the pages that are made from the code when the pages are built, not typed."""

import re
from collections.abc import Callable, Mapping

MARK = re.compile(r"^<!-- made: ([a-z0-9 -]+) -->$", re.MULTILINE)
"""Stands in a page where a part goes."""


def filled(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its parts. Raises KeyError for a part that nobody makes."""
    return MARK.sub(lambda mark: parts[mark[1]]().strip(), text)
