"""gunicorn.conf.py: the settings that are gunicorn's own, and variables for the workers."""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from memtune.errors import UsageError
from memtune.export.text import (
    args_note,
    cap_note,
    comments,
    one_program,
    plain,
    quoted,
    require_own,
    unset_note,
)
from memtune.model import Kind
from memtune.model.export import Deployed, Deployment, Written

_SETTINGS = ("workers", "threads", "max_requests", "max_requests_jitter", "worker_connections")
_VARIABLES = {
    f"{prefix}{name.upper()}": name for prefix in ("", "GUNICORN_") for name in _SETTINGS
} | {"WEB_CONCURRENCY": "workers"}
"""Variables that say one of them; the last is gunicorn's own."""
_FLAGS = {f"--{name.replace('_', '-')}": name for name in _SETTINGS} | {"-w": "workers"}
_ARGUMENTS = "GUNICORN_CMD_ARGS"
_EARLY = re.compile(r"MALLOC_|LD_|PYTHON|GLIBC_TUNABLES")
"""Variables that are read before gunicorn could set them."""


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the file. Raises UsageError for several services, for a file that is somebody's own,
    and where there is nothing that gunicorn can carry."""
    require_own(before, "gunicorn")
    program = one_program(deployment, "gunicorn")
    if program.kind is Kind.PIPELINE:
        raise UsageError(
            f"{program.name} is a pipeline, which gunicorn does not serve",
            hint="export it as env, dockerfile, compose or kubernetes",
        )
    env = dict(program.env)
    rest, settings = _settings(program)
    early = [name for name in env if _EARLY.match(name)]
    raw = {
        name: value for name, value in env.items()
        if name not in (*early, "WEB_CONCURRENCY", _ARGUMENTS)
    }  # fmt: skip
    if not settings and not raw:
        raise UsageError(
            "no knob is a setting of gunicorn's or a variable of its workers",
            hint="compose, dockerfile and kubernetes carry variables and arguments",
        )
    _require_kept(raw)
    lines = comments(deployment)
    lines += [f"{name} = {value}" for name, value in settings.items()]
    if raw:
        lines += ["raw_env = [", *(f"    {quoted(f'{k}={v}')}," for k, v in raw.items()), "]"]
    notes = [f"not carried: {plain(name)}={env[name]}, which is read before gunicorn could set it"
             for name in early]  # fmt: skip
    notes += args_note(rest)
    return Written("\n".join(lines) + "\n", (*notes, *unset_note(program), *cap_note(program)))


def _require_kept(raw: dict[str, str]) -> None:
    """gunicorn strips what it reads as text."""
    for name, value in raw.items():
        if value != value.rstrip():
            raise UsageError(
                f"{name} ends with a space, which gunicorn drops",
                hint="export it as compose, dockerfile or kubernetes",
            )


def _settings(program: Deployed) -> tuple[Deployed, dict[str, int]]:
    """What variables or flags say of gunicorn's settings; and the program with the arguments that
    are not gunicorn's."""
    env = dict(program.env)
    found = {_VARIABLES[name]: value for name, value in env.items() if name in _VARIABLES}
    others: list[str] = []
    for source in (shlex.split(env.get(_ARGUMENTS, "")), program.args):
        for word, name, value in _flags(source):
            if name is None:
                others.append(word)
            else:
                found[name] = value
    numbers = {name: int(text) for name in _SETTINGS
               if (text := found.get(name, "")).isdecimal()}  # fmt: skip
    return replace(program, args=tuple(others)), numbers


def _flags(words: Iterable[str]) -> Iterator[tuple[str, str | None, str]]:
    """Each argument, with the setting that it gives a value to."""
    todo = iter(words)
    for word in todo:
        flag, equals, value = word.partition("=")
        if flag not in _FLAGS:
            yield word, None, ""
        else:
            yield word, _FLAGS[flag], value if equals else next(todo, "")
