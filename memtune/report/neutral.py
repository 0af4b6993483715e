"""Foreign text made harmless for whoever reads it next: terminals, CI systems, spreadsheets,
Markdown. What a library writes (JSON, XML, OpenMetrics) is escaped by that library."""

import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control and format characters, halves of characters, line and paragraph separators."""
_ANYWHERE = r"(?<=##)\[|(?<=##vso)\[|(?<=##teamcity)\["
_COMMAND = re.compile(rf":(?=:[\w-]+(?:| .*?)::)|{_ANYWHERE}")
"""What makes a command of a line in a step log: GitHub reads ``::name::`` where a line begins,
which can be anywhere once a screen folds the text, and ``##[name]`` wherever it stands:
https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
Azure Pipelines and TeamCity have ``##vso[`` and ``##teamcity[``."""
_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""https://owasp.org/www-community/attacks/CSV_Injection; tabs and returns are escaped before."""
_BACKTICKS = re.compile("`+")


def plain(text: str) -> str:
    """Return the text on one line that neither moves the cursor, colours or hides text, nor
    commands a CI system: such characters are written as escapes.

    The characters that XML does not allow are among them.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_escaped(one) if _hidden(one) else one for one in text)
    return _COMMAND.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _hidden(character: str) -> bool:
    noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return noncharacter or unicodedata.category(character) in _HIDDEN


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def github_data(*lines: str) -> str:
    """Return lines as the message of a GitHub workflow command.

    https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    """
    return "%0A".join(plain(line).replace("%", "%25") for line in lines)


def github_property(text: str) -> str:
    """Return the text as a property of a GitHub workflow command, such as its ``file``."""
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def markdown_code(text: str, *, in_table: bool = False) -> str:
    """Return the text as a Markdown code span: in it are no links, images, mentions or HTML.

    A pipe ends a table's cell even in a code span: ``in_table`` escapes it.
    """
    content = plain(text).strip()
    if not content:
        return ""
    fence = _fence(content, 1)
    pad = " " if content.startswith("`") or content.endswith("`") else ""
    span = f"{fence}{pad}{content}{pad}{fence}"
    return span.replace("|", "\\|") if in_table else span


def markdown_block(text: str) -> str:
    """Return a command as a fenced Markdown code block, to be copied from."""
    content = plain(text)
    fence = _fence(content, 3)
    return f"{fence}sh\n{content}\n{fence}"


def _fence(content: str, least: int) -> str:
    """More backticks than follow each other in the content."""
    longest = max((len(run) for run in _BACKTICKS.findall(content)), default=0)
    return "`" * max(least, longest + 1)


def cell(text: str) -> str:
    """Return the text as a cell of a spreadsheet, where it is no formula."""
    content = plain(text)
    return f"'{content}" if content.lstrip().startswith(_FORMULA) else content


def json_text(text: str) -> str:
    """Return the same JSON, in whose strings no CI system finds a command."""
    return re.sub(_ANYWHERE, r"\\u005b", text)
