"""The screen of ``memtune bill``, and the few lines of it that ``memtune recommend`` shows."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from memtune.model import Ruling
from memtune.model.bill import Bill, BillResult, Cost, Limited, Prediction, Range, Shape, Step
from memtune.report.console.common import STYLE, table
from memtune.units import format_bytes, format_share

TOGETHER_SHOWN = 6
TOGETHER_BRIEF = 2
POOR_ERROR = 0.05
"""A median error above which it is said what to do."""
SHAPES = {
    Shape.LINEAR: "{}",
    Shape.SQUARE: "{} for 1000 x 1000",
    Shape.DOUBLING: "{} for each doubling",
}
"""How what one costs is said."""
_MILLION = 1_000_000


def render(console: Console, result: BillResult) -> None:
    """Print what each knob costs, how sure that is, and what was asked about."""
    bill = result.bill
    for part in (_title(result), _table(bill), _trust(bill), *map(_prediction, bill.predictions)):
        console.print(part)
        console.print()


def _title(result: BillResult) -> Text:
    bill, environment = result.bill, result.environment
    profile = f", profile {result.profile}" if result.profile else ""
    return (
        Text(f"{bill.workload}{profile}: what the memory goes to", "bold")
        + Text(f", told from {bill.runs} runs of {bill.distinct} settings")
        + Text(
            f"\n{environment.executor}, cgroup {environment.cgroup}, page cache "
            f"{result.page_cache}, cap {format_bytes(result.cap_bytes)}, study {result.study}",
            "dim",
        )
        + Text(f"\nThe bill's settings: {bill.settings}")
    )


def _table(bill: Bill) -> RenderableType:
    grid = table("what", "", "costs", "95 % sure", "each", right=("costs",))
    for column in grid.columns[:4]:
        column.no_wrap = True
    base = Text(format_bytes(bill.base.bytes), "bold")
    grid.add_row(Text("base", "bold"), "", base, _interval(bill.base), "")
    for cost in bill.costs:
        _rows(grid, cost)
    sure = [one for one in bill.together if one.cost.is_known]
    for one in sure[:TOGETHER_SHOWN]:
        for knob, value in one.settings:
            is_first = (knob, value) == one.settings.items[0]
            grid.add_row(
                knob,
                Text(f"{dict(bill.settings)[knob]} -> {value}"),
                _signed(one.cost.bytes) if is_first else "",
                _interval(one.cost) if is_first else "",
                "together, on top" if is_first else Text("and", "dim"),
            )
    rest = len(bill.together) - len(sure[:TOGETHER_SHOWN])
    if rest == 0:
        return grid
    more = f"and {rest} more together, smaller or not surely above nothing (--json has all)"
    return Group(grid, Text(more, "dim"))


def _rows(grid: Table, cost: Cost) -> None:
    farthest, surest = cost.farthest, cost.surest
    if farthest is None or surest is None:
        return
    if not any(step.cost.is_known for step in cost.steps) or not cost.matters:
        change = _change(cost, surest)
        grid.add_row(cost.knob, change, Text("-", "dim"), _interval(surest.cost), _nothing(cost))
        return
    has_curve = cost.shape in (Shape.STEP, Shape.ALONE)
    for step in cost.steps if has_curve else (farthest,):
        grid.add_row(
            cost.knob,
            _change(cost, step),
            _signed(step.cost.bytes),
            _interval(step.cost),
            _each(cost),
        )


def _change(cost: Cost, step: Step) -> Text:
    return Text(f"{cost.start} -> {step.value}")


def _each(cost: Cost) -> str:
    if cost.each is None:
        return ""
    count = _MILLION if cost.shape is Shape.SQUARE else 1
    low, high = sorted((count * cost.each.low, count * cost.each.high))
    each = f"{_signed(count * cost.each.bytes)} ({_between(low, high)})"
    return SHAPES[cost.shape].format(each)


def _nothing(cost: Cost) -> str:
    """What a knob that costs nothing by itself costs at most."""
    text = "alone nothing" if cost.matters else "does not matter"
    if cost.shape is Shape.LINEAR and cost.each is not None and len(cost.steps) > 1:
        each = max(abs(cost.each.low), abs(cost.each.high))
        text += f": at most {format_bytes(each)}"
    return text


def _trust(bill: Bill) -> RenderableType:
    residual = f"Residual {format_bytes(bill.residual_bytes)} at the bill's settings."
    lines = [Text(f"{residual} {_how_sure(bill)}")]
    if bill.cut_short:
        count = f"{bill.cut_short} run{'s' * (bill.cut_short != 1)}"
        lines.append(Text(f"Not used: {count} that ended before the work was done."))
    lines += [Text(_limit(one)) for one in bill.limits]
    return Group(*lines)


def _limit(one: Limited) -> str:
    return (
        f"{one.knob}={one.value} costs nothing until it ends the run: it ended {one.runs}, "
        f"of settings that need {format_bytes(one.from_bytes)} or more."
    )


def _prediction(one: Prediction) -> RenderableType:
    lines = [Text("Asked: ", "bold") + Text(str(one.settings))]
    if one.need is None:
        lines.append(
            Text("cannot be told: ", "bold yellow")
            + Text(
                f"no run with {', '.join(one.beyond)} was made, or none ended with its work done"
            )
        )
    else:
        lines.append(
            Text("Needs ")
            + Text(format_bytes(one.need.bytes), "bold")
            + Text(f", 95 % sure between {_between(one.need.low, one.need.high)}")
        )
    lines += [Text(f"But {_limit(each)}") for each in one.limits]
    if one.measured is not None:
        lines.append(_measured(one))
    return Group(*lines)


def _measured(one: Prediction) -> Text:
    judged = one.measured
    assert judged is not None
    need = judged.run.measurement.need
    seen = format_bytes(need.value) if need is not None else "not known"
    if one.holds is None or need is None or one.need is None:
        ended = judged.verdict.decisive
        why = f": {ended.check}: {ended.observed}" if ended is not None else ""
        return Text(f"Measured {seen}", STYLE[Ruling.INCONCLUSIVE]) + Text(
            f", which decides nothing{why}"
        )
    ruling = Ruling.PASS if one.holds else Ruling.FAIL
    off = format_share(abs(one.need.bytes / need.value - 1))
    where = "inside" if one.holds else "outside"
    return Text(f"Measured {seen}: {where}", STYLE[ruling]) + Text(f", {off} off")


def brief(bill: Bill) -> RenderableType:
    """Return the bill in a few lines: what each step costs, what does not matter."""
    lines = [Text("What the memory goes to", "bold") + Text(", told from these runs")]
    lines.append(Text(f"  base {format_bytes(bill.base.bytes)}, what is recommended"))
    for cost in bill.costs:
        step = cost.farthest
        if cost.matters and step is not None and step.cost.is_known:
            size = _signed(step.cost.bytes)
            lines.append(
                Text(f"  {cost.knob} {_change(cost, step)}: {size} ({_interval(step.cost)})")
            )
    lines += [
        Text(f"  {one.settings} together: {_signed(one.cost.bytes)} on top")
        for one in bill.together[:TOGETHER_BRIEF]
        if one.cost.is_known
    ]
    idle = [cost.knob for cost in bill.costs if cost.steps and not cost.matters]
    if idle:
        lines.append(Text(f"  does not matter: {', '.join(idle)}"))
    lines.append(Text(_how_sure(bill), "dim"))
    return Group(*lines)


def _how_sure(bill: Bill) -> str:
    if bill.error is None:
        return "Too few settings to predict some from the others: how far it holds is not known."
    more = " More runs (--runs) would make it surer." if bill.error > POOR_ERROR else ""
    return (
        "Settings with several knobs turned, each left out and predicted from the others: median "
        f"error {format_share(bill.error)}; the intervals hold for 95 % of all.{more}"
    )


def _interval(one: Range) -> str:
    return _between(one.low, one.high)


def _between(low: float, high: float) -> str:
    """Both ends of an interval, with the unit once where it is the same."""
    (first, unit), (last, other) = format_bytes(low).split(), format_bytes(high).split()
    return f"{first} .. {last} {other}" if unit == other else f"{first} {unit} .. {last} {other}"


def _signed(size: float) -> str:
    return f"{'+' if size >= 0 else '-'}{format_bytes(abs(size))}"
