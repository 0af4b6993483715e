"""The screen of ``memtune bill``, and the few lines of it that ``memtune recommend`` shows."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from memtune.model import Ruling
from memtune.model.bill import Bill, Cost, Limited, Prediction, Range, Shape, Step
from memtune.report.console.common import STYLE, table
from memtune.units import format_bytes, format_share

TOGETHER_SHOWN = 6
SHAPES = {
    Shape.LINEAR: "each further one {}",
    Shape.SQUARE: "with its square: {} for each 1000 x 1000",
    Shape.DOUBLING: "each doubling {}",
}
"""How what one costs is said."""
_MILLION = 1_000_000


def render(console: Console, bill: Bill) -> None:
    """Print what each knob costs, how sure that is, and what was asked about."""
    for part in (_title(bill), _table(bill), _trust(bill), *map(_prediction, bill.predictions)):
        console.print(part)
        console.print()


def _title(bill: Bill) -> Text:
    profile = f", profile {bill.profile}" if bill.profile else ""
    environment = bill.environment
    return (
        Text(f"{bill.workload}{profile}: what the memory goes to", "bold")
        + Text(f", told from {bill.runs} runs of {bill.distinct} settings")
        + Text(
            f"\n{environment.executor}, cgroup {environment.cgroup}, "
            f"page cache {bill.page_cache}, cap {format_bytes(bill.cap_bytes)}, study {bill.study}",
            "dim",
        )
        + Text(f"\nThe bill's settings: {bill.settings}")
    )


def _table(bill: Bill) -> RenderableType:
    grid = table("what", "costs", "95 % sure", "how", right=("costs",))
    grid.columns[1].no_wrap = grid.columns[2].no_wrap = True
    grid.add_row(
        Text("base", "bold"),
        Text(format_bytes(bill.base.bytes), "bold"),
        _interval(bill.base),
        "what the bill's settings need",
    )
    for cost in bill.costs:
        _rows(grid, cost, any(cost.knob in dict(one.settings) for one in bill.together))
    for one in bill.together[:TOGETHER_SHOWN]:
        grid.add_row(
            str(one.settings), _signed(one.cost.bytes), _interval(one.cost), "together, on top"
        )
    rest = len(bill.together) - TOGETHER_SHOWN
    if rest > 0:
        grid.add_row(Text(f"{rest} more together (--json has all)", "dim"), "", "", "")
    return grid


def _rows(grid: Table, cost: Cost, is_shared: bool) -> None:
    if cost.farthest is None:
        return
    if not cost.matters:
        grid.add_row(Text(cost.knob), Text("-", "dim"), "", Text(_nothing(cost)))
        return
    has_curve = cost.shape in (Shape.STEP, Shape.ALONE)
    shown = cost.steps if has_curve else (cost.farthest,)
    for step in shown:
        grid.add_row(
            _change(cost, step),
            _signed(step.cost.bytes),
            _interval(step.cost),
            _how(cost, is_shared),
        )


def _change(cost: Cost, step: Step) -> str:
    return f"{cost.knob} {step.value} instead of {cost.start}"


def _how(cost: Cost, is_shared: bool) -> str:
    also = "; see together" if is_shared else ""
    farthest = cost.farthest
    if farthest is not None and not farthest.cost.is_known:
        return f"nothing that can be told, alone{also}"
    if cost.each is None:
        return f"alone{also}" if is_shared else ""
    count = _MILLION if cost.shape is Shape.SQUARE else 1
    each = _signed(count * cost.each.bytes)
    low, high = sorted((count * cost.each.low, count * cost.each.high))
    return SHAPES[cost.shape].format(f"{each} ({_between(low, high)})") + also


def _nothing(cost: Cost) -> str:
    """What a knob that does not matter costs at most."""
    farthest = cost.farthest
    assert farthest is not None
    most = max(abs(farthest.cost.low), abs(farthest.cost.high))
    text = (
        f"does not matter: {farthest.value} instead of {cost.start} is at most {format_bytes(most)}"
    )
    if cost.shape is Shape.LINEAR and cost.each is not None and len(cost.steps) > 1:
        each = max(abs(cost.each.low), abs(cost.each.high))
        text += f", {format_bytes(each)} each"
    return text


def _trust(bill: Bill) -> RenderableType:
    residual = f"Residual {format_bytes(bill.residual_bytes)} at the bill's settings."
    if bill.error is None:
        error = "Too few settings to predict some from the others: how far it holds is not known."
    else:
        error = (
            "Each settings left out and predicted from the others: median error "
            f"{format_share(bill.error)}; the intervals hold for 95 % of them."
        )
    lines = [Text(f"{residual} {error}")]
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
            + Text(f"no run with {', '.join(one.beyond)} ended with its work done")
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
    need = one.measured.figure("need") if one.measured is not None else None
    seen = format_bytes(need.summary.max) if need is not None else "not known"
    if one.holds is None:
        ended = one.measured.verdict.decisive if one.measured is not None else None
        why = f": {ended.check}: {ended.observed}" if ended is not None else ""
        return Text(f"Measured {seen}", STYLE[Ruling.INCONCLUSIVE]) + Text(
            f", which decides nothing{why}"
        )
    ruling = Ruling.PASS if one.holds else Ruling.FAIL
    where = "inside" if one.holds else "outside"
    off = ""
    if need is not None and one.need is not None:
        off = f", {format_share(abs(one.need.bytes / need.summary.max - 1))} off"
    return Text(f"Measured {seen}: {where}", STYLE[ruling]) + Text(off)


def brief(bill: Bill) -> RenderableType:
    """Return the bill in a few lines: what each step costs, what does not matter."""
    lines = [
        Text("What the memory goes to: ", "bold")
        + Text(f"base {format_bytes(bill.base.bytes)} ({bill.settings})")
    ]
    for cost in bill.costs:
        step = cost.farthest
        if cost.matters and step is not None and step.cost.is_known:
            change, size = _change(cost, step), _signed(step.cost.bytes)
            lines.append(Text(f"  {change}: {size} ({_interval(step.cost)})"))
    lines += [
        Text(f"  {one.settings} together: {_signed(one.cost.bytes)} on top")
        for one in bill.together[:2]
    ]
    idle = [cost.knob for cost in bill.costs if not cost.matters]
    if idle:
        lines.append(Text(f"  does not matter: {', '.join(idle)}", "dim"))
    return Group(*lines)


def _interval(one: Range) -> str:
    return _between(one.low, one.high)


def _between(low: float, high: float) -> str:
    return f"{format_bytes(low)} .. {format_bytes(high)}"


def _signed(size: float) -> str:
    return f"{'+' if size >= 0 else '-'}{format_bytes(abs(size))}"
