"""Made-up results with timelines and a front, as pages show them."""

from dataclasses import replace
from itertools import product

from memtune.model import (
    Band,
    Bands,
    Judged,
    Knob,
    Moment,
    OnFront,
    ProfileResult,
    Recommendation,
    Ruling,
    Settings,
    SettingsTried,
    Skipped,
    Space,
    Study,
)
from memtune.model.comparison import Comparison
from memtune.model.soak import SoakResult
from memtune.report.html.page import page, shown
from memtune.report.html.sections import Beside
from memtune.trial import as_trial
from memtune.units import MIB
from tests.unit.report import samples, samples_bill, samples_compare, samples_soak

BEST, OTHER = samples.settings(1, 800), samples.settings(2, 320)
COMMAND = "memtune recommend face --cap 512MiB --headroom 20%"


def timed(one: Judged) -> Judged:
    """The same run with a timeline up to its need."""
    need = one.run.measurement.need
    top = round(need.value) if need else MIB
    moments = tuple(Moment(n / 10, top * n // 50, top * n // 50 + 30 * MIB) for n in range(51))
    bands = Bands(
        "PSS, every 100 ms or slower (smaps_rollup)",
        tuple(n / 2 for n in range(11)),
        (
            Band(4243, "python -m pipeline --workers 2", tuple(top * n // 20 for n in range(11))),
            Band(4244, "python -m pipeline --workers 2", tuple(top * n // 25 for n in range(11))),
            Band(None, "3 more processes", (MIB,) * 11),
        ),
    )
    return replace(one, run=replace(one.run, timeline=moments, bands=bands))


def runs() -> list[Judged]:
    """All runs of the study, in order."""
    where = samples.settings
    made = [
        samples.judged(where(1, 320), 70.25, missed=8, reason="the most conservative settings"),
        samples.judged(where(4, 800), 480, reason="5 left"),
        samples.judged(where(4, 320), 512, oom=True, reason="4 left"),
        samples.judged(OTHER, 99, reason="2 left"),
        samples.judged(BEST, 76.5, reason="1 left"),
        samples.judged(BEST, 76.75, reason="confirms the pick, 1 of 2 to go"),
    ]
    return [timed(one) for one in made]


def study() -> Study:
    """A search with a pick, a rival, a kill, and one settings that was inferred."""
    made = runs()
    chosen = Recommendation(
        BEST, as_trial(BEST, made), as_trial(OTHER, made), "least need of the 2 that passed"
    )
    return Study(
        id="20260101-000000-abcdef",
        workload="face",
        cap_bytes=samples.CAP,
        checks=samples.CHECKS,
        space=samples.SPACE,
        page_cache="warm",
        environment=samples.ENVIRONMENT,
        tried=tuple(samples.tried(made)),
        skipped=(Skipped(1, "need at least 99 MiB, the best pass 76.8 MiB"),),
        recommendation=chosen,
        bill=samples_bill.bill(),
        front=(OnFront(BEST, 76.75 * MIB, 3.2, 2), OnFront(OTHER, 99 * MIB, 5.1, 1)),
    )


def profile(*, oom: bool = False) -> ProfileResult:
    """A profile with who held its peak."""
    result = samples.profile_result(oom=oom)
    made = tuple(map(timed, result.trial.runs))
    return replace(result, trial=replace(result.trial, runs=made))


def comparison() -> Comparison:
    """Two commits, with what grew."""
    found = samples_compare.commits()
    sides = []
    for one in found.sides:
        made = tuple(map(timed, one.trial.runs))
        sides.append(replace(one, trial=replace(one.trial, runs=made)))
    return replace(found, sides=tuple(sides))


def present() -> Comparison:
    """The settings that a search began with, beside its pick."""
    before, pick = comparison().sides
    return replace(
        comparison(), sides=(replace(before, label="present"), replace(pick, label="pick"))
    )


def soak(found: SoakResult | None = None) -> SoakResult:
    """A soak whose memory follows what it says of its phases."""
    result = samples_soak.result() if found is None else found
    moments = tuple(
        Moment(n, (n < 30) * n * 2 * MIB or (50 + n // 12) * MIB, 120 * MIB)
        for n in range(0, 604, 2)
    )
    run = result.judged.run
    parts = tuple(replace(part, timeline=moments) for part in run.parts)
    run = replace(run, timeline=moments, parts=parts)
    return replace(result, judged=replace(result.judged, run=run))


def long_study() -> tuple[Study, tuple[OnFront, ...]]:
    """A search that tried 10,000 settings, and all of them as they passed."""
    values = tuple(range(10))
    space = Space(tuple(Knob(name, values, searched=values) for name in ("one", "two", "ten", "k")))
    names = [knob.name for knob in space.knobs]
    every = [Settings(tuple(zip(names, point, strict=True))) for point in product(values, repeat=4)]
    passed = tuple(
        OnFront(one, (50 + 37 * n % 400) * MIB, 1 + n % 97 / 10, 1) for n, one in enumerate(every)
    )
    all_tried = tuple(
        SettingsTried(one.settings, 1, "a look", Ruling.PASS, one.need_bytes, None)
        for one in passed
    )
    made = replace(study(), space=space, tried=all_tried, skipped=(), front=passed[:20])
    return made, passed


def study_page(
    what: Study | None = None,
    passed: tuple[OnFront, ...] = (),
    apply: tuple[str, ...] = ("WORKERS=1", "SIDE=800"),
) -> str:
    """The page of a study, with the run that was killed."""
    found = study() if what is None else what
    lines = tuple(shown(found, runs()[2:3]))
    return page(found, Beside(lines=lines, passed=passed, command=COMMAND, apply=apply))


def profile_page(what: ProfileResult | None = None) -> str:
    """The page of a profile."""
    found = profile() if what is None else what
    lines = tuple(shown(found))
    return page(found, Beside(lines=lines, command="memtune profile", flames=("flames-7.html",)))


def comparison_page(what: Comparison | None = None) -> str:
    """The page of a comparison."""
    found = comparison() if what is None else what
    command = "memtune compare commit:v1.0 here"
    return page(found, Beside(lines=tuple(shown(found)), command=command))


def soak_page(what: SoakResult | None = None) -> str:
    """The page of a soak."""
    found = soak() if what is None else what
    return page(found, Beside(lines=tuple(shown(found)), command="memtune profile --soak 600s"))
