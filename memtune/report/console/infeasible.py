"""What ``memtune recommend`` says where nothing in the space passes."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from memtune.model import CapFor, Finding, Platform, Study
from memtune.model.infeasible import Held, Infeasible, Needed
from memtune.report.console.common import table
from memtune.units import MIB, format_bytes, format_share

OTHER_VALUES = "give the knobs other values"


def answer(study: Study, found: Infeasible) -> RenderableType:
    """Return what fails and by how much, the single changes that would help, and the plans."""
    title = Text("Nothing in the space passes", "bold red")
    title += Text(f" under {_cap(study, study.cap_bytes)}. Nearest: {found.nearest}", "default")
    misses = [_indented(Text(missed(finding))) for finding in found.missed]
    needed = found.needed
    if needed is None:
        return Group(title, *misses, Text(""), *map(Text, without_need(study, found)))
    return Group(title, *misses, Text(""), *_changes(study, found, needed))


def missed(finding: Finding) -> str:
    """Return what a check says that was missed, and by how much."""
    margin = f": {finding.margin}" if finding.margin else ""
    return f"{finding.check}: {finding.observed}, allowed {finding.allowed}{margin}"


def _changes(study: Study, found: Infeasible, needed: Needed) -> list[RenderableType]:
    headroom = study.checks.headroom
    free = f" with {format_share(headroom)} free" if headroom else ""
    need = f"{format_bytes(needed.need_bytes)}, and {format_bytes(needed.noise_bytes)} for noise"
    rows = [(f"--cap {needed.cap_bytes // MIB}MiB", f"holds the need ({need}){free}")]
    title = "One change would make it pass"
    if needed.headroom is not None:
        title = "One change would make it pass: either"
        rest = f"all that the need leaves free of {_cap(study, study.cap_bytes)}"
        rows.append((f"--headroom {100 * needed.headroom:.3g}%", rest))
    lines: list[RenderableType] = [
        Text(title, "bold"),
        _rows(rows),
        Text(_basis(found), "dim"),
        Text(""),
    ]
    cap = _cap(study, needed.cap_bytes)
    if not found.plans:
        return [*lines, Text(f"No plan of `memtune platforms` has {cap}.")]
    return [*lines, Text(f"Plans that hold {cap}", "bold"), _rows(map(_plan, found.plans))]


def _basis(found: Infeasible) -> str:
    runs = f"{_looks(found)}, no evidence for a pick" if found.looks else "the runs above"
    return f"That is told by {runs}; `memtune recommend` with the option proves it."


def _looks(found: Infeasible) -> str:
    count, under = len(found.looks), format_bytes(found.looks[0].run.cap_bytes)
    return f"{count} more {'run' if count == 1 else 'runs'} under {under}"


def without_need(study: Study, found: Infeasible) -> tuple[str, ...]:
    """Return what can be said where no settings are known to do their work."""
    lines = []
    short, check = found.short, found.missed_by_all
    if short is not None:
        lines.append(
            f"{short.settings} ended for want of memory: more than "
            f"{_cap(study, short.needs_more_than_bytes)} is needed. A higher cap tells how much: "
            "`memtune profile --cap`, or `memtune bill`."
        )
    elif found.looks:
        lines.append(f"None does its work in {_looks(found)} either.")
    if check is not None:
        lines.append(
            f"The check {check.check!r} is missed by each of the {check.settings_count} settings "
            "that did their work to its end, and nothing else by the nearest: no other cap and no "
            f"other headroom helps them. Change what that check allows, or {OTHER_VALUES}."
        )
    if not lines:
        lines.append(
            "No other cap, headroom or limit of one check would make it pass, as far as these runs "
            f"tell: {OTHER_VALUES}."
        )
    return tuple(lines)


def _plan(held: Held) -> tuple[str, str]:
    plan = held.plan
    return held.why, f"{plan.name}: {format_bytes(plan.ram_bytes)}, {price(plan)}"


def _rows(rows: Iterable[tuple[str, str]]) -> Padding:
    grid = table("", "says")
    grid.show_header = False
    for row in rows:
        grid.add_row(*map(Text, row))
    return _indented(grid)


def price(plan: Platform) -> str:
    """Return what a plan costs a month, and when that was read."""
    if plan.price_usd_month is None:
        return "price unknown"
    dates = [source.as_of for source in plan.sources if source.about == "price"]
    dated = f" ({dates[0]})" if dates else ""
    return f"{plan.price_usd_month:.2f} USD a month{dated}"


def _cap(study: Study, size: int) -> str:
    """Each of several services with a cap of its own has one of this size."""
    each = len(study.programs) > 1 and study.cap_for is CapFor.EACH
    return f"{_size(size)} for each service" if each else _size(size)


def _size(size: int) -> str:
    """Whole MiB as options take them, for comparison by eye."""
    return f"{size // MIB} MiB" if size % MIB == 0 else format_bytes(size)


def _indented(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 2), expand=False)
