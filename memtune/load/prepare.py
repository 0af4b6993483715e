"""Plan -> the requests to be made, with templates filled in and files found; reads no file's
content and sends nothing."""

import glob
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from memtune.errors import ConfigError, did_you_mean
from memtune.load.figures import NAMES, boot_name
from memtune.model import Call, Health, Load, Member, Plan

_TEMPLATE = re.compile(r"\{([A-Za-z_]\w*)\}")
_METHOD = re.compile(r"[A-Z]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True)
class Content:
    """What a body is built from; at most one of the first three is given."""

    json: tuple[tuple[str, Member], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    body: str = ""
    pad_bytes: int = 0


@dataclass(frozen=True)
class Target:
    """Where a request goes."""

    host: str
    port: int
    path: str
    """With the query."""


@dataclass(frozen=True)
class Request:
    """One request, and the answer that is right."""

    name: str
    method: str
    target: Target
    headers: tuple[tuple[str, str], ...] = ()
    content: Content = Content()
    status: int = 200
    answer: tuple[tuple[str, Member], ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A plan that can be carried out."""

    health: tuple[tuple[str, Target], ...]
    """Service and where it is asked."""
    before: tuple[Request, ...]
    calls: tuple[Request, ...]
    after: tuple[Request, ...]


def prepared(plan: Plan) -> Prepared:
    """Return the plan's requests. Raises ConfigError where the plan cannot be carried out."""
    load = plan.load
    _check_kind(load)
    _check_pace(load)
    _check_names(load, plan.health)
    return Prepared(
        health=tuple((one.service, target(one.url, one.service)) for one in plan.health),
        before=requests(load.before),
        calls=requests(load.calls),
        after=requests(load.after),
    )


def requests(calls: Iterable[Call]) -> tuple[Request, ...]:
    """Return the requests of calls, in order. Raises ConfigError for a call that cannot be made."""
    return tuple(_request(call, file) for call in calls for file in _files(call))


def target(url: str, name: str) -> Target:
    """Return where a URL points. Raises ConfigError for one that is not plain HTTP."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ConfigError(
            f"{name}: {url!r} is no http:// URL",
            hint="services are reached on their own network: http://localhost:PORT/PATH",
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise ConfigError(
            f"{name}: {url!r} has characters that stand in no URL", hint="write them as %XX"
        )
    try:
        return Target(parts.hostname, parts.port or 80, path)
    except ValueError as error:
        raise ConfigError(f"{name}: {url!r}: {error}") from error


def _files(call: Call) -> list[str]:
    """The files of a call's glob, sorted; one empty name for a call without."""
    if not call.each:
        return [""]
    found = sorted(path for path in glob.glob(call.each, recursive=True) if os.path.isfile(path))
    if not found:
        raise ConfigError(
            f"the call {call.name!r}: each: {call.each!r} matches no file",
            hint=f"paths are relative to the workload file's directory, here {os.getcwd()}",
        )
    return found


def _request(call: Call, file: str) -> Request:
    values = _values(file)

    def fill(text: str, quoted: Callable[[str], str] = str) -> str:
        return _filled(text, values, quoted, call.name)

    def member(value: Member) -> Member:
        return fill(value) if isinstance(value, str) else value

    content = Content(
        json=tuple((name, member(value)) for name, value in call.json),
        form=tuple((name, fill(value)) for name, value in call.form),
        body=fill(call.body),
        pad_bytes=call.pad_bytes,
    )
    _check_content(call, content)
    headers = tuple((name, fill(value)) for name, value in call.headers)
    _check_head(call, headers)
    url = fill(call.url, lambda text: quote(text, safe=""))
    return Request(
        name=call.name,
        method=call.method.upper(),
        target=target(url, f"the call {call.name!r}"),
        headers=headers,
        content=content,
        status=call.status,
        answer=tuple((name, member(value)) for name, value in call.answer),
    )


def _values(file: str) -> dict[str, str]:
    """What the names in templates stand for; nothing without a file."""
    if not file:
        return {}
    name = PurePath(file).stem
    return {"file": file, "name": name, "person": name.partition("_")[0]}


def _filled(text: str, values: Mapping[str, str], quoted: Callable[[str], str], call: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] in values:
            return quoted(values[match[1]])
        if match[1] in _values("x"):
            hint = "it stands for a file of the call's 'each', and this call has none"
        else:
            hint = did_you_mean(match[1], _values("x"))
        raise ConfigError(
            f"the call {call!r}: {match[0]} stands for nothing",
            hint=f"{hint}; a body that needs such braces can be kept in a file: @PATH",
        )

    return _TEMPLATE.sub(value, text)


def _check_content(call: Call, content: Content) -> None:
    kinds = [kind for kind in ("json", "form", "body") if getattr(content, kind)]
    if len(kinds) > 1:
        raise ConfigError(
            f"the call {call.name!r} has several bodies: {' and '.join(kinds)}", hint="keep one"
        )
    texts = [value for _, value in (*content.json, *content.form) if isinstance(value, str)]
    for text in (*texts, content.body):
        if text.startswith("@") and not (os.path.isfile(text[1:]) and os.access(text[1:], os.R_OK)):
            raise ConfigError(
                f"the call {call.name!r}: there is no readable file {text[1:]!r}",
                hint="what begins with @ names a file, relative to the workload file's directory",
            )


def _check_head(call: Call, headers: tuple[tuple[str, str], ...]) -> None:
    if not _METHOD.fullmatch(call.method.upper()):
        raise ConfigError(f"the call {call.name!r}: {call.method!r} is no HTTP method")
    for name, value in headers:
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise ConfigError(f"the call {call.name!r}: {f'{name}: {value}'!r} is no HTTP header")


def _check_kind(load: Load) -> None:
    if bool(load.calls) == bool(load.command):
        raise ConfigError("a load needs either calls or a command")
    if load.command and shutil.which(load.command[0]) is None:
        raise ConfigError(
            f"there is no program {load.command[0]!r}",
            hint="install it on this machine, or name a file: ./PROGRAM",
        )
    if load.calls and find_spec("locust") is None:
        raise ConfigError("locust is not installed", hint="pip install 'memtune[load]'")


def _check_pace(load: Load) -> None:
    if load.calls and (load.requests is None) == (load.duration_s is None):
        raise ConfigError("a load of calls needs either a number of requests or a duration")
    least: tuple[tuple[str, float | None, bool], ...] = (
        ("requests", load.requests, True),
        ("duration_s", load.duration_s, True),
        ("rate_per_s", load.rate_per_s, True),
        ("concurrency", load.concurrency, True),
        ("health_interval_s", load.health_interval_s, True),
        ("warm_up", load.warm_up, False),
    )
    for name, value, above_zero in least:
        if value is not None and not (value > 0 if above_zero else value >= 0):
            raise ConfigError(f"{name} is {value:g}: it has to be above zero")


def _check_names(load: Load, health: tuple[Health, ...]) -> None:
    """Each name becomes a member of the one object that is printed."""
    services = [boot_name(one.service) for one in health]
    names = [*NAMES, *services, *(call.name for call in (*load.before, *load.after))]
    for name, times in Counter(names).items():
        if not name or times > 1:
            raise ConfigError(
                f"the name {name!r} is taken" if name else "a call has no name",
                hint="each call before and after the load, and each service, has a name of its own",
            )
