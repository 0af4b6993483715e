"""What `memtune diagnose` says of each symptom, from logs that show them: it reads them now."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from docs.made.markdown import sentence, text
from memtune.diagnose.lines import read_lines
from memtune.diagnose.record import record
from memtune.diagnose.symptoms import RULES
from memtune.model.diagnosis import LogLine, Symptom

LOGS = Path(__file__).parents[2] / "tests" / "fixtures" / "logs"
"""Of services that went wrong, one symptom or two each."""
_MORE = {
    "host": ("Out of memory: Killed process 4211 (node) total-vm:1823044kB, anon-rss:402212kB",),
    "full": ("Memory limit: 512.0MB (v2 memory.max)", "Memory check: 488.1MB / 512MB"),
    "late": ("login failed: AxiosError: timeout of 30000ms exceeded",),
    "gateway": (
        '203.0.113.7 "GET /health HTTP/1.1" 200 12',
        '203.0.113.7 "POST /api/login HTTP/1.1" 502 150',
    ),
    "ended": ("==> Exited with status 1",),
    "aborted": ("web-1 exited with code 134",),
}
"""Lines for those that no log there shows."""


def symptoms() -> str:
    """Return a section for each symptom: title, lines that show it, reason, next step."""
    return "\n".join(chain.from_iterable(map(_section, seen().values())))


def seen() -> dict[str, Symptom]:
    """Return the symptoms by name, each as the first of the logs shows it, causes first."""
    known = [record(lines, None) for lines in logs()]
    found: dict[str, Symptom] = {}
    for one in (one for rule in RULES for each in known for one in rule(each)):
        found.setdefault(one.name, one)
    return found


def logs() -> list[list[LogLine]]:
    """Return logs that show every symptom between them."""
    kept = [list(read_lines(str(log))) for log in sorted(LOGS.glob("*.log"))]
    return kept + [
        [LogLine(name, number, line) for number, line in enumerate(said, 1)]
        for name, said in _MORE.items()
    ]


def _section(symptom: Symptom) -> Iterator[str]:
    yield f"### {text(_capital(symptom.title))}\n"
    shown = "\n".join(line.text[:160] for line in symptom.lines[:2])
    yield f"```text\n{shown}\n```\n"
    yield f"{text(sentence(_capital(symptom.reason)))}\n"
    yield f"Next: {text(sentence(symptom.next_step))}\n"
    yield f"(`{symptom.name}`, {symptom.certainty.value} by the log)\n"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
