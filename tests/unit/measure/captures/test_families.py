"""Eight workers are one row."""

from memtune.measure.captures.families import families
from memtune.model import Allocator, Part, Process

SITE = Allocator("f", "/app.py", 7, 30, 2)


def worker(pid: int, size: int, *, parent: int | None = 1, clean: bool = True) -> Process:
    parts = (
        Part("the app", 30, (SITE,)),
        Part("freed but kept, stacks", size - 30, explained=False),
    )
    return Process(pid, "python app.py", parent, size, parts, clean=clean)


def test_processes_that_are_alike_are_added_up_with_their_parts_and_sites() -> None:
    main, first, second = worker(1, 90, parent=None), worker(2, 50), worker(3, 60, clean=False)

    both, alone = families([main, first, second], top=5)

    assert alone is main
    assert (both.alike, both.bytes, both.clean) == (2, 110, False)
    assert [(part.name, part.bytes) for part in both.parts] == [
        ("the app", 60),
        ("freed but kept, stacks", 50),
    ]
    assert both.parts[0].sites == (Allocator("f", "/app.py", 7, 60, 4),)
    assert sum(part.bytes for part in both.parts) == both.bytes


def test_one_that_was_not_captured_stays_apart() -> None:
    lost = Process(4, "python app.py", 1, 9, (Part("Python without a capture", 9),), captured=False)

    assert [one.alike for one in families([worker(2, 50), worker(3, 50), lost], top=5)] == [2, 1]
