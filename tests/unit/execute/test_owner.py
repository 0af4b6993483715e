"""Who made a run: a process that lives, one that ended, one whose number was given away."""

import subprocess
import sys
import time

import pytest

from memtune.execute import owner

WHO = "from memtune.execute import owner; print(owner.me(), flush=True); input()"


def test_this_process_lives_and_is_here() -> None:
    assert owner.lives(owner.me())
    assert owner.is_here(owner.me())


def test_another_process_lives_until_it_ends() -> None:
    # given another process that told its name
    other = subprocess.Popen(
        [sys.executable, "-c", WHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    name = other.stdout.readline().strip()
    assert owner.lives(name)

    # when it ends
    other.communicate("\n")

    # then it does not live, and was here
    assert not owner.lives(name)
    assert owner.is_here(name)


def test_a_process_that_nobody_has_waited_for_yet_does_not_live() -> None:
    ended = subprocess.Popen(
        [sys.executable, "-c", WHO.partition("; input")[0]], stdout=subprocess.PIPE, text=True
    )
    assert ended.stdout is not None
    name = ended.stdout.readline().strip()
    assert ended.stdout.read() == ""  # it has closed its files: it is ending

    deadline = time.monotonic() + 20
    while owner.lives(name) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not owner.lives(name)
    ended.wait()


def test_the_same_number_with_another_start_is_another_process() -> None:
    pid, started, namespace, boot = owner.me().split(".")

    assert not owner.lives(f"{pid}.{int(started) - 1}.{namespace}.{boot}")


def test_a_process_of_another_namespace_cannot_be_seen_and_may_live() -> None:
    pid, started, namespace, boot = owner.me().split(".")

    assert owner.lives(f"{pid}.{int(started) - 1}.{int(namespace) + 1}.{boot}")


def test_a_process_of_another_boot_is_not_here() -> None:
    stranger = owner.me().rpartition(".")[0] + ".00000000"

    assert not owner.is_here(stranger)
    assert not owner.lives(stranger)


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.3.4", "x.1.{tail}", "1-2", "..."])
def test_text_that_names_no_process_is_nobody_who_lives(text: str) -> None:
    assert not owner.lives(text.format(tail=".".join(owner.me().split(".")[2:])))
