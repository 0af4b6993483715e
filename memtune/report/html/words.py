"""Outcomes in the words of a page."""

from memtune.model import Finding, Outcome

_ENDED = {
    Outcome.OOM_MAIN: "OOM-killed",
    Outcome.OOM_CHILD: "a process OOM-killed",
    Outcome.TIMEOUT: "timed out",
    Outcome.PIDS_LIMIT: "out of processes",
    Outcome.INFRA: "broken off",
}
"""Where their names are no words."""
_OUTCOMES = frozenset(Outcome)


def ended(outcome: Outcome) -> str:
    """Return how a run ended."""
    return _ENDED.get(outcome, str(outcome))


def observed(finding: Finding) -> str:
    """Return what a check saw."""
    name, more = _outcome(finding)
    return finding.observed if name is None else f"{ended(name)}{more}"


def short(missed: Finding) -> str:
    """Return what was missed, in the few letters of a cell."""
    name, _ = _outcome(missed)
    return missed.check if name is None else ended(name)


def _outcome(finding: Finding) -> tuple[Outcome | None, str]:
    name, space, more = finding.observed.partition(" ")
    if finding.check != "outcome" or name not in _OUTCOMES:
        return None, ""
    return Outcome(name), f"{space}{more}"
