"""memray's own flame graphs of the captures of one run; draws nothing itself."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from memtune.measure.captures.read import Capture
from memtune.measure.captures.reader import Captures
from memtune.units import MIB

LEAST_BYTES = MIB
"""The heap of a process that is worth a graph."""
MOST = 16
"""Graphs of one run: the largest processes."""
_LIMIT_S = 300


def draw(
    directories: Sequence[Path], reader: Captures, reports: Path, stem: str, *, temporal: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write a flame graph for each process to ``reports``; return the paths, and in words what
    could not be drawn.

    ``temporal`` graphs let the reader choose the span of time.
    """
    read_ones = [
        reader.read(path) for folder in directories for path in sorted(folder.glob("*.bin"))
    ]
    captures = [one for one in read_ones if isinstance(one, Capture)]
    worth = [one for one in captures if one.heap_peak >= LEAST_BYTES]
    worth.sort(key=lambda one: -one.heap_peak)
    reports.mkdir(parents=True, exist_ok=True)
    paths, problems = [], []
    for capture in worth[:MOST]:
        service = capture.path.parent.parent.name if len(directories) > 1 else ""
        words = ("flames", stem, service, f"process-{capture.pid}")
        path = reports / ("-".join(filter(None, words)) + ".html")
        if path.exists():  # a number that was used twice
            path = path.with_stem(f"{path.stem}-{capture.started_ms}")
        problem = _draw(capture.path, path, temporal)
        if problem:
            problems.append(f"no flame graph of process {capture.pid}: {problem}")
        else:
            paths.append(str(path))
    if len(worth) > MOST:
        problems.append(f"flame graphs of the {MOST} largest of {len(worth)} processes only")
    return tuple(paths), tuple(problems)


def _draw(capture: Path, path: Path, temporal: bool) -> str:
    """Say what went wrong; empty when the graph is there."""
    temporary = path.with_name(f".{path.name}")
    command = [sys.executable, "-m", "memray", "flamegraph", "--force", "-o", str(temporary)]
    command += [*(["--temporal"] if temporal else []), str(capture)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"memray took longer than {_LIMIT_S} s"
    if done.returncode != 0 or not temporary.exists():
        temporary.unlink(missing_ok=True)
        return (done.stderr or done.stdout).strip().rpartition("\n")[2][:200]
    temporary.replace(path)
    return ""
