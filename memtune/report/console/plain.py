"""Foreign text made safe to print: nothing in it moves the cursor, colours or hides text."""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control and format characters, halves of characters, line and paragraph separators."""


def plain(text: str) -> str:
    """Return the text on one line, with characters that are not printed written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if unicodedata.category(character) not in _HIDDEN else _escaped(character)
        for character in text
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
