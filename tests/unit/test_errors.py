"""What an error carries, and how names are suggested."""

import pytest

from memtune import errors
from memtune.errors import ExitCode, MemtuneError, Place, did_you_mean


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("a.yaml"), "a.yaml"),
        (Place("a.yaml", 3), "a.yaml:3"),
        (Place("a.yaml", 3, "space.heap"), "a.yaml:3 (space.heap)"),
        (Place("a.yaml", None, "cap"), "a.yaml (cap)"),
    ],
)
def test_a_place_says_where_to_look(place: Place, text: str) -> None:
    assert str(place) == text


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("comand", ["command", "image"], "did you mean 'command'?"),
        ("xyz", ["image", "command"], "known: command, image"),
        ("xyz", [], ""),
    ],
)
def test_a_wrong_word_is_answered_with_the_closest_or_with_all(
    word: str, known: list[str], hint: str
) -> None:
    assert did_you_mean(word, known) == hint


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, ExitCode.USAGE),
        (errors.ConfigError, ExitCode.USAGE),
        (errors.HostError, ExitCode.ENVIRONMENT),
        (errors.StoreError, ExitCode.ENVIRONMENT),
        (errors.CancelledError, ExitCode.INTERRUPTED),
        (MemtuneError, ExitCode.BUG),
    ],
)
def test_each_error_has_one_exit_code(error: type[MemtuneError], code: ExitCode) -> None:
    caught = error("it happened", hint="do this", where=Place("a.yaml", 1))

    assert caught.exit_code is code
    assert (str(caught), caught.hint, str(caught.where)) == ("it happened", "do this", "a.yaml:1")


def test_a_failing_workload_is_no_exception() -> None:
    codes = {error.exit_code for error in MemtuneError.__subclasses__()}

    assert not codes & {ExitCode.PASS, ExitCode.FAIL, ExitCode.INCONCLUSIVE, ExitCode.INFEASIBLE}
