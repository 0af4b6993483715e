"""The ladder from present settings to the conservative end, one knob at a time; pure.

What an operator does when a deployment dies: keep the settings, else turn down what matters most,
then the next, until it passes.
"""

from collections.abc import Mapping, Sequence

from memtune.model import Rung, Settings, Space


def generous(space: Space) -> Settings:
    """Return the settings with every knob at its generous end."""
    return Settings(tuple((knob.name, knob.values[-1]) for knob in space.knobs))


def rungs(space: Space, start: Settings) -> tuple[Rung, ...]:
    """Return the start, then each knob turned to its conservative end in order of priority, those
    before it too; a knob that is there already is no rung, nor is one that is not set."""
    found = [Rung(start, "")]
    values = start.as_dict()
    for knob in space.knobs:
        end = knob.values[0]
        if values.get(knob.name, end) != end:
            values[knob.name] = end
            found.append(Rung(Settings.of(values), f"{knob.name}={end}"))
    return tuple(found)


def climb(ladder: Sequence[Rung], passed: Mapping[Settings, bool]) -> Rung | None:
    """Return the next rung to execute, given whether the first run of those before it passed; None
    once one passed, and where none is left."""
    for rung in ladder:
        if rung.settings not in passed:
            return rung
        if passed[rung.settings]:
            return None
    return None
