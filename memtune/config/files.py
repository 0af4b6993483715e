"""Files of memtune whatever their kind: told apart, held against all that is asked of them, with
what they refer to."""

from collections.abc import Iterator
from pathlib import Path

from memtune.config.budgets import load_scenarios
from memtune.config.catalogue import load_profile, load_workload, settings_for
from memtune.config.document import Document, Path_, read
from memtune.config.json_schema import FileKind
from memtune.config.names import beside, is_path
from memtune.config.schema import BudgetFile, PipelineFile, ProfileFile, ServiceFile
from memtune.config.validate import validated
from memtune.errors import ConfigError, UsageError

_COMMON = {"version", "description", "cap", "cap_for"}
_KEYS: dict[FileKind, set[str]] = {
    FileKind.BUDGETS: set(BudgetFile.model_fields) - _COMMON,
    FileKind.PROFILE: set(ProfileFile.model_fields) - _COMMON,
    FileKind.WORKLOAD: (set(PipelineFile.model_fields) | set(ServiceFile.model_fields)) - _COMMON,
}


def kind_of(document: Document) -> FileKind:
    """Return the kind of a file, by most of its keys.

    Raises ConfigError where no key tells.
    """
    counts = {kind: len(keys & set(document.data)) for kind, keys in _KEYS.items()}
    kind = max(counts, key=lambda kind: counts[kind])
    if not counts[kind]:
        raise ConfigError(
            "no key tells which file of memtune this is",
            where=document.place(()),
            hint="memtune.yaml has scenarios:, a workload kind:, a profile settings: or extends:",
        )
    return kind


def referred(document: Document, kind: FileKind) -> Iterator[Path]:
    """Yield the files that a file names.

    Raises ConfigError with the place of a file that does not exist, after all that do.
    """
    missing: list[ConfigError] = []
    for path, name in _named(document, kind):
        file = Path(beside(document, name))
        if not is_path(name):
            continue
        if file.is_file():
            yield file
        else:
            missing.append(
                ConfigError(
                    f"there is no file {name}",
                    where=document.place(path),
                    hint="a path is relative to this file",
                )
            )
    if missing:
        raise missing[0]


def _named(document: Document, kind: FileKind) -> Iterator[tuple[Path_, str]]:
    if kind is FileKind.BUDGETS:
        for name, part in validated(document, BudgetFile).scenarios.items():
            for key, value in (("workload", part.workload), ("profile", part.profile)):
                if value:
                    yield ("scenarios", name, key), value
    elif kind is FileKind.PROFILE:
        profile = validated(document, ProfileFile)
        for key, value in (("extends", profile.extends), ("workload", profile.workload)):
            if value:
                yield (key,), value


def hold(document: Document, kind: FileKind) -> list[str]:
    """Return the scenarios of a budget file that ask for a baseline; none of another file.

    Raises ConfigError and UsageError for whatever a command would refuse in the file.
    """
    match kind:
        case FileKind.BUDGETS:
            found = load_scenarios(Path(document.file))
            return [name for name, scenario in found.items() if scenario.budget.growth]
        case FileKind.WORKLOAD:
            load_workload(document.file)
        case FileKind.PROFILE:
            _hold_profile(document)
    return []


def _hold_profile(document: Document) -> None:
    profile = load_profile(document.file)
    space = load_workload(profile.workload).space
    for name, value in validated(document, ProfileFile).settings.items():
        try:
            settings_for(space, {name: value})
        except UsageError as error:
            where = document.place(("settings", name))
            raise ConfigError(error.message, where=where, hint=error.hint) from error
    settings_for(space, profile.settings.as_dict())


def opened(file: Path) -> Document:
    """Return a file as a document whose path is absolute.

    Raises ConfigError for what is no plain YAML.
    """
    return read(file.absolute())
