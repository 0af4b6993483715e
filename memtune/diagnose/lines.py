"""Log files, archives and stdin as lines, in constant memory; knows not what they mean."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from memtune.errors import UsageError
from memtune.model.diagnosis import LogLine

PIECE = 64 * 1024
"""Characters; of a longer line, only so many are looked at."""
_GZIP = b"\x1f\x8b"
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # what PowerShell's > writes
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_lines(log: str) -> Iterator[LogLine]:
    """Yield the lines of a file, of a gzip archive, or of stdin (``-``).

    Bytes that are no text become replacement characters; colours are left out. Raises
    UsageError where the file cannot be read to its end.
    """
    try:
        with _opened(log) as stream:
            yield from _numbered(log, stream)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{log} cannot be read: {reason}", hint="is it whole?") from error


def _numbered(log: str, stream: IO[str]) -> Iterator[LogLine]:
    number, begins = 0, True
    while text := stream.readline(PIECE):
        if begins:
            number += 1
            yield LogLine(log, number, _plain(text))
        begins = text.endswith("\n")


def _plain(text: str) -> str:
    text = text.rstrip("\r\n")
    return _COLOURS.sub("", text) if "\x1b" in text else text


@contextmanager
def _opened(log: str) -> Iterator[IO[str]]:
    if log == "-":
        with open(0, "rb", closefd=False) as file, _text(file) as stream:
            yield stream
        return
    if not Path(log).is_file():
        raise UsageError(f"there is no file {log!r}", hint="name log files, or - for stdin")
    with Path(log).open("rb") as file, _text(file) as stream:
        yield stream


def _text(raw: io.BufferedReader | IO[bytes]) -> io.TextIOWrapper:
    """The text of bytes that may be compressed, and may be UTF-16."""
    buffered = cast("io.BufferedReader", raw)
    if buffered.peek(2)[:2] == _GZIP:
        buffered = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=buffered)))
    start = buffered.peek(3)[:3]
    encoding = next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")
    return io.TextIOWrapper(buffered, encoding, errors="replace", newline="\n")
