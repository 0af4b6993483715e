"""What memtune says, keeps and leaves when something below it breaks, as a markdown table.

    python -m benchmarks.faults

Every fault is made for real: on a Docker daemon of its own (root, dockerd and unshare are
needed), on a file system of its own, or on memtune, which works as a process of its own.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from memtune.errors import ExitCode
from memtune.execute.docker import RUN_LABEL
from tests.integration.lab import Dockerd, private_dockerd, wait_until
from tests.integration.lab_project import (
    Memtune,
    Project,
    Stored,
    archive,
    in_mid_run,
    mounted,
    spoil,
)

KILLS = 20
WIDTH = 110
"""Of what memtune said, how much the table shows."""
ENVIRONMENT, INTERRUPTED, KILLED = ExitCode.ENVIRONMENT, ExitCode.INTERRUPTED, -signal.SIGKILL


@dataclass(frozen=True)
class Row:
    """One fault and what came of it."""

    fault: str
    expected: int
    code: int
    said: str
    in_hand: str
    """What the run in hand is stored as; a dash where none was begun or none is stored."""
    seconds: float
    before: int
    after: int
    """Finished runs on disk before the fault and after it."""
    left: str
    """What was left a second after the end of memtune."""

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost, left or told wrongly."""
        kept = self.after >= self.before and self.left == "nothing"
        return kept and self.code == self.expected and "Traceback" not in self.said

    def __str__(self) -> str:
        ended = "killed" if self.code < 0 else f"exit {self.code}"
        cells = [self.fault, ended, self.said or "-", self.in_hand, f"{self.seconds:.1f}"]
        kept = f"{self.before} / {self.after}" if self.before else "-"
        cells += [kept, self.left]
        return "| " + " | ".join(cells) + " |"


HEAD = """\
| fault | ended | memtune said | run in hand | s | finished runs before / after | left after 1 s |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Scene:
    """A daemon and a project, and what is to be seen of both."""

    daemon: Dockerd
    project: Project

    def row(
        self, fault: str, expected: int, memtune: Memtune, before: list[Stored], begun_s: float
    ) -> Row:
        """Wait for the end of memtune and a second more, and tell what came of it."""
        memtune.end(60)
        seconds = time.monotonic() - begun_s
        time.sleep(1)
        new = self.project.stored()[len(before) :]
        in_hand = [run.outcome for run in new if run.outcome in ("infra", "cancelled")]
        assert not any(run.has_verdict for run in new if run.outcome in in_hand)
        finished = [run.id for run in before if run.has_verdict]
        return Row(
            fault=fault,
            expected=expected,
            code=memtune.process.returncode,
            said=self._said(memtune),
            in_hand=f"{in_hand[-1]}, no verdict" if in_hand else "-",
            seconds=seconds,
            before=len(finished),
            after=len({run.id for run in self.project.judged()}.intersection(finished)),
            left=self._left(),
        )

    def _said(self, memtune: Memtune) -> str:
        if "Traceback" in memtune.stderr:
            return "Traceback"
        said = memtune.complaint[0].removeprefix("error: ") if memtune.complaint else ""
        for private, public in ((self.daemon.host, "unix://..."), (str(memtune.directory), ".")):
            said = said.replace(private, public)
        return said if len(said) <= WIDTH else said[: WIDTH - 3] + "..."

    def _left(self) -> str:
        """Containers only where there is a daemon to have them."""
        left = [f"{len(self.daemon.processes())} process(es)"] if self.daemon.processes() else []
        if self.daemon.answers() and (containers := self.daemon.containers()):
            left.append(f"{len(containers)} container(s)")
        return ", ".join(left) or "nothing"


@contextmanager
def scene() -> Iterator[Scene]:
    """A running daemon and an empty project."""
    with private_dockerd() as daemon, tempfile.TemporaryDirectory() as directory:
        project = Project(Path(directory), daemon.host)
        try:
            yield Scene(daemon, project)
        finally:
            project.close()


def in_mid_run_of_profile(fault: str, expected: int, act: Callable[[Scene, Memtune], None]) -> Row:
    """Do something while a run goes on."""
    with scene() as here:
        memtune = here.project.profile()
        before = in_mid_run(here.daemon, here.project)
        begun_s = time.monotonic()
        act(here, memtune)
        return here.row(fault, expected, memtune, before, begun_s)


def signalled(number: signal.Signals) -> Callable[[Scene, Memtune], None]:
    """A signal to memtune."""
    return lambda _, memtune: memtune.process.send_signal(number)


def to_daemon(number: signal.Signals) -> Callable[[Scene, Memtune], None]:
    """A signal to the daemon."""
    return lambda here, _: here.daemon.send(number)


def container_stopped(here: Scene, memtune: Memtune) -> None:
    """What ``docker stop`` does."""
    del memtune
    here.daemon.client().containers.list(filters={"label": RUN_LABEL})[0].stop()


def from_the_start(fault: str, prepare: Callable[[Scene], Memtune]) -> Row:
    """Start memtune where it cannot work."""
    with scene() as here:
        memtune = prepare(here)
        return here.row(fault, ENVIRONMENT, memtune, [], time.monotonic())


def without_daemon(here: Scene) -> Memtune:
    """No daemon at all."""
    here.daemon.send(signal.SIGTERM)
    return here.project.profile()


def without_image(here: Scene) -> Memtune:
    """An image that the daemon does not have."""
    return of_image(here, "image: no-such-image:none")


def without_shell(here: Scene) -> Memtune:
    """An image with nothing in it."""
    here.daemon.client().api.import_image_from_data(archive(), repository="empty", tag="1")
    return of_image(here, "image: empty:1")


def of_image(here: Scene, image: str) -> Memtune:
    """Start a profile of a workload in an image."""
    text = f"version: 1\nname: job\nkind: pipeline\n{image}\ncommand: [sh]\n"
    (here.project.directory / "image.yaml").write_text(text)
    return here.project.start("profile", "image.yaml", "--executor", "docker", "--cap", "64MiB")


def build_interrupted() -> Row:
    """SIGTERM while an image is built."""
    with scene() as here:
        small = archive("sh", "sleep")
        here.daemon.client().api.import_image_from_data(small, repository="small", tag="1")
        (here.project.directory / "Dockerfile").write_text("FROM small:1\nRUN sleep 600\n")
        memtune = of_image(here, "build: .")
        wait_until(lambda: any("sleep 600" in command for command in here.daemon.commands()))
        begun_s = time.monotonic()
        memtune.process.send_signal(signal.SIGTERM)
        return here.row("SIGTERM to memtune, image in work", INTERRUPTED, memtune, [], begun_s)


def disk_full() -> Row:
    """A store on a disk that fills up."""
    with scene() as here, mounted(here.project.directory / ".memtune", "size=120k"):
        memtune = here.project.profile()
        before: list[Stored] = []
        while memtune.process.poll() is None:
            begun_s = time.monotonic()
            before = here.project.stored() or before
        return here.row("disk full in mid-session", ENVIRONMENT, memtune, before, begun_s)


def read_only() -> Row:
    """A project directory that takes no files."""
    with scene() as here, mounted(here.project.directory, "ro"):
        memtune = here.project.profile()
        return here.row("working directory read-only", ENVIRONMENT, memtune, [], time.monotonic())


def damaged(here: Scene) -> Memtune:
    """A store whose pages were overwritten."""
    first = here.project.start("profile", "--executor", "docker", "--", "true")
    first.end()
    spoil(here.project.directory / ".memtune" / "memtune.sqlite3", "torn")
    return here.project.profile()


def restarted() -> Row:
    """A search that loses its daemon and is asked for again."""
    with scene() as here:
        lost = here.project.recommend(10)
        wait_until(lambda: len(here.project.judged()) >= 3)
        here.daemon.send(signal.SIGTERM)
        lost.end()
        before = here.project.stored()
        here.daemon.start()
        begun_s = time.monotonic()
        return here.row(
            "dockerd restarted, search repeated", 0, here.project.recommend(10), before, begun_s
        )


def killed_at_random() -> Row:
    """SIGKILL at random moments of a session: in a creation, a start, a run, a removal."""
    chance = random.Random(0)
    left = 0
    with scene() as here:
        for _ in range(KILLS):
            memtune = here.project.profile()
            time.sleep(1 + 1.5 * chance.random())
            before, begun_s = here.project.stored(), time.monotonic()
            memtune.process.kill()
            row = here.row("", KILLED, memtune, before, begun_s)
            left += row.left != "nothing"
        fault = f"SIGKILL to memtune, {KILLS} times at random"
        kept = row.before if row.is_right else row.after
        told = f"something {left} times" if left else "nothing"
        return Row(fault, KILLED, row.code, "", "-", row.seconds, row.before, kept, told)


def rows() -> Iterator[Row]:
    """Make each fault, one after the other."""
    mid_run: list[tuple[str, int, Callable[[Scene, Memtune], None]]] = [
        ("dockerd stopped (SIGTERM)", ENVIRONMENT, to_daemon(signal.SIGTERM)),
        ("dockerd killed (SIGKILL)", ENVIRONMENT, to_daemon(signal.SIGKILL)),
        ("dockerd frozen (SIGSTOP)", ENVIRONMENT, to_daemon(signal.SIGSTOP)),
        ("container stopped by somebody else", ENVIRONMENT, container_stopped),
        ("SIGINT to memtune", INTERRUPTED, signalled(signal.SIGINT)),
        ("SIGTERM to memtune", INTERRUPTED, signalled(signal.SIGTERM)),
        ("SIGHUP to memtune", INTERRUPTED, signalled(signal.SIGHUP)),
        ("SIGKILL to memtune", KILLED, signalled(signal.SIGKILL)),
    ]
    for fault, expected, act in mid_run:
        yield in_mid_run_of_profile(f"{fault}, in mid-run", expected, act)
    yield killed_at_random()
    yield build_interrupted()
    yield restarted()
    yield from_the_start("no dockerd", without_daemon)
    yield from_the_start("image missing", without_image)
    yield from_the_start("no /bin/sh in the image", without_shell)
    yield disk_full()
    yield read_only()
    yield from_the_start("store damaged", damaged)


def main() -> int:
    """Print the table; return 1 where memtune lost, left or said something it must not."""
    subprocess.run(["unshare", "--net", "true"], check=True)
    print(HEAD)
    wrong = 0
    for row in rows():
        print(row, flush=True)
        wrong += not row.is_right
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
