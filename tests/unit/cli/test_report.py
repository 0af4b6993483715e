"""``memtune report``: the page of a study or of a run, written where it is asked for."""

import json
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
from memtune.model import Study
from memtune.store import DIRECTORY, Store
from tests.fakes import ENVIRONMENT
from tests.unit.report import samples, samples_bill, samples_page


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kept(command: str, result: Any) -> str:
    """A finished study with this result; the runs of a search are stored, too."""
    with closing(Store(Path(DIRECTORY))) as store:
        study, _ = store.open_study(None, command, "face", ENVIRONMENT, "1.2.3.x", owner.lives)
        if isinstance(result, Study):
            for n, one in enumerate(samples_page.runs()):
                store.save(study, replace(one.run, id=f"run-{n}"), one.verdict, one.reason)
            result = replace(result, id=study)
    present(command, result, lambda console: None, as_json=False, studies=[study], report="/r.html")
    return study


def test_a_search_is_shown_with_the_run_that_was_killed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a search, and a later floor that has no page
    study = kept("recommend", samples_page.study())

    # when its page is asked for
    assert main(["report", study, "-o", "out.html"]) == 0

    # then the runs of the store are in it
    page = (project / "out.html").read_text()
    assert "Recommended: workers=1 max_side_px=800" in page
    assert "killed (OOM)" in page
    assert "memtune recommend face --cap 512MiB --headroom 20%" in page
    assert capsys.readouterr().out.startswith(f"out.html: study {study}, ")


def test_the_last_study_goes_beside_the_other_reports(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept("recommend", samples_page.study())
    study = kept("profile", samples_page.profile())

    assert main(["report", "--json"]) == 0

    result = json.loads(capsys.readouterr().out)["result"]
    assert result["path"] == f".memtune/reports/{study}.html"
    page = (project / result["path"]).read_text()
    assert len(page.encode()) == result["bytes"]
    # memray's flame graphs are linked as they lie from there
    assert 'href="../../reports/flames-7.html"' in page


def test_one_run_has_a_page(project: Path) -> None:
    kept("recommend", samples_page.study())

    assert main(["report", "run-2", "-o", "run.html"]) == 0

    page = (project / "run.html").read_text()
    assert "OOM-killed" in page
    assert "MemoryError: [red]not markup[/red]" in page


def test_a_bill_has_a_page(project: Path) -> None:
    kept("bill", samples_bill.result())

    assert main(["report", "-o", "bill.html"]) == 0

    assert "What each knob costs" in (project / "bill.html").read_text()


def test_what_has_no_page_is_refused_with_what_shows_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = kept("floor", samples.floor())

    assert main(["report"]) == ExitCode.USAGE

    said = capsys.readouterr().err
    assert "there is no page of a floor" in said
    assert f"hint: `memtune show {study}` prints it" in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nothing"], "there is no study 'nothing'"),
        (["-o", "."], ". is no file"),
        (["-o", "missing/out.html"], "missing/out.html cannot be written"),
    ],
)
def test_a_fault_is_named_with_a_hint(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    kept("profile", samples_page.profile())

    assert main(["report", *arguments]) in (ExitCode.USAGE, ExitCode.ENVIRONMENT)

    said = capsys.readouterr().err
    assert complaint in said
    assert "hint: " in said


def test_without_any_study_it_says_what_makes_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == ExitCode.USAGE

    assert "hint: `memtune recommend WORKLOAD` makes one" in capsys.readouterr().err
