"""Repeated runs of one settings under one cap: execute, judge, store; and one more run
under memray that explains them."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Protocol

from memtune.errors import CancelledError, HostError, MemtuneError
from memtune.execute.host_memory import ceiling_bytes
from memtune.execute.maker import Maker
from memtune.execute.page_cache import PageCache
from memtune.execute.request import (
    Request,
    ServiceRequest,
    capture_folders,
    explaining,
    request,
)
from memtune.execute.sight import Gauges
from memtune.judge import judge, judge_all
from memtune.measure.captures.explain import TOP, explain, merged
from memtune.measure.captures.flames import draw
from memtune.measure.captures.reader import Reader
from memtune.model import (
    Bias,
    Environment,
    Explaining,
    Explanation,
    Figure,
    FigureSummary,
    Flames,
    Judged,
    Outcome,
    ProfileResult,
    Run,
    Settings,
    Trial,
    Unit,
    Workload,
)
from memtune.model.live import Going
from memtune.stats import summarize
from memtune.store import Store


class Observer(Protocol):
    """Is told how a session goes; shows it or keeps silent."""

    def starting(self, settings: Settings, reason: str) -> None:
        """A run begins."""
        ...

    def finished(self, judged: Judged) -> None:
        """A run that decides has ended and is stored."""
        ...

    def note(self, text: str) -> None:
        """Something is worth a line."""
        ...


PATIENCE_S = 2.0
"""After which it is said that a run has to wait for others."""


@dataclass(frozen=True)
class Session:
    """What all runs of one command share."""

    workload: Workload
    cap_bytes: int
    maker: Maker
    environment: Environment
    store: Store
    study: str
    observer: Observer
    cancelled: Callable[[], bool]
    page_cache: PageCache = PageCache.WARM
    jobs: int = 1
    """How many runs may go on at the same time."""
    alone: bool = False
    """Whether each is to have the machine for itself, for its time is judged."""
    look: Callable[[Going], AbstractContextManager[object]] = nullcontext
    """Looks at a run while the context lasts; several of them at the same time."""

    def run(self, settings: Settings, reason: str) -> Judged:
        """Execute, judge and store one run; see ``runs``."""
        return self.runs([(settings, reason)])[0]

    def runs(
        self,
        asked: Sequence[tuple[Settings, str]],
        cap_bytes: int | None = None,
        timeout_s: float | None = None,
    ) -> list[Judged]:
        """Execute a run of each settings, for its reason, up to ``jobs`` at a time; judge and
        store each before another one starts in its place.

        Raises CancelledError when one was cancelled and HostError when one is no
        evidence; those beside it are waited for and stored first, and no other is begun.
        """
        cap_bytes = self.cap_bytes if cap_bytes is None else cap_bytes
        todo = iter(asked)
        pool = ThreadPoolExecutor(max_workers=self.jobs)
        pending: dict[Future[Run], str] = {}
        judged: list[Judged] = []
        problems: list[MemtuneError] = []

        def begin_next() -> None:
            if not problems and (each := next(todo, None)) is not None:
                settings, reason = each
                run = request(self.workload, settings, cap_bytes, timeout_s)
                more = len(asked) - len(judged) - len(pending) - 1
                pending[pool.submit(self._execute, run, reason, more)] = reason

        try:
            for _ in range(self.jobs):
                begin_next()
            while pending:
                done = next(as_completed(pending))
                reason = pending.pop(done)
                try:
                    judged.append(self._keep(done.result(), reason))
                except MemtuneError as error:
                    problems.append(error)
                begin_next()
        finally:
            pool.shutdown(wait=False)
        if problems:
            raise problems[0]
        return judged

    def warm(self, settings: Settings) -> Run | None:
        """Where the page cache shall be warm, execute one run that counts for nothing else."""
        if self.page_cache is not PageCache.WARM or self.maker.warms:
            return None
        reason = "warms the page cache, not counted"
        run = self._execute(request(self.workload, settings, self.cap_bytes), reason)
        self.store.save(self.study, run, None, reason)
        _refuse_no_evidence(run)
        return run

    def explain(
        self,
        settings: Settings,
        trial: Trial,
        top: int = TOP,
        *,
        native: bool = False,
        flames: Flames | None = None,
    ) -> Explanation:
        """Execute one run under memray and say who held what at its peak: the ``top`` allocators.

        ``native`` captures C frames too; ``flames`` are drawn where they are asked for.
        """
        reason = "under memray, explains and does not decide"
        captures = self.store.captures(self.study)
        try:
            decisive = request(self.workload, settings, self.cap_bytes)
            asked = explaining(decisive, captures, ceiling_bytes(), native=native)
            folders = capture_folders(asked)
            run = self._execute(asked, reason)
            self.store.save(self.study, run, None, reason)
            _refuse_no_evidence(run)
            explanation = self._read(folders, top, flames)
        finally:
            self.store.discard(captures)
        known = {warning for one in trial.runs for warning in one.run.warnings}
        problems = explanation.problems + tuple(w for w in run.warnings if w not in known)
        ends = {Outcome.COMPLETED} | {one.run.outcome for one in trial.runs}
        if run.outcome not in ends:
            problems += (f"under memray the run ended otherwise: {run.outcome} ({run.reason})",)
        tax = _tax(run, trial, "need")
        return replace(
            explanation,
            tax_bytes=None if tax is None else round(tax),
            tax_s=_tax(run, trial, "duration"),
            problems=problems,
        )

    def _read(self, folders: Mapping[str, Path], top: int, flames: Flames | None) -> Explanation:
        with Reader() as reader:
            found = merged(
                [explain(path, reader, top, name) for name, path in folders.items()], top
            )
            if flames is None:
                return found
            self.observer.note("draws memray's flame graphs")
            temporal, paths = flames is Flames.TEMPORAL, list(folders.values())
            drawn, problems = draw(paths, reader, self.store.reports, self.study, temporal=temporal)
            return replace(found, flames=drawn, problems=found.problems + problems)

    def _execute(
        self, asked: Request | ServiceRequest, reason: str, more: int | None = None
    ) -> Run:
        gauges = Gauges()
        asked_s = time.monotonic()
        begun = told = False

        def cancelled() -> bool:  # is asked again and again, also while the run has to wait
            nonlocal told
            waits = self.jobs == 1 and not begun  # more would wait for one another
            if waits and not told and time.monotonic() - asked_s > PATIENCE_S:
                told = True
                self.observer.note("waits until other runs on this machine have ended")
            return self.cancelled()

        with ExitStack() as looking:

            def begins() -> None:
                nonlocal begun
                begun = True
                self.observer.starting(asked.settings, reason)
                going = Going(asked.settings, reason, gauges.readings, more)
                looking.enter_context(self.look(going))

            asked = replace(asked, alone=self.alone)
            run = self.maker.make(asked, self.page_cache, cancelled, begins, gauges.show)
        return replace(run, page_cache=self.page_cache)

    def _keep(self, run: Run, reason: str) -> Judged:
        judged = Judged(run, judge(run, self.workload.checks), reason)
        evidence = run.outcome.is_evidence
        self.store.save(self.study, run, judged.verdict if evidence else None, reason)
        _refuse_no_evidence(run)
        self.observer.finished(judged)
        for warning in run.warnings:
            self.observer.note(f"warning: {warning}")
        return judged


def profile(
    session: Session,
    settings: Settings,
    name: str,
    runs: int,
    how: Explaining | None = None,
) -> ProfileResult:
    """Execute one settings several times, then once under memray where that is wanted.

    Raises what ``Session.runs`` raises; a run under memray that cannot be made is a problem of
    the explanation.
    """
    session.warm(settings)
    asked = [(settings, f"run {n} of {runs}") for n in range(1, runs + 1)]
    trial = as_trial(settings, session.runs(asked))
    explanation = None
    if how is not None:
        explanation = explained(session, trial, native=how.native, flames=how.flames)
    return ProfileResult(
        study=session.study,
        workload=session.workload.name,
        profile=name,
        cap_bytes=session.cap_bytes,
        environment=session.environment,
        page_cache=session.page_cache,
        trial=trial,
        explanation=explanation,
    )


def explained(
    session: Session,
    trial: Trial,
    top: int = TOP,
    *,
    native: bool = False,
    flames: Flames | None = None,
) -> Explanation:
    """Return what memray saw, as ``Session.explain`` does, or why there is nothing: the runs that
    decide stand without it. Raises CancelledError."""
    try:
        return session.explain(trial.settings, trial, top, native=native, flames=flames)
    except CancelledError:
        raise
    except MemtuneError as error:
        why = f"no allocation site is named: {error.message}"
        return Explanation(None, None, (), 0, (why,))


def as_trial(settings: Settings, judged: Sequence[Judged]) -> Trial:
    """Return those of the runs that were made under these settings, summed up."""
    return summed_up(settings, tuple(one for one in judged if one.run.settings == settings))


def summed_up(settings: Settings, runs: tuple[Judged, ...]) -> Trial:
    """Return runs of the same settings under the same cap, summed up."""
    figures: dict[str, list[Figure]] = {}
    for one in runs:
        for name, figure in _figures(one.run).items():
            figures.setdefault(name, []).append(figure)
    return Trial(
        settings=settings,
        runs=runs,
        verdict=judge_all([one.verdict for one in runs]),
        figures=tuple(_summary(name, values) for name, values in figures.items()),
        split=max(runs, key=_need).run.measurement.split if runs else None,
    )


def _need(judged: Judged) -> float:
    need = judged.run.measurement.need
    return need.value if need else 0.0


def _figures(run: Run) -> dict[str, Figure]:
    """Return the measured figures of a run, and those that its workload printed."""
    measured = {
        field.name: figure
        for field in fields(run.measurement)
        if isinstance(figure := getattr(run.measurement, field.name), Figure)
    }
    for part in run.parts:
        if (need := part.measurement.need) is not None:
            measured[f"need {part.service}"] = need
    rooms = [_headroom(part) for part in run.capped]
    if rooms and None not in rooms:
        measured["headroom"] = min(filter(None, rooms), key=lambda figure: figure.value)
    source = "what the load saw" if run.parts else "the workload's output"
    printed = {
        name: Figure(float(value), Unit.of(name), source)
        for name, value in run.output
        if not isinstance(value, str)
    }
    return printed | measured  # what was measured wins over what a workload says of itself


def _headroom(run: Run) -> Figure | None:
    need = run.measurement.need
    if need is None:
        return None
    return Figure(1 - need.value / run.cap_bytes, Unit.SHARE, "1 - need / cap", need.bias)


def _summary(name: str, figures: list[Figure]) -> FigureSummary:
    summary = summarize([figure.value for figure in figures])
    assert summary is not None  # as_trial makes no empty list
    bias = max((figure.bias for figure in figures), key=list(Bias).index)
    return FigureSummary(name, summary, figures[0].unit, figures[0].source, bias)


def _refuse_no_evidence(run: Run) -> None:
    if run.outcome is Outcome.CANCELLED:
        raise CancelledError("interrupted; the finished runs are kept")
    if run.outcome is Outcome.INFRA:
        tail = run.stderr_tail.strip().splitlines()[-1:]
        raise HostError(
            ": ".join([f"a run could not be made: {run.reason}", *tail]),
            hint="`memtune doctor` tells what this machine can do",
        )


def _tax(run: Run, trial: Trial, name: str) -> float | None:
    """What memray added to a figure; absent where a run did not end by itself."""
    under, plain = getattr(run.measurement, name), trial.figure(name)
    runs = [run, *(one.run for one in trial.runs)]
    if under is None or plain is None or any(r.outcome is not Outcome.COMPLETED for r in runs):
        return None
    return float(under.value - plain.summary.median)
