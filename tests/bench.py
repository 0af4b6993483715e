"""A session on a real store whose runs go as a test says."""

from collections.abc import Callable
from pathlib import Path

from memtune.execute.maker import Here
from memtune.execute.request import Request
from memtune.model import Judged, Settings, Workload
from memtune.store import Store
from memtune.trial import Session
from tests.fakes import ENVIRONMENT, OWNER, FakeExecutor, Play, nobody_lives


class Quiet:
    """An observer that counts."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[Judged] = []

    def starting(self, settings: Settings, reason: str) -> None:
        del settings
        self.begun.append(reason)

    def finished(self, judged: Judged) -> None:
        self.ended.append(judged)

    def note(self, text: str) -> None:
        raise AssertionError(f"nothing to note: {text}")


class Bench:
    """Makes sessions of one study, and tells what became of them."""

    def __init__(self, directory: Path, workload: Workload, cap_bytes: int) -> None:
        self.workload, self.cap_bytes = workload, cap_bytes
        self.store = Store(directory)
        self.observer = Quiet()
        self.study, _ = self.store.open_study(
            "key", "profile", "demo", ENVIRONMENT, OWNER, nobody_lives
        )
        self.executor = FakeExecutor(Play())
        self.is_cancelled = False

    def session(self, play: Callable[[Request], Play] | Play, jobs: int = 1) -> Session:
        self.executor = FakeExecutor(play)
        return Session(
            workload=self.workload,
            cap_bytes=self.cap_bytes,
            maker=Here(self.executor),
            environment=ENVIRONMENT,
            store=self.store,
            study=self.study,
            observer=self.observer,
            cancelled=lambda: self.is_cancelled,
            jobs=jobs,
        )
