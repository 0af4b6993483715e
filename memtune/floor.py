"""The smallest cap under which one settings passes every time, found by executing it; the
loop only: which cap comes next is for search, whether a run passed is for judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from memtune.errors import HostError, UsageError
from memtune.judge import is_slow
from memtune.model import CapTried, Floor, Judged, Ruling, Settings
from memtune.search.bisect import Tally, Try, next_cap
from memtune.stats import summarize
from memtune.trial import Session
from memtune.units import MINIMUM_CAP_BYTES, format_bytes


@dataclass
class _Search:
    """The runs so far, by cap in steps of the resolution."""

    session: Session
    settings: Settings
    resolution: int
    reference: Judged
    runs: dict[int, list[Judged]] = field(default_factory=dict)

    def smallest(self, start: int, repeats: int, good: Callable[[Judged], bool]) -> int | None:
        """Return the smallest step at which every run is good, executing what is missing."""
        least = -(-MINIMUM_CAP_BYTES // self.resolution)
        most = self.session.cap_bytes // self.resolution
        start = min(max(start, least), most)
        while isinstance(step := next_cap(self._tallies(good), start, least, most, repeats), Try):
            self._execute(step)
        return step

    def recall(self, earlier: Sequence[Judged]) -> None:
        """Take runs that need not be repeated."""
        for judged in earlier:
            self.runs.setdefault(judged.run.cap_bytes // self.resolution, []).append(judged)

    def tried(self) -> tuple[CapTried, ...]:
        """Return what is known of each cap, the smallest first."""
        return tuple(self._tried(step) for step in sorted(self.runs))

    def is_slow(self, judged: Judged) -> bool:
        """Whether a run took much longer than the reference, and memory is why."""
        return is_slow(judged.run, self._slowdown([judged]))

    def _tallies(self, good: Callable[[Judged], bool]) -> dict[int, Tally]:
        return {
            step: Tally(sum(map(good, judged)), len(judged)) for step, judged in self.runs.items()
        }

    def _execute(self, step: Try) -> None:
        cap = step.step * self.resolution
        asked = [(self.settings, f"under a cap of {format_bytes(cap)}")] * step.runs
        done = self.session.runs(asked, cap, self._deadline_s())
        self.runs.setdefault(step.step, []).extend(done)

    def _tried(self, step: int) -> CapTried:
        judged = self.runs[step]
        passes = [one for one in judged if passed(one)]
        return CapTried(
            cap_bytes=step * self.resolution,
            passed=len(passes),
            runs=len(judged),
            slowdown=self._slowdown(passes),
            refaults=_refaults(passes) if passes else None,
            stalled_s=_stalled_s(passes),
            slow=any(self.is_slow(one) for one in passes),
        )

    def _deadline_s(self) -> float:
        """Just below the least cap lies a band where nothing is killed and nothing ends."""
        duration = self.reference.run.measurement.duration
        longest = self.session.workload.timeout_s
        return longest if duration is None else min(longest, max(10.0, 5 * duration.value))

    def _slowdown(self, judged: list[Judged]) -> float | None:
        base = self.reference.run.measurement.duration
        durations = [one.run.measurement.duration for one in judged]
        summary = summarize([duration.value for duration in durations if duration is not None])
        return None if base is None or summary is None else summary.median / base.value


def passed(judged: Judged) -> bool:
    """Whether a run passed."""
    return judged.verdict.ruling is Ruling.PASS


def find_floor(
    session: Session, settings: Settings, resolution: int, repeats: int, earlier: Sequence[Judged]
) -> Floor:
    """Find the smallest cap, in steps of ``resolution`` bytes, that passes every time.

    Begins with one run under the session's cap, whose need is where the search starts.
    Looks further for the smallest cap that does not thrash. Headroom is not asked for: a
    floor has none. ``earlier`` are runs of the same study from before it was interrupted.
    Raises UsageError for a resolution that leaves no cap to try, HostError where the need
    cannot be measured, and what ``Session.runs`` raises.
    """
    _require_steps(session, resolution)
    checks = replace(session.workload.checks, headroom=None)
    session = replace(session, workload=replace(session.workload, checks=checks))
    session.warm(settings)
    reference = earlier[0] if earlier else session.run(settings, "under the roomy cap")
    search = _Search(session, settings, resolution, reference)
    search.recall(earlier[1:])
    floor = comfortable = None
    if passed(reference):
        needs = [part.measurement.need for part in reference.run.capped]
        known = [need.value for need in needs if need is not None]
        if len(known) < len(needs):
            raise HostError(
                "the need of the first run could not be measured: there is no place to start",
                hint="`memtune doctor` tells what this machine can measure",
            )
        floor = search.smallest(round(max(known) / resolution), repeats, passed)
    if floor is not None:
        comfortable = search.smallest(
            floor, 1, lambda judged: passed(judged) and not search.is_slow(judged)
        )
    return Floor(
        study=session.study,
        workload=session.workload.name,
        settings=settings,
        environment=session.environment,
        page_cache=session.page_cache,
        reference=reference,
        floor_bytes=None if floor is None else floor * resolution,
        comfortable_bytes=None if comfortable is None else comfortable * resolution,
        at_most=floor is not None and (floor - 1) * resolution < MINIMUM_CAP_BYTES,
        resolution_bytes=resolution,
        repeats=repeats,
        caps=search.tried(),
    )


def _refaults(judged: list[Judged]) -> float:
    figures = [one.run.measurement.refaults for one in judged]
    return max((figure.value for figure in figures if figure is not None), default=0.0)


def _stalled_s(judged: list[Judged]) -> float | None:
    figures = [one.run.measurement.stalled for one in judged]
    return max((figure.value for figure in figures if figure is not None), default=None)


def _require_steps(session: Session, resolution: int) -> None:
    if session.cap_bytes // resolution < -(-MINIMUM_CAP_BYTES // resolution):
        raise UsageError(
            f"no multiple of {format_bytes(resolution)} lies between "
            f"{format_bytes(MINIMUM_CAP_BYTES)} and {format_bytes(session.cap_bytes)}",
            hint="give --resolution a smaller size",
        )
