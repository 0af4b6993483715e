"""A recommendation or a profile -> what each program shall be deployed with; names no format."""

from collections.abc import Iterable
from dataclasses import replace

from memtune.errors import UsageError, did_you_mean
from memtune.execute.request import reach
from memtune.model import CapFor, Kind, Knob, Program, Recommendation, Settings, Study, Workload
from memtune.model.export import Deployed, Deployment
from memtune.units import format_bytes


def of_study(study: Study) -> Deployment:
    """Return what a study recommends, under the cap that it was proven under.

    Raises UsageError where it recommends nothing.
    """
    chosen = study.recommendation
    if chosen is None:
        raise UsageError(
            f"study {study.id} recommends nothing: no settings passed under its cap",
            hint="raise the cap or widen the space, and execute `memtune recommend` again",
        )
    deployed = _deployment(
        study.programs, study.space.knobs, chosen.settings, study.cap_bytes, study.cap_for
    )
    several = len(study.programs) > 1
    needs = {
        one.name: chosen.evidence.figure(f"need {one.name}" if several else "need")
        for one in deployed
    }
    return Deployment(
        source=f"study {study.id}",
        workload=study.workload,
        settings=chosen.settings,
        cap_bytes=study.cap_bytes,
        why_cap=_proof(chosen),
        headroom=study.checks.headroom,
        programs=tuple(
            replace(
                one,
                name=one.name or study.workload,
                need_bytes=round(figure.summary.max) if (figure := needs[one.name]) else None,
            )
            for one in deployed
        ),
    )


def _proof(chosen: Recommendation) -> str:
    runs, need = len(chosen.evidence.runs), chosen.evidence.figure("need")
    needed = f", and needed {format_bytes(need.summary.max)} at most" if need else ""
    return f"the study's: the settings passed {runs} of {runs} runs under it{needed}"


def of_profile(name: str, workload: Workload, settings: Settings, cap_bytes: int) -> Deployment:
    """Return what a profile asks for, of whose need nothing is known."""
    deployed = _deployment(
        workload.programs, workload.space.knobs, settings, cap_bytes, workload.cap_for
    )
    return Deployment(
        source=f"profile {name}",
        workload=workload.name,
        settings=settings,
        cap_bytes=cap_bytes,
        why_cap="the profile's",
        headroom=workload.checks.headroom,
        programs=tuple(replace(one, name=one.name or workload.name) for one in deployed),
    )


def of_service(deployment: Deployment, service: str) -> Deployment:
    """Return a deployment of one of its services alone. Raises UsageError for an unknown one."""
    names = [one.name for one in deployment.programs]
    if service not in names:
        raise UsageError(
            f"{deployment.workload} has no service {service!r}", hint=did_you_mean(service, names)
        )
    chosen = tuple(one for one in deployment.programs if one.name == service)
    return replace(deployment, programs=chosen)


def lines_of(study: Study) -> tuple[str, ...]:
    """Return what carries the recommendation: ``NAME=value`` of variables, then arguments."""
    if study.recommendation is None:
        return ()
    env: list[str] = []
    args: list[str] = []
    values = study.recommendation.settings.as_dict()
    for knob in study.space.knobs:
        variables, arguments = reach(knob, values[knob.name])
        env += [f"{name}={value}" for name, value in variables.items()]
        args += arguments
    return (*env, *args)


def _deployment(
    programs: Iterable[Program],
    knobs: Iterable[Knob],
    settings: Settings,
    cap_bytes: int,
    cap_for: CapFor,
) -> list[Deployed]:
    programs, knobs = list(programs), list(knobs)
    shared = cap_for is CapFor.ALL and len(programs) > 1
    return [
        _deployed(program, knobs, settings, None if shared else program.cap_bytes or cap_bytes)
        for program in programs
    ]


def _deployed(
    program: Program, knobs: list[Knob], settings: Settings, cap_bytes: int | None
) -> Deployed:
    env: dict[str, str] = {}
    args: list[str] = []
    unset: list[str] = []
    values = settings.as_dict()
    for knob in knobs:
        if knob.service == program.name and knob.name in values:
            variables, arguments = reach(knob, values[knob.name])
            _require_plain(knob, [*variables.values(), *arguments])
            env.update(variables)
            args += arguments
            unset += [name for name, _ in knob.env if not variables]
    given = env.keys() | dict(program.env).keys()
    return Deployed(
        name=program.name,
        kind=Kind.SERVICE if program.name else Kind.PIPELINE,
        env=tuple(env.items()),
        unset=tuple(name for name in dict.fromkeys(unset) if name not in given),
        args=tuple(args),
        command=(*program.command, *args),
        cap_bytes=cap_bytes,
        need_bytes=None,
    )


def _require_plain(knob: Knob, texts: Iterable[str]) -> None:
    """Refuse what no file of lines can hold, and what would hide in one."""
    for text in texts:
        if not text.isprintable():
            raise UsageError(
                f"the knob {knob.name!r} reaches its process as {text!r}, which is no plain line",
                hint="a value with a line break or a control character cannot be exported",
            )
