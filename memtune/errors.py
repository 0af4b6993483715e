"""The errors a user can meet: each class has one exit code; not for bad workloads,
which are an Outcome and never an exception."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; each has one meaning."""

    PASS = 0
    """What was asked for holds."""
    FAIL = 1
    """The workload failed its checks or its budget."""
    USAGE = 2
    """The command line or a configuration file is wrong."""
    ENVIRONMENT = 3
    """This machine cannot do it: no Docker, no rights, image missing."""
    INCONCLUSIVE = 4
    """The evidence does not decide."""
    INFEASIBLE = 5
    """Nothing in the space passes."""
    BUG = 70
    """A defect of memtune itself."""
    INTERRUPTED = 130
    """Stopped by the user or by a signal."""


@dataclass(frozen=True)
class Place:
    """Where in which file something is wrong."""

    file: str
    line: int | None = None
    """1-based; absent when the whole file is meant."""
    key: str | None = None
    """Dotted path of the key, such as ``space.0.values``."""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        key = f" ({self.key})" if self.key else ""
        return f"{self.file}{line}{key}"


class MemtuneError(Exception):
    """Base of all errors that are shown as a message instead of a traceback."""

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, message: str, *, hint: str = "", where: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where


class UsageError(MemtuneError):
    """The command line asks for something that does not exist or cannot be."""

    exit_code = ExitCode.USAGE


class ConfigError(MemtuneError):
    """A YAML file is wrong; carries file, line and key."""

    exit_code = ExitCode.USAGE


class HostError(MemtuneError):
    """This machine lacks something that the command needs."""

    exit_code = ExitCode.ENVIRONMENT


class StoreError(MemtuneError):
    """A study could not be read or written."""

    exit_code = ExitCode.ENVIRONMENT


class CancelledError(MemtuneError):
    """SIGINT, SIGTERM or SIGHUP ended the command."""

    exit_code = ExitCode.INTERRUPTED


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the closest known words, or listing all of them."""
    choices = [str(word) for word in known]  # not an enum member, whose repr is no word
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(sorted(choices)) if choices else ""
