"""What scenarios needed over the commits of a project: the baselines that were committed, and
commits executed as they were; shows slow drift and never judges it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from memtune.baselines import parse_baselines
from memtune.config.budgets import load_scenarios
from memtune.errors import CancelledError, ConfigError, HostError
from memtune.execute import owner
from memtune.execute.executor import Executor
from memtune.execute.maker import Here
from memtune.execute.page_cache import PageCache
from memtune.judge import judge_all, timed
from memtune.judge.environment import unlike
from memtune.model import (
    Baseline,
    Bias,
    Environment,
    ImageKind,
    Judged,
    Outcome,
    Ruling,
    Scenario,
)
from memtune.model.history import Origin, Point, Step, Track, Unreadable
from memtune.model.live import Going
from memtune.repository import Repository, Version
from memtune.steps import between, shape, step
from memtune.store import Store, study_key
from memtune.trial import Observer, Session

SHORT = 10
"""Characters of a commit's id in messages."""


@dataclass(frozen=True)
class Found:
    """What one scenario needed at one commit."""

    scenario: str
    environment: Environment
    point: Point


@dataclass(frozen=True)
class Bench:
    """What the measurements of all commits share."""

    repository: Repository
    file: str
    """The budget file, below the repository's root."""
    executor: Executor
    environment: Environment
    """Without an image: each commit has its own."""
    ready: Callable[[], object]
    """Raises HostError where no run could be made of whatever commit."""
    store: Store
    observer: Observer
    cancelled: Callable[[], bool]
    page_cache: PageCache = PageCache.WARM
    look: Callable[[Going], AbstractContextManager[object]] = nullcontext
    """As in a session."""


def recorded(repository: Repository, lock: str) -> tuple[list[Found], list[Unreadable]]:
    """Return every baseline that was ever committed, once, and the versions of the lock file
    (a path below the root) that say nothing."""
    found: list[Found] = []
    unreadable: list[Unreadable] = []
    before: dict[str, Baseline] = {}
    for version in repository.versions(lock):
        text = repository.file(version.commit, lock)
        if text is None:  # it was removed
            continue
        try:
            now = parse_baselines(text, lock)
        except ConfigError as error:
            unreadable.append(Unreadable(version.commit, error.message))
            continue
        found += [
            _of_baseline(version, name, baseline)
            for name, baseline in now.items()
            if baseline != before.get(name)
        ]
        before = now
    return found, unreadable


def _of_baseline(version: Version, scenario: str, baseline: Baseline) -> Found:
    point = Point(
        commit=version.commit,
        at=version.at,
        subject=_printable(baseline.reason or version.subject),
        origin=Origin.BASELINE,
        need_bytes=baseline.need_bytes,
        median_bytes=median(baseline.need_bytes),
        settings=baseline.settings,
        cap_bytes=baseline.cap_bytes,
    )
    return Found(scenario, replace(baseline.environment, image=""), point)


def measured(
    bench: Bench, versions: Sequence[Version], names: Sequence[str], runs: int
) -> Iterator[Found]:
    """Execute scenarios as each commit defines them, until each has so many runs in this
    environment; those of earlier times count.

    A commit where that cannot be done has the reason instead. Raises CancelledError, StoreError,
    and HostError where nothing can be executed any more.
    """
    for version in versions:
        if bench.cancelled():
            raise CancelledError("interrupted; the finished runs are kept")
        studies = {name: _study(bench, version, name) for name in names}
        todo = [name for name in names if studies[name][1] < runs]
        problems = dict(_complete(bench, version, studies, todo, runs)) if todo else {}
        for name, (study, _) in studies.items():
            judged = bench.store.judged(study)
            yield Found(name, bench.environment, _of_runs(version, judged, problems.get(name, "")))


def _study(bench: Bench, version: Version, scenario: str) -> tuple[str, int]:
    """Return the study of a scenario at a commit, and how many runs it has; it is never finished,
    for others may be added."""
    key = study_key(
        {
            "file": bench.file,
            "scenario": scenario,
            "commit": version.commit,
            "environment": repr(bench.environment),
            "page cache": bench.page_cache,
        }
    )
    return bench.store.open_study(
        key, "history", scenario, bench.environment, owner.me(), owner.lives
    )


def _complete(
    bench: Bench,
    version: Version,
    studies: dict[str, tuple[str, int]],
    todo: Sequence[str],
    runs: int,
) -> Iterator[tuple[str, str]]:
    """Execute what is missing of a commit; yield scenarios that cannot be, with the reason."""
    with bench.repository.checked_out(version.commit, owner.me(), owner.lives) as root:
        try:
            scenarios = load_scenarios(root / bench.file)
        except ConfigError as error:
            yield from ((name, _reason(error, root)) for name in todo)
            return
        for name in todo:
            if name not in scenarios:
                yield name, "no such scenario"
                continue
            study, earlier = studies[name]
            try:
                _execute(bench, version, scenarios[name], study, earlier, runs)
            except HostError as error:
                bench.ready()
                yield name, _reason(error, root)


def _execute(
    bench: Bench, version: Version, scenario: Scenario, study: str, earlier: int, runs: int
) -> None:
    where = f"{scenario.name} at {version.commit[:SHORT]}"
    images = scenario.workload.images
    if any(image.kind is ImageKind.BUILD for image in images):
        bench.observer.note(f"builds {where}")
    session = Session(
        workload=scenario.workload,
        cap_bytes=scenario.cap_bytes,
        maker=Here(bench.executor),
        environment=bench.executor.prepare(images),
        store=bench.store,
        study=study,
        observer=bench.observer,
        cancelled=bench.cancelled,
        page_cache=bench.page_cache,
        alone=bool(timed(scenario.workload.checks)),
        look=bench.look,
    )
    session.warm(scenario.settings)
    numbers = range(earlier + 1, runs + 1)
    session.runs([(scenario.settings, f"{where}, run {n} of {runs}") for n in numbers])


def _of_runs(version: Version, judged: Sequence[Judged], problem: str) -> Point:
    needs = tuple(filter(None, map(_need, judged)))
    verdict = judge_all([one.verdict for one in judged]) if judged else None
    if verdict is not None and verdict.ruling is not Ruling.PASS and verdict.decisive:
        problem = problem or f"{verdict.decisive.check}: {verdict.decisive.observed}"
    return Point(
        commit=version.commit,
        at=version.at,
        subject=_printable(version.subject),
        origin=Origin.MEASURED,
        need_bytes=needs,
        median_bytes=median(needs) if needs else None,
        settings=str(judged[0].run.settings) if judged else "",
        cap_bytes=judged[0].run.cap_bytes if judged else None,
        problem=problem,
    )


def _need(judged: Judged) -> int | None:
    """The need of a run that came to its end: of others it is not known."""
    need = judged.run.measurement.need
    if judged.run.outcome is not Outcome.COMPLETED or need is None:
        return None
    return round(need.value) if need.bias is not Bias.LOWER_BOUND else None


def tracks(
    repository: Repository, found: Sequence[Found], names: Sequence[str]
) -> tuple[Track, ...]:
    """Return the figures of scenarios by environment, with their steps: figures that were made
    in unlike environments are never joined."""
    found = [one for one in found if one.scenario in names]
    order = {
        commit: place
        for place, commit in enumerate(repository.in_order({one.point.commit for one in found}))
    }
    groups: list[list[Found]] = []
    for one in sorted(found, key=lambda one: order[one.point.commit]):
        alike = (group for group in groups if _alike(group[0], one))
        group = next(alike, None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    groups.sort(key=lambda group: names.index(group[0].scenario))
    return tuple(
        _track(group, groups[position - 1] if position else None)
        for position, group in enumerate(groups)
    )


def _alike(one: Found, other: Found) -> bool:
    return one.scenario == other.scenario and not unlike(one.environment, other.environment)


def _track(group: Sequence[Found], before: Sequence[Found] | None) -> Track:
    scenario, environment = group[0].scenario, group[0].environment
    other = before is not None and before[0].scenario == scenario
    points = tuple(_with_changes([one.point for one in group]))
    figures = [point for point in points if point.need_bytes]
    samples = [point.need_bytes for point in figures]
    found = shape(samples)
    steps = tuple(Step(figures[cut].commit, step(samples, found.steps, cut)) for cut in found.steps)
    last, since = len(samples) - 1, max(found.steps, default=0)
    return Track(
        scenario=scenario,
        environment=environment,
        changed=unlike(before[0].environment, environment) if before and other else (),
        points=points,
        steps=steps,
        steady=found.steady,
        since_first=between(samples, 0, last) if last > 0 else None,
        since_step=between(samples, since, last) if 0 < since < last else None,
    )


def _with_changes(points: Sequence[Point]) -> Iterator[Point]:
    before: float | None = None
    for point in points:
        now = point.median_bytes
        yield replace(point, change=now / before - 1 if now and before else None)
        before = now or before


def _reason(error: HostError | ConfigError, root: Path) -> str:
    """What is wrong with a commit, without the directory that it was checked out into."""
    where = f"{error.where}: " if error.where else ""
    lines = f"{where}{error.message}".strip().splitlines()
    return _printable(lines[0] if lines else "").replace(f"{root}/", "").replace(str(root), ".")


def _printable(text: str) -> str:
    """Replace halves of characters, which cannot be written out."""
    return text.encode("utf-8", "replace").decode("utf-8")
