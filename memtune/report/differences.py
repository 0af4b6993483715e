"""How sides of a comparison differ, in the words of every report."""

from collections.abc import Iterator

from memtune.model import Bias, FigureSummary, SiteGrowth, Unit
from memtune.model.comparison import Compared, Comparison, Difference, Reduction
from memtune.report.console.common import LABELS, SHOWN, services, shown
from memtune.units import format_bytes, format_growth

HIDDEN = ("samples", "enforced_cap", "oom_kills", "headroom")
"""Figures that say nothing beside each other, or have a row of their own."""
SITES = 12
"""More allocation sites than these explain nothing; JSON has them all."""
NO_INTERVAL = "a side of one run has no interval: --runs 3 or more gives one"


def is_pair(comparison: Comparison) -> bool:
    """Whether two sides stand beside each other with their differences."""
    sides = comparison.sides
    return len(sides) == 2 and not comparison.reductions and bool(sides[1].differences)


def lacks_intervals(comparison: Comparison) -> bool:
    """Whether a side differs by amounts that are not known to be more than noise."""
    return any(
        one.differences and not any(found.shift and found.shift.low is not None
                                    for found in one.differences)
        for one in comparison.sides
    )  # fmt: skip


def rows(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Yield what each row is called, and the name of its figure; needs come first."""
    first = comparison.sides[0].fullest
    names = services(first)
    for service in names:
        yield service, f"need {service}"
    yield "total" if names else "need", "need"
    yield "headroom", "headroom"
    if comparison.reductions:  # it is about the needs
        yield from ((label, name) for name, label in LABELS.items())
        return
    own = [one.name for one in first.figures if not is_need(one.name)]
    for name in dict.fromkeys([*SHOWN, *own]):
        if name not in ("need", *HIDDEN):
            yield LABELS.get(name, name), name


def is_need(name: str) -> bool:
    """Whether a figure is a need: of all, or of one service."""
    return name == "need" or name.startswith("need ")


def figure_of(one: Compared, name: str) -> FigureSummary | None:
    """Return a figure of a side."""
    # There is no headroom but under the cap.
    return (one.trial if name == "headroom" else one.fullest).figure(name)


def cell(one: Compared, name: str) -> str:
    """Return a figure of a side in words: the worst of its runs, the median of what is slow."""
    figure = figure_of(one, name)
    if figure is None:
        return ""
    if is_need(name):
        bound = "over " if figure.bias is Bias.LOWER_BOUND else ""
        return f"{bound}{format_bytes(figure.summary.max)}{' *' if one.roomy else ''}"
    worst = figure.summary.min if figure.name == "headroom" else figure.summary.max
    slow = figure.unit in (Unit.MILLISECONDS, Unit.PER_SECOND)
    return shown(figure.summary.median if slow else worst, figure.unit)


def amount(one: Difference) -> str:
    """Return by how much a figure differs, with its sign."""
    change = one.after - one.before
    sign = "+" if change > 0 else "-" if change < 0 else ""
    points = f"{100 * abs(change):.3g} points"
    return f"{sign}{points if one.unit is Unit.SHARE else shown(abs(change), one.unit)}"


def interval(one: Difference) -> str:
    """Return the same as a share, with its interval where there is one."""
    found = one.shift
    if found is None:
        return ""
    if found.low is None or found.high is None:
        return format_growth(found.growth)
    ends = "..".join(format_growth(end).removesuffix(" %") for end in (found.low, found.high))
    return f"{format_growth(found.growth)} ({ends})"


def is_certain(one: Difference) -> bool:
    """Whether the interval leaves out that nothing has changed."""
    return one.shift is not None and one.shift.is_certain


def less(one: Reduction) -> str:
    """Return a reduction as a share."""
    return f"{'over ' if one.at_least else ''}{100 * one.share:.0f} %"


def growth(site: SiteGrowth) -> int:
    """Return by how much more a site holds than before, bytes."""
    return site.after_bytes - (site.before_bytes or 0)


def signed_growth(site: SiteGrowth) -> str:
    """Return the same in words."""
    change = growth(site)
    return f"{'+' if change > 0 else '-'}{format_bytes(abs(change))}"


def largest_sites(one: Compared) -> list[SiteGrowth]:
    """Return the sites that changed most, which explain the difference."""
    return sorted(one.sites, key=lambda site: -abs(growth(site)))[:SITES]
