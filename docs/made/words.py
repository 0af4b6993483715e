"""Exit codes, the words, outcomes and how sure a figure is: from the enums and docstrings."""

import inspect
import re

import memtune
from docs.made.docstrings import attributes
from docs.made.markdown import code, sentence, table, text
from memtune.errors import ExitCode
from memtune.model import Outcome
from memtune.model.run import Bias

_OUTCOMES = {
    Outcome.COMPLETED: "A pipeline ended with the exit status that was asked for; a service "
    "lived until its load was over",
    Outcome.FAILED: "It ended by itself, otherwise",
    Outcome.OOM_MAIN: "The kernel killed the main process for memory",
    Outcome.OOM_CHILD: "The kernel killed another process of the run for memory, whatever "
    "the main process made of it",
    Outcome.TIMEOUT: "It did not end in time",
    Outcome.PIDS_LIMIT: "It wanted more processes than the container may have",
    Outcome.INFRA: "The run could not be made, such as for want of Docker: no evidence",
    Outcome.CANCELLED: "Stopped by the user or a signal: no evidence",
}


def exit_codes() -> str:
    """Return every exit code."""
    known = attributes(ExitCode)
    return table(
        ("code", "meaning"), [(code(one.value), text(known[one.name])) for one in ExitCode]
    )


def glossary() -> str:
    """Return the words as a list of definitions."""
    pairs = re.findall(r"^(\w+)\n((?:    .+\n?)+)", inspect.cleandoc(memtune.__doc__ or ""), re.M)
    return "\n".join(f"{word}\n: {text(meaning)}\n" for word, meaning in pairs)


def outcomes() -> str:
    """Return every way in which a run can end. Raises KeyError for one that has no words."""
    return table(
        ("outcome", "meaning"), [(code(one.value), sentence(_OUTCOMES[one])) for one in Outcome]
    )


def biases() -> str:
    """Return how a figure is marked that differs from the truth in a known way."""
    known = attributes(Bias)
    return table(
        ("mark", "meaning"),
        [(code(one.value), text(known[one.name])) for one in Bias if one is not Bias.NONE],
    )
