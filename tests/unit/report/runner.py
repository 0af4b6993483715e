"""What CI systems make of a step's log, told from their source.

https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
"""

import re
from dataclasses import dataclass

_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


def commands(log: str) -> list[Command]:
    """Every workflow command that GitHub's runner finds in a log."""
    lines = re.split(r"\r\n|\r|\n|\u0085|\u2028|\u2029", log)
    return [command for line in lines if (command := _command(line)) is not None]


def _command(line: str) -> Command | None:
    text = line.lstrip()
    end = text.find("::", 2)
    name, _, properties = text[2:end].partition(" ")
    # The runner looks names up, and no command's name has other characters.
    if text.startswith("::") and end > 0 and re.fullmatch(r"[\w-]+", name):
        pairs = [pair.split("=", 1) for pair in properties.split(",") if "=" in pair]
        return Command(
            name,
            {key.strip(): _decoded(value, _PROPERTY) for key, value in pairs},
            _decoded(text[end + 2 :], _DATA),
        )
    legacy = re.search(r"##(?:vso|teamcity)?\[([^\]]*)", line)
    return Command(legacy[1], {}, "") if legacy else None


def _decoded(text: str, codes: tuple[tuple[str, str], ...]) -> str:
    for code, meant in codes:
        text = text.replace(code, meant)
    return text
