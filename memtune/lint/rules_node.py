"""Rules on how node is started."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from memtune.errors import Place, did_you_mean
from memtune.lint.command import node_flags, options
from memtune.lint.facts import Kind
from memtune.lint.node_flags import KNOWN, KNOWN_IN_NODE_OPTIONS, about_memory
from memtune.lint.rule import Hit
from memtune.lint.services import Service
from memtune.units import GIB, MIB, format_bytes

NEAR_CAP = 0.75
"""Share of the cap from which a heap limit leaves too little for what lies outside the heap."""
_SIZES = frozenset(name for name in KNOWN if re.search(r"(space|heap)-size$", name))
_LEAST_DEFAULT = 256 * MIB


def default_old_space_bytes(cap_bytes: int) -> int | None:
    """Return node 20's own limit of the old space under a cap: half of it, never under 256 MiB.

    Measured with ``v8.getHeapStatistics().heap_size_limit`` under caps from 128 MiB to 4 GiB
    (259, 259, 259, 332, 396, 524, 1048, 2096 MiB, which hold 3 to 48 MiB of young space); above
    that it grows no more in the same way, and None is returned.
    """
    return max(_LEAST_DEFAULT, cap_bytes // 2) if cap_bytes <= 4 * GIB else None


@dataclass(frozen=True)
class _Flag:
    text: str
    name: str
    """As node knows it, without dashes in front."""
    at: Place
    from_variable: bool
    """It stands in NODE_OPTIONS."""
    following: str = ""
    """The next word, where the flag has no value of its own."""


def _flags(service: Service) -> Iterator[_Flag]:
    for command in service.facts.commands:
        split = node_flags(command)
        if split is not None:
            before, behind = split
            for text, following in pairwise([*before, *behind[:1], ""]):
                if text in before:
                    yield from _flag(text, command.at, False, following)
    for setting in service.facts.settings:
        if setting.name == "NODE_OPTIONS":
            for text, following in pairwise([*setting.value.split(), ""]):
                yield from _flag(text, setting.at, True, following)


def _flag(text: str, at: Place, from_variable: bool, following: str) -> Iterator[_Flag]:
    name = about_memory(text) if text.startswith("--") else None
    if name is not None:
        yield _Flag(text, name, at, from_variable, "" if "=" in text else following)


def unknown_flag(service: Service) -> Iterator[Hit]:
    """``node --heap-size-limit=256``."""
    for flag in _flags(service):
        if flag.name not in KNOWN:
            yield Hit(flag.at, f"node does not know {flag.text}", _instead(flag.name))
        elif flag.from_variable and flag.name not in KNOWN_IN_NODE_OPTIONS:
            yield Hit(
                flag.at,
                f"NODE_OPTIONS refuses {flag.text}",
                "write it behind node on the command line",
            )


def _instead(name: str) -> str:
    guess = did_you_mean(name, KNOWN).removeprefix("did you mean '").removesuffix("'?")
    return f"write --{guess}" if guess in KNOWN else "use --max-old-space-size=MB"


def flag_value(service: Service) -> Iterator[Hit]:
    """``node --max-old-space-size 256`` and ``--max-old-space-size=256MB``."""
    for flag in _flags(service):
        if flag.name not in _SIZES:  # node's own options take a spaced value
            continue
        value = flag.text.partition("=")[2]
        number = re.match(r"\d+", value or flag.following)
        fix = f"write --{flag.name}={number[0] if number else 'MB'}"
        if "=" not in flag.text and flag.following.isdigit() and not flag.from_variable:
            yield Hit(flag.at, f"{flag.text} {flag.following} has no =", fix)
        elif number and re.fullmatch(r"\d+[a-zA-Z]+", value):
            yield Hit(flag.at, f"{flag.text} has a unit", fix)


def flag_behind_script(service: Service) -> Iterator[Hit]:
    """``node server.js --max-old-space-size=256``."""
    for command in service.facts.commands:
        _, behind = node_flags(command) or ([], [])
        for word in behind[1:]:
            if word.startswith("--") and about_memory(word) in KNOWN:
                yield Hit(command.at, f"{word} stands behind the script {behind[0]}")


def _heap_limits(service: Service) -> Iterator[tuple[_Flag, int]]:
    for flag in _flags(service):
        value = flag.text.partition("=")[2]
        if flag.name in ("max-old-space-size", "max-heap-size") and value.isdigit():
            yield flag, int(value[:9]) * MIB


def heap_limit_near_cap(service: Service) -> Iterator[Hit]:
    """A heap limit of three quarters of the cap or more."""
    for flag, size in _heap_limits(service):
        if service.cap is not None and size >= NEAR_CAP * service.cap.bytes:
            share = 100 * size / service.cap.bytes
            yield Hit(
                flag.at,
                f"{flag.text} is {share:.0f} % of the cap of {format_bytes(service.cap.bytes)} "
                f"({service.cap.source})",
                f"write --{flag.name}={service.cap.bytes // 4 // MIB} or less, "
                "and try it: memtune recommend",
            )


def heap_limit_is_default(service: Service) -> Iterator[Hit]:
    """``--max-old-space-size=256`` under 512 MiB."""
    for flag, size in _heap_limits(service):
        default = default_old_space_bytes(service.cap.bytes) if service.cap else None
        if default is not None and flag.name == "max-old-space-size" and size == default:
            yield Hit(
                flag.at,
                f"{flag.text} is node's own limit under a cap of "
                f"{format_bytes(service.cap.bytes if service.cap else 0)}: it changes nothing",
            )


def heap_default_over_cap(service: Service) -> Iterator[Hit]:
    """No heap limit under a cap so small that node's own is too near."""
    if service.cap is None or any(True for _ in _heap_limits(service)):
        return
    default = default_old_space_bytes(service.cap.bytes)
    if default is None or default < NEAR_CAP * service.cap.bytes:
        return
    for command in service.facts.commands:
        if node_flags(command) is not None:
            yield Hit(
                command.at,
                f"node's own heap limit of {format_bytes(default)} under a cap of "
                f"{format_bytes(service.cap.bytes)} ({service.cap.source})",
            )
            return


def gc_not_exposed(service: Service) -> Iterator[Hit]:
    """``global.gc()`` in a program that is started without ``--expose-gc``."""
    starts = [one for one in service.facts.commands if node_flags(one) is not None]
    exposed = any(flag.name == "expose-gc" for flag in _flags(service))
    if not starts or exposed or service.facts.has(Kind.GC_EXPOSED):
        return
    for fact in service.facts.of(Kind.GC_CALL)[:1]:
        yield Hit(fact.at, f"{fact.what}() is called, and {starts[0].at} starts without it")


def workers_from_cpus(service: Service) -> Iterator[Hit]:
    """``os.cpus().length`` in a cluster, ``pm2 -i max``, ``cpu_count()`` in a pool or gunicorn."""
    for fact in service.facts.of(Kind.CPU_COUNT):
        yield Hit(fact.at, f"{fact.what} decides how many workers there are")
    workers = service.gunicorn("workers")
    if workers is not None and workers.value == "cpus":
        yield Hit(workers.at, "gunicorn's workers are made by the number of CPUs")
    for command in service.facts.commands:
        if command.words[0].endswith("pm2"):
            for option, value in options(command.words[1:]):
                if option in ("-i", "--instances") and value in ("max", "0", ""):
                    yield Hit(command.at, "pm2 starts one instance per CPU")
