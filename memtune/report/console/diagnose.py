"""The screen of ``memtune diagnose``."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from memtune.model import Diagnosis, MemoryLine, Symptom
from memtune.model.diagnosis import Certainty
from memtune.report.neutral import plain
from memtune.units import format_bytes

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60
SERIES_SHOWN = 6
STYLE = {
    Certainty.TOLD: "bold red",
    Certainty.LIKELY: "bold yellow",
    Certainty.UNTOLD: "bold blue",
}


def render(console: Console, result: Diagnosis) -> None:
    """Print the memory lines, then each symptom with its lines and the next step."""
    count = f"{result.lines:,} line{'s' * (result.lines != 1)}"
    console.print(Text(f"{count} of {', '.join(plain(file) for file in result.files)}", "dim"))
    console.print()
    for memory in result.memory[:SERIES_SHOWN]:
        console.print(_memory(memory))
        console.print()
    if len(result.memory) > SERIES_SHOWN:
        more = len(result.memory) - SERIES_SHOWN
        console.print(Text(f"and {more} more (--json has all)\n", "dim"))
    for symptom in result.symptoms:
        _symptom(console, symptom)
    if not result.symptoms:
        console.print(Text("the logs tell of nothing that went wrong", "bold"))
    for note in result.notes:
        console.print(Text(f"not told: {plain(note)}", "dim"))


def _memory(memory: MemoryLine) -> Text:
    """Name, one bar for a reading or several, the range, and how much of the limit it is."""
    top = max(memory.most_bytes, memory.limit_bytes or 0)
    least, most = format_bytes(memory.least_bytes), format_bytes(memory.most_bytes)
    span = most if least == most else f"{least} to {most}"
    figures = f"{span} in {memory.count:,} reading{'s' * (memory.count != 1)}"
    if memory.limit_bytes is not None:
        share = memory.most_bytes / memory.limit_bytes
        figures += f", at most {share:.0%} of the limit of {format_bytes(memory.limit_bytes)}"
    return Text.assemble(
        (plain(memory.name), "bold"), f"\n  {_sparkline(memory.values, top)}\n  {figures}"
    )


def _sparkline(values: tuple[int, ...], top: int) -> str:
    """One bar a reading, the top at the limit; several become the largest of them."""
    step = -(-len(values) // WIDTH)
    peaks = [max(values[start : start + step]) for start in range(0, len(values), step)]
    return "".join(BARS[min(len(BARS) - 1, len(BARS) * value // max(top, 1))] for value in peaks)


def _symptom(console: Console, symptom: Symptom) -> None:
    console.print(
        Text.assemble((f"{symptom.certainty}: ", STYLE[symptom.certainty]), (symptom.title, "bold"))
    )
    for text in (
        Text(symptom.reason, "dim"),
        Text.assemble(("next: ", "green"), symptom.next_step),
    ):
        console.print(Padding(text, (0, 0, 0, 2), expand=False))
    for line in symptom.lines:
        place = f"  {plain(line.file)}:{line.number}: "
        console.print(Text.assemble((place, "bold"), plain(line.text.strip())), soft_wrap=True)
    if symptom.count > len(symptom.lines):
        console.print(Text(f"  and {symptom.count - len(symptom.lines):,} more", "dim"))
    console.print()
