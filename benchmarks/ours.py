"""memtune as one of the tools of benchmarks.accuracy: its need, its cgroup_peak, its own cost."""

import re
import time
from dataclasses import dataclass
from unittest import mock

from benchmarks.peers import LIMIT_S
from benchmarks.programs import Program, Workshop
from memtune.execute import executor, host_image
from memtune.execute.docker import DockerExecutor
from memtune.execute.request import Request
from memtune.measure.sampler import Sampler
from memtune.model import Figure, Image, ImageKind, Outcome, Run, Settings


@dataclass(frozen=True)
class Observed:
    """One run under memtune."""

    need: float
    known: int
    """What the program says that it held, bytes."""
    cgroup_peak: float
    kernel_peak: int | None
    """The same counter as the program itself read it at its end; None for Python programs."""
    cpu_share: float
    """CPU time of the sampler's thread, of one core."""
    pace_s: float
    """Time between two samples."""


class Timed(Sampler):
    """The sampler, and what its thread took."""

    cpu_s = wall_s = 0.0

    def _loop(self) -> None:
        begun = time.monotonic()
        super()._loop()
        Timed.cpu_s, Timed.wall_s = time.thread_time(), time.monotonic() - begun


class Memtune:
    """Executes a program with memtune's Docker executor on ``image: host``."""

    name = "memtune"

    def __init__(self) -> None:
        self._executor = DockerExecutor()

    def observe(self, program: Program, workshop: Workshop) -> Observed:
        """Execute once and return what memtune says and what the program knows."""
        writes = program.shape == "writer"
        request = Request(
            workload="accuracy",
            settings=Settings(),
            image=Image(ImageKind.HOST),
            command=workshop.command(program, host_image.CAPTURES_IN_CONTAINER),
            directory=str(workshop.folder),
            env=(),
            cap_bytes=program.cap_bytes,
            timeout_s=LIMIT_S,
            # The one folder that a run may write to without its counting as memory.
            captures=workshop.output if writes else None,
        )
        with mock.patch.object(executor, "Sampler", Timed):
            run = executor.execute(self._executor, request)
        assert run.outcome is Outcome.COMPLETED, f"{run.reason} {run.stderr_tail}"
        measured = run.measurement
        return Observed(
            need=_value(measured.need),
            known=_told(run, "known") or 0,
            cgroup_peak=_value(measured.cgroup_peak),
            kernel_peak=_told(run, "kernel_peak"),
            cpu_share=Timed.cpu_s / Timed.wall_s,
            pace_s=Timed.wall_s / _value(measured.samples),
        )


def _value(figure: Figure | None) -> float:
    assert figure is not None
    return figure.value


def _told(run: Run, name: str) -> int | None:
    found = re.search(rf"^{name}=(\d+)$", run.stdout_tail, re.MULTILINE)
    return int(found[1]) if found else None
