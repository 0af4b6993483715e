"""Whose code a file is: a library's, Python's own or the app's; reads no file."""

import re

APP = "the app"
PYTHON = "Python's own library"
OUTSIDE = "outside Python code"
_PACKAGES = re.compile(r"/(?:site|dist)-packages/([^/]+)")
_STANDARD = re.compile(r"/lib/python3\.\d+/")


def library(file: str) -> str:
    """Return the library that a source file belongs to, by its path."""
    if not file:
        return OUTSIDE
    package = _PACKAGES.search(file)
    if package is not None:
        return package[1].removesuffix(".py")
    if file.startswith("<frozen") or _STANDARD.search(file):
        return PYTHON
    return APP
