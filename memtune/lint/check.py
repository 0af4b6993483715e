"""The use case: a directory and a cap -> every mistake."""

import re
from collections.abc import Iterator
from pathlib import Path

from memtune.errors import Place
from memtune.lint.facts import Cap, SourceFile
from memtune.lint.rule import Hit, Rule
from memtune.lint.services import Service, services
from memtune.lint.table import RULES
from memtune.lint.tree import read_tree
from memtune.model.lint import LintResult, Mistake, ServiceCap, Skip

_IGNORE = re.compile(r"memtune:\s{0,9}ignore\[([\w, -]{1,500})\]")
_NO_CAP = "no cap is named, so thresholds and heap limits are not compared: add --cap 512MiB"


def lint(directory: Path, cap: Cap | None = None) -> LintResult:
    """Read a project and hold every rule against each of its services.

    Raises UsageError where the directory cannot be read.
    """
    files, skipped = read_tree(directory)
    found, unread = services(files, cap)
    return LintResult(
        directory=str(directory),
        files=len(files),
        caps=tuple(ServiceCap(s.directory, s.cap.bytes, s.cap.source) for s in found if s.cap),
        mistakes=tuple(mistakes(files, found)),
        skipped=(*skipped, *unread, *_capless(found)),
    )


def mistakes(files: list[SourceFile], found: list[Service]) -> list[Mistake]:
    """Return the mistakes of some services, without those that a comment allows."""
    lines = {source.path: source.text.split("\n") for source in files}
    seen: dict[tuple[str, Place, str], Mistake] = {}
    for service in found:
        for rule in RULES:
            for hit in rule.find(service):
                if rule.name not in _ignored(lines, hit.at):
                    seen.setdefault((rule.name, hit.at, hit.found), _mistake(rule, hit))
    return sorted(seen.values(), key=lambda one: (one.file, one.line, one.rule))


def _mistake(rule: Rule, hit: Hit) -> Mistake:
    found, fix = (_storable(text) for text in (hit.found, hit.fix or rule.fix))
    return Mistake(rule.name, rule.severity, hit.at.file, hit.at.line or 1, found, rule.reason, fix)


def _storable(text: str) -> str:
    """JSON and Python can spell half of a character, which no file and no terminal takes."""
    return text.encode("utf-8", "replace").decode()


def _ignored(lines: dict[str, list[str]], at: Place) -> set[str]:
    """Rules that ``memtune: ignore[RULE]`` switches off, in the line itself or the one above."""
    text = lines.get(at.file, [])
    number = (at.line or 1) - 1
    names: set[str] = set()
    for line in text[max(number - 1, 0) : number + 1]:
        for match in _IGNORE.finditer(line):
            names |= {name.strip() for name in match[1].split(",")}
    return names


def _capless(found: list[Service]) -> Iterator[Skip]:
    capless = [s.directory or "." for s in found if s.cap is None and s.answers]
    if capless:
        more = f" and {len(capless) - 3} more" if len(capless) > 3 else ""
        yield Skip(", ".join(capless[:3]) + more, _NO_CAP)
