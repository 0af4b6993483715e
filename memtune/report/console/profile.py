"""The screen of ``memtune profile``."""

from rich.console import Console, Group, RenderableType
from rich.text import Text

from memtune.model import Explanation, ProfileResult, Trial
from memtune.report.console.common import STYLE, cap_words, check_table, figures, shown, table
from memtune.units import format_bytes

_ERROR_LINES = 4


def render(console: Console, result: ProfileResult) -> None:
    """Print the whole result."""
    trial = result.trial
    parts: list[RenderableType] = [
        _title(result),
        _verdict(trial),
        figures(trial),
        check_table(trial.verdict),
    ]
    if result.explanation is not None:
        parts.append(_explanation(result.explanation))
    for part in parts:
        console.print(part)
        console.print()
    for warning in dict.fromkeys(w for one in trial.runs for w in one.run.warnings):
        console.print(Text(f"warning: {warning}", "yellow"))


def _title(result: ProfileResult) -> Text:
    what = " ".join(part for part in (result.workload, result.profile) if part)
    runs = len(result.trial.runs)
    cap = cap_words(result.trial, result.cap_bytes)
    title = Text(f"{what}, {runs} run{'s' * (runs != 1)} under {cap}", "bold")
    environment = result.environment
    where = f"\n{environment.executor}, cgroup {environment.cgroup}, page cache {result.page_cache}"
    settings = f"\n{result.trial.settings}" if result.trial.settings.items else ""
    return title + Text(settings) + Text(where, "dim")


def _verdict(trial: Trial) -> RenderableType:
    verdict = trial.verdict
    headline = Text(verdict.ruling.upper(), STYLE[verdict.ruling])
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


def _explanation(explanation: Explanation) -> RenderableType:
    parts: list[RenderableType] = [
        Text("memray, in a run of its own: explains, does not decide", "bold"),
        Text(_peaks(explanation)),
    ]
    if explanation.allocators:
        grid = table("bytes", "count", "function", "where", right=("bytes", "count"))
        for site in explanation.allocators:
            where = f"{_short(site.file)}:{site.line}" if site.file else ""
            grid.add_row(
                format_bytes(site.bytes), str(site.count), Text(site.function), Text(where, "dim")
            )
        parts.append(grid)
    parts += [Text(f"not read: {problem}", "yellow") for problem in explanation.problems]
    return Group(*parts)


def _peaks(explanation: Explanation) -> str:
    parts = [
        f"{name} {shown(figure.value, figure.unit)} ({figure.source})"
        for name, figure in (
            ("peak RSS", explanation.rss_peak),
            ("peak heap", explanation.heap_peak),
        )
        if figure is not None
    ]
    if explanation.processes > 1:
        parts.append(f"largest of {explanation.processes} processes")
    if explanation.tax_bytes is not None:
        parts.append(f"memray's own tax on need {format_bytes(explanation.tax_bytes)}")
    return "; ".join(parts)


def _short(file: str) -> str:
    """The end of a path: from the package on."""
    for marker in ("/site-packages/", "/dist-packages/"):
        if marker in file:
            return file.rsplit(marker, 1)[1]
    return "/".join(file.rsplit("/", 3)[1:]) if file.count("/") > 3 else file
