"""The screen of ``memtune recommend``."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from memtune.model import Judged, Recommendation, Ruling, Study, Trial
from memtune.report.console.common import STYLE, check_table, figure_table, table
from memtune.report.console.profile import MEASURED, PRINTED
from memtune.units import format_bytes, format_share


def render(console: Console, study: Study, apply: tuple[str, ...]) -> None:
    """Print the recommendation, its evidence, what was tried, and how to apply it.

    ``apply`` are the lines that put the recommendation to work, as ``NAME=value``.
    """
    console.print(_title(study))
    for part in (_tried(study), _skipped(study), _answer(study, apply)):
        console.print(Padding(part, (1, 0, 0, 0)))


def _title(study: Study) -> Text:
    executed = len({one.run.settings for one in study.judged})
    title = Text(f"{study.workload} under {format_bytes(study.cap_bytes)}", "bold")
    title += Text(
        f", headroom {format_share(study.checks.headroom)}: {len(study.judged)} runs of "
        f"{executed} of {study.space.size} settings"
    )
    environment = study.environment
    return title + Text(
        f"\n{environment.executor}, cgroup {environment.cgroup}, page cache {study.page_cache}, "
        f"study {study.id}",
        "dim",
    )


def _tried(study: Study) -> RenderableType:
    grid = table("", "need", "observed", "where", right=("need",))
    grid.columns[2].header = "settings"
    grid.columns[3].header = "result; why it was executed"
    for one in study.judged:
        grid.add_row(
            Text(one.verdict.ruling, STYLE[one.verdict.ruling]),
            _need(one),
            Text(str(one.run.settings)),
            Text(f"{_result(one)}; {one.reason}", "dim"),
        )
    return grid


def _need(one: Judged) -> str:
    need = one.run.measurement.need
    return format_bytes(need.value) if need else "-"


def _result(one: Judged) -> str:
    failed = next((f for f in one.verdict.findings if f.ruling is Ruling.FAIL), None)
    return f"{failed.check}: {failed.observed}" if failed else "passes every check"


def _skipped(study: Study) -> RenderableType:
    lines = [Text(f"{skip.count:>5} {skip.reason}", "dim") for skip in study.skipped]
    return Group(Text("Not executed, because they", "bold"), *lines) if lines else Text("")


def _answer(study: Study, apply: tuple[str, ...]) -> RenderableType:
    if study.recommendation is None:
        return Text("Nothing in the space passes", "bold red") + Text(
            ": raise the cap, lower the headroom, or give the knobs other values."
        )
    chosen = study.recommendation
    return Group(
        Text("Recommended: ", "bold green") + Text(str(chosen.settings), "bold"),
        Text(_why(chosen)),
        Text(""),
        _evidence(chosen.evidence),
        Text(""),
        check_table(chosen.evidence.verdict),
        Text(""),
        Text("To apply it:", "bold"),
        *[Text(f"  {line}") for line in apply],
    )


def _why(chosen: Recommendation) -> str:
    runs = len(chosen.evidence.runs)
    text = f"{chosen.why}; passed {runs} of {runs} runs at the real cap."
    rival = chosen.runner_up
    need = rival.figure("need") if rival is not None else None
    if rival is None or need is None:
        return text
    return f"{text}\nRunner-up: {rival.settings}, needs {format_bytes(need.summary.max)}."


def _evidence(trial: Trial) -> RenderableType:
    rows = [(name, trial.figure(name)) for name in (*MEASURED, *PRINTED)]
    return figure_table([(name, figure) for name, figure in rows if figure is not None])
