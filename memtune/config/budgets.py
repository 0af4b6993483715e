"""memtune.yaml -> the scenarios that the gate executes, each with its budget."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from memtune.config.catalogue import load_profile, load_workload, settings_for
from memtune.config.document import Document, Path_, read
from memtune.config.foreign import read_text
from memtune.config.names import beside
from memtune.config.schema import BudgetFile, ScenarioPart
from memtune.config.validate import validated
from memtune.errors import ConfigError, UsageError
from memtune.model import Budget, CapFor, Growth, Profile, Scenario, Settings, Workload
from memtune.units import MINIMUM_CAP_BYTES, format_bytes

FILE = "memtune.yaml"


def load_scenarios(file: Path) -> dict[str, Scenario]:
    """Return the scenarios of a budget file by name, in its order; paths are relative to it.

    Raises ConfigError with file, line and key, for the files that it names too.
    """
    document = read(file.absolute())
    parts = validated(document, BudgetFile).scenarios
    return {name: _scenario(document, name, part) for name, part in parts.items()}


def scenario_names(text: str, file: str) -> set[str]:
    """Return the names of the scenarios in the text of a budget file, whatever memtune wrote it.

    Raises ConfigError for what is no YAML.
    """
    found = read_text(text, file).data.get("scenarios")
    return set(found) if isinstance(found, dict) else set()


def _scenario(document: Document, name: str, part: ScenarioPart) -> Scenario:
    path: Path_ = ("scenarios", name)
    profile = _profile(document, path, part)
    workload = _workload(document, path, part, profile)
    defaults = (profile.cap_bytes if profile else None, workload.default_cap_bytes)
    cap_bytes = part.cap or next((cap for cap in defaults if cap), None)
    if cap_bytes is None:
        raise ConfigError(
            f"the scenario {name!r} has no cap",
            where=document.place(path),
            hint="write cap: 512MiB; neither its profile nor its workload names one",
        )
    if cap_bytes < MINIMUM_CAP_BYTES:
        raise ConfigError(
            f"a cap of {format_bytes(cap_bytes)} is too small to start a container",
            where=document.place((*path, "cap")),
            hint="use 6MiB or more",
        )
    return Scenario(
        name=name,
        workload=workload,
        settings=_settings(document, path, part, profile, workload),
        cap_bytes=cap_bytes,
        budget=_budget(document, path, part, room_bytes(workload, cap_bytes)),
        place=document.place((*path, "max")),
        growth_place=document.place((*path, "growth")),
    )


def _profile(document: Document, path: Path_, part: ScenarioPart) -> Profile | None:
    if part.profile is None:
        return None
    with _placed(document, (*path, "profile")):
        return load_profile(beside(document, part.profile))


def _workload(
    document: Document, path: Path_, part: ScenarioPart, profile: Profile | None
) -> Workload:
    if part.workload is not None:
        with _placed(document, (*path, "workload")):
            workload = load_workload(beside(document, part.workload))
    else:
        assert profile is not None  # the schema asks for one of the two
        with _placed(document, (*path, "profile")):
            workload = load_workload(profile.workload)
    return replace(workload, cap_for=profile.cap_for) if profile and profile.cap_for else workload


def _settings(
    document: Document,
    path: Path_,
    part: ScenarioPart,
    profile: Profile | None,
    workload: Workload,
) -> Settings:
    values = (profile.settings.as_dict() if profile else {}) | part.settings
    with _placed(document, (*path, "settings" if part.settings else "profile")):
        return settings_for(workload.space, values)


def room_bytes(workload: Workload, cap_bytes: int) -> int:
    """Return the most that a run can need: the cap, or the sum of the caps that services have."""
    if workload.cap_for is CapFor.ALL:
        return cap_bytes
    return sum(program.cap_bytes or cap_bytes for program in workload.programs)


def _budget(document: Document, path: Path_, part: ScenarioPart, room: int) -> Budget:
    if part.max is not None and part.max > room:
        raise ConfigError(
            f"max lies above the cap of {format_bytes(room)}: nothing could reach it",
            where=document.place((*path, "max")),
            hint="lower max, or raise cap",
        )
    grown = part.growth
    growth = Growth(grown.fail, grown.warn, grown.floor) if grown else None
    return Budget(part.max, growth)


@contextmanager
def _placed(document: Document, path: Path_) -> Iterator[None]:
    """Say where in this file stands what does not exist or does not fit."""
    try:
        yield
    except UsageError as error:
        raise ConfigError(error.message, where=document.place(path), hint=error.hint) from error
