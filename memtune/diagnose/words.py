"""What a line of a log says happened: one table of events."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """How one event is told by those who tell it."""

    hints: tuple[str, ...]
    """In small letters: without one of them in the line, the pattern is not tried."""
    pattern: re.Pattern[str]


def _exit(status: int) -> Event:
    """The exit status as Docker, compose, Render, Heroku, npm and shells write it."""
    return Event(
        (str(status),),
        re.compile(
            r"\b[Ee]xit(?:ed|ing)?[ _]?(?:with )?(?:[Cc]ode|[Ss]tatus)?[\\\"']{0,3}"
            rf"(?: ?[:=(] ?| ){status}\b|\berrno {status}\b"
        ),
    )


def _event(hints: str, pattern: str) -> Event:
    return Event(tuple(hints.split("|")), re.compile(pattern))


EVENTS: dict[str, Event] = {
    # The kernel's own words, and how Docker, Kubernetes and platforms hand them on. R15 is not
    # looked for alone: it is a register, too, in what the kernel prints beside a kill.
    "memory_kill": _event(
        "out of memory|memcg|oomkill|r15|container oom",
        r"Memory cgroup out of memory|constraint=CONSTRAINT_MEMCG|Ran out of memory \(used over"
        r"|\bOOMKilled\b(?!\W{1,6}(?:false|0))|\bOOMKilling\b|\bcontainer oom\b"
        r"|Error R15 \(|\bcode=R15\b",
    ),
    "host_kill": _event(
        "out of memory: kill|constraint_none",
        r"(?<!cgroup )Out of memory: Kill(?:ed)? process|constraint=CONSTRAINT_NONE",
    ),
    "no_memory_kill": _event("oomkilled", r"\bOOMKilled\b\W{1,6}false"),
    "exit_137": _exit(137),
    "exit_134": _exit(134),
    "exit_139": _exit(139),
    "worker_kill": _event("sigkill", r"Worker \(pid:(?P<pid>\d{1,10})\) was sent SIGKILL"),
    "worker_timeout": _event("worker timeout", r"WORKER TIMEOUT \(pid:(?P<pid>\d{1,10})\)"),
    "aborted_request": _event("error handling request", r"Error handling request"),
    "heap_limit": _event(
        "heap out of memory|heap limit",
        r"JavaScript heap out of memory|FATAL ERROR: .{0,80}heap limit",
    ),
    "bad_option": _event(
        "bad option|not allowed in node_options",
        r"\bbad option: -|is not allowed in NODE_OPTIONS",
    ),
    "python_memory": _event(
        "memoryerror|bad_alloc|cannot allocate memory|enomem",
        r"(?<!except )(?<!except \()\b(?:_Array)?MemoryError\b|std::bad_alloc"
        r"|Cannot allocate memory|\bENOMEM\b",
    ),
    "over_quota": _event("r14", r"Error R14 \(|\bcode=R14\b"),
    "request_timeout": _event(
        "h12|504|timeout|timed|etimedout",
        r"\bcode=H12\b|\" 504\b|504 Gateway|E(?:SOCKET)?TIMEDOUT|timeout of \d+ ?ms"
        r"|\bReadTimeout|(?:[Rr]ead|[Rr]equest|upstream|connection) timed out",
    ),
    "bad_gateway": _event(
        "502|h10|h13", r"502 Bad Gateway|\" 502\b|[Ss]tatus(?: code)?\W{1,3}502\b|\bcode=H1[03]\b"
    ),
    "refused": _event(
        "refused|ehostunreach|enotfound|socket hang up|econnreset|prematurely closed",
        r"ECONNREFUSED|[Cc]onnection refused|EHOSTUNREACH|ENOTFOUND|socket hang up|ECONNRESET"
        r"|upstream prematurely closed",
    ),
    "no_port": _event(
        "no open ports|port scan timeout|r10|to bind to $port",
        r"No open ports detected|Port scan timeout|Error R10 \(|\bcode=R10\b|to bind to \$PORT",
    ),
    "unhealthy": _event(
        "health",
        r"(?i)\bhealth ?check\b.{0,60}\b(?:failed|failing|timed out)|health_status: unhealthy"
        r"|\(unhealthy\)",
    ),
    "ended": _event(
        "instance failed|to crashed|exited early|back-off restarting|exited with",
        r"Instance failed|State changed from \w+ to crashed|Exited early"
        r"|Back-off restarting|[Ee]xited with (?:status|code) (?!0\b)\d",
    ),
    "start": _event(
        "booting worker|starting |memory startup|to starting|==> |listening",
        r"Booting worker|Starting gunicorn|Memory startup|Starting process|to starting\b"
        r"|==> (?:Deploying|Running|Starting)|\b[Ll]istening (?:at|on)\b",
    ),
    "threshold": _event(
        "threshold|umbral|critical|warning",
        r"(?i)\b(?:memory[ _]?)?(?:threshold|umbral|critical|warning)\w{0,20}\W{1,4}"
        r"(?P<mb>\d{2,6})(?:\.\d)? ?MB(?! /)",
    ),
}
READY = re.compile(r"service is live|State changed from \w+ to up|\" 2\d\d\b")
"""It answers, or the platform says so."""
REGISTERING = re.compile(r"(?i)/regist|\bregister(?:ing)?\b|registr")

_HINTS = tuple(dict.fromkeys(hint for event in EVENTS.values() for hint in event.hints))


def events(text: str) -> dict[str, re.Match[str]]:
    """Return the events that a line tells, with what matched."""
    small = text.lower()
    if not any([hint in small for hint in _HINTS]):  # noqa: C419 - a list is faster here
        return {}
    found = {}
    for name, event in EVENTS.items():
        if any(hint in small for hint in event.hints) and (match := event.pattern.search(text)):
            found[name] = match
    return found
