"""The tables of a bill: what each knob costs, and what was asked of it."""

from memtune.model import Ruling
from memtune.model.bill import Bill, Prediction, Range
from memtune.report.html.rows import CostRow
from memtune.report.html.table import Cell, Table, number, quiet
from memtune.report.html.words import observed
from memtune.units import format_bytes


def costs(found: list[CostRow], bill: Bill) -> Table:
    """Return what each change costs."""
    rows = [
        (
            Cell(one.what),
            number(signed(one.cost.bytes) if one.is_sure else "-"),
            number(between(one.cost)),
            quiet("" if one.is_sure else "not surely a cost"),
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
    """Return what was asked of the bill, and whether what was measured is as it said."""
    return Table(
        ("settings", "needs", "95 % sure between", "measured", "is"),
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
                _compared(one),
            )
            for one in bill.predictions
        ),
    )


def astray(bill: Bill) -> tuple[str, ...]:
    """Return in words how often what was measured does not confirm the bill, where that is so."""
    verified = [one for one in bill.predictions if one.measured is not None]
    wrong = sum(not one.holds for one in verified)
    return (f"{wrong} of {len(verified)} measured predictions not confirmed.",) if wrong else ()


def _compared(one: Prediction) -> Cell:
    if one.measured is None:
        return quiet("not measured")
    if one.holds is not None:
        return Cell("inside", Ruling.PASS) if one.holds else Cell("outside", Ruling.FAIL)
    missed = one.measured.verdict.decisive
    why = f": {missed.check}: {observed(missed)}" if missed else ""
    return Cell(f"decides nothing{why}", Ruling.INCONCLUSIVE)


def between(one: Range) -> str:
    """Return both ends of an interval."""
    return f"{format_bytes(one.low)} .. {format_bytes(one.high)}"


def signed(size: float) -> str:
    """Return bytes with their sign."""
    return f"{'+' if size >= 0 else '-'}{format_bytes(abs(size))}"
