"""How long a study of very many runs takes to be listed, shown again, and opened to go on."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir, closing
from pathlib import Path

from benchmarks.machine import description
from memtune.cli.output import present
from memtune.model import (
    Checks,
    Environment,
    Figure,
    Finding,
    Judged,
    Knob,
    Measurement,
    Moment,
    Outcome,
    Recommendation,
    Ruling,
    Run,
    Settings,
    SettingsTried,
    Space,
    Split,
    Study,
    Unit,
    Verdict,
)
from memtune.report.console.recommend import render
from memtune.store import DIRECTORY, Store, runs
from memtune.trial import as_trial
from memtune.units import MIB

CAP_BYTES = 512 * MIB
OWNER = "1.2.3.gone"
KEY = "benchmark"
ENVIRONMENT = Environment("6.18", "v1", "x86_64", 2, "docker", "sha256:" + "ab" * 32)
PASSED = Verdict(
    Ruling.PASS,
    (
        Finding("outcome", Ruling.PASS, "completed", "completed"),
        Finding("faces", Ruling.PASS, "5", "at least 5", margin="0 to spare"),
        Finding("headroom", Ruling.PASS, "74.3 %", "at least 20 %", margin="139.1 MiB to spare"),
    ),
)


def main() -> None:
    """Make a study of so many runs, and print what each way to it takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--settings", type=int, default=1000, help="among which they are spread")
    parser.add_argument("--moments", type=int, default=50, help="in the timeline of each run")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="memtune-size-") as folder, chdir(folder):
        study = _made(asked.runs, _space(asked.settings), asked.moments)
        _say("`memtune studies`", _command("studies"))
        _say("`memtune show`, as wide as it was printed", _command("show", study))
        _say("`memtune show --json`", _command("show", study, "--json"))
        _say("`memtune show`, another width", _command("show", study, columns=100))
        size = Path(DIRECTORY, "memtune.sqlite3").stat().st_size
        print(f"\nThe store has {size / MIB:,.0f} MiB. ({description()})")


def _made(count: int, space: Space, moments: int) -> str:
    """Make a study and take it to its end; return its id."""
    judged = [_judged(space, number, moments) for number in range(count)]
    study, saving_s = _saved(judged)
    print(f"{count:,} runs of {space.size:,} settings, {moments} moments each\n")
    print("| way | s |\n|---|---|")
    _say("one more run saved", saving_s)
    _say("`memtune studies`, before the end", _command("studies"))
    _say("`memtune show`, before the end", _command("show", study))
    _say("an interrupted session opens it again", _taken(lambda: _opened(study)))
    _say("shown and kept, at the end", _taken(lambda: _presented(study, space, judged)))
    return study


def _say(way: str, seconds: float) -> None:
    print(
        f"| {way} | {seconds:.4f} |" if seconds < 0.1 else f"| {way} | {seconds:.1f} |", flush=True
    )


def _taken(call: Callable[[], None]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _command(*words: str, columns: int = 0) -> float:
    """The command line in a process of its own, its output read by somebody else."""
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    wide = f"from memtune.report.console import common; common.PIPE_WIDTH = {columns}; "
    program = "import sys; from memtune.__main__ import main; sys.exit(main())"
    program = (wide if columns else "") + program
    line = [sys.executable, "-c", program, *words]
    begun = time.perf_counter()
    subprocess.run(line, env=env, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def _saved(judged: list[Judged]) -> tuple[str, float]:
    """Save runs as a session does, but not each on the disk before the next; then one that is.
    Return the study, and the seconds of the last run."""
    with closing(Store(Path(DIRECTORY))) as store:
        study, _ = store.open_study(KEY, "recommend", "demo", ENVIRONMENT, OWNER, lambda _: False)
        store._db.execute("begin")
        for one in judged[:-1]:
            runs.save(store._db, study, one.run, one.verdict, one.reason)
        store._db.execute("commit")
        last = judged[-1]
        return study, _taken(lambda: store.save(study, last.run, last.verdict, last.reason))


def _opened(study: str) -> None:
    with closing(Store(Path(DIRECTORY))) as store:
        same, _ = store.open_study(KEY, "recommend", "demo", ENVIRONMENT, OWNER, lambda _: False)
        assert same == study
        assert store.lessons(study, CAP_BYTES)


def _presented(study: str, space: Space, judged: list[Judged]) -> None:
    result = Study(
        id=study,
        workload="demo",
        cap_bytes=CAP_BYTES,
        checks=Checks(headroom=0.2),
        space=space,
        page_cache="warm",
        environment=ENVIRONMENT,
        tried=_searched(study),
        skipped=(),
        recommendation=Recommendation(
            space.conservative, as_trial(space.conservative, judged), None, "least need"
        ),
    )
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        stdout, sys.stdout = sys.stdout, nowhere
        try:
            present(
                "recommend",
                result,
                lambda console: render(console, result, ("WORKERS=1",), report="/r.html"),
                as_json=False,
                studies=[study],
                report="/r.html",
            )
        finally:
            sys.stdout = stdout


def _searched(study: str) -> tuple[SettingsTried, ...]:
    with closing(Store(Path(DIRECTORY))) as store:
        return store.searched(study, CAP_BYTES)


def _space(settings: int) -> Space:
    values = tuple(range(1, round(settings ** (1 / 3)) + 1))
    return Space(tuple(Knob(name, values) for name in ("workers", "batch", "side")))


def _judged(space: Space, number: int, moments: int) -> Judged:
    """A run like those of a job of 0.6 s that Docker executes: figures, sources, a timeline."""
    chance, at = random.Random(number), number
    values = {}
    for knob in space.knobs:
        at, choice = divmod(at, len(knob.values))
        values[knob.name] = knob.values[choice]
    need = sum(map(int, values.values())) * 8 * MIB + chance.randrange(MIB)
    timeline = tuple(
        Moment(0.012 * i + chance.random() / 1000, need * (i + 1) // moments, need)
        for i in range(moments)
    )
    return Judged(
        Run(
            id=f"run-{number:010x}",
            workload="demo",
            settings=Settings.of(values),
            cap_bytes=CAP_BYTES,
            executor="docker",
            outcome=Outcome.COMPLETED,
            exit_status=0,
            measurement=_measured(need, 0.6 + chance.random() / 10),
            output=(("faces", 5), ("mode", "plain")),
            stdout_tail='{"faces": 5, "mode": "plain"}\n',
            reason="ended by itself",
            started_at="2026-01-01T00:00:00+00:00",
            page_cache="warm",
            timeline=timeline,
        ),
        PASSED,
        "11 left: a pass or an OOM decides 3, bad work 7",
    )


def _measured(need: int, seconds: float) -> Measurement:
    def size(value: float, source: str) -> Figure:
        return Figure(value, Unit.BYTES, source)

    def count(value: float, source: str) -> Figure:
        return Figure(value, Unit.COUNT, source)

    return Measurement(
        need=size(need, "usage - file pages, cgroup v1, host samples every 12 ms"),
        cgroup_peak=size(need, "memory.max_usage_in_bytes (cgroup v1), read after the end"),
        rss_peak=size(need, "sum of RSS over processes, every 20 ms or slower (psutil)"),
        pss_peak=size(need, "sum of PSS over processes, every 100 ms or slower (smaps_rollup)"),
        duration=Figure(seconds, Unit.SECONDS, "monotonic clock, go to end"),
        samples=count(51, "cgroup v1, host samples every 12 ms"),
        oom_kills=count(0, "oom_kill counter (cgroup v1)"),
        refaults=count(4, "memory.stat"),
        major_faults=count(0, "memory.stat"),
        enforced_cap=size(CAP_BYTES, "read back inside the container"),
        split=Split(need - 819200, 0, 819200, 16384),
    )


if __name__ == "__main__":
    main()
