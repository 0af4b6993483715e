"""The tables of a bill: what each knob costs, and what was asked of it."""

from memtune.model.bill import Bill, Range
from memtune.report.html.rows import CostRow
from memtune.report.html.table import Cell, Table, number, quiet
from memtune.units import format_bytes


def costs(found: list[CostRow], bill: Bill) -> Table:
    """Return what each change costs."""
    rows = [
        (
            Cell(one.what),
            number(signed(one.cost.bytes) if one.is_sure else "-"),
            number(between(one.cost)),
            quiet("" if one.is_sure else "not surely above nothing"),
        )
        for one in found
    ]
    rows += [
        (
            Cell(f"{one.settings} together"),
            number(signed(one.cost.bytes)),
            number(between(one.cost)),
            quiet("on top"),
        )
        for one in bill.together
        if one.cost.is_known
    ]
    base = (
        Cell("base"),
        number(format_bytes(bill.base.bytes)),
        number(between(bill.base)),
        Cell(""),
    )
    return Table(("change", "costs", "95 % sure between", ""), (base, *rows))


def predictions(bill: Bill) -> Table:
    """Return what was asked of the bill."""
    return Table(
        ("settings", "needs", "95 % sure between", "measured"),
        tuple(
            (
                Cell(str(one.settings)),
                number(format_bytes(one.need.bytes) if one.need else "cannot be told"),
                number(between(one.need) if one.need else ""),
                number(
                    format_bytes(one.measured.run.measurement.need.value)
                    if one.measured and one.measured.run.measurement.need
                    else "-"
                ),
            )
            for one in bill.predictions
        ),
    )


def between(one: Range) -> str:
    """Return both ends of an interval."""
    return f"{format_bytes(one.low)} .. {format_bytes(one.high)}"


def signed(size: float) -> str:
    """Return bytes with their sign."""
    return f"{'+' if size >= 0 else '-'}{format_bytes(abs(size))}"
