"""``memtune report``: the page of a study or of a run, written where it is asked for."""

import html
import json
import re
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import memtune.__main__  # noqa: F401 - the commands register themselves
from memtune.cli.app import TYPED as TYPED_NOW
from memtune.cli.app import main
from memtune.cli.output import present
from memtune.errors import ExitCode
from memtune.execute import owner
from memtune.model import Rung, Study
from memtune.store import DIRECTORY, Store
from tests.fakes import ENVIRONMENT
from tests.unit.report import samples, samples_bill, samples_page


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


TYPED = "memtune recommend face --max-p95 '1.5 s' --prove -x '<i>'"


def kept(command: str, result: Any, line: str = "") -> str:
    """A finished study with this result; the runs of a search are stored, too."""
    with closing(Store(Path(DIRECTORY))) as store:
        study, _ = store.open_study(
            None, command, "face", ENVIRONMENT, "1.2.3.x", owner.lives, line=line
        )
        if isinstance(result, Study):
            for n, one in enumerate(samples_page.runs()):
                store.save(study, replace(one.run, id=f"run-{n}"), one.verdict, one.reason)
            result = replace(result, id=study)
        else:
            result = replace(result, study=study)
    present(command, result, lambda console: None, as_json=False, studies=[study], report="/r.html")
    return study


def commands(page: str) -> list[str]:
    """What the page says to execute to measure it again."""
    _, found, last = page.partition("Where it was measured")
    assert found
    return [html.unescape(code) for code in re.findall("<pre[^>]*><code>(.*?)</code></pre>", last)]


def test_a_search_is_shown_with_the_run_that_was_killed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a search, and a later floor that has no page
    study = kept("recommend", samples_page.study(), TYPED)

    # when its page is asked for
    assert main(["report", study, "-o", "out.html"]) == 0

    # then the runs of the store are in it
    page = (project / "out.html").read_text()
    assert "Recommended: workers=1 max_side_px=800" in page
    assert "killed (OOM)" in page
    assert commands(page) == [TYPED]
    assert capsys.readouterr().out.startswith(f"out.html: study {study}, ")


def test_the_last_study_goes_beside_the_other_reports(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept("recommend", samples_page.study())
    study = kept("profile", samples_page.profile())

    assert main(["report", "--json"]) == 0

    result = json.loads(capsys.readouterr().out)["result"]
    (file,) = result["files"]
    assert file["path"] == f".memtune/reports/{study}.html"
    page = (project / file["path"]).read_text()
    assert len(page.encode()) == file["bytes"]
    # memray's flame graphs are linked as they lie from there
    assert 'href="../../reports/flames-7.html"' in page


def test_one_run_has_a_page(project: Path) -> None:
    kept("recommend", samples_page.study(), TYPED)

    assert main(["report", "run-2", "-o", "run.html"]) == 0

    page = (project / "run.html").read_text()
    assert "OOM-killed" in page
    assert "MemoryError: [red]not markup[/red]" in page
    assert commands(page) == [TYPED]


def test_a_bill_has_a_page(project: Path) -> None:
    kept("bill", samples_bill.result(), "memtune bill face --set workers=8 --verify")

    assert main(["report", "-o", "bill.html"]) == 0

    page = (project / "bill.html").read_text()
    assert "What each knob costs" in page
    assert commands(page) == ["memtune bill face --set workers=8 --verify"]


def test_a_comparison_has_a_page_with_the_command_that_makes_it_again(project: Path) -> None:
    kept("compare", samples_page.comparison(), "memtune compare commit:v1.0 here -w ./a.yaml")

    assert main(["report", "-o", "sides.html"]) == 0

    page = (project / "sides.html").read_text()
    assert "Need of here beside commit:v1.0" in page
    assert commands(page) == ["memtune compare commit:v1.0 here -w ./a.yaml"]


def test_a_soak_has_a_page(project: Path) -> None:
    kept("soak", samples_page.soak(), "memtune profile shop.yaml --soak 10m --headroom 5%")

    assert main(["report", "-o", "soak.html"]) == 0

    page = (project / "soak.html").read_text()
    assert "web: grows by 1.2 MiB/min" in page
    assert commands(page) == ["memtune profile shop.yaml --soak 10m --headroom 5%"]


def test_where_nobody_typed_a_command_the_page_has_none(project: Path) -> None:
    kept("profile", samples_page.profile())

    assert main(["report", "-o", "out.html"]) == 0

    page = (project / "out.html").read_text()
    assert "Where it was measured" in page
    assert "how to do it again" not in page
    assert commands(page) == []


def test_a_command_is_known_as_it_was_typed() -> None:
    main(["profile", "no such\udcff.yaml", "--cap=1GiB", "--", "sh", "-c", "echo $A"])

    line = "memtune profile 'no such?.yaml' --cap=1GiB -- sh -c 'echo $A'"
    assert TYPED_NOW.get() == line


def test_a_search_that_began_with_present_settings_sets_them_beside_its_pick(project: Path) -> None:
    # given a search whose ladder was executed, and whose present settings were killed
    present = samples.settings(4, 320)
    ladder = (Rung(present, ""), Rung(samples.settings(1, 320), "workers=1"))
    line = "memtune recommend face --set workers=4 --set max_side_px=320 --explain-ladder"
    study = kept("recommend", replace(samples_page.study(), ladder=ladder), line)

    # when its page is asked for
    assert main(["report", study, "-o", "out.html"]) == 0

    # then both are there, over time, too
    page = (project / "out.html").read_text()
    assert "Before and after" in page
    assert f"present: {present}" in page
    assert '"the present settings"' in page
    assert commands(page) == [line]


def test_charts_are_written_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept("profile", samples_page.profile())

    assert main(["report", "-o", "memory.svg", "--json"]) == 0

    files = json.loads(capsys.readouterr().out)["result"]["files"]
    assert [file["path"] for file in files] == [
        "memory-time.svg",
        "memory-processes-0.svg",
        "memory-held-0.svg",
    ]
    for file in files:
        assert (project / file["path"]).stat().st_size == file["bytes"]


def test_without_what_draws_them_charts_say_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept("profile", samples_page.profile())
    monkeypatch.setitem(sys.modules, "vl_convert", None)

    assert main(["report", "-o", "memory.png"]) == ExitCode.ENVIRONMENT

    said = capsys.readouterr().err
    assert "vl-convert is not installed" in said
    assert "hint: pip install 'memtune[images]'" in said


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


def test_reports_that_have_no_directory_are_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = kept("recommend", samples_page.study())
    (project / DIRECTORY / "reports").write_text("in the way")

    assert main(["report", study]) == ExitCode.ENVIRONMENT
    assert "cannot be written" in capsys.readouterr().err
