"""Made-up results that the report tests render."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from memtune.judge import judge
from memtune.judge.infeasible import Asked, infeasible, plans_that_hold
from memtune.model import (
    Allocator,
    Bound,
    CapFor,
    CapTried,
    Checks,
    Diagnosis,
    Environment,
    Explanation,
    Figure,
    Finding,
    Floor,
    Judged,
    Knob,
    LogLine,
    Measurement,
    MemoryLine,
    Outcome,
    Part,
    Peak,
    Platform,
    Preflight,
    Probe,
    Process,
    ProfileResult,
    Recommendation,
    Ruling,
    Run,
    Settings,
    SettingsTried,
    Skipped,
    Source,
    Space,
    Split,
    Study,
    Symptom,
    Unit,
)
from memtune.model.diagnosis import Certainty
from memtune.model.infeasible import Infeasible
from memtune.trial import as_trial
from memtune.units import MIB

CAP = 512 * MIB
CHECKS = Checks(headroom=0.2, output=(Bound("missed", max=0),))
SERVICE_CHECKS = Checks(headroom=0.1, output=(Bound("error_rate", max=0),))
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


LOCATE = Allocator(
    "locate",
    "/venv/lib/site-packages/face_recognition/api.py",
    105,
    32 * MIB,
    585,
    "/srv/app/pipeline.py:12",
)
NO_MARKUP = Allocator(
    "[not markup]", "/a/very/long/path/to/some/project/package/module.py", 7, 4 * MIB, 1
)


def peak() -> Peak:
    """A main process with two workers that share its memory, and what belongs to nobody."""
    main = Process(
        pid=7,
        command="python -m pipeline --workers 2",
        parent=None,
        bytes=60 * MIB,
        parts=(
            Part("face_recognition", 33 * MIB, (LOCATE,)),
            Part("the app", 6 * MIB, (NO_MARKUP,)),
            Part("PIL", MIB // 2),
            Part("interpreter", 6 * MIB, explained=False),
            Part("memray itself", 6 * MIB, explained=False),
            Part("freed but kept, stacks", 17 * MIB // 2, explained=False),
        ),
    )
    worker = Process(
        pid=8,
        command="python -m pipeline --workers 2",
        parent=7,
        bytes=60 * MIB,
        parts=(
            Part("numpy", 70 * MIB, (Allocator("ones", "numpy/numeric.py", 1, 69 * MIB, 2),)),
            Part("reserved, not touched", -10 * MIB, explained=False),
        ),
        clean=False,
    )
    both = tuple(
        replace(
            part,
            bytes=2 * part.bytes,
            sites=tuple(replace(one, bytes=2 * one.bytes) for one in part.sites),
        )
        for part in worker.parts
    )
    other = Process(9, "sleep 1", None, 3 * MIB, (Part("not Python: unexplained", 3 * MIB),), False)
    return Peak(
        service="",
        need_bytes=188 * MIB,
        at_s=2.5,
        processes=(main, worker, replace(worker, pid=10), other),
        families=(replace(worker, bytes=120 * MIB, alike=2, parts=both), main, other),
        rest=(
            Part("kernel (page tables, ...)", 4 * MIB, explained=False),
            Part("files in /tmp, /dev/shm", MIB, explained=False),
        ),
    )


def profile_result(*, oom: bool = False) -> ProfileResult:
    where = settings(2, 800)
    runs = [judged(where, 205.5, oom=oom), judged(where, 207.25, oom=oom, reason="run 2 of 2")]
    explanation = Explanation(
        rss_peak=Figure(236 * MIB, Unit.BYTES, "memray, RSS every 10 ms"),
        heap_peak=Figure(160 * MIB, Unit.BYTES, "memray, high watermark"),
        allocators=(LOCATE, NO_MARKUP, Allocator("(outside Python)", "", 0, 10, 1)),
        processes=3,
        problems=("1-2.bin: empty capture",),
        tax_bytes=8 * MIB,
        tax_s=None if oom else 0.45,
        peaks=() if oom else (peak(),),
        flames=("reports/flames-7.html", "reports/flames-8.html"),
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
        risk=0.0042,
    )
    return Study(
        id="20260101-000000-abcdef",
        workload="face",
        cap_bytes=CAP,
        checks=CHECKS,
        space=SPACE,
        page_cache="warm",
        environment=ENVIRONMENT,
        tried=tuple(tried(runs)),
        skipped=tuple(
            Skipped(n, f"need at least {n} MiB, the best pass 76.8 MiB") for n in range(1, 8)
        ),
        recommendation=chosen if feasible else None,
        infeasible=None if feasible else _infeasible(runs),
    )


def tried(made: Iterable[Judged]) -> Iterator[SettingsTried]:
    """What a store tells of runs."""
    groups: dict[Settings, list[Judged]] = {}
    for one in made:
        groups.setdefault(one.run.settings, []).append(one)
    for where, each in groups.items():
        need = each[0].run.measurement.need
        verdict = each[0].verdict
        yield SettingsTried(
            where, len(each), each[0].reason, verdict.ruling,
            need.value if need else None, verdict.decisive,
        )  # fmt: skip


def _infeasible(runs: list[Judged]) -> Infeasible:
    asked = Asked(CAP, CHECKS, SPACE, lambda need: 0.02 * need)
    price = Source("price", "https://small.example", "2025-09-10")
    plans = [
        Platform("big:half", "Big", CAP, price_usd_month=1),
        Platform("big:one", "Big", 2 * CAP),
        Platform("big:two", "Big", 4 * CAP, price_usd_month=25, sources=(price,)),
        Platform("small:two", "Small", 4 * CAP, price_usd_month=13.39, sources=(price,)),
    ]
    found = infeasible(asked, runs)
    assert found.needed is not None
    return replace(found, plans=plans_that_hold(plans, found.needed.cap_bytes, "big"))


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
            CapTried(75 * MIB, 0, 1, None, None, None, False),
            CapTried(76 * MIB, 2, 3, 2.5, 1500, 1.25, True),
            CapTried(round(76.25 * MIB), 5, 5, 1.75, 159744, 0.75, True),
            CapTried(80 * MIB, 1, 1, 1.02, 12, 0.0, False),
        ),
    )


def probes() -> list[Probe]:
    return [
        Probe("Docker", False, "talking to Docker: no such file", "start it: dockerd"),
        Probe("local executor", True, "executed `image: host` under a cap of 64 MiB"),
    ]


def service_run(
    where: Settings, web_mib: float, face_mib: float, *, oom: bool = False, cap: int = CAP
) -> Judged:
    """A run of two services under one load."""
    parts = []
    for name, mib in (("web", web_mib), ("face", face_mib)):
        one = judged(where, mib, oom=oom and name == "face").run
        parts.append(replace(one, service=name, output=(), cap_bytes=cap))
    whole = judged(where, web_mib + face_mib, oom=oom).run
    run = replace(
        whole,
        workload="both",
        cap_bytes=cap,
        output=()
        if oom
        else (
            ("boot_s", 1.25),
            ("requests", 40),
            ("error_rate", 0.0),
            ("p50_ms", 312.5),
            ("p95_ms", 812.5),
            ("throughput_per_s", 3.21),
            ("health_max_ms", 41.5),
        ),
        reason="face: killed by the kernel for memory (exit status 137)" if oom else "",
        stderr_tail="",
        warnings=(),
        parts=tuple(parts),
        cap_for=CapFor.EACH,
    )
    return Judged(run, judge(run, SERVICE_CHECKS), "run 1 of 1")


def service_profile(*, oom: bool = False) -> ProfileResult:
    where = settings(8 if oom else 1, 800)
    runs = [service_run(where, 60.25, 512 if oom else 98.5, oom=oom)]
    return ProfileResult(
        "20260101-000000-abcdef", "both", "original" if oom else "conservative", CAP,
        ENVIRONMENT, "warm", as_trial(where, runs), None,
    )  # fmt: skip


def preflight() -> Preflight:
    where = settings(1, 800)
    run = service_run(where, 60.25, 98.5)
    return Preflight(
        study="20260101-000000-abcdef",
        workload="both",
        profile="conservative",
        settings=where,
        platform=Platform("render:starter", "Render", CAP, cpus=0.5),
        cap_bytes=CAP,
        environment=ENVIRONMENT,
        judged=run,
        findings=(
            Finding("start", Ruling.PASS, "ready after 1.2 s", "within 60.0 s"),
            Finding("login", Ruling.FAIL, "40 requests, 3 errors", "all answered rightly"),
            Finding("stranger", Ruling.INCONCLUSIVE, "not reached", "ok"),
            *run.verdict.findings[2:],
        ),
        ruling=Ruling.FAIL,
    )


def diagnosis() -> Diagnosis:
    killed = LogLine("render.log", 42, "Ran out of memory (used over 512MB) \x1b[31mwhile running")
    growing = tuple((200 + 4 * n) * MIB for n in range(70))
    return Diagnosis(
        ("render.log", "face.log"),
        123_456,
        (
            MemoryLine("face.log rss", 70, growing, 200 * MIB, 476 * MIB, 512 * MIB),
            MemoryLine("backend.log web.1 total", 1, (90 * MIB,), 90 * MIB, 90 * MIB, None),
        ),
        (
            Symptom(
                "memory_kill",
                Certainty.TOLD,
                "killed for memory (SIGKILL, exit status 137): it reached the limit",
                "a limit of its own, such as a heap's, would have ended it with 134",
                "memtune profile WORKLOAD --cap 512MiB says what it needs",
                (killed, LogLine("face.log", 7, "web exited with code 137")),
                5,
            ),
            Symptom(
                "refused",
                Certainty.LIKELY,
                "nobody answers where the other service asks",
                "it has ended",
                "read that service's log",
                (LogLine("backend.log", 9, "connect ECONNREFUSED [red]"),),
                1,
            ),
        ),
        ("no line names the limit that is enforced: add --cap 512MiB",),
    )
