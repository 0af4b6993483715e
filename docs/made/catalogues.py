"""What memtune knows: platforms' plans, lint's rules, the formats of `memtune export`."""

import sys

from docs.made.markdown import code, sentence, table, text
from memtune.config.platforms import platforms
from memtune.export.formats import FORMATS
from memtune.lint.table import RULES
from memtune.model import Platform
from memtune.report.console.platforms import rules as asked
from memtune.units import format_bytes


def providers() -> list[str]:
    """Return the names of the providers, as they stand before the colon of a plan's name."""
    return list(dict.fromkeys(_provider(plan) for plan in platforms()))


def plans(provider: str) -> str:
    """Return the plans of a provider, with what else is known and where it was read."""
    known = [plan for plan in platforms() if _provider(plan) == provider]
    notes = [f"- {text(note)}" for note in (*asked(known[0]), *known[0].notes)]
    sources = dict.fromkeys((one.about, one.url, one.as_of) for p in known for one in p.sources)
    read = [f"- {about}: <{url}>, {as_of}" for about, url, as_of in sources]
    head = ("plan", "memory", "CPUs", "USD a month")
    parts = [table(head, map(_row, known)), "\n".join(notes), "Read at:", "\n".join(read)]
    return "\n\n".join(part for part in parts if part)


def _provider(plan: Platform) -> str:
    return plan.name.partition(":")[0]


def _row(plan: Platform) -> tuple[str, str, str, str]:
    cpus = "" if plan.cpus is None else f"{plan.cpus:g}"
    price = "" if plan.price_usd_month is None else f"{plan.price_usd_month:.2f}"
    return code(plan.name), format_bytes(plan.ram_bytes), cpus, price


def rules() -> str:
    """Return every rule of lint."""
    rows = [
        (
            f"{code(rule.name)}, {rule.severity.value}",
            text(sentence(rule.reason)),
            text(sentence(rule.fix)),
        )
        for rule in RULES
    ]
    return table(("rule", "reason", "fix"), rows)


def formats() -> str:
    """Return the formats of `memtune export`, as the modules that write them tell."""
    rows = []
    for name, write in FORMATS.items():
        about = (sys.modules[write.__module__].__doc__ or "").strip()
        rows.append((code(name), text(" ".join(about.split()))))
    return table(("format", "what it writes"), rows)
