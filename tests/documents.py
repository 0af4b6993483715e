"""README and the documentation as tests read them: blocks of code, and the commands in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from docs.made import filled
from docs.made.parts import PARTS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))
SHELL = ("", "sh", "shell")
"""What blocks of commands are called; in README they have no language."""
_BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code."""

    language: str
    text: str
    file: str = ""
    """What it is to be saved as, where the line above names it: ```name`:``."""


def page(name: str) -> str:
    """Return a page of the documentation as it is built."""
    return filled((DOCS / name).read_text(encoding="utf-8"), PARTS)


def blocks(text: str) -> list[Block]:
    """Return the blocks of code of a page."""
    return [Block(language, code, file) for file, language, code in _BLOCK.findall(text)]


def commands(text: str) -> list[str]:
    """Return the lines of a page that call memtune."""
    return [
        line
        for block in blocks(text)
        if block.language in SHELL
        for line in block.text.splitlines()
        if line.startswith("memtune ")
    ]


def own_words(line: str) -> list[str]:
    """Return what memtune is told on a command line; without a program behind ``--``."""
    words = shlex.split(line, comments=True)[1:]
    return words[: words.index("--")] if "--" in words else words


def help_of(line: str) -> list[str]:
    """Return a command line that shows help; options that do not exist are refused before."""
    return [*own_words(line), "--help"]


def save(text: str, folder: Path) -> list[Path]:
    """Write the files of a page into a directory, as its reader would; return where they are."""
    saved = []
    for block in blocks(text):
        if block.file:
            saved.append(folder / block.file)
            saved[-1].write_text(block.text, encoding="utf-8")
    return saved
