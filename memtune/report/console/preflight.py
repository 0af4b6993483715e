"""The screen of ``memtune preflight``."""

from rich.console import Console
from rich.text import Text

from memtune.model import Finding, Preflight, Ruling
from memtune.report.console.common import STYLE, table
from memtune.units import format_bytes

TICK = {Ruling.PASS: "[x]", Ruling.FAIL: "[ ]", Ruling.INCONCLUSIVE: "[-]"}
"""Done, not done, not reached."""


def render(console: Console, result: Preflight) -> None:
    """Print the list, ticked, and what follows."""
    console.print(_title(result))
    console.print()
    grid = table("", "check", "observed", "allowed")
    grid.add_row(Text("[x]", STYLE[Ruling.PASS]), "build", Text("done"), Text("", "dim"))
    for finding in result.findings:
        grid.add_row(*_row(finding))
    console.print(grid)
    console.print()
    missed = sum(finding.ruling is not Ruling.PASS for finding in result.findings)
    headline = Text(result.ruling.upper(), STYLE[result.ruling])
    console.print(headline + Text(f"  {missed} of the list does not hold" if missed else ""))


def _title(result: Preflight) -> Text:
    platform = result.platform
    what = " ".join(part for part in (result.workload, result.profile) if part)
    plan = f"{platform.name}: {format_bytes(result.cap_bytes)}"
    if platform.cpus is not None:
        plan += f", {platform.cpus:g} CPU"
    each = " for each service" if len(result.judged.run.parts) > 1 else ""
    return Text(f"{what} on {plan}{each}", "bold") + Text(f"\n{result.settings}", "dim")


def _row(finding: Finding) -> tuple[Text, str, Text, Text]:
    observed = f"{finding.observed}, {finding.margin}" if finding.margin else finding.observed
    return (
        Text(TICK[finding.ruling], STYLE[finding.ruling]),
        finding.check,
        Text(observed),
        Text(finding.allowed, "dim"),
    )
