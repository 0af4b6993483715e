"""Rules on how a process ended: by the kernel, by a limit of its own, or before it began."""

from collections.abc import Iterator

from memtune.diagnose.record import Record
from memtune.model.diagnosis import Certainty, LogLine, Symptom
from memtune.units import format_bytes

NEAR_LIMIT = 0.9
"""Share of the limit from which a kill without a reason is likely one for memory."""


def told(
    known: Record,
    names: tuple[str, ...],
    texts: tuple[str, str, str],
    certainty: Certainty = Certainty.TOLD,
    name: str = "",
) -> Iterator[Symptom]:
    """Yield a symptom that rests on some events, if any of them was told.

    ``texts`` are title, reason and next step; the symptom has the name of the first event.
    """
    count = sum(known.counts[one] for one in names)
    if count:
        lines = tuple(line for one in names for line in known.first.get(one, ()))
        title, reason, next_step = texts
        yield Symptom(name or names[0], certainty, title, reason, next_step, _once(lines), count)


def _once(lines: tuple[LogLine, ...]) -> tuple[LogLine, ...]:
    """The first few of the lines, each once."""
    return tuple(dict.fromkeys(lines))[:5]


def bad_option(known: Record) -> Iterator[Symptom]:
    """``node: bad option``."""
    yield from told(
        known,
        ("bad_option",),
        (
            "Node does not know one of its flags, and ends with status 9 before it starts",
            "such as --heap-size-limit; --max-old-space-size is the one that limits the heap",
            "memtune lint . names the flag and the line",
        ),
    )


def memory_kill(known: Record) -> Iterator[Symptom]:
    """A line says that the kernel or the platform killed for memory."""
    if not known.counts["memory_kill"]:
        return
    limit = known.limit
    under = f" of {format_bytes(limit)}" if limit else ""
    reason = "a limit of its own, such as a heap's, would have ended it with 134 or a MemoryError"
    if known.counts["memory_kill_at_boot"] == known.counts["memory_kill"]:
        reason = "each time before it had answered once: it needs more than that only to start"
    yield from told(
        known,
        ("memory_kill", "worker_kill", "exit_137"),
        (
            f"killed for memory (SIGKILL, exit status 137): it reached the limit{under}",
            reason,
            f"memtune profile WORKLOAD{_cap(known)} says what it needs, memtune recommend "
            "which settings fit",
        ),
    )


def _cap(known: Record) -> str:
    return f" --cap {known.limit >> 20}MiB" if known.limit and known.limit >> 20 else ""


def host_kill(known: Record) -> Iterator[Symptom]:
    """The kernel killed although no limit of a container was reached."""
    yield from told(
        known,
        ("host_kill",),
        (
            "the whole machine ran out of memory, and the kernel chose a process to kill",
            "no container had reached a limit of its own: there is none, or together they allow "
            "more than there is",
            "give each a limit (memtune lint . finds those without); memtune floor says how "
            "little it takes",
        ),
    )


def heap_limit(known: Record) -> Iterator[Symptom]:
    """V8's own limit."""
    if known.counts["heap_limit"]:
        yield from told(
            known,
            ("heap_limit", "exit_134", "exit_139"),
            (
                "Node reached its own heap limit (exit status 134, or 139 as PID 1), not the "
                "container's",
                "the kernel would have ended it with 137; too much is in flight for "
                "--max-old-space-size, which is half of the container's limit where it is not set",
                "fewer requests in flight, or a wider heap: memtune recommend tries both",
            ),
        )


def python_memory(known: Record) -> Iterator[Symptom]:
    """MemoryError and its kin."""
    yield from told(
        known,
        ("python_memory",),
        (
            "an allocation failed inside the process",
            "a limit of its own (ulimit, RLIMIT_AS) or one huge request, such as a decoded "
            "image: a container's limit kills instead",
            "memtune profile WORKLOAD shows who allocates at the peak",
        ),
    )


def killed(known: Record) -> Iterator[Symptom]:
    """SIGKILL, and no line says why."""
    if known.counts["memory_kill"] or known.counts["host_kill"]:
        return
    if not known.counts["worker_kill"] and not known.counts["exit_137"]:
        return
    near = _near_limit(known)
    if known.counts["worker_kill"] or near:
        yield from told(
            known,
            ("worker_kill", "exit_137"),
            (
                "killed with SIGKILL, most likely by the kernel for memory",
                f"memory stood at {near} before" if near else
                "it is no worker that gunicorn ended for its time-out; the kernel's log would say",
                f"dmesg -T | grep -i oom on the machine; memtune profile WORKLOAD{_cap(known)} "
                "says what it needs",
            ),
            Certainty.LIKELY,
            "killed",
        )  # fmt: skip
        return
    denied = known.counts["no_memory_kill"]
    yield from told(
        known,
        ("exit_137", "no_memory_kill") if denied else ("exit_137",),
        (
            "killed with SIGKILL (exit status 137); the log does not tell by whom",
            "Docker says that it was not for memory: docker stop after its grace period, kill -9, "
            "or a kill of one process among several" if denied else
            "the kernel for memory, docker stop after its grace period, or kill -9",
            "docker inspect CONTAINER (OOMKilled), dmesg -T | grep -i oom; memtune profile "
            "WORKLOAD executes it and counts the kernel's kills",
        ),
        Certainty.UNTOLD,
        "killed",
    )  # fmt: skip


def _near_limit(known: Record) -> str:
    for key, series in known.series.items():
        limit = known.limit_of(key)
        if limit is not None and series.memory.most >= NEAR_LIMIT * limit:
            return f"{format_bytes(series.memory.most)} of {format_bytes(limit)}"
    return ""


def aborted(known: Record) -> Iterator[Symptom]:
    """134 or 139 without V8's last words."""
    if known.counts["heap_limit"]:
        return
    yield from told(
        known,
        ("exit_134", "exit_139"),
        (
            "it ended itself (134 is SIGABRT, 139 a memory fault); the log does not tell why",
            "Node does so at its heap limit, and then writes FATAL ERROR: that line is not here; "
            "libraries shared by threads do so, too",
            "look at the lines before on stderr; the kernel kills with 137",
        ),
        Certainty.UNTOLD,
        "aborted",
    )
