"""The screen of ``memtune profile``."""

from rich.console import Console, Group, RenderableType
from rich.text import Text

from memtune.model import ProfileResult, Run, Trial
from memtune.report.console.common import STYLE, cap_words, check_table, figures
from memtune.report.console.explain import explanation_screen
from memtune.report.console.plots import over_time
from memtune.report.neutral import plain
from memtune.units import format_bytes

TELLING = 10
"""Moments from which on a plot shows more than the peak does."""
_ERROR_LINES = 4


def render(console: Console, result: ProfileResult) -> None:
    """Print the whole result, and last, so that it stays on the screen, the verdict."""
    trial = result.trial
    parts: list[RenderableType] = [_title(result), figures(trial)]
    if result.explanation is not None:
        parts.append(explanation_screen(result.explanation))
    parts += [*_plot(console, trial), check_table(trial.verdict)]
    for part in parts:
        console.print(part)
        console.print()
    warnings = dict.fromkeys(w for one in trial.runs for w in one.run.warnings)
    for warning in warnings:
        console.print(Text(f"warning: {warning}", "yellow"))
    if warnings:
        console.print()
    console.print(_verdict(trial))


def _plot(console: Console, trial: Trial) -> list[RenderableType]:
    """Memory over time where it came nearest to its cap; nothing where that was not seen."""
    capped = [part for one in trial.runs for part in one.run.capped]
    seen = [part for part in capped if len(part.timeline) >= TELLING]
    if not seen:
        return []
    worst = max(seen, key=_share)
    of = f" of {plain(worst.service)}" if worst.service else ""
    title = Text.assemble((f"Need{of} over time", "bold"))
    if len(trial.runs) > 1:
        title += Text(", in the run that needed most", "dim")
    return [Group(title, over_time(console, worst.timeline, worst.cap_bytes))]


def _share(run: Run) -> float:
    """Of its cap."""
    return max(moment.need_bytes for moment in run.timeline) / run.cap_bytes


def _title(result: ProfileResult) -> Text:
    what = " ".join(part for part in (result.workload, result.profile) if part)
    runs = len(result.trial.runs)
    cap = cap_words(result.trial, result.cap_bytes)
    title = f"{what}, {runs} run{'s' * (runs != 1)} under {cap}"
    environment = result.environment
    where = f"\n{environment.executor}, cgroup {environment.cgroup}, page cache {result.page_cache}"
    settings = f"\n{result.trial.settings}" if result.trial.settings.items else ""
    return Text.assemble((title, "bold"), settings, (where, "dim"))


def _verdict(trial: Trial) -> RenderableType:
    verdict = trial.verdict
    headline = Text.assemble((verdict.ruling.upper(), STYLE[verdict.ruling]))
    need = trial.figure("need")
    if verdict.decisive is not None:
        headline += Text(f"  {verdict.decisive.check}: {verdict.decisive.observed}", "bold")
    elif need is not None:
        headline += Text(f"  needs {format_bytes(need.summary.max)}", "bold")
    return Group(headline, *_last_words(trial))


def _last_words(trial: Trial) -> list[Text]:
    """What a run that did not pass wrote last to its stderr: its load, or its services."""
    if trial.verdict.decisive is None:
        return []
    runs = [one.run for one in trial.runs]
    tails = [(run.service, run.stderr_tail) for run in runs]
    tails += [(part.service, part.stderr_tail) for run in runs for part in run.parts]
    service, tail = next(((name, text) for name, text in tails if text.strip()), ("", ""))
    return [
        Text(f"  {service}| {line}", "dim") for line in tail.strip().splitlines()[-_ERROR_LINES:]
    ]
