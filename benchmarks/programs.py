"""The programs of benchmarks.accuracy: builds them, names them, makes each start alike."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent
MIB = 1024 * 1024
FILE_BYTES = 200 * MIB


@dataclass(frozen=True)
class Program:
    """One program whose need is known."""

    shape: str
    """What known_need is told."""
    label: str
    python: bool = False
    cap_bytes: int = 512 * MIB
    """Set wherever the tool can set one."""

    @property
    def key(self) -> tuple[str, bool]:
        """What identifies it."""
        return self.shape, self.python


C_PROGRAMS = (
    Program("idle", "idle"),
    Program("ramp", "ramp to 100 MiB in ten steps"),
    Program("spike-5", "spike of 100 MiB for 5 ms"),
    Program("spike-10", "spike of 100 MiB for 10 ms"),
    Program("spike-30", "spike of 100 MiB for 30 ms"),
    Program("cached-5", "5 ms again, in a cap of 224 MiB full of page cache", cap_bytes=224 * MIB),
    Program("reader", "holds 100 MiB, reads a file of 200 MiB twice"),
    Program("writer", "holds 100 MiB, writes a file of 200 MiB"),
    Program("shm", "writes 50 MiB to /dev/shm"),
    Program("pool-shared", "4 forked children share 100 MiB"),
    Program("pool-written", "4 forked children write 25 % of 100 MiB each"),
    Program("threads", "16 threads touch 6.25 MiB each"),
    Program("huge-full", "huge pages, 100 MiB, wholly touched"),
    Program("huge-half", "huge pages, 100 MiB, each touched by half"),
)
PYTHON_PROGRAMS = (
    Program("idle", "Python: idle", python=True),
    Program("ramp", "Python: ramp to 100 MiB in ten steps", python=True),
    Program("spike-30", "Python: spike of 100 MiB for 30 ms", python=True),
    Program("shm", "Python: writes 50 MiB to /dev/shm", python=True),
    Program("half-touched", "Python: reserves 200 MiB, touches 100", python=True),
)
UNBOUND = ("huge-half",)
"""Where no measurement from outside can be right: the kernel can take the other halves back,
and nobody sees from outside which they are."""


class Workshop:
    """A folder with the built programs, the file to read, and a place to write to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "programs"
        self.output = folder / "output"
        self._binary = self.folder / "known_need"
        self._file = self.folder / "file"
        for made in (folder, self.folder):
            made.mkdir(exist_ok=True)
            made.chmod(0o755)
        self.output.mkdir()
        self.output.chmod(0o777)  # runs are made as nobody

    def build(self) -> tuple[Program, ...]:
        """Build what can be built here and return it; says what cannot."""
        shutil.copy(SOURCE / "known_need.py", self.folder)
        if shutil.which("gcc") is None:
            print("absent: the C programs (no gcc here)", file=sys.stderr)
            return PYTHON_PROGRAMS
        options = ["-static", "-O2", "-pthread", "-o", str(self._binary)]
        subprocess.run(["gcc", *options, str(SOURCE / "known_need.c")], check=True)
        self._file.write_bytes(os.urandom(MIB) * (FILE_BYTES // MIB))
        self._file.chmod(0o644)
        return C_PROGRAMS + PYTHON_PROGRAMS

    def command(self, program: Program, output: str = "") -> tuple[str, ...]:
        """Return the words that start a program; ``output`` is the writable folder it sees."""
        if program.python:
            return (sys.executable, str(self.folder / "known_need.py"), program.shape)
        files = {name: str(self._file) for name in ("reader", "cached-5")}
        files |= {"writer": f"{output or self.output}/written"}
        file = files.get(program.shape)
        return (str(self._binary), program.shape, *([file] if file else []))

    def cool(self) -> None:
        """Drop the file from the page cache: who reads it first is charged for it."""
        if self._file.exists():
            with self._file.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
