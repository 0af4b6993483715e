"""What a table of a page is made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One cell."""

    text: str
    kind: str = ""
    """``number``, ``quiet``, ``pass``, ``fail``, ``inconclusive``, or plain."""
    share: float | None = None
    """Drawn as a bar behind the text."""
    indent: int = 0


@dataclass(frozen=True)
class Table:
    """Headings and rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Said:
    """Sentences and tables."""

    text: tuple[str, ...]
    tables: tuple[Table, ...] = ()


def number(text: str) -> Cell:
    """Return a cell that stands to the right."""
    return Cell(text, "number")


def quiet(text: str) -> Cell:
    """Return a cell of less weight."""
    return Cell(text, "quiet")
