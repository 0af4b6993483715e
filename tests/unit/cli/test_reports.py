"""--report: asked for before anything is executed, written whole or not at all."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.cli.reports import parse, write
from memtune.errors import HostError, MemtuneError, Place, UsageError
from memtune.report.formats import FORMATS, github, junit, renderer
from tests.git import Git
from tests.unit.report import samples_gate as samples

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaint(*texts: str) -> MemtuneError:
    with pytest.raises(MemtuneError) as caught:
        parse(texts)
    return caught.value


def test_nothing_asked_for_is_nothing_to_write() -> None:
    assert parse(None) == []
    write([], samples.result())


def test_every_format_is_written() -> None:
    write(parse([f"{name}:out/{name}" for name in FORMATS]), samples.result())

    for name in FORMATS:
        assert Path("out", name).read_text().strip() == renderer(name)(samples.result()).strip()
    assert {path.name for path in Path("out").iterdir()} == set(FORMATS)


def test_a_misspelt_format_is_told_what_was_meant() -> None:
    error = complaint("junnit:out.xml")

    assert isinstance(error, UsageError)
    assert error.hint == "did you mean 'junit'?"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("junit", "junit:PATH"),
        ("junit:", "junit:PATH"),
        ("github:", "GITHUB_STEP_SUMMARY"),
        ("json:-", "--json"),
        ("out.xml", "known: badge, csv"),
        ("", "known: badge, csv"),
        (":out.xml", "known: badge, csv"),
        ("junit:.", "name a file in it"),
    ],
)
def test_a_word_that_is_no_report_is_refused_before_anything_is_executed(
    text: str, hint: str
) -> None:
    error = complaint("csv:fine.csv", text)

    assert isinstance(error, UsageError)
    assert hint in error.hint


@pytest.mark.parametrize("other", ["out", "./out", "sub/../out", "link"])
def test_two_reports_in_one_file_are_refused(other: str) -> None:
    Path("sub").mkdir()
    Path("link").symlink_to("out")

    assert "both be written" in complaint("json:out", f"junit:{other}").message


@pytest.mark.parametrize("path", ["file/out.xml", "/proc/none/out.xml", "x" * 300])
def test_what_cannot_be_written_is_said_before_anything_is_executed(path: str) -> None:
    Path("file").touch()

    error = complaint(f"junit:{path}")

    assert isinstance(error, HostError)
    assert path in error.message


def test_asking_leaves_no_report_behind() -> None:
    Path("old.xml").write_text("old")

    parse(["junit:old.xml", "csv:new.csv"])

    assert Path("old.xml").read_text() == "old"
    assert {path.name for path in Path().iterdir()} == {"old.xml"}


def test_a_path_may_hold_colons_and_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path("home").absolute()))

    write(parse(["badge:a:b.json", "csv:~/runs.csv"]), samples.result())

    assert Path("a:b.json").exists()
    assert Path("home/runs.csv").exists()


def test_a_link_stays_one() -> None:
    Path("there").mkdir()
    Path("out.xml").symlink_to("there/real.xml")

    write(parse(["junit:out.xml"]), samples.result())

    assert Path("out.xml").is_symlink()
    assert Path("there/real.xml").read_text() == junit.render(samples.result())


def test_the_step_summary_is_appended_to_and_annotations_go_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("summary").write_text("of another tool")

    write(parse(["github:summary"]), samples.result())

    printed = capsys.readouterr()
    assert printed.err == github.annotations(samples.result())
    assert printed.out == ""
    assert Path("summary").read_text().startswith("of another tool\n### memtune: FAIL\n")


def test_a_full_disk_costs_one_report_and_not_the_others() -> None:
    reports = parse(["junit:/dev/full", "csv:runs.csv"])

    with pytest.raises(HostError, match="junit report cannot be written to /dev/full: No space"):
        write(reports, samples.result())

    assert Path("runs.csv").exists()


def test_a_disk_that_fills_up_keeps_the_old_report_whole() -> None:
    Path("out.json").write_text("old")
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from memtune.cli.reports import parse, write\n"
        "from memtune.errors import HostError\n"
        "from tests.unit.report import samples_gate as samples\n"
        "from memtune.report.formats import renderer\n"
        "renderer('json')(samples.result())\n"
        "reports = parse(['json:out.json'])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n"
        "    write(reports, samples.result())\n"
        "except HostError as error:\n"
        "    print(error.message)\n"
    )

    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "the json report cannot be written to out.json: File too large\n"
    assert Path("out.json").read_text() == "old"
    assert {path.name for path in Path().iterdir()} == {"out.json"}


def test_files_are_named_from_the_root_of_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    Git(Path("project"))
    Path("project/services/web").mkdir(parents=True)
    monkeypatch.chdir("project/services/web")
    file = str(Path("memtune.yaml").absolute())
    result = samples.result(replace(samples.failed(), place=Place(file, 14)))

    write(parse(["gitlab:quality.json"]), replace(result, file=file))

    assert '"path": "services/web/memtune.yaml"' in Path("quality.json").read_text()


def test_files_are_named_from_here_where_there_is_no_repository() -> None:
    file = str(Path("memtune.yaml").absolute())
    result = samples.result(replace(samples.failed(), place=Place(file, 14)))

    write(parse(["gitlab:quality.json"]), replace(result, file=file))

    assert '"path": "memtune.yaml"' in Path("quality.json").read_text()
