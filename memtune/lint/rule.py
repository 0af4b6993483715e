"""What a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from memtune.errors import Place
from memtune.lint.services import Service
from memtune.model.lint import Severity


@dataclass(frozen=True)
class Hit:
    """A rule has found something."""

    at: Place
    found: str
    fix: str = ""
    """Where the rule's own fix can be said more exactly."""


@dataclass(frozen=True)
class Rule:
    """A kind of mistake, and how it is found in one service."""

    name: str
    severity: Severity
    find: Callable[[Service], Iterator[Hit]]
    reason: str
    """One sentence, with what was measured where something was."""
    fix: str
