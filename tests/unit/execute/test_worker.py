"""What a worker finds for a session of a client: kept for that one, found anew for the next."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.errors import HostError
from memtune.execute import worker
from memtune.execute.choose import Choice
from memtune.execute.page_cache import PageCache
from memtune.execute.request import request
from memtune.execute.worker import described, perform
from memtune.model import Environment, Image, ImageKind, Kind, Program, Settings, Workload
from tests.fakes import MIB, FakeExecutor, Play


class Remembering(FakeExecutor):
    """Finds an image once, as the one for Docker does."""

    made = 0

    def __init__(self) -> None:
        super().__init__(Play())
        Remembering.made += 1
        self.found = f"sha256:{Remembering.made}"

    def prepare(self, images: Sequence[Image]) -> Environment:
        return replace(super().prepare(images), image=self.found)


@pytest.fixture
def workload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workload:
    monkeypatch.setattr(worker, "choose", lambda *_: Remembering())
    (tmp_path / "job.py").write_text("print(1)")
    return Workload(
        name="demo",
        kind=Kind.PIPELINE,
        programs=(Program(Image(ImageKind.HOST), ("python", "job.py")),),
        directory=str(tmp_path),
        timeout_s=5.0,
    )


def test_within_a_session_nothing_is_looked_for_again(workload: Workload) -> None:
    before = described("one", workload, Choice.AUTO)
    Path(workload.directory, "job.py").write_text("print('changed')")

    assert described("one", workload, Choice.AUTO) is before


def test_the_next_session_finds_files_and_images_as_they_are_then(workload: Workload) -> None:
    # given a worker that served a session
    environment, parts = described("before", workload, Choice.AUTO)

    # when a file changes, and the image's tag moves on
    Path(workload.directory, "job.py").write_text("print('changed')")
    later, changed = described("after", workload, Choice.AUTO)

    # then the next session is told
    assert changed["the project's files"] != parts["the project's files"]
    assert later.image != environment.image

    # and has no run made that it would take for one of the old
    asked = request(workload, Settings(()), 100 * MIB)
    with pytest.raises(HostError, match=r"not as it was: .*the project's files changed"):
        perform(asked, PageCache.WARM, "after", workload, Choice.AUTO, parts)


def test_few_sessions_are_kept(workload: Workload) -> None:
    first = described("first", workload, Choice.AUTO)

    for number in range(worker.SESSIONS):
        described(f"later {number}", workload, Choice.AUTO)

    assert described("first", workload, Choice.AUTO) is not first
