"""The screen of ``memtune recommend``."""

from rich.console import Console, Group, RenderableType
from rich.text import Text

from memtune.model import Objective, Recommendation, SettingsTried, Study
from memtune.report.console import infeasible
from memtune.report.console.bill import brief
from memtune.report.console.common import STYLE, check_table, figures, risk_words, table
from memtune.report.console.floor import headline
from memtune.report.console.front import front, ladder
from memtune.units import format_bytes, format_share

SKIPS_SHOWN = 5
RECOMMENDED = {
    Objective.CONSERVATIVE: "Recommended: ",
    Objective.FASTEST: "Recommended, fastest: ",
    Objective.BALANCED: "Recommended, balanced: ",
}


def render(console: Console, study: Study, apply: tuple[str, ...], report: str = "") -> None:
    """Print what was tried and why, the evidence, and last, so that it stays on the screen, the
    recommendation and how to apply it.

    ``apply`` are the lines that put the recommendation to work, as ``NAME=value``;
    ``report`` is the path of the page that shows the same.
    """
    bill = [brief(study.bill)] if study.bill else []
    steps = [ladder(study)] if study.ladder else []
    chosen = study.recommendation
    points = [front(console, study, chosen)] if chosen and study.front else []
    tried = (_title(study), *steps, _tried(study), _skipped(study))
    for part in (*tried, *bill, *points, _answer(study, apply)):
        console.print(part)
        console.print()
    if report:
        console.print(Text(f"Report: {report}", overflow="fold", no_wrap=True), soft_wrap=True)


def _title(study: Study) -> Text:
    runs = sum(one.runs for one in study.tried)
    own = [one for one in study.tried if one.settings in study.space]  # others are of the ladder
    title = Text.assemble((f"{study.workload} under {format_bytes(study.cap_bytes)}", "bold"))
    named = f" ({study.platform.name})" if study.platform else ""
    title += Text(
        f"{named}, headroom {format_share(study.checks.headroom or 0)}: "
        f"tried {len(own)} of {study.space.size} settings in {runs} runs"
    )
    environment = study.environment
    return title + Text(
        f"\n{environment.executor}, cgroup {environment.cgroup}, page cache {study.page_cache}, "
        f"study {study.id}",
        "dim",
    )


def _tried(study: Study) -> RenderableType:
    """Every settings that was tried, told by how it differs from the recommended one."""
    chosen = study.recommendation
    base = chosen.settings if chosen else study.space.conservative
    name = "the recommended settings" if chosen else "the most conservative settings"
    grid = table("", "need", "differs in", "result", "why it was tried", right=("need",))
    for one in study.tried:
        grid.add_row(
            Text(one.ruling, STYLE[one.ruling]),
            "-" if one.need_bytes is None else format_bytes(one.need_bytes),
            Text(one.settings.beside(base) or f"({name})"),
            Text(_result(one)),
            Text(one.reason, "dim"),
        )
    return grid


def _result(one: SettingsTried) -> str:
    if one.decisive is None:
        return "passes" if one.runs == 1 else f"passes {one.runs} of {one.runs}"
    return f"{one.decisive.check}: {one.decisive.observed}"


def _skipped(study: Study) -> RenderableType:
    skips = sorted(study.skipped, key=lambda skip: -skip.count)
    lines = [
        Text(f"{skip.count:>6} {skip.reason}", "dim", no_wrap=True, overflow="ellipsis")
        for skip in skips[:SKIPS_SHOWN]
    ]
    rest = skips[SKIPS_SHOWN:]
    if rest:
        count = sum(skip.count for skip in rest)
        lines.append(Text(f"{count:>6} for {len(rest)} more such reasons (--json has all)", "dim"))
    return Group(Text("Not executed, because they", "bold"), *lines)


def _answer(study: Study, apply: tuple[str, ...]) -> RenderableType:
    if study.infeasible is not None:
        return infeasible.answer(study, study.infeasible)
    chosen = study.recommendation
    assert chosen is not None  # what is infeasible says so
    return Group(
        figures(chosen.evidence),
        Text(""),
        check_table(chosen.evidence.verdict),
        *_runner_up(chosen),
        Text(""),
        Text.assemble((RECOMMENDED[study.objective], "bold green"), (str(chosen.settings), "bold")),
        Text(_why(chosen)),
        *([headline(study.floor)] if study.floor else []),
        Text(""),
        Text("To apply it:", "bold"),
        *[Text(f"  {line}") for line in apply],
        Text("  as a file: memtune export --to env:.env, compose:FILE, kubernetes:FILE ...", "dim"),
    )


def _why(chosen: Recommendation) -> str:
    runs = len(chosen.evidence.runs)
    text = f"{chosen.why}; passed {runs} of {runs} runs at the real cap."
    if chosen.risk is not None:
        text += f"\n{risk_words(chosen.risk)}"
    return text


def _runner_up(chosen: Recommendation) -> list[Text]:
    rival = chosen.runner_up
    need = rival.figure("need") if rival is not None else None
    if rival is None or need is None:
        return []
    words = f"Runner-up: {rival.settings}, needs {format_bytes(need.summary.max)}."
    return [Text(""), Text(words)]
