"""The screen of ``memtune diagnose``."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from memtune.model import Diagnosis, MemoryLine, Symptom
from memtune.report.console.plain import plain
from memtune.units import format_bytes

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60


def render(console: Console, result: Diagnosis) -> None:
    """Print the memory line, then each symptom with its lines and the next step."""
    console.print(
        Text(f"{result.lines:,} lines of {', '.join(plain(file) for file in result.files)}", "dim")
    )
    console.print()
    if result.memory is not None:
        console.print(_memory(result.memory))
        console.print()
    for symptom in result.symptoms:
        _symptom(console, symptom)
    if not result.symptoms:
        console.print(Text("the logs do not tell of a cause", "bold"))


def _memory(memory: MemoryLine) -> Text:
    top = max(memory.most_bytes, memory.limit_bytes or 0)
    text = Text("memory  ", "bold") + Text(_sparkline(memory.values, top))
    text += Text(
        f"\n        {format_bytes(memory.least_bytes)} to {format_bytes(memory.most_bytes)}"
        f" in {memory.count:,} readings"
    )
    if memory.limit_bytes is not None:
        text += Text(f", limit {format_bytes(memory.limit_bytes)}")
    return text


def _sparkline(values: tuple[int, ...], top: int) -> str:
    """One bar a reading, the top at the limit; several become the largest of them."""
    step = -(-len(values) // WIDTH)
    peaks = [max(values[start : start + step]) for start in range(0, len(values), step)]
    return "".join(BARS[min(len(BARS) - 1, len(BARS) * value // max(top, 1))] for value in peaks)


def _symptom(console: Console, symptom: Symptom) -> None:
    console.print(Text(symptom.title, "bold red"))
    for text in (
        Text(symptom.reason, "dim"),
        Text.assemble(("next: ", "green"), symptom.next_step),
    ):
        console.print(Padding(text, (0, 0, 0, 2), expand=False))
    for line in symptom.lines:
        place = f"  {plain(line.file)}:{line.number}: "
        console.print(Text.assemble((place, "bold"), plain(line.text.strip())), soft_wrap=True)
    if symptom.count > len(symptom.lines):
        console.print(Text(f"  and {symptom.count - len(symptom.lines)} more", "dim"))
    console.print()
