"""A made-up result of ``memtune lint``."""

from memtune.model.lint import LintResult, Mistake, ServiceCap, Severity, Skip
from memtune.units import MIB


def result(*, clean: bool = False) -> LintResult:
    mistakes = (
        Mistake(
            "node-flag-unknown", Severity.ERROR, "backend/package.json", 6,
            "node does not know --heap-size-limit=256",
            "node ends with status 9, bad option, before it executes a line",
            "write --max-heap-size",
        ),
        Mistake(
            "threshold-near-cap", Severity.WARNING,
            "a/path/that/is/rather/long/and/must/not/be/folded/because/editors/follow/it.py", 12,
            "warning = 500 [red]under[/red] a cap of 512 MiB (render.yaml:7: plan starter)",
            "page tables, sockets and other processes count too: the kernel kills first",
            "take fractions of the limit that the container has, such as 70 and 85 %: 358.4 MiB",
        ),
        Mistake(
            "heap-limit-is-default", Severity.INFO, "backend/package.json", 6,
            "--max-old-space-size=256 is node's own limit", "it changes nothing", "try a smaller",
        ),
    )  # fmt: skip
    return LintResult(
        ".",
        12,
        (ServiceCap("backend", 512 * MIB, "render.yaml:7: plan starter"),),
        () if clean else mistakes,
        () if clean else (Skip("b.js", "larger than 1024 KiB"),),
    )
