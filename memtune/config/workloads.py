"""A workload's document -> the model's Workload: what the schema cannot say is checked here."""

from dataclasses import replace
from pathlib import Path

from memtune.config.document import Document, Path_
from memtune.config.schema import (
    CallPart,
    ChecksPart,
    KnobPart,
    PipelineFile,
    ProgramPart,
    ServiceFile,
    ServicePart,
)
from memtune.config.validate import validated
from memtune.errors import ConfigError, did_you_mean
from memtune.model import (
    Bound,
    Call,
    CapFor,
    Checks,
    Health,
    Image,
    ImageKind,
    Kind,
    Knob,
    Load,
    Plan,
    Program,
    Role,
    Space,
    Workload,
)

RESERVED = {"outcome", "headroom"}
"""Checks that every run has: no figure of an output may be called like one."""
NO_ERRORS = Bound("error_rate", max=0)
"""Holds for every service that says nothing else of its error rate."""


def workload(document: Document, directory: str) -> Workload:
    """Return the workload that a document describes; ``directory`` is empty for a built-in one.

    Raises ConfigError with file, line and key.
    """
    match document.data.get("kind"):
        case Kind.PIPELINE:
            return _pipeline(document, validated(document, PipelineFile), directory)
        case Kind.SERVICE:
            return _services(document, validated(document, ServiceFile), directory)
        case None:
            raise ConfigError("the key 'kind' is missing", where=document.place(("kind",)))
        case other:
            raise ConfigError(
                f"kind should be 'pipeline' or 'service', not {other!r}",
                where=document.place(("kind",)),
                hint=did_you_mean(str(other), list(Kind)),
            )


def _pipeline(document: Document, file: PipelineFile, directory: str) -> Workload:
    return Workload(
        name=file.name,
        kind=Kind.PIPELINE,
        programs=(_program(document, (), file, directory),),
        directory=directory,
        description=file.description,
        timeout_s=file.timeout,
        cpus=file.cpus,
        checks=_checks(document, file.checks),
        space=Space(tuple(_knobs(document, (), file))),
        default_cap_bytes=file.cap,
        file=document.file if directory else "",
    )


def _services(document: Document, file: ServiceFile, directory: str) -> Workload:
    _refuse_equal_ports(document, file)
    programs, knobs = [], []
    for name, part in file.services.items():
        path: Path_ = ("services", name)
        if part.cap is not None and file.cap_for == "all":
            raise ConfigError(
                "a service has no cap of its own where the cap is for all",
                where=document.place((*path, "cap")),
                hint="remove it, or write cap_for: each",
            )
        programs.append(
            replace(_program(document, path, part, directory), name=name, cap_bytes=part.cap)
        )
        prefix = f"{name}." if len(file.services) > 1 else ""
        knobs += [
            replace(knob, name=prefix + knob.name, service=name)
            for knob in _knobs(document, path, part)
        ]
    checks = _checks(document, file.checks)
    if file.load.calls and NO_ERRORS.figure not in file.checks.output:
        checks = replace(checks, output=(NO_ERRORS, *checks.output))
    return Workload(
        name=file.name,
        kind=Kind.SERVICE,
        programs=tuple(programs),
        directory=directory,
        description=file.description,
        plan=_plan(document, file),
        cap_for=CapFor(file.cap_for),
        timeout_s=file.timeout,
        cpus=file.cpus,
        checks=checks,
        space=Space(tuple(knobs)),
        default_cap_bytes=file.cap,
        file=document.file,
    )


def _refuse_equal_ports(document: Document, file: ServiceFile) -> None:
    taken: dict[int, str] = {}
    for name, part in file.services.items():
        if part.port in taken:
            raise ConfigError(
                f"port {part.port} is taken by {taken[part.port]!r}",
                where=document.place(("services", name, "port")),
                hint="services of one run share a network: give each a port of its own",
            )
        taken[part.port] = name


def _program(document: Document, path: Path_, part: ProgramPart, directory: str) -> Program:
    return Program(
        image=_image(document, path, part, directory),
        command=tuple(part.command),
        env=tuple((name, str(value)) for name, value in part.env.items()),
    )


def _image(document: Document, path: Path_, part: ProgramPart, directory: str) -> Image:
    if (part.image is None) == (part.build is None):
        raise ConfigError(
            "exactly one of 'image' and 'build' is needed",
            where=document.place((*path, "build" if part.build else "image")),
            hint="image: host | image: NAME | build: DIRECTORY",
        )
    if part.build is not None:
        context = (Path(directory) / part.build.context).resolve()
        if not context.is_relative_to(_project(Path(directory).resolve())):
            raise ConfigError(
                f"build: {part.build.context!r} lies outside the project",
                where=document.place((*path, "build")),
                hint="what is built, and sent to the daemon, lies in the workload file's "
                "directory, or elsewhere in its repository",
            )
        return Image(ImageKind.BUILD, str(context), part.build.dockerfile)
    if part.image == "host":
        return Image(ImageKind.HOST)
    return Image(ImageKind.NAME, str(part.image))


def _project(directory: Path) -> Path:
    """The repository that a directory lies in, or the directory itself."""
    homes = (path for path in (directory, *directory.parents) if (path / ".git").exists())
    return next(homes, directory)


def _checks(document: Document, part: ChecksPart) -> Checks:
    for name in part.output:
        if name in RESERVED:
            raise ConfigError(
                f"{name!r} is a check of memtune's own",
                where=document.place(("checks", "output", name)),
                hint="give the figure another name in the workload's output",
            )
    return Checks(
        exit_status=part.exit_status,
        headroom=part.headroom,
        output=tuple(Bound(name, bound.min, bound.max) for name, bound in part.output.items()),
    )


def _plan(document: Document, file: ServiceFile) -> Plan:
    load = file.load
    path: Path_ = ("load",)
    return Plan(
        load=Load(
            boot_limit_s=load.boot_limit,
            before=_calls(document, (*path, "before"), load.before, file.services),
            calls=_calls(document, (*path, "calls"), load.calls, file.services),
            command=tuple(load.command),
            after=_calls(document, (*path, "after"), load.after, file.services),
            concurrency=load.concurrency,
            rate_per_s=load.rate,
            requests=load.requests,
            duration_s=load.duration,
            warm_up=load.warm_up,
            health_interval_s=load.health_interval,
        ),
        health=tuple(
            Health(name, f"http://{name}:{part.port}{part.health}")
            for name, part in file.services.items()
        ),
    )


def _calls(
    document: Document, path: Path_, parts: list[CallPart], services: dict[str, ServicePart]
) -> tuple[Call, ...]:
    calls = []
    for position, part in enumerate(parts):
        method, target = next((m, t) for m, t in part.targets.items() if t is not None)
        service, _, rest = target.partition("/")
        if service not in services:
            raise ConfigError(
                f"there is no service {service!r}",
                where=document.place((*path, position, method)),
                hint=did_you_mean(service, services) + "; write SERVICE/PATH",
            )
        calls.append(
            Call(
                name=part.name,
                method=method.upper(),
                url=f"http://{service}:{services[service].port}/{rest}",
                each=part.each,
                headers=tuple(part.headers.items()),
                json=tuple(part.json_.items()),
                form=tuple(part.form.items()),
                body=part.body,
                pad_bytes=part.pad,
                status=part.status,
                answer=tuple(part.answer.items()),
            )
        )
    return tuple(calls)


def _knobs(document: Document, path: Path_, part: ProgramPart) -> list[Knob]:
    return [
        _knob(document, (*path, "space", name), name, knob) for name, knob in part.space.items()
    ]


def _knob(document: Document, path: Path_, name: str, part: KnobPart) -> Knob:
    templates = [*part.env.values(), *part.args]
    if not templates:
        raise ConfigError(
            f"the knob {name!r} reaches nothing",
            where=document.place(path),
            hint="give it env: VARIABLE or args: ['--flag={value}']",
        )
    if part.unset is not None and part.unset not in part.values:
        raise ConfigError(
            f"unset: {part.unset!r} is none of the knob's values",
            where=document.place((*path, "unset")),
            hint="its values: " + ", ".join(str(value) for value in part.values),
        )
    passed = [value for value in part.values if value != part.unset]
    if len(passed) > 1 and not any("{value}" in template for template in templates):
        raise ConfigError(
            f"the values of the knob {name!r} make no difference",
            where=document.place(path),
            hint="write {value} where the value goes, such as args: ['--flag={value}']",
        )
    search = part.values if part.search is None else part.search
    stray = [value for value in search if value not in part.values]
    if stray:
        raise ConfigError(
            f"search: {stray[0]!r} is none of the knob's values",
            where=document.place((*path, "search")),
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
