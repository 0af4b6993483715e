"""Memory against speed, and the ladder down to what passes, on the screen of a search."""

from rich.console import Console, Group, RenderableType
from rich.text import Text

from memtune.model import Recommendation, Study, Unit
from memtune.report.console.common import STYLE, shown, table
from memtune.report.console.plots import against_speed
from memtune.units import format_bytes


def front(console: Console, study: Study, chosen: Recommendation) -> RenderableType:
    """Return the settings that passed and that no others beat, told by how they differ from what
    is recommended; with the pick and the knee, and a plot of several."""
    grid = table("need", "speed", "", "runs", "differs in", right=("need", "speed", "runs"))
    for point in study.front:
        picked = point.settings == chosen.settings
        words = ["recommended"] if picked else []
        words += ["knee"] if point.settings == study.knee else []
        grid.add_row(
            format_bytes(point.need_bytes),
            shown(point.speed_per_s, Unit.PER_SECOND),
            Text(", ".join(words), "bold green" if picked else "bold"),
            str(point.runs),
            Text("" if picked else point.settings.beside(chosen.settings)),
        )
    speeds = [one.run.speed for one in chosen.evidence.runs]
    source = next((speed.source for speed in speeds if speed is not None), "")
    title = Text.assemble(("Memory against speed", "bold"))
    title += Text(f" of what passed, worst need and median {source}", "dim")
    if study.jobs > 1:
        title += Text(f"; up to {study.jobs} runs at a time, which may have slowed them", "yellow")
    if len(study.front) == 1:
        return Group(title, grid)
    return Group(title, grid, Text(""), against_speed(console, study.front, chosen.settings))


def ladder(study: Study) -> RenderableType:
    """Return the rungs that were executed, and what became of each."""
    tried = {one.settings: one for one in study.tried}
    grid = table("step", "", "need", "turned", "result", right=("step", "need"))
    for step, rung in enumerate(study.ladder):
        one = tried[rung.settings]
        missed = one.decisive
        grid.add_row(
            str(step),
            Text(one.ruling, STYLE[one.ruling]),
            "-" if one.need_bytes is None else format_bytes(one.need_bytes),
            Text(rung.turned or f"(start) {rung.settings}"),
            Text("passes" if missed is None else f"{missed.check}: {missed.observed}"),
        )
    return Group(Text("The ladder: one knob after another to its conservative end", "bold"), grid)
