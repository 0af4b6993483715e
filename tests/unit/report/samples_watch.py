"""Made-up looks at what runs, for the report tests."""

from memtune.model.soak import Slope, Trend
from memtune.model.watch import Close, Exit, Kind, Look, Memory, Note, Plan, Row, State
from memtune.units import MIB

TIME = "2026-01-02T03:04:05.678+00:00"
PLAN = Plan(interval_s=1.0, thresholds=(0.8, 0.9))
SOURCE = "usage - file pages, cgroup v1"
LIMIT = "memory.limit_in_bytes (cgroup v1)"


def memory(need_mib: float, cap_mib: int | None = None) -> Memory:
    """What a container holds."""
    need = round(need_mib * MIB)
    return Memory(
        source=SOURCE,
        need_bytes=need,
        anon_bytes=need - 3 * MIB,
        shmem_bytes=2 * MIB,
        kernel_bytes=MIB,
        cache_bytes=7 * MIB,
        cap_bytes=None if cap_mib is None else cap_mib * MIB,
        cap_source="" if cap_mib is None else LIMIT,
        charged_bytes=None if cap_mib is None else need,
    )


WEB = Row(
    "web",
    State.RUNNING,
    memory(116.2, 128),
    round(116.2 * MIB),
    1 - 116.2 / 128,
    Trend.GROWS,
    Slope(0.9 * MIB, 0.8 * MIB, 1.0 * MIB),
    (13.1, 11.8, 14.8),
    threshold=0.9,
)


def growing(*, close: Close | None = None) -> Look:
    """One container, near its cap."""
    text = "need is 116.2 MiB, beyond 90 % of the cap of 128 MiB"
    note = Note(104.2, "web", Kind.THRESHOLD, text)
    return Look(104.213, TIME, "web", (WEB,), notes=(note,), close=close)


def killed() -> Look:
    """The same, at its end."""
    row = Row(
        "web",
        State.ENDED,
        WEB.memory,
        128 * MIB,
        0.0,
        oom_kills=1,
        failures=1,
        exit=Exit(137, oom=True),
    )
    notes = (
        Note(117.4, "web", Kind.OOM_KILL, "the kernel killed a process of it for memory"),
        Note(117.5, "web", Kind.ENDED, "OOM-killed, exit status 137"),
    )
    return Look(117.53, TIME, "web", (row,), notes=notes, close=Close.ENDED)


def project() -> Look:
    """A compose project in which everything goes on at once, with long and hostile names."""
    rows = (
        Row(
            "shop-face-recognition-worker-1",
            State.RUNNING,
            memory(1013.9, 1024),
            round(1020.7 * MIB),
            1 - 1013.9 / 1024,
            Trend.SLOWS,
            Slope(2100.0, 900.0, 3300.0),
            (33_000.0, 21_000.0, 77_000.0),
            threshold=0.9,
            oom_kills=12,
            restarts=2,
        ),
        Row("shop-cache-1", State.RUNNING, memory(9), 9 * MIB, None, Trend.NO_GROWTH),
        Row("shop-db-1", State.RESTARTING, memory(60, 256), 64 * MIB, 0.75, restarts=3),
        Row("shop-migrate-1", State.ENDED, memory(30, 64), 41 * MIB, 0.5, exit=Exit(0)),
        Row("shop-web\x1b[31m-1", State.RUNNING, None, None, trend=Trend.TOO_SHORT),
    )
    total = Row("all", State.RUNNING, memory(1022.9), round(1100.1 * MIB), oom_kills=12, restarts=5)
    notes = (
        Note(3723.0, "shop-db-1", Kind.ENDED, "ended with exit status 1"),
        Note(3724.0, "shop-web\x1b[31m-1", Kind.STARTED, "has been started"),
    )
    return Look(3724.0, TIME, "shop\x1b[2J", rows, total, notes)


def many(count: int) -> Look:
    """A compose project of so many services, of which every third is nearer to its cap."""
    needs = [64 + number + 128 * (number % 3 == 0) for number in range(count)]
    rows = tuple(
        Row(
            f"shop-service-{number}-1",
            State.RUNNING,
            memory(need, 256),
            need * MIB,
            1 - need / 256,
            Trend.NO_GROWTH,
        )
        for number, need in enumerate(needs)
    )
    total = Row("all", State.RUNNING, memory(sum(needs)), sum(needs) * MIB)
    return Look(12.0, TIME, "shop", rows, total)


def process() -> Look:
    """A process with children, in a group that has others."""
    seen = Memory(
        source="/proc/PID/statm and smaps_rollup",
        rss_bytes=300 * MIB,
        pss_bytes=round(141.3 * MIB),
        anon_bytes=120 * MIB,
        shmem_bytes=MIB,
        cache_bytes=round(20.3 * MIB),
        processes=5,
        cap_bytes=512 * MIB,
        cap_source=LIMIT,
        cap_group="/sys/fs/cgroup/memory/session",
        charged_bytes=200 * MIB,
        shared=True,
        oom_kills=0,
    )
    row = Row("gunicorn 4242", State.RUNNING, seen, 200 * MIB, 1 - 200 / 512, Trend.NO_GROWTH)
    return Look(61.0, TIME, "4242", (row,))
