"""The screen of ``memtune lint``, and its workflow commands for GitHub."""

import posixpath

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from memtune.model.lint import LintResult, Mistake, Severity
from memtune.report.neutral import github_data, github_property, plain
from memtune.units import format_bytes

STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(console: Console, result: LintResult) -> None:
    """Print each mistake under its FILE:LINE, then what was read and left out."""
    for one in result.mistakes:
        _mistake(console, result, one)
    for skip in result.skipped:
        console.print(Text(f"{plain(skip.what)}: not looked at: {plain(skip.reason)}", "dim"))
    if result.skipped:
        console.print()
    console.print(_summary(result))


def _mistake(console: Console, result: LintResult, one: Mistake) -> None:
    # Never folded: editors and terminals make a link of it.
    place = f"{plain(_path(result, one))}:{one.line}: "
    head = Text.assemble((place, "bold"), (one.severity, STYLE[one.severity]), f" {one.rule}")
    console.print(head, soft_wrap=True)
    for text in (
        Text(plain(one.found)),
        Text(plain(one.reason), "dim"),
        Text.assemble(("fix: ", "green"), plain(one.fix)),
    ):
        console.print(Padding(text, (0, 0, 0, 2), expand=False))
    console.print()


def _path(result: LintResult, one: Mistake) -> str:
    """From where the command was given, as editors and GitHub want it."""
    return posixpath.normpath(posixpath.join(result.directory, one.file))


def _summary(result: LintResult) -> Text:
    caps = ", ".join(
        f"{plain(one.directory) or '.'} {format_bytes(one.cap_bytes)} ({plain(one.source)})"
        for one in result.caps
    )
    read = f" in {result.files} file{'s' * (result.files != 1)}"
    if not result.mistakes:
        text = Text.assemble(("nothing found", "bold green"), read)
    else:
        counts = [
            f"{result.count(severity)} {word}{'s' * (result.count(severity) != 1)}"
            for severity, word in (
                (Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "hint"),
            )
            if result.count(severity)
        ]  # fmt: skip
        text = Text.assemble((", ".join(counts), "bold"), read)
    return Text.assemble(text, (f"\ncaps: {caps}", "dim")) if caps else text


def github(result: LintResult) -> str:
    """Return one workflow command per mistake."""
    lines = [
        f"::{_GITHUB[one.severity]} file={github_property(_path(result, one))},line={one.line},"
        f"title={github_property(f'memtune {one.rule}')}"
        f"::{github_data(f'{one.found}. {one.reason}. Fix: {one.fix}')}"
        for one in result.mistakes
    ]
    return "".join(f"{line}\n" for line in lines)
