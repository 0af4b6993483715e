"""Made-up results that the report tests render."""

from memtune.judge import judge
from memtune.model import (
    Allocator,
    Bound,
    CapTried,
    Checks,
    Environment,
    Explanation,
    Figure,
    Floor,
    Judged,
    Knob,
    Measurement,
    Outcome,
    Probe,
    ProfileResult,
    Recommendation,
    Run,
    Settings,
    Skipped,
    Space,
    Split,
    Study,
    Unit,
)
from memtune.trial import as_trial
from memtune.units import MIB

CAP = 512 * MIB
CHECKS = Checks(headroom=0.2, output=(Bound("missed", max=0),))
SPACE = Space(
    (
        Knob("workers", (1, 2, 4), env=(("WORKERS", "{value}"),), searched=(1, 2, 4)),
        Knob("max_side_px", (320, 800), env=(("SIDE", "{value}"),), searched=(320, 800)),
    )
)
ENVIRONMENT = Environment("6.1.0", "v2", "x86_64", 2, "docker", "host", (("docker", "27.0"),))


def settings(workers: int, side: int) -> Settings:
    return Settings((("workers", workers), ("max_side_px", side)))


def judged(
    where: Settings,
    need_mib: float,
    *,
    missed: int = 0,
    oom: bool = False,
    reason: str = "run 1 of 2",
) -> Judged:
    """A run with round figures."""
    run = Run(
        id=f"run-{where}-{need_mib}",
        workload="face",
        settings=where,
        cap_bytes=CAP,
        executor="docker",
        outcome=Outcome.OOM_MAIN if oom else Outcome.COMPLETED,
        exit_status=137 if oom else 0,
        measurement=Measurement(
            need=Figure(need_mib * MIB, Unit.BYTES, "usage - file pages, cgroup v2, host samples"),
            cgroup_peak=Figure(need_mib * MIB + MIB, Unit.BYTES, "memory.peak (cgroup v2)"),
            split=Split(round((need_mib - 4) * MIB), 0, 4 * MIB, MIB // 2),
            duration=Figure(4.25, Unit.SECONDS, "monotonic clock, go to end"),
        ),
        output=() if oom else (("missed", missed), ("p95_ms", 312.5), ("throughput_per_s", 3.21)),
        reason="the kernel killed the main process for memory" if oom else "ended by itself",
        stderr_tail="Traceback\nMemoryError: [red]not markup[/red]\n" if oom else "",
        warnings=("the kernel enforces a cap of 1 bytes, not 2",) if oom else (),
    )
    return Judged(run, judge(run, CHECKS), reason)


def profile_result(*, oom: bool = False) -> ProfileResult:
    where = settings(2, 800)
    runs = [judged(where, 205.5, oom=oom), judged(where, 207.25, oom=oom, reason="run 2 of 2")]
    explanation = Explanation(
        rss_peak=Figure(236 * MIB, Unit.BYTES, "memray, RSS every 10 ms"),
        heap_peak=Figure(160 * MIB, Unit.BYTES, "memray, high watermark"),
        allocators=(
            Allocator(
                "locate", "/venv/lib/site-packages/face_recognition/api.py", 105, 32 * MIB, 585
            ),
            Allocator(
                "[not markup]", "/a/very/long/path/to/some/project/package/module.py", 7, 2048, 1
            ),
            Allocator("(outside Python)", "", 0, 10, 1),
        ),
        processes=3,
        problems=("1-2.bin: empty capture",),
        tax_bytes=8 * MIB,
    )
    return ProfileResult(
        "20260101-000000-abcdef", "face", "optimized", CAP, ENVIRONMENT, "warm",
        as_trial(where, runs), explanation,
    )  # fmt: skip


def study(*, feasible: bool = True) -> Study:
    best, other = settings(1, 800), settings(2, 320)
    runs = [
        judged(settings(1, 320), 70.25, missed=8, reason="the most conservative settings"),
        judged(settings(4, 800), 480, reason="5 left: a pass or an OOM decides 1, bad work 3"),
        judged(
            settings(4, 320), 512, oom=True, reason="4 left: a pass or an OOM decides 1, bad work 2"
        ),
    ]
    if feasible:
        runs += [
            judged(other, 99, reason="2 left: a pass or an OOM decides 1, bad work 1"),
            judged(best, 76.5, reason="1 left: a pass or an OOM decides 1, bad work 1"),
            judged(best, 76.75, reason="confirms the pick, 1 of 2 to go"),
        ]
    chosen = Recommendation(
        best,
        as_trial(best, runs),
        as_trial(other, runs),
        "least need of the 2 settings that passed",
    )
    return Study(
        id="20260101-000000-abcdef",
        workload="face",
        cap_bytes=CAP,
        checks=CHECKS,
        space=SPACE,
        page_cache="warm",
        environment=ENVIRONMENT,
        judged=tuple(runs),
        skipped=tuple(
            Skipped(n, f"need at least {n} MiB, the best pass 76.8 MiB") for n in range(1, 8)
        ),
        recommendation=chosen if feasible else None,
    )


def floor() -> Floor:
    where = settings(1, 800)
    return Floor(
        study="20260101-000000-abcdef",
        workload="face",
        settings=where,
        environment=ENVIRONMENT,
        page_cache="cold",
        reference=judged(where, 76.5, reason="reference"),
        floor_bytes=round(76.25 * MIB),
        comfortable_bytes=80 * MIB,
        at_most=False,
        resolution_bytes=MIB // 4,
        repeats=5,
        caps=(
            CapTried(75 * MIB, 0, 1, None, None, False),
            CapTried(76 * MIB, 2, 3, 2.5, 1500, True),
            CapTried(round(76.25 * MIB), 5, 5, 1.75, 159744, True),
            CapTried(80 * MIB, 1, 1, 1.02, 12, False),
        ),
    )


def probes() -> list[Probe]:
    return [
        Probe("Docker", False, "talking to Docker: no such file", "start it: dockerd"),
        Probe("local executor", True, "executed `image: host` under a cap of 64 MiB"),
    ]
