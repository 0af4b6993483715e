"""An executor without containers: each run goes as a test says, at once, and speaks like
the shim."""

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from memtune.execute.executor import Chunk, Meeting
from memtune.execute.request import Place, Request
from memtune.execute.shim import STDERR, STDOUT
from memtune.measure.cgroup import Cgroup, Usage
from memtune.model import Environment, Image

OWNER = "1.2.3.4"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Play:
    """How one run goes."""

    status: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    need_bytes: int | None = 50 * MIB
    """None: the host cannot read the control group."""
    peak: str = "-"
    oom_kills: str = "0"
    pids_max: str = "0"
    limit: str = ""
    """The cap that the kernel enforces; the one asked for when empty."""
    speaks: bool = True
    """Whether the shim starts at all."""
    missing: bool = False
    """Whether the image lacks the command."""
    breaks: bool = False
    """Whether the streams close in mid-run."""
    ends_on: tuple[str, ...] = ("go",)
    """The words on which the workload ends; none of them: never."""
    deaf: bool = False
    """Whether the lease is gone, so that every word raises."""
    warnings: tuple[str, ...] = ()
    """What the executor found odd."""
    trouble: str = ""
    """What breaks below the run once the workload goes on."""
    interference: str = ""
    """Who else ended the run."""


class FakeCgroup:
    """A control group that stands still."""

    source = "v2"
    atomic = False
    peak_source = "memory.peak (fake)"

    def __init__(self, play: Play) -> None:
        assert play.need_bytes is not None
        self._need = play.need_bytes
        self._oom_kills = int(play.oom_kills) if play.oom_kills.isdigit() else None
        self.closed = False

    def usage(self) -> Usage:
        return Usage(total=self._need + MIB, file=MIB, anon=self._need, shmem=0)

    def peak(self) -> int | None:
        return self._need + MIB

    def oom_kills(self) -> int | None:
        return self._oom_kills

    def stalled_s(self) -> float | None:
        return None

    def pids(self) -> list[int]:
        return []

    def close(self) -> None:
        self.closed = True


class FakeLaunched:
    """A started shim that follows its play."""

    def __init__(self, request: Request, play: Play) -> None:
        self.chunks: queue.Queue[Chunk] = queue.Queue()
        self.warnings = play.warnings
        self.words: list[str] = []
        self.nonce = ""
        self.group = None if play.need_bytes is None else FakeCgroup(play)
        self._request = request
        self._play = play
        if not play.speaks:
            self.chunks.put((STDERR, play.stderr))
            self.chunks.put(None)

    def send(self, word: str) -> None:
        if self._play.deaf:
            raise BrokenPipeError
        if not self.nonce:
            self.nonce = word
            if self._play.speaks:
                limit = self._play.limit or self._request.cap_bytes
                self._report(f"ready limit={limit} swap={limit}")
            return
        self.words.append(word)
        if word == "go":
            self._go()
        if word in self._play.ends_on and not self._play.breaks and not self._play.missing:
            self._end()

    def cgroup(self) -> Cgroup | None:
        return self.group

    def trouble(self) -> str:
        return self._play.trouble if self.words else ""

    def interference(self) -> str:
        return self._play.interference

    def _go(self) -> None:
        if self._play.missing:
            self._report("missing")
            self.chunks.put(None)
            return
        self._report("started")
        self.chunks.put((STDOUT, self._play.stdout))
        self.chunks.put((STDERR, self._play.stderr))
        if self._play.breaks:
            self.chunks.put(None)

    def _end(self) -> None:
        play = self._play
        self._report(
            f"ended status={play.status} peak={play.peak}"
            f" oom_kills={play.oom_kills} pids_max={play.pids_max}"
        )
        self.chunks.put(None)

    def _report(self, text: str) -> None:
        self.chunks.put((STDERR, f"{self.nonce} {text}\n".encode()))


ENVIRONMENT = Environment(
    kernel="6.1", cgroup="v2", architecture="x86_64", cpus=2, executor="fake", image="host"
)


class FakeExecutor:
    """Makes every run as the test's function of its request says."""

    name = "fake"

    def __init__(self, play: Callable[[Request], Play] | Play) -> None:
        self._play = play
        self.requests: list[Request] = []
        self.launched: list[FakeLaunched] = []
        self.running = 0

    def prepare(self, images: Sequence[Image]) -> Environment:
        del images
        return ENVIRONMENT

    @contextmanager
    def meeting(self, names: Sequence[str], cap_bytes: int | None) -> Iterator[Meeting]:
        del names, cap_bytes
        yield Meeting(Place("fake"))

    @contextmanager
    def launch(self, request: Request) -> Iterator[FakeLaunched]:
        self.requests.append(request)
        play = self._play if isinstance(self._play, Play) else self._play(request)
        self.launched.append(FakeLaunched(request, play))
        self.running += 1
        try:
            yield self.launched[-1]
        finally:
            self.running -= 1


def nobody_lives(owner: str) -> bool:
    """For ``Store.open_study``: every study may be taken over."""
    return False
