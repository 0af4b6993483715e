"""Source code and command lines -> ports, health paths, unset variables, programs to execute.

By patterns that hardly ever mean anything else: what they find is shown to a person, and tried.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from memtune.init.found import Known
from memtune.lint.facts import SourceFile

_HEALTH = (
    r"(?:healthz?|health[_-]?check|ready|readyz|readiness|live|livez|liveness|alive|ping|_health)"
)
_ROUTE = re.compile(
    rf"(?:\(|=|,|:)\s{{0,4}}[\"'`](/(?:[\w-]{{1,40}}/){{0,4}}{_HEALTH}(?:/(?:live|ready))?/?)[\"'`]"
)
_DJANGO_ROUTE = re.compile(rf"\bpath\(\s{{0,4}}[\"']({_HEALTH}/?)[\"']")
_ORDER = ("health", "ready", "live", "alive", "ping")
_URL_PATH = re.compile(r"https?://[^/\s\"'\\]+(/[^\s\"'\\|;,)\]]*)?")
_PORT_OPTION = re.compile(
    r"(?:^|\s)(?:-b|--bind|--port|-p|--http-port|runserver|http\.server|--listen)"
    r"(?:\s+|=)?(?:[\w.\[\]*-]{0,60}:)?(\d{2,5})(?=\s|$)"
)
_PORT_VARIABLE = re.compile(r"\$\{?PORT\b(?::?-(\d{2,5})\})?")
_SOURCES_PORT = (
    re.compile(r"\.listen\(\s{0,4}(?:process\.env\.PORT\s{0,4}(?:\|\||\?\?)\s{0,4})?(\d{2,5})\b"),
    re.compile(r"process\.env\.PORT\s{0,4}(?:\|\||\?\?)\s{0,4}[\"']?(\d{2,5})\b"),
    re.compile(r"(?:environ\.get|getenv)\(\s{0,4}[\"']PORT[\"']\s{0,4},\s{0,4}[\"']?(\d{2,5})\b"),
    re.compile(r"\bbind\s{0,4}=\s{0,4}f?[\"'][^\"'\n]{0,60}:(\d{2,5})[\"']"),
    re.compile(r"\.run\([^()\n]{0,200}\bport\s{0,4}=\s{0,4}(\d{2,5})\b"),
    re.compile(r"(?:HTTPServer|TCPServer)\(\s{0,4}\(\s{0,4}[\"'][^\"'\n]{0,40}[\"']\s{0,4},"
               r"\s{0,4}(\d{2,5})\b"),
)  # fmt: skip
_FLASK_RUN = re.compile(r"\b\w+\.run\(")
_SERVER_PORTS = (
    (re.compile(r"\b(gunicorn|uvicorn|hypercorn|daphne|http\.server|manage\.py\s+runserver)\b"),
     8000),
    (re.compile(r"\bflask\b.{0,200}\brun\b"), 5000),
)  # fmt: skip
"""What servers listen on where nobody says otherwise."""
_MUST_BE_SET = re.compile(r"\bos\.environ\[\s{0,4}[\"']([A-Za-z_][A-Za-z0-9_]{0,60})[\"']\s{0,4}\]")
_STORED = re.compile(r"\s*=[^=]")
_MAIN = re.compile(r"^if\s+__name__\s*==\s*[\"']__main__[\"']\s*:", re.MULTILINE)
_MAIN_NAMES = ("main", "app", "run", "job", "cli", "server", "worker", "pipeline", "train")
_SHELL = re.compile(r"[|&;<>()$`\\*?\[\]#~!{}\n]|^\s*\w+=")
_MOST = 500
"""Matches of one file that are looked at; more are no work of a person."""
_EPHEMERAL = frozenset({"PATH", "HOME", "USER", "PWD", "TMPDIR", "HOSTNAME"})


def words_of(line: str) -> tuple[str, ...]:
    """Return a command line's words, or those of a shell that executes it where it needs one."""
    if not _SHELL.search(line):
        try:
            return tuple(shlex.split(line))
        except ValueError:
            pass
    return ("/bin/sh", "-c", line)


def port_of_command(words: Iterable[str], env: Mapping[str, str], source: str) -> Known[int] | None:
    """Return the port that a command line names, or the variable PORT in it."""
    text = " ".join(words)
    variable = _PORT_VARIABLE.search(text)
    if variable:
        port = env.get("PORT") or variable[1] or ""
        return _known(port, source) if port else None
    found = _PORT_OPTION.search(text)
    return _known(found[1], source) if found else None


def takes_port(words: Iterable[str]) -> bool:
    """Return whether a command line leaves its port to the variable PORT."""
    variable = _PORT_VARIABLE.search(" ".join(words))
    return variable is not None and variable[1] is None


def port_of_server(words: Iterable[str]) -> Known[int] | None:
    """Return what a well-known server listens on by itself."""
    text = " ".join(words)
    for pattern, port in _SERVER_PORTS:
        if found := pattern.search(text):
            return Known(port, f"{found[0].split()[0]} listens there by itself")
    return None


def port_of_code(sources: Sequence[SourceFile]) -> Known[int] | None:
    """Return the port that the code names."""
    for pattern in _SOURCES_PORT:
        for source in sources:
            if found := pattern.search(source.text):
                return _known(found[1], at(source, found.start()))
    for source in sources:
        if "Flask(" in source.text and (found := _FLASK_RUN.search(source.text)):
            return Known(5000, f"Flask listens there by itself, {at(source, found.start())}")
    return None


def _known(text: str, source: str) -> Known[int] | None:
    return Known(int(text), source) if text.isdecimal() and 0 < int(text) < 65536 else None


def health_of_check(text: str, source: str) -> Known[str] | None:
    """Return the path of the URL that a health check's command asks for."""
    found = _URL_PATH.search(text)
    return Known(found[1] or "/", source) if found else None


def health_of_code(sources: Iterable[SourceFile]) -> Known[str] | None:
    """Return the route that looks most like a health check."""
    routes: list[tuple[int, int, Known[str]]] = []
    for source in sources:
        for pattern in (_ROUTE, _DJANGO_ROUTE):
            for found in islice(pattern.finditer(source.text), _MOST):
                path = found[1] if found[1].startswith("/") else f"/{found[1]}"
                rank = next(i for i, word in enumerate((*_ORDER, "")) if word in path)
                routes.append((rank, len(path), Known(path, at(source, found.start(1)))))
    return min(routes, key=lambda one: one[:2])[2] if routes else None


def must_be_set(sources: Iterable[SourceFile], env: Iterable[str]) -> Iterator[Known[str]]:
    """Yield variables without which Python code raises KeyError, unless ``env`` has them."""
    seen = set(env) | _EPHEMERAL
    for source in sources:
        if not source.name.endswith(".py"):
            continue
        for found in islice(_MUST_BE_SET.finditer(source.text), _MOST):
            line = source.text[: found.start()].rpartition("\n")[2]
            stored = _STORED.match(source.text, found.end())
            if found[1] not in seen and not stored and not line.lstrip().startswith("#"):
                seen.add(found[1])
                yield Known(found[1], at(source, found.start()))


def mains(sources: Iterable[SourceFile], directory: str) -> list[SourceFile]:
    """Return the Python files at the top of a directory that can be executed, likeliest first."""
    found = [
        source
        for source in sources
        if source.directory == directory
        and source.name.endswith(".py")
        and _MAIN.search(source.text)
    ]
    return sorted(found, key=lambda source: (main_rank(source), source.path))


def main_rank(source: SourceFile) -> int:
    """Return how far from the top a file's name stands among the usual ones for a program."""
    stem = source.name.removesuffix(".py")
    return _MAIN_NAMES.index(stem) if stem in _MAIN_NAMES else len(_MAIN_NAMES)


def is_usual(source: SourceFile) -> bool:
    """Return whether a program usually bears the file's name."""
    return main_rank(source) < len(_MAIN_NAMES)


def at(source: SourceFile, position: int) -> str:
    """Return the file and line of a position in its text."""
    return f"{source.path}:{source.text.count(chr(10), 0, position) + 1}"
