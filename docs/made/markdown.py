"""Words as Markdown: text that nothing in it commands, code, tables."""

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\*_\[\]<>{}#|~$])")
_CODE = re.compile(r"(``?[^`]+``?)")


def text(words: str) -> str:
    """Return words as they are, what stands between backticks as code."""
    parts = _CODE.split(" ".join(words.split()))
    return "".join(
        code(part.strip("`").strip()) if n % 2 else _SPECIAL.sub(r"\\\1", part)
        for n, part in enumerate(parts)
    )


def code(words: object) -> str:
    """Return words as code, fit for a cell of a table."""
    shown = str(words).replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are Markdown; nothing for no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *lines]) + "\n"


def sentence(words: str) -> str:
    """Return words with a full stop at their end."""
    return words if words.endswith((".", "?", "!", ":")) else words + "."
