"""What ``memtune bill`` refuses before any run."""

import pytest

import memtune.__main__  # noqa: F401 - the commands register themselves
from memtune.cli.app import main
from memtune.errors import ExitCode


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        (["--runs", "3"], "3 runs cannot tell of 8 knobs", "--runs 12"),
        (["--verify"], "there is nothing to verify", "--set workers=8"),
        (["--set", "worker=8"], "there is no knob 'worker'", "'workers'"),
        (["--set", "workers=3"], "has no value '3'", "1, 2, 4, 8"),
        (["--cap", "1MiB"], "too small", "6MiB"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_hint(
    words: list[str], says: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bill", "face", *words]) == ExitCode.USAGE

    said = capsys.readouterr().err
    assert says in said
    assert hint in said.partition("hint:")[2]
