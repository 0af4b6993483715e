"""JavaScript and TypeScript source -> facts, by patterns on the text without its comments.

No parser: only patterns that hardly ever mean anything else are looked for.
"""

import re
from collections.abc import Iterator
from itertools import islice

from memtune.errors import Place
from memtune.lint.facts import Fact, Facts, Kind, SourceFile
from memtune.lint.sizes import binary_size
from memtune.lint.thresholds import READS_MEMORY, interval_seconds, is_interval, threshold_bytes

_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|'(?:\\[^\n]|[^'\\\n])*(?:'|\\?(?=\n)|\\?\Z)"
    r"|\"(?:\\[^\n]|[^\"\\\n])*(?:\"|\\?(?=\n)|\\?\Z)|`(?:\\.|[^`\\])*(?:`|\\?\Z)",
    re.DOTALL,
)
"""Comments and strings; what is never closed ends with its line or the file, so that no text
is looked at twice."""
_NUMBER = r"\d[\d_]{0,15}(?:\.\d{1,6})?(?:\s{0,4}\*\s{0,4}\d[\d_]{0,9}){0,4}"
_NAMED = re.compile(
    rf"(?<![\w.$])(?:this\.)?(\w{{1,60}})['\"]?\s{{0,9}}[:=]\s{{0,9}}"
    rf"(?:[\w.]{{1,60}}\s?(?:\|\||\?\?)\s?)?({_NUMBER})(?=\s*[,;)}}\n]|$)"
)
_BODY = re.compile(
    r"\b(?:express|body_?[pP]arser)\.(?:json|urlencoded|raw|text)\s*\(\s*\{[^{}]{0,300}?"
    rf"\blimit['\"]?\s*:\s*(?:['\"`]([^'\"`]{{1,20}})['\"`]|({_NUMBER}))"
)
_OTHER_LIMIT = re.compile(rf"\b(bodyLimit|fileSize)\s*:\s*({_NUMBER})")
_MEMORY_STORAGE = re.compile(r"\bmulter\s*\(\s*\{([^;]{0,400}?)\}\s*\)")
_HOST_MEMORY = re.compile(r"\bos\.(totalmem|freemem)\s*\(")
_CPUS = re.compile(r"\bcpus\s*\(\s*\)\s*\.length|\bavailableParallelism\s*\(\s*\)")
_FORKS = re.compile(r"\bcluster\b[^\n]{0,40}\.fork\s*\(|\bcluster\.fork\b|\bfork\s*\(\s*\)")
_PM2_MAX = re.compile(r"\binstances\s*:\s*(?:['\"]max['\"]|0\b|-1\b)")
_GC = re.compile(r"\b(?:global|globalThis)\.gc\s*(?:\?\.)?\(")
_GC_EXPOSED = re.compile(r"setFlagsFromString\s*\(\s*['\"`]--expose[-_]gc")
_ANSWERS = re.compile(r"\.listen\s*\(")
_SET_INTERVAL = re.compile(r"\bsetInterval\s*\(")
_LAST_NUMBER = re.compile(rf",\s*({_NUMBER})\s*$")
_LONG_LINE = 20_000
_LONGEST_CALL = 4000
_MOST_FACTS = 500
"""Of one file; more are no mistakes of a person."""


def read_javascript(source: SourceFile) -> Facts:
    """Return the facts of a file; none of a minified one."""
    language = frozenset({"node"})
    if max(map(len, source.text.split("\n"))) > _LONG_LINE:
        return Facts(languages=language)
    code = without_comments(source.text)
    facts = islice(_Reader(source.path, code).facts(), _MOST_FACTS)
    return Facts(facts=tuple(facts), languages=language)


def without_comments(text: str) -> str:
    """The text with its comments blanked; every other character stays where it was."""
    return _TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0].startswith("/") else m[0], text)


def product(text: str) -> float:
    """``5 * 60 * 1000`` -> 300000."""
    value = 1.0
    for factor in text.replace("_", "").split("*"):
        value *= float(factor)
    return value


class _Reader:
    def __init__(self, file: str, code: str) -> None:
        self._file = file
        self._code = code
        self._reads_memory = bool(READS_MEMORY.search(code))

    def facts(self) -> Iterator[Fact]:
        """Yield every fact of the file."""
        yield from self._numbers()
        yield from self._bodies()
        yield from self._uploads()
        yield from self._timers()
        yield from self._simple(_HOST_MEMORY, Kind.HOST_MEMORY)
        yield from self._simple(_GC, Kind.GC_CALL)
        yield from self._simple(_GC_EXPOSED, Kind.GC_EXPOSED)
        yield from self._simple(_PM2_MAX, Kind.CPU_COUNT)
        yield from self._simple(_ANSWERS, Kind.ANSWERS)
        if _FORKS.search(self._code) and "Math.min" not in self._code:
            yield from self._simple(_CPUS, Kind.CPU_COUNT)

    def _at(self, match: re.Match[str]) -> Place:
        return Place(self._file, self._code.count("\n", 0, match.start()) + 1)

    def _simple(self, pattern: re.Pattern[str], kind: Kind) -> Iterator[Fact]:
        for match in pattern.finditer(self._code):
            yield Fact(kind, self._at(match), _shown(match[0].strip(" (")))

    def _numbers(self) -> Iterator[Fact]:
        for match in _NAMED.finditer(self._code):
            name, value = match[1], product(match[2])
            size = threshold_bytes(name, value, self._reads_memory)
            if size is not None:
                yield Fact(Kind.THRESHOLD, self._at(match), _shown(match[0]), size)
            elif self._reads_memory and is_interval(name):
                seconds = interval_seconds(name, value, 0.001)
                yield Fact(Kind.INTERVAL, self._at(match), _shown(match[0]), seconds)

    def _bodies(self) -> Iterator[Fact]:
        for match in _BODY.finditer(self._code):
            size = binary_size(match[1]) if match[1] else product(match[2])
            if size is not None:
                yield Fact(Kind.BODY_LIMIT, self._at(match), _shown(match[0]), float(size))
        for match in _OTHER_LIMIT.finditer(self._code):
            yield Fact(Kind.BODY_LIMIT, self._at(match), _shown(match[0]), product(match[2]))

    def _uploads(self) -> Iterator[Fact]:
        for match in _MEMORY_STORAGE.finditer(self._code):
            in_memory = "memoryStorage" in (self._code if "storage" in match[1] else match[1])
            if in_memory and "limits" not in match[1]:
                what = "multer keeps uploads in memory without limits"
                yield Fact(Kind.BODY_UNLIMITED, self._at(match), what)

    def _timers(self) -> Iterator[Fact]:
        """``setInterval(() => { ... memory ... }, 300000)``."""
        if not self._reads_memory:
            return
        for match in islice(_SET_INTERVAL.finditer(self._code), _MOST_FACTS):
            call = _call_text(self._code, match.end())
            number = _LAST_NUMBER.search(call)
            if number and re.search(r"(?i)mem|heap|rss|cleanup", call):
                seconds = product(number[1]) / 1000
                what = f"setInterval(..., {number[1]}) around a look at memory"
                yield Fact(Kind.INTERVAL, self._at(match), what, seconds)


def _call_text(code: str, start: int) -> str:
    """What stands between the parentheses of a call that opens before ``start``."""
    depth = 1
    for at in range(start, min(len(code), start + _LONGEST_CALL)):
        depth += (code[at] == "(") - (code[at] == ")")
        if depth == 0:
            return code[start:at]
    return ""


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:80]}..."
