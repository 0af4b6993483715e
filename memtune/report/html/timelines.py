"""Which runs a page shows over time: of each thing that it tells the run that says most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from memtune.model import Bands, Cause, Judged, Moment, Outcome, ProfileResult, Run, Settings, Study
from memtune.model.comparison import Comparison
from memtune.model.soak import SoakResult

MOST_RUNS = 6
"""Lines that can be told apart."""


@dataclass(frozen=True)
class Timeline:
    """Memory of one container over time."""

    label: str
    moments: tuple[Moment, ...]
    outcome: Outcome
    bands: Bands | None = None
    """What each process held, where that is to be told of this run."""
    decides: bool = False
    """Of the run that says most, which is drawn in any case."""
    boot_s: float | None = None
    """When all its services were ready, as the load saw it; absent where that is not told."""


def wanted(study: Study) -> list[Settings]:
    """Return the settings whose runs tell more than those that a study holds: the present ones,
    what is nearest where nothing passes, and what needed too much."""
    found = [study.infeasible.nearest] if study.infeasible else []
    found += [rung.settings for rung in study.ladder[:1]]
    short = [
        (one.decisive.check != "outcome", one.settings)
        for one in study.tried
        if one.decisive is not None and one.decisive.cause is Cause.MEMORY
    ]
    killed = min(short, key=lambda one: one[0], default=None)
    return list(dict.fromkeys([*found, *([killed[1]] if killed else [])]))


def drawn(lines: Sequence[Timeline]) -> list[Timeline]:
    """Return those that a chart can show, in their order: first of all those of the run that
    decides."""
    kept = sorted(range(len(lines)), key=lambda n: not lines[n].decides)[:MOST_RUNS]
    return [lines[n] for n in sorted(kept)]


def of_study(study: Study, others: Sequence[Judged]) -> list[Timeline]:
    """Return those of the pick, of its runner-up, and of other runs that were asked for."""
    chosen = study.recommendation
    shown: list[tuple[str, Run]] = []
    pick: list[Timeline] = []
    if chosen is not None:
        pick = of_run(most(chosen.evidence.runs), "the pick", told=True, decides=True)
        if chosen.runner_up is not None:
            shown.append(("the runner-up", most(chosen.runner_up.runs)))
    groups: dict[Settings, list[Judged]] = {}
    for one in others:
        groups.setdefault(one.run.settings, []).append(one)
    present = [rung.settings for rung in study.ladder[:1]]
    shown += [
        ("the present settings" if settings in present else str(settings), most(runs))
        for settings, runs in groups.items()
    ]
    return [*pick, *(line for label, run in shown for line in of_run(run, label))]


def of_profile(result: ProfileResult) -> list[Timeline]:
    """Return those of its runs; processes and boot are told of the one that needed most."""
    runs = [one.run for one in result.trial.runs]
    worst = most(result.trial.runs)
    named = [(f"run {n}" if len(runs) > 1 else "", run) for n, run in enumerate(runs, 1)]
    found = []
    for label, run in named:
        lines = of_run(run, label, told=run is worst, decides=run is worst)
        found += [replace(line, boot_s=_boot_s(run)) for line in lines] if run is worst else lines
    return found


def of_comparison(comparison: Comparison) -> list[Timeline]:
    """Return those of each side under its cap, of the run that needed most; the verdict is that of
    the last side."""
    last = comparison.sides[-1]
    return [
        line
        for one in comparison.sides
        for line in of_run(most(one.trial.runs), one.label, told=True, decides=one is last)
    ]


def of_soak(result: SoakResult) -> list[Timeline]:
    """Return one for each of those that a soak tells of, in their order."""
    run = result.judged.run
    parts = {part.service: part for part in run.parts} if len(result.services) > 1 else {}
    found = [(one.service or "run", parts.get(one.service, run)) for one in result.services]
    return [Timeline(label, one.timeline, one.outcome, one.bands) for label, one in found]


def of_run(run: Run, label: str, *, told: bool = False, decides: bool = False) -> list[Timeline]:
    """Return that of a run, or of each of its services; with what its processes held, if that is
    to be ``told``."""
    return [
        Timeline(
            " ".join(filter(None, (label, one.service))) or "run",
            one.timeline,
            one.outcome,
            one.bands if told else None,
            decides,
        )
        for one in run.parts or (run,)
        if one.timeline
    ]


def _boot_s(run: Run) -> float | None:
    """When all services of a run were ready; what a pipeline prints is its own."""
    found = run.figure("boot_s") if run.parts else None
    return float(found) if isinstance(found, int | float) else None


def most(runs: Sequence[Judged]) -> Run:
    """Return the run that was killed for memory, or else needed most."""

    def key(one: Judged) -> tuple[bool, float]:
        need = one.run.measurement.need
        return one.run.outcome.is_oom, need.value if need else 0.0

    return max(runs, key=key).run
