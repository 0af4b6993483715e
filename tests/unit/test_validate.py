"""``memtune validate`` on files with and without mistakes; nothing is executed."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.baselines import save_baselines
from memtune.cli.app import main as run
from memtune.model import Baseline, Environment

WORKLOAD = "version: 1\nname: job\nkind: pipeline\nimage: host\ncommand: [python, job.py]\n"
KNOB = WORKLOAD + "space:\n  lines: { values: [1, 2], env: LINES }\n"
BUDGETS = """\
version: 1
scenarios:
  words:
    workload: job.yaml
    cap: 128MiB
    max: 40MiB
    growth: { fail: 5% }
"""
BASELINE = Baseline(
    need_bytes=(1, 2),
    cap_bytes=3,
    settings="",
    commit="",
    recorded="2026-01-01",
    reason="",
    environment=Environment("6", "v1", "x86_64", 2, "docker", "host"),
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "memtune.yaml").write_text(BUDGETS)
    (tmp_path / "job.yaml").write_text(KNOB)
    save_baselines(tmp_path / "memtune.lock.json", {"words": BASELINE})
    return tmp_path


def validate(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["validate", *words])
    return code, capsys.readouterr().out


def test_right_files_are_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = validate(capsys)

    assert (code, out) == (0, "3 files right: memtune.yaml, memtune.lock.json, job.yaml\n")


def test_the_first_mistake_of_every_file_is_shown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "memtune.yaml").write_text(BUDGETS.replace("max: 40MiB", "mx: 40MiB\n    my: 1"))
    (project / "job.yaml").write_text(KNOB.replace("kind: pipeline", "kind: pipelin"))

    code, out = validate(capsys, "memtune.yaml", "job.yaml")

    assert (code, out.splitlines()) == (
        2,
        [
            "memtune.yaml:6 (scenarios.words.mx): unknown key 'mx' (and 1 more)",
            "  hint: did you mean 'max'?",
            "job.yaml:3 (kind): kind should be 'pipeline' or 'service', not 'pipelin'",
            "  hint: did you mean 'pipeline'?",
            "2 of 3 files wrong",
        ],
    )


def test_a_file_that_is_referred_to_is_looked_at_and_shown_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "job.yaml").write_text(WORKLOAD.replace("image: host\n", ""))

    code, out = validate(capsys)

    assert code == 2
    assert out.splitlines()[0] == "job.yaml:1 (image): exactly one of 'image' and 'build' is needed"
    assert out.splitlines()[-1] == "1 of 3 files wrong"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("memtune.yaml", BUDGETS.replace("job.yaml", "jop.yaml"),
         "memtune.yaml:4 (scenarios.words.workload): there is no file jop.yaml"),
        ("memtune.yaml", BUDGETS.replace("40MiB", "400MiB"),
         "memtune.yaml:6 (scenarios.words.max): max lies above the cap of 128 MiB"),
        ("memtune.yaml", BUDGETS.replace("128MiB", "128"),
         "memtune.yaml:5 (scenarios.words.cap): '128' is not a size: the unit is missing"),
        ("memtune.yaml", "version: 1\nscenarios: [\n", "memtune.yaml:3: not valid YAML"),
        ("memtune.yaml", "version: 1\n", "memtune.yaml:1: no key tells which file"),
        ("memtune.yaml", "", "memtune.yaml:1: the top level is not a mapping"),
        ("memtune.lock.json", '{"format": 1,\n<<<<<<< HEAD\n',
         "memtune.lock.json:2: not a lock file of memtune"),
        ("memtune.lock.json", '{"format": 9}', "memtune.lock.json: has format 9"),
        ("p.yaml", "version: 1\nworkload: job.yaml\ncap: 64MiB\nsettings:\n  lines: 3\n",
         "p.yaml:5 (settings.lines): the knob 'lines' has no value 3"),
        ("p.yaml", "version: 1\nextends: p.yaml\n", "p.yaml:2 (extends): profiles extend each"),
        ("p.yaml", "version: 1\nextends: ./nowhere.yaml\n", "p.yaml:2 (extends): there is no file"),
        ("p.yaml", "version: 1\nextends: orignal\n", "p.yaml:2 (extends): there is no profile"),
    ],
)  # fmt: skip
def test_a_mistake_is_placed(
    project: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, said: str
) -> None:
    (project / name).write_text(text)

    code, out = validate(capsys, name)

    assert code == 2
    assert out.startswith(said)


def test_a_baseline_of_no_scenario_is_a_mistake(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_baselines(project / "memtune.lock.json", {"words": BASELINE, "wurds": BASELINE})

    code, out = validate(capsys)

    line = (project / "memtune.lock.json").read_text().split("\n").index('    "wurds": {') + 1
    assert code == 2
    assert out.splitlines()[:2] == [
        f"memtune.lock.json:{line} (scenarios.wurds): memtune.yaml has no scenario 'wurds'",
        "  hint: did you mean 'words'? Renamed or removed scenarios: `memtune baseline update`",
    ]


def test_a_scenario_that_waits_for_its_baseline_is_a_note(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "memtune.lock.json").unlink()

    code, out = validate(capsys)

    assert code == 0
    assert out.startswith(
        "note: memtune.yaml:7 (scenarios.words.growth): words has no baseline in "
        "memtune.lock.json yet"
    )


def test_a_missing_file_is_a_mistake_of_its_own(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = validate(capsys, "nowhere.yaml", "nowhere.json", "job.yaml")

    assert code == 2
    assert [line.split(":")[0] for line in out.splitlines() if not line.startswith(" ")] == [
        "nowhere.yaml", "nowhere.json", "2 of 3 files wrong",
    ]  # fmt: skip


def test_without_a_budget_file_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = run(["validate"])

    assert code == 2
    assert "hint: `memtune init` writes one" in capsys.readouterr().err


def test_json_tells_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "memtune.yaml").write_text(BUDGETS.replace("fail", "fial"))

    code, out = validate(capsys, "--json")

    result: dict[str, Any] = json.loads(out)["result"]
    assert code == 2
    assert result["mistakes"][0]["where"]["line"] == 7
    assert result["mistakes"][0]["hint"] == "did you mean 'fail'?"


def cpu_s() -> float:
    """What programs that have ended took of a core: the clock goes on while others have it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_it_is_quick_and_loads_nothing_heavy(project: Path) -> None:
    script = (
        "import sys, memtune.__main__; from memtune.cli.app import main; code = main(['validate']);"
        "print([m for m in ('docker', 'numpy', 'scipy', 'psutil', 'memray') if m in sys.modules])"
    )
    spent = []
    for _ in range(3):
        begun = cpu_s()
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        spent.append(cpu_s() - begun)

    assert done.stdout.splitlines()[1] == "[]"
    assert min(spent) < 0.6
