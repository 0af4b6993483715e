"""``memtune export``: from a stored study or a profile to a file, never over somebody's own."""

import json
import resource
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import memtune.__main__  # noqa: F401 - the commands register themselves
from memtune.cli.app import main
from memtune.cli.output import present
from memtune.errors import ExitCode
from memtune.execute import owner
from memtune.model import Image, ImageKind, Knob, Program, Settings, Space, Study
from memtune.store import DIRECTORY, Store
from tests.fakes import ENVIRONMENT
from tests.unit.report import samples

PROGRAM = Program(Image(ImageKind.HOST), ("python", "job.py"))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kept(result: Any, command: str = "recommend") -> str:
    with closing(Store(Path(DIRECTORY))) as store:
        study, _ = store.open_study(None, command, "face", ENVIRONMENT, "1.2.3.x", owner.lives)
    if isinstance(result, Study):
        result = replace(result, id=study)
    present(
        command,
        result,
        lambda console: None,
        as_json=False,
        studies=[study],
        report="/r.html",
    )
    return study


def recommended(**more: Any) -> str:
    return kept(replace(samples.study(), programs=(PROGRAM,), **more))


def test_the_last_recommendation_goes_to_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    # given two studies, and a profile after them
    recommended()
    last = recommended()
    kept(samples.profile_result(), "profile")

    # when it is exported without a path
    code = main(["export", "--to", "env"])

    # then stdout has the file and stderr the notes
    shown = capsys.readouterr()
    assert code == 0
    assert shown.out.startswith(f"# Written by `memtune export`: study {last} of face.\n")
    assert shown.out.endswith("WORKERS=1\nSIDE=800\n")
    assert shown.err.startswith("note: not carried: the cap of 512 MiB")


def test_a_named_study_is_exported(capsys: pytest.CaptureFixture[str]) -> None:
    first = recommended()
    recommended()

    assert main(["export", first, "--to", "compose"]) == 0

    assert f"study {first}" in capsys.readouterr().out


def test_a_new_file_is_written_and_the_same_again_changes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recommended()

    assert main(["export", "--to", "env:.env"]) == 0
    written = (project / ".env").read_text()
    assert "+WORKERS=1" in capsys.readouterr().out
    assert main(["export", "--to", "env:.env"]) == 0

    assert "unchanged: .env" in capsys.readouterr().out
    assert (project / ".env").read_text() == written


def test_a_file_that_is_there_changes_with_force_only(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a private file with other variables, behind a link
    recommended()
    file = project / "real"
    file.write_bytes(b"SECRET=x\r\nWORKERS=8\r\n")
    file.chmod(0o600)
    (project / ".env").symlink_to(file)

    # when it is exported without --force
    code = main(["export", "--to", "env:.env"])

    # then the difference is shown and nothing written
    shown = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert "-WORKERS=8\n+WORKERS=1\n" in shown.out
    assert "not written: .env" in shown.out
    assert "hint: add --force" in shown.err
    assert "SECRET" not in shown.out  # a log may be read by others
    assert file.read_bytes() == b"SECRET=x\r\nWORKERS=8\r\n"

    # and with it, it is merged: its ends of lines, its mode and the link stay
    assert main(["export", "--to", "env:.env", "--force"]) == 0
    assert file.read_bytes().startswith(b"SECRET=x\r\nWORKERS=1\r\n")
    assert file.read_bytes().endswith(b"\r\nSIDE=800\r\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (project / ".env").is_symlink()
    assert not list(project.glob(".*.[0-9]*"))


def test_somebodys_own_file_is_not_replaced_even_with_force(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recommended()
    (project / "compose.yaml").write_text("services: {}\n")

    assert main(["export", "--to", "compose:compose.yaml", "--force"]) == ExitCode.USAGE

    assert "somebody's own" in capsys.readouterr().err
    assert (project / "compose.yaml").read_text() == "services: {}\n"


def test_a_shipped_profile_is_exported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "-p", "conservative", "--to", "kubernetes"]) == 0

    shown = capsys.readouterr()
    assert 'value: "128"' in shown.out
    assert "the cap of 512 MiB is the profile's" in shown.err


def test_json_tells_all(capsys: pytest.CaptureFixture[str]) -> None:
    study = recommended()

    assert main(["export", "--to", "env:.env", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "export"
    result = document["result"]
    assert (result["source"], result["path"], result["written"]) == (f"study {study}", ".env", True)
    assert "+WORKERS=1" in result["diff"]
    assert result["text"] == ""
    assert main(["export", "--to", "fly", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["written"] is False


def test_services_are_exported_each_or_together(capsys: pytest.CaptureFixture[str]) -> None:
    # given a study of two services whose knobs have the same variable
    knobs = (
        Knob("web.slots", (1, 2), env=(("SLOTS", "{value}"),), service="web", searched=(1, 2)),
        Knob("db.slots", (1, 2), args=("--slots={value}",), service="db", searched=(1, 2)),
    )
    settings = Settings((("web.slots", 2), ("db.slots", 1)))
    study = samples.study()
    assert study.recommendation is not None
    evidence = samples.service_profile().trial
    kept(
        replace(
            study,
            space=Space(knobs),
            recommendation=replace(study.recommendation, settings=settings, evidence=evidence),
            programs=tuple(replace(PROGRAM, name=name) for name in ("web", "db")),
        )
    )

    # then a format of one file for each asks which
    assert main(["export", "--to", "env"]) == ExitCode.USAGE
    assert "add --service web or --service db" in capsys.readouterr().err
    assert main(["export", "--to", "env", "--service", "web"]) == 0
    assert capsys.readouterr().out.endswith("\nSLOTS=2\n")
    assert main(["export", "--to", "env", "--service", "wbe"]) == ExitCode.USAGE
    assert "did you mean 'web'?" in capsys.readouterr().err

    # and what arguments carry is not dropped in silence
    assert main(["export", "--to", "env", "--service", "db"]) == ExitCode.USAGE
    assert "no knob is carried by an environment variable" in capsys.readouterr().err
    assert main(["export", "--to", "compose"]) == 0
    assert 'command: ["python", "job.py", "--slots=1"]' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint", "hint"),
    [
        (["--to", "env"], "no finished recommend in .memtune", "memtune recommend"),
        (["20260101-000000-abcdef", "--to", "env"], "there is no study", "memtune recommend"),
        (["--to", "toml"], "there is no format 'toml'", "known: compose"),
        (["x", "-p", "conservative", "--to", "env"], "a study excludes a profile", "leave one"),
        (["-p", "conservative", "--to", "env:missing/.env"], "cannot be written", "directory"),
        (["-p", "conservative", "--to", "dockerfile:new"], "no Dockerfile with a FROM", "by hand"),
        (["-p", "conservative", "--to", "package-json:new"], "there is no package.json", "by hand"),
        (["-p", "conservative", "--to", "env:."], "is no file", "a file's"),
        (["-p", "conservative", "--to", "env:/dev/full"], "is no file", "without a path"),
    ],
)
def test_what_cannot_be_is_told(
    words: list[str], complaint: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["export", *words])

    shown = capsys.readouterr().err
    assert code in (ExitCode.USAGE, ExitCode.ENVIRONMENT)
    assert complaint in shown
    assert hint in shown.split("hint: ")[1]


def test_a_study_without_a_recommendation_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    infeasible = kept(samples.study(feasible=False))
    profile = kept(samples.profile_result(), "profile")

    assert main(["export", "--to", "env"]) == ExitCode.USAGE
    assert f"study {infeasible} recommends nothing" in capsys.readouterr().err
    assert main(["export", profile, "--to", "env"]) == ExitCode.USAGE
    assert "none of `memtune recommend`" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"\xff\xfe", b"A='open\n"])
def test_a_file_that_cannot_be_understood_stays(
    content: bytes, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recommended()
    (project / ".env").write_bytes(content)

    assert main(["export", "--to", "env:.env", "--force"]) == ExitCode.USAGE

    assert "hint: " in capsys.readouterr().err
    assert (project / ".env").read_bytes() == content


def test_a_value_that_no_line_can_hold_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    # given a knob whose template smuggles a line break
    study = samples.study()
    knobs = tuple(replace(k, env=(("X", "{value}\nEVIL=1"),)) for k in study.space.knobs)
    recommended(space=Space(knobs))

    assert main(["export", "--to", "env"]) == ExitCode.USAGE

    assert "no plain line" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a file, and no room for a larger one
    (project / ".env").write_text("A=1\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))

    # when it is exported to
    try:
        code = main(["export", "-p", "conservative", "--to", "env:.env", "--force"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    # then it is told, and nothing half is left
    assert code == ExitCode.ENVIRONMENT
    assert ".env cannot be written: File too large" in capsys.readouterr().err
    assert [path.name for path in project.iterdir()] == [".env"]
    assert (project / ".env").read_text() == "A=1\n"
