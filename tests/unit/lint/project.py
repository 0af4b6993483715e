"""Small projects on disk, and what lint says about them."""

from pathlib import Path

from memtune.lint.check import lint
from memtune.lint.facts import Cap
from memtune.model.lint import LintResult
from memtune.units import MIB


def linted(folder: Path, files: dict[str, str], cap_mib: int | None = 512) -> LintResult:
    """Write the files and lint them under a cap."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return lint(folder, Cap(cap_mib * MIB, None, "--cap") if cap_mib else None)


def found(result: LintResult) -> set[tuple[str, str, int]]:
    """(rule, file, line) of every mistake."""
    return {(one.rule, one.file, one.line) for one in result.mistakes}
