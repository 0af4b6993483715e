"""A made-up history: baselines of another kernel, then commits that step and that drift."""

from dataclasses import replace

from memtune.model import Environment
from memtune.model.history import History, Origin, Point, Shift, Step, Track, Unreadable
from memtune.units import MIB

HERE = Environment("6.1.0", "v2", "x86_64", 2, "docker", "", (("memtune", "0.2.0"),))
THERE = replace(HERE, kernel="5.15.0")


def _point(number: int, mib: float | None, change: float | None, subject: str) -> Point:
    return Point(
        commit=f"{number:x}" * 40,
        at=f"2026-03-{number:02d}T10:00:00+01:00",
        subject=subject,
        origin=Origin.MEASURED,
        need_bytes=() if mib is None else (round(mib * MIB),) * 3,
        median_bytes=None if mib is None else mib * MIB,
        change=change,
        settings="chunk_lines=1000",
        cap_bytes=128 * MIB,
    )


def history() -> History:
    baselines = (
        replace(_point(1, 40, None, "first baseline"), origin=Origin.BASELINE),
        replace(_point(2, 42, 0.05, "keeps the index [red]now"), origin=Origin.BASELINE),
    )
    broken = "memtune.yaml:4: not valid YAML: while parsing a flow mapping"
    steps = (
        _point(3, 40, None, "Count words"),
        _point(4, 40.25, 0.00625, "Name what is counted"),
        replace(_point(5, None, None, "Break the file"), need_bytes=(), problem=broken),
        _point(
            6, 44.5, 0.1056, "Keep every line twice, for a reason that is told at length \x1b[31m"
        ),
        replace(_point(7, 44.25, -0.0056, "Larger chunks"), settings="chunk_lines=5000"),
        replace(
            _point(8, 44.5, 0.0056, "Smaller cap"),
            settings="chunk_lines=5000",
            cap_bytes=48 * MIB,
            problem="headroom: 7.3 %",
        ),
    )
    drift = tuple(
        _point(number, 40 * 1.01**number, None if number == 1 else 0.01, f"Commit {number}")
        for number in range(1, 10)
    )
    return History(
        file="/project/memtune.yaml",
        tracks=(
            Track("words", THERE, (), baselines, since_first=Shift(0.05, 0.041, 0.059)),
            Track(
                "words",
                HERE,
                ("kernel 5.15.0, here 6.1.0",),
                steps,
                steps=(Step(steps[3].commit, Shift(0.104, 0.095, 0.113)),),
                since_first=Shift(0.1125, 0.1, 0.125),
                since_step=Shift(0.0, -0.006, 0.006),
            ),
            Track("drifting", HERE, (), drift, steady=True, since_first=Shift(0.083, 0.07, 0.096)),
            Track("new", HERE, (), (_point(9, 12, None, "Add a scenario"),)),
        ),
        unreadable=(Unreadable("c" * 40, "not a lock file of memtune: Expecting value\x1b[2J"),),
    )
