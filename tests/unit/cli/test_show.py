"""What was shown once is shown again: ``memtune studies`` and ``memtune show``."""

import io
import json
import re
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import memtune.__main__  # noqa: F401 - the commands register themselves
from memtune import cli
from memtune.cli.app import main
from memtune.cli.output import present
from memtune.cli.show import screens
from memtune.errors import ExitCode, HostError
from memtune.execute import owner
from memtune.model import BaselineResult, Recorded, Settings
from memtune.report.console import (
    baseline,
    bill,
    check,
    compare,
    floor,
    preflight,
    profile,
    recommend,
)
from memtune.store import DIRECTORY, Store
from tests.fakes import ENVIRONMENT
from tests.unit.report import samples, samples_bill, samples_compare, samples_gate
from tests.unit.report.test_plots import profiled

REFUSED = Recorded("words", None, None, samples_gate.failed())
RESULTS: dict[str, tuple[str, Any, Any]] = {
    "profile": ("profile", samples.profile_result(), profile.render),
    "oom": ("profile", samples.profile_result(oom=True), profile.render),
    "services": ("profile", samples.service_profile(), profile.render),
    "preflight": ("preflight", samples.preflight(), preflight.render),
    "compare": ("compare", samples_compare.impact(), compare.render),
    "commits": ("compare", samples_compare.commits(), compare.render),
    "bill": ("bill", samples_bill.result(), bill.render),
    "check": ("check", samples_gate.result(), check.render),
    "floor": ("floor", samples.floor(), floor.render),
    "baseline": (
        "baseline",
        BaselineResult("memtune.lock.json", (REFUSED,)),
        baseline.render,
    ),
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun(command: str, key: str | None = None, process: str = "1.2.3.gone") -> str:
    with closing(Store(Path(DIRECTORY))) as store:
        lives = owner.lives
        return store.open_study(key, command, "demo", ENVIRONMENT, process, lives)[0]


def finished(name: str, *, as_json: bool = False) -> str:
    command, result, render = RESULTS[name]
    study = begun(command)
    present(
        command,
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=[study],
    )
    return study


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_shown_again_as_it_was(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    # given a command that has shown its result
    study = finished(name)
    shown = capsys.readouterr().out
    assert shown.strip()

    # when it is asked for by its id, and as the last one
    codes = [main(["show", study])], [main(["show"])]

    # then it is the same text
    assert codes == ([0], [0])
    assert capsys.readouterr().out == shown * 2


@pytest.mark.parametrize("name", RESULTS)
def test_json_is_shown_again_as_it_was(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    study = finished(name, as_json=True)
    shown = capsys.readouterr().out
    assert json.loads(shown)["command"] == RESULTS[name][0]

    assert main(["show", study, "--json"]) == 0

    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("name", RESULTS)
def test_what_was_printed_as_json_or_for_other_columns_is_drawn(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a result on a screen, another as JSON, and one on a narrow screen
    finished(name)
    shown = capsys.readouterr().out
    as_json = finished(name, as_json=True)
    with monkeypatch.context() as patch:
        patch.setattr("memtune.report.console.common.PIPE_WIDTH", 60)
        narrow = finished(name)
    capsys.readouterr()

    # then each is shown as wide as this screen is
    for study in (as_json, narrow):
        assert main(["show", study]) == 0
        assert capsys.readouterr().out == shown


def test_what_was_printed_in_utf_8_is_drawn_in_ascii_where_there_is_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = profiled()
    render = partial(profile.render, result=result)
    study = begun("profile")
    present("profile", result, render, as_json=False, studies=[study])
    assert not capsys.readouterr().out.isascii()
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", stdout)
        assert main(["show", study]) == 0

    stdout.seek(0)
    assert "cap 512 MiB|---" in stdout.read()


def test_a_recommendation_is_shown_again_with_its_report_and_its_floor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    studies = [begun("recommend", "key"), begun("floor", "other")]
    result = replace(samples.study(), floor=samples.floor())
    present(
        "recommend",
        result,
        lambda console: recommend.render(console, result, ("WORKERS=1", "SIDE=800"), "/r.html"),
        as_json=False,
        studies=studies,
        report="/r.html",
    )
    shown = capsys.readouterr().out
    assert "Report: /r.html" in shown
    assert "floor" in shown

    for study in studies:
        assert main(["show", study]) == 0
        assert capsys.readouterr().out == shown


def test_what_cannot_be_written_to_stdout_is_shown_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a result that a full disk took no line of
    full = Path("/dev/full").open("w")  # noqa: SIM115 - closing it would fail too
    with monkeypatch.context() as patch:
        patch.setattr("os.dup2", lambda *_: None)  # the test's own stdout shall stay
        patch.setattr("sys.stdout", full)
        with pytest.raises(HostError, match="cannot be written to stdout"):
            finished("profile")
    with pytest.raises(OSError, match="No space"):
        full.close()

    # then nothing has to be executed again
    assert main(["show"]) == 0
    assert "needs" in capsys.readouterr().out


def test_studies_are_listed_with_what_became_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    # given studies that were finished, killed, and that go on
    done = finished("profile")
    resumable, interrupted = begun("recommend", "key"), begun("profile")
    running = begun("recommend", "other", owner.me())
    bare = begun("init")
    with closing(Store(Path(DIRECTORY))) as store:
        store.finish(bare)
    capsys.readouterr()

    # when they are listed
    assert main(["studies", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["result"]["studies"]

    # then the latest comes first, each with its state
    assert [(row["id"], row["state"]) for row in rows] == [
        (bare, "finished"),
        (running, "running"),
        (interrupted, "interrupted"),
        (resumable, "can be resumed"),
        (done, "finished"),
    ]
    assert rows[-1]["ruling"] == "pass"
    assert rows[-1]["says"].startswith("needs ")

    # and those without a result say what to do
    for study, words in (
        (resumable, "`memtune recommend` again: it continues"),
        (interrupted, "execute the same `memtune profile` again"),
        (running, "wait until it is finished"),
        (bare, "nothing to be printed again"),
    ):
        assert main(["show", study]) == ExitCode.USAGE
        assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "key", "words"),
    [
        ("recommend", "key", "the same `memtune recommend` continues it"),
        ("profile", None, "no command continues it"),
    ],
)
def test_of_an_interrupted_study_is_shown_what_it_tried(
    command: str, key: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a study that was killed after 45 settings
    study = begun(command, key)
    with closing(Store(Path(DIRECTORY))) as store:
        for number in range(45):
            one = samples.profile_result().trial.runs[0]
            settings = Settings.of({"workers": number})
            run = replace(one.run, id=f"run-{number}", settings=settings)
            store.save(study, run, one.verdict, "")

    # when it is shown, then its last settings stand there, and how it goes on
    assert main(["show", study]) == 0
    shown = capsys.readouterr().out
    assert "workers=44" in shown
    assert "workers=4\n" not in shown
    assert "and 5 before these" in shown
    assert words in shown
    assert main(["show", study, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert [one["settings"] for one in result["tried"]] == [f"workers={n}" for n in range(45)]
    assert result["study"]["id"] == study


def test_where_nothing_was_executed_nothing_is_listed_or_made(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["studies"]) == 0
    assert "no studies" in capsys.readouterr().out
    assert main(["show"]) == ExitCode.USAGE
    assert "memtune recommend" in capsys.readouterr().err
    assert not list(project.iterdir())


def test_a_mistyped_study_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    study = finished("profile")

    assert main(["show", study[:-1]]) == ExitCode.USAGE

    assert f"did you mean '{study}'?" in capsys.readouterr().err


@pytest.mark.parametrize("change", [{"schema": 99}, {"result": {"study": 1}}])
def test_a_result_of_another_memtune_is_refused_but_given_as_json(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a result in another form than this memtune's, whose screen is not kept
    monkeypatch.setattr(
        "memtune.report.json.document",
        lambda command, result, **more: {
            "memtune": "9.9.9",
            "schema": 1,
            "command": command,
            "result": {},
            **change,
        },
    )
    study = finished("profile", as_json=True)

    # then it is told
    assert main(["show", study]) == ExitCode.ENVIRONMENT
    assert "memtune 9.9.9 wrote this result" in capsys.readouterr().err
    assert main(["show", study, "--json"]) == 0


def test_every_command_that_executes_can_be_shown_again() -> None:
    sources = "".join(path.read_text() for path in Path(cli.__path__[0]).glob("*.py"))

    executing = set(re.findall(r'opened\(\s*"(\w+)"', sources))

    # init tells of files that it wrote: there is nothing to be printed again
    assert executing - {"init"} == set(screens())
    assert {"profile", "recommend"} <= executing
