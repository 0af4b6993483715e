"""``memtune recommend``: what its command line refuses, before anything is executed."""

from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - the commands register themselves
from memtune.cli.app import main
from memtune.errors import ExitCode


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--cap", "1GiB", "--platform", "render:starter"], "both name a cap"),
        (["--platform", "render:startre"], "did you mean 'render:starter'?"),
    ],
)
def test_a_cap_is_named_once_and_rightly(
    options: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    code = main(["recommend", *options])

    error = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert complaint in error
    assert "hint:" in error
    assert list(tmp_path.iterdir()) == []
