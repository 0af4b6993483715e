"""Finds workloads and profiles by name or path and makes them the model's; the shipped
ones are package data."""

import os
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

from memtune.config.document import Document, read
from memtune.config.schema import KnobPart, ProfileFile, WorkloadFile
from memtune.config.validate import validated
from memtune.errors import ConfigError, UsageError, did_you_mean
from memtune.model import (
    Bound,
    Checks,
    Image,
    ImageKind,
    Kind,
    Knob,
    Profile,
    Role,
    Scalar,
    Settings,
    Space,
    Workload,
)

BUILT_IN = {"face": "memtune.face"}
"""Built-in workloads: name -> package that holds their ``workload.yaml``."""
RESERVED = {"outcome", "headroom"}
"""Checks that every run has: no figure of an output may be called like one."""
_SUFFIXES = (".yaml", ".yml")


def load_workload(name: str) -> Workload:
    """Return the workload of a built-in name or a YAML file's path.

    Raises UsageError for an unknown name and ConfigError for a wrong file.
    """
    if name in BUILT_IN:
        with as_file(files(BUILT_IN[name]) / "workload.yaml") as path:
            return _workload(read(path), directory="")
    if not _is_path(name):
        raise UsageError(
            f"there is no workload {name!r}",
            hint=did_you_mean(name, BUILT_IN) + "; or give the path of a workload file",
        )
    path = Path(name).absolute()
    return _workload(read(path), directory=str(path.parent))


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


def _is_path(name: str) -> bool:
    return "/" in name or name.endswith(_SUFFIXES)


def _workload(document: Document, directory: str) -> Workload:
    file = validated(document, WorkloadFile)
    if (file.image is None) == (file.build is None):
        raise ConfigError(
            "exactly one of 'image' and 'build' is needed",
            where=document.place(("build" if file.build else "image",)),
            hint="image: host | image: NAME | build: DIRECTORY",
        )
    for name in RESERVED & file.checks.output.keys():
        raise ConfigError(
            f"{name!r} is a check of memtune's own",
            where=document.place(("checks", "output", name)),
            hint="give the figure another name in the workload's output",
        )
    checks = Checks(
        exit_status=file.checks.exit_status,
        headroom=file.checks.headroom,
        output=tuple(
            Bound(name, bound.min, bound.max) for name, bound in file.checks.output.items()
        ),
    )
    return Workload(
        name=file.name,
        kind=Kind(file.kind),
        image=_image(document, file, directory),
        command=tuple(file.command),
        directory=directory,
        description=file.description,
        env=tuple((name, str(value)) for name, value in file.env.items()),
        timeout_s=file.timeout,
        checks=checks,
        space=Space(tuple(_knob(document, name, part) for name, part in file.space.items())),
        default_cap_bytes=file.cap,
        file=document.file if directory else "",
    )


def _image(document: Document, file: WorkloadFile, directory: str) -> Image:
    if file.build is not None:
        context = (Path(directory) / file.build).resolve()
        if not context.is_relative_to(Path(directory).resolve()):
            raise ConfigError(
                f"build: {file.build!r} lies outside the workload file's directory",
                where=document.place(("build",)),
                hint="what is built, and sent to the daemon, stays within the project",
            )
        return Image(ImageKind.BUILD, str(context))
    if file.image == "host":
        return Image(ImageKind.HOST)
    return Image(ImageKind.NAME, str(file.image))


def _knob(document: Document, name: str, part: KnobPart) -> Knob:
    templates = [*part.env.values(), *part.args]
    if not templates:
        raise ConfigError(
            f"the knob {name!r} reaches nothing",
            where=document.place(("space", name)),
            hint="give it env: VARIABLE or args: ['--flag={value}']",
        )
    if part.unset is not None and part.unset not in part.values:
        raise ConfigError(
            f"unset: {part.unset!r} is none of the knob's values",
            where=document.place(("space", name, "unset")),
            hint="its values: " + ", ".join(str(value) for value in part.values),
        )
    passed = [value for value in part.values if value != part.unset]
    if len(passed) > 1 and not any("{value}" in template for template in templates):
        raise ConfigError(
            f"the values of the knob {name!r} make no difference",
            where=document.place(("space", name)),
            hint="write {value} where the value goes, such as args: ['--flag={value}']",
        )
    search = part.values if part.search is None else part.search
    stray = [value for value in search if value not in part.values]
    if stray:
        raise ConfigError(
            f"search: {stray[0]!r} is none of the knob's values",
            where=document.place(("space", name, "search")),
            hint="its values: " + ", ".join(str(value) for value in part.values),
        )
    return Knob(
        name,
        tuple(part.values),
        tuple(part.env.items()),
        tuple(part.args),
        part.unset,
        part.factor,
        Role(part.role),
        searched=tuple(value for value in part.values if value in search),
    )


def _profile(document: Document, extending: tuple[str, ...]) -> Profile:
    file = validated(document, ProfileFile)
    name = Path(document.file).stem
    workload = None if file.workload is None else _beside(document, file.workload)
    if file.extends is not None:
        base = _profile(*_base(document, file.extends, extending))
        return replace(
            base,
            name=name,
            workload=workload or base.workload,
            settings=Settings.of(base.settings.as_dict() | file.settings),
            cap_bytes=file.cap or base.cap_bytes,
            description=file.description,
        )
    for key, value in (("workload", workload), ("cap", file.cap)):
        if value is None:
            raise ConfigError(f"the key {key!r} is missing", where=document.place((key,)))
    return Profile(
        name, workload or "", Settings.of(dict(file.settings)), file.cap or 0, file.description
    )


def _base(
    document: Document, name: str, extending: tuple[str, ...]
) -> tuple[Document, tuple[str, ...]]:
    """Return the profile that a document extends, and the files on the way to it."""
    where = document.place(("extends",))
    path = _beside(document, name)
    if _is_path(name) and not os.path.isfile(path):
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


def _beside(document: Document, name: str) -> str:
    """A path that stands in a file is relative to that file; a plain name stays."""
    return os.path.join(os.path.dirname(document.file), name) if _is_path(name) else name


def _profile_document(name: str) -> Document:
    if _is_path(name):
        return read(Path(name).absolute())
    if name not in profile_names():
        raise UsageError(
            f"there is no profile {name!r}",
            hint=did_you_mean(name, profile_names()) + "; or give the path of a profile file",
        )
    with as_file(files("memtune.profiles") / f"{name}.yaml") as path:
        return read(path)
