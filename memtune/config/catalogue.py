"""Finds workloads and profiles by name or path and makes them the model's; the shipped
ones are package data."""

import os
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

from memtune.config.document import Document, read
from memtune.config.schema import ProfileFile
from memtune.config.validate import validated
from memtune.config.workloads import workload
from memtune.errors import ConfigError, UsageError, did_you_mean
from memtune.model import CapFor, Knob, Profile, Scalar, Settings, Space, Workload

BUILT_IN = {"face": "memtune.face"}
"""Built-in workloads: name -> package that holds their ``workload.yaml``."""
_SUFFIXES = (".yaml", ".yml")


def load_workload(name: str) -> Workload:
    """Return the workload of a built-in name or a YAML file's path.

    Raises UsageError for an unknown name and ConfigError for a wrong file.
    """
    if name in BUILT_IN:
        with as_file(files(BUILT_IN[name]) / "workload.yaml") as path:
            return workload(read(path), directory="")
    if not is_path(name):
        raise UsageError(
            f"there is no workload {name!r}",
            hint=did_you_mean(name, BUILT_IN) + "; or give the path of a workload file",
        )
    path = Path(name).absolute()
    return workload(read(path), directory=str(path.parent))


def load_profile(name: str) -> Profile:
    """Return the profile of a shipped name or a YAML file's path, with what it extends.

    Raises UsageError for an unknown name and ConfigError for a wrong file. Its settings
    are checked against a workload by ``settings_for``.
    """
    return _profile(_profile_document(name), ())


def profile_names() -> list[str]:
    """Return the names of the shipped profiles."""
    return sorted(
        Path(entry.name).stem
        for entry in files("memtune.profiles").iterdir()
        if entry.name.endswith(_SUFFIXES)
    )


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


def is_path(name: str) -> bool:
    """Return whether a name is a file's path, and not that of what is built in or shipped."""
    return "/" in name or name.endswith(_SUFFIXES)


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
        base = _profile_document(path)
    except UsageError as error:
        raise ConfigError(error.message, where=where, hint=error.hint) from error
    # "../here/a.yaml" is another name of "a.yaml" in here.
    extending = (*extending, os.path.realpath(document.file))
    if os.path.realpath(base.file) in extending:
        raise ConfigError("profiles extend each other in a circle", where=where)
    return base, extending


def beside(document: Document, name: str) -> str:
    """Return a path that stands in a file relative to that file; a plain name stays."""
    return os.path.join(os.path.dirname(document.file), name) if is_path(name) else name


def _profile_document(name: str) -> Document:
    if is_path(name):
        return read(Path(name).absolute())
    if name not in profile_names():
        raise UsageError(
            f"there is no profile {name!r}",
            hint=did_you_mean(name, profile_names()) + "; or give the path of a profile file",
        )
    with as_file(files("memtune.profiles") / f"{name}.yaml") as path:
        return read(path)
