"""Logs, from the fixtures or written here, and what is said of them."""

from pathlib import Path

from memtune.diagnose.lines import read_lines
from memtune.diagnose.symptoms import diagnose
from memtune.model.diagnosis import Diagnosis, LogLine

FIXTURES = Path(__file__).parents[2] / "fixtures" / "logs"


def examined(text: str, cap_bytes: int | None = None) -> Diagnosis:
    """Diagnose a text as one log."""
    lines = (LogLine("a.log", n, line) for n, line in enumerate(text.splitlines(), start=1))
    return diagnose(("a.log",), lines, cap_bytes)


def of_files(*names: str) -> Diagnosis:
    """Diagnose some fixtures together."""
    paths = [str(FIXTURES / f"{name}.log") for name in names]
    return diagnose(tuple(paths), (line for path in paths for line in read_lines(path)))


def names(result: Diagnosis) -> list[str]:
    """The symptoms, in their order."""
    return [symptom.name for symptom in result.symptoms]
