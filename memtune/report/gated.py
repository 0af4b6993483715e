"""What every report says of a checked scenario, in the same words; plain text and pure."""

from statistics import median

from memtune.model import Arm, Finding, Gated, GateResult, Ruling, SiteGrowth
from memtune.units import format_bytes, format_growth

SITES_SHOWN = 10
"""More allocation sites than these explain nothing; JSON has them all."""
_SHORT = 10
"""Characters of a commit that are shown."""
_COUNTED = {
    Ruling.PASS: "passed",
    Ruling.FAIL: "failed",
    Ruling.INCONCLUSIVE: "inconclusive",
}


def word(gated: Gated) -> str:
    """Return the ruling as a headline."""
    return "PASS, warned" if gated.warned else gated.ruling.upper()


def commit(result: GateResult) -> str:
    """Return the commit, short, with ``+`` where the working tree has changes."""
    name = result.commit.removesuffix("+")
    return name[:_SHORT] + result.commit[len(name) :]


def telling(result: GateResult) -> list[Gated]:
    """Return the scenarios that somebody should look at: failed, inconclusive, warned."""
    order = [Ruling.FAIL, Ruling.INCONCLUSIVE, Ruling.PASS]
    found = [one for one in result.scenarios if one.warned or one.ruling is not Ruling.PASS]
    return sorted(found, key=lambda one: order.index(one.ruling))


def asides(result: GateResult) -> list[tuple[str, str]]:
    """Return scenarios and notes on them, such as what they were compared with instead, where
    nothing else is told of them."""
    told = telling(result)
    others = [one for one in result.scenarios if one not in told]
    return [(one.scenario, note) for one in others for note in one.notes]


def counts(result: GateResult) -> str:
    """Return how many scenarios there are and how many did not pass, as in ``3 scenarios:
    1 failed, 2 passed``."""
    number = len(result.scenarios)
    rulings = [one.ruling for one in result.scenarios]
    parts = [
        f"{rulings.count(ruling)} {_COUNTED[ruling]}"
        for ruling in (Ruling.FAIL, Ruling.INCONCLUSIVE, Ruling.PASS)
        if ruling in rulings
    ]
    warned = sum(one.warned for one in result.scenarios)
    parts += [f"{warned} with a warning"] if warned else []
    return f"{number} scenario{'s' * (number != 1)}: {', '.join(parts) or 'none executed'}"


def decisive(gated: Gated) -> tuple[Finding, ...]:
    """Return the findings that explain the ruling; of a warning that is the growth."""
    if gated.ruling is Ruling.PASS:
        return tuple(one for one in gated.findings if one.check == "growth")
    return tuple(one for one in gated.findings if one.ruling is not Ruling.PASS)


def observed(finding: Finding) -> str:
    """Return what was observed and by how much it missed."""
    return f"{finding.observed}, {finding.margin}" if finding.margin else finding.observed


def headline(gated: Gated) -> str:
    """Return why a scenario did not pass, in one line."""
    found = decisive(gated)
    if not found:
        return "no reason was given"
    return "; ".join(f"{one.check}: {observed(one)}, expected {one.allowed}" for one in found)


def typical(arm: Arm | None) -> str:
    """Return the median need of an arm."""
    return format_bytes(median(arm.need_bytes)) if arm is not None and arm.need_bytes else ""


def samples(arm: Arm) -> str:
    """Return the need of every run, in order: ``working tree: 41.2, 41.3 MiB``."""
    texts = [format_bytes(need) for need in arm.need_bytes]
    if not texts:
        return f"{arm.label}, nothing measured"
    units = {text.split(" ")[1] for text in texts}
    if len(units) > 1:
        return f"{arm.label}: {', '.join(texts)}"
    return f"{arm.label}: {', '.join(text.split(' ')[0] for text in texts)} {units.pop()}"


def arms(gated: Gated) -> tuple[Arm, ...]:
    """Return both sides of a comparison, the base first; one where there is no base."""
    return (gated.base, gated.head) if gated.base is not None else (gated.head,)


def runs(gated: Gated) -> str:
    """Return how many runs each side has: ``20+5``."""
    return "+".join(str(len(arm.need_bytes)) for arm in arms(gated))


def ceiling(gated: Gated) -> str:
    """Return the ceiling of the need."""
    return "" if gated.budget.max_bytes is None else format_bytes(gated.budget.max_bytes)


def growth(gated: Gated) -> str:
    """Return the growth and its 95 % interval: ``+14.1 % (+13.2..+15.0)``."""
    found = gated.estimate
    if found is None:
        return ""
    low, high = (format_growth(end).removesuffix(" %") for end in (found.low, found.high))
    return f"{format_growth(found.growth)} ({low}..{high})"


def interval(gated: Gated) -> str:
    """Return the growth between the ends of its interval, in words; empty for none."""
    found = gated.estimate
    if found is None:
        return ""
    ends = f"{format_growth(found.low)} to {format_growth(found.high)}"
    return f"{format_growth(found.growth)}, 95 % interval {ends}"


def conditions(gated: Gated) -> str:
    """Return settings, cap and environment."""
    parts = [str(gated.settings)] if gated.settings.items else []
    parts.append(f"cap {format_bytes(gated.cap_bytes)}")
    if gated.environment is not None:
        there = gated.environment
        parts += [there.executor, f"cgroup {there.cgroup}", f"kernel {there.kernel}"]
    return ", ".join(parts)


def facts(gated: Gated) -> list[tuple[str, str]]:
    """Return everything about a scenario but its sites and commands: names, which are memtune's
    own, and texts, which need not be."""
    lines: list[tuple[str, str]] = []
    for one in decisive(gated):
        lines += [
            ("expected", f"{one.check}: {one.allowed}"),
            ("observed", f"{one.check}: {observed(one)}"),
        ]
    if gated.base is not None:
        lines.append(("base", samples(gated.base)))
    lines += [
        ("now", samples(gated.head)),
        (
            "growth",
            "" if any(one.check == "growth" for one in decisive(gated)) else interval(gated),
        ),
        ("settings", conditions(gated)),
    ]
    lines += [("note", note) for note in gated.notes]
    return [(name, text) for name, text in lines if text]


def grown(gated: Gated) -> tuple[SiteGrowth, ...]:
    """Return the allocation sites that grew, as many as explain something."""
    return tuple(s for s in gated.sites if s.after_bytes > (s.before_bytes or 0))[:SITES_SHOWN]


def _alone(gated: Gated) -> bool:
    """Whether there was nothing to compare the allocation sites with."""
    return all(site.before_bytes is None for site in gated.sites)


def sites_heading(gated: Gated) -> str:
    """Return what the allocation sites are."""
    verb = "held" if _alone(gated) else "grown"
    return f"{verb} at the peak of the heap; memray explains, runs decide"


def sites_table(gated: Gated) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return headings and rows of the sites that grew; the last column is foreign text."""
    headings = ("now", "where") if _alone(gated) else ("before", "now", "where")
    rows = [(*_sizes(site), place(site))[-len(headings) :] for site in grown(gated)]
    return headings, rows


def commands(gated: Gated) -> list[tuple[str, str]]:
    """Return what to enter to ``reproduce`` or to ``accept`` what was found."""
    pairs = [("reproduce", gated.reproduce), ("accept", gated.accept)]
    return [(name, command) for name, command in pairs if command]


def _sizes(site: SiteGrowth) -> tuple[str, str]:
    """Return what an allocation site held at the peak before, and what it holds now; empty for
    what was not compared."""
    before = "" if site.before_bytes is None else format_bytes(site.before_bytes)
    return before, format_bytes(site.after_bytes)


def site_line(site: SiteGrowth) -> str:
    """Return an allocation site with its sizes in one line."""
    return f"{' -> '.join(size for size in _sizes(site) if size)}  {place(site)}"


def place(site: SiteGrowth) -> str:
    """Return file, line and function of an allocation site; no file outside Python."""
    return f"{site.file}:{site.line} {site.function}" if site.file else site.function
