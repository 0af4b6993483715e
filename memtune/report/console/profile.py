"""The screen of ``memtune profile``."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from memtune.model import Explanation, ProfileResult, Trial
from memtune.report.console.common import STYLE, check_table, figure_table, shown, table
from memtune.units import format_bytes

MEASURED = ("need", "cgroup_peak", "rss_peak", "pss_peak", "headroom", "duration")
PRINTED = ("p50_ms", "p95_ms", "p99_ms", "throughput_per_s")
_LABELS = {
    "p50_ms": "latency p50",
    "p95_ms": "latency p95",
    "p99_ms": "latency p99",
    "throughput_per_s": "throughput",
}
_ERROR_LINES = 4


def render(console: Console, result: ProfileResult) -> None:
    """Print the whole result."""
    console.print(_title(result))
    console.print(_verdict(result.trial))
    console.print(Padding(_figures(result.trial), (1, 0, 0, 0)))
    console.print(Padding(check_table(result.trial.verdict), (1, 0, 0, 0)))
    if result.explanation is not None:
        console.print(Padding(_explanation(result.explanation), (1, 0, 0, 0)))
    for warning in dict.fromkeys(w for one in result.trial.runs for w in one.run.warnings):
        console.print(Text(f"warning: {warning}", "yellow"))


def _title(result: ProfileResult) -> Text:
    what = " ".join(part for part in (result.workload, result.profile) if part)
    runs = len(result.trial.runs)
    title = Text(
        f"{what}, {runs} run{'s' * (runs != 1)} under {format_bytes(result.cap_bytes)}", "bold"
    )
    environment = result.environment
    where = f"\n{environment.executor}, cgroup {environment.cgroup}, page cache {result.page_cache}"
    settings = f"\n{result.trial.settings}" if result.trial.settings.items else ""
    return title + Text(settings) + Text(where, "dim")


def _verdict(trial: Trial) -> RenderableType:
    verdict = trial.verdict
    failed = next((f for f in verdict.findings if f.ruling is verdict.ruling), None)
    headline = Text(verdict.ruling.upper(), STYLE[verdict.ruling])
    need = trial.figure("need")
    if verdict.cause is None and need is not None:
        headline += Text(f"  needs {format_bytes(need.summary.max)}", "bold")
    elif failed is not None:
        headline += Text(f"  {failed.check}: {failed.observed}", "bold")
    return Padding(Group(headline, *_last_words(trial)), (1, 0, 0, 0))


def _last_words(trial: Trial) -> list[Text]:
    """What a run that did not pass wrote last to its stderr."""
    if trial.verdict.cause is None:
        return []
    tail = next((one.run.stderr_tail for one in trial.runs if one.run.stderr_tail.strip()), "")
    return [Text(f"  | {line}", "dim") for line in tail.strip().splitlines()[-_ERROR_LINES:]]


def _figures(trial: Trial) -> RenderableType:
    rows = [(name, trial.figure(name)) for name in (*MEASURED, *PRINTED)]
    return figure_table(
        [(_LABELS.get(name, name), figure) for name, figure in rows if figure is not None]
    )


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
