"""Makes workloads and profiles, found by name or path, the model's."""

import os
from dataclasses import replace
from pathlib import Path

from memtune.config.document import Document
from memtune.config.names import (
    BUILT_IN,
    beside,
    is_path,
    profile_document,
    workload_document,
)
from memtune.config.schema import ProfileFile
from memtune.config.validate import validated
from memtune.config.workloads import workload
from memtune.errors import ConfigError, UsageError, did_you_mean
from memtune.model import CapFor, Knob, Profile, Scalar, Settings, Space, Workload


def load_workload(name: str) -> Workload:
    """Return the workload of a built-in name or a YAML file's path.

    Raises UsageError for an unknown name and ConfigError for a wrong file.
    """
    document = workload_document(name)
    directory = "" if name in BUILT_IN else os.path.dirname(document.file)
    return workload(document, directory=directory)


def load_profile(name: str) -> Profile:
    """Return the profile of a shipped name or a YAML file's path, with what it extends.

    Raises UsageError for an unknown name and ConfigError for a wrong file. Its settings
    are checked against a workload by ``settings_for``.
    """
    return _profile(profile_document(name), ())


def settings_for(space: Space, values: dict[str, Scalar]) -> Settings:
    """Return values as settings of a space, in its order; text stands for numbers too.

    Raises UsageError for an unknown knob or a value that the knob does not have.
    """
    knobs = {knob.name: knob for knob in space.knobs}
    for name in values:
        if name not in knobs:
            hint = did_you_mean(name, knobs) if knobs else "this workload has no knobs"
            raise UsageError(f"there is no knob {name!r}", hint=hint)
    return Settings(
        tuple((name, _value(knob, values[name])) for name, knob in knobs.items() if name in values)
    )


def _value(knob: Knob, given: Scalar) -> Scalar:
    for value in knob.values:
        if value == given or str(value) == str(given):
            return value
    raise UsageError(
        f"the knob {knob.name!r} has no value {given!r}",
        hint="its values: " + ", ".join(str(value) for value in knob.values),
    )


def _profile(document: Document, extending: tuple[str, ...]) -> Profile:
    file = validated(document, ProfileFile)
    name = Path(document.file).stem
    cap_for = None if file.cap_for is None else CapFor(file.cap_for)
    workload = None if file.workload is None else beside(document, file.workload)
    if file.extends is not None:
        base = _profile(*_base(document, file.extends, extending))
        return replace(
            base,
            name=name,
            workload=workload or base.workload,
            settings=Settings.of(base.settings.as_dict() | file.settings),
            cap_bytes=file.cap or base.cap_bytes,
            description=file.description,
            cap_for=cap_for or base.cap_for,
        )
    for key, value in (("workload", workload), ("cap", file.cap)):
        if value is None:
            raise ConfigError(f"the key {key!r} is missing", where=document.place((key,)))
    return Profile(
        name,
        workload or "",
        Settings.of(dict(file.settings)),
        file.cap or 0,
        file.description,
        cap_for,
    )


def _base(
    document: Document, name: str, extending: tuple[str, ...]
) -> tuple[Document, tuple[str, ...]]:
    """Return the profile that a document extends, and the files on the way to it."""
    where = document.place(("extends",))
    path = beside(document, name)
    if is_path(name) and not os.path.isfile(path):
        raise ConfigError(
            f"there is no file {path}", where=where, hint="a path is relative to this file"
        )
    try:
        base = profile_document(path)
    except UsageError as error:
        raise ConfigError(error.message, where=where, hint=error.hint) from error
    # "../here/a.yaml" is another name of "a.yaml" in here.
    extending = (*extending, os.path.realpath(document.file))
    if os.path.realpath(base.file) in extending:
        raise ConfigError("profiles extend each other in a circle", where=where)
    return base, extending
