"""The screen of ``memtune platforms``."""

from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from memtune.model import Platform, Platforms
from memtune.report.console.common import table
from memtune.units import format_bytes, format_duration


def render(console: Console, catalogue: Platforms) -> None:
    """Print each provider's plans, its rules, and where that was read."""
    for title, plans in groupby(catalogue.plans, key=lambda plan: plan.title):
        _provider(console, title, list(plans))
    console.print(Text("Dates are the sources' own, or of the day they were read.", "dim"))


def _provider(console: Console, title: str, plans: list[Platform]) -> None:
    console.print(Text(title, "bold"))
    console.print(_plans(plans))
    for sentence in (*rules(plans[0]), *plans[0].notes):
        console.print(_indented(Text(sentence)))
    for about, as_of, url in _sources(plans):
        console.print(_indented(Text(f"{about:<6} {as_of}  {url}", "dim", overflow="fold")))
    console.print()


def _plans(plans: list[Platform]) -> Table:
    grid = table(
        "platform", "memory", "CPUs", "USD a month", right=("memory", "CPUs", "USD a month")
    )
    for plan in plans:
        grid.add_row(
            plan.name,
            format_bytes(plan.ram_bytes),
            "" if plan.cpus is None else f"{plan.cpus:g}",
            "" if plan.price_usd_month is None else f"{plan.price_usd_month:.2f}",
        )
    return grid


def rules(plan: Platform) -> list[str]:
    """Return what a provider asks of an instance, a sentence each."""
    found = []
    if plan.boot_limit_s is not None:
        found.append(f"A new instance has to be ready within {_time(plan.boot_limit_s)}.")
    if plan.health_timeout_s is not None:
        found.append(f"A health check has to be answered within {_time(plan.health_timeout_s)}.")
    if plan.unrouted_after_s is not None:
        found.append(f"Failing them for {_time(plan.unrouted_after_s)}, it gets no more requests.")
    if plan.restarted_after_s is not None:
        found.append(f"Failing them for {_time(plan.restarted_after_s)}, it is restarted.")
    return found


def _time(seconds: float) -> str:
    """Seconds as documents write them: whole up to five minutes."""
    return f"{seconds:g} s" if seconds <= 300 else format_duration(seconds)


def _sources(plans: list[Platform]) -> list[tuple[str, str, str]]:
    """What was read, when, where: each once, in order."""
    read = [source for plan in plans for source in plan.sources]
    return list(dict.fromkeys((source.about, source.as_of, source.url) for source in read))


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2), expand=False)
