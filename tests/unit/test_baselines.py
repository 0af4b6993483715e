"""memtune.lock.json: written for review, read with suspicion."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.baselines import load_baselines, save_baselines
from memtune.errors import ConfigError, StoreError
from memtune.model import Baseline
from tests.fakes import ENVIRONMENT

BASELINE = Baseline(
    need_bytes=(30_000_000, 30_100_000, 29_900_000),
    cap_bytes=64_000_000,
    settings="workers=1",
    commit="20a5a51",
    recorded="2026-01-31",
    reason='keeps the "index" @0@',
    environment=replace(ENVIRONMENT, tools=(("memtune", "0.1.0"), ("python", "3.11.2"))),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "memtune.lock.json"

    save_baselines(file, {"words": BASELINE, "faces": BASELINE})

    assert load_baselines(file) == {"words": BASELINE, "faces": BASELINE}
    assert list(tmp_path.iterdir()) == [file]


def test_other_samples_change_one_line(tmp_path: Path) -> None:
    file = tmp_path / "memtune.lock.json"
    save_baselines(file, {"words": BASELINE, "faces": BASELINE})
    before = file.read_text().splitlines()

    changed = replace(BASELINE, need_bytes=(31_000_000,) * 3)
    save_baselines(file, {"faces": BASELINE, "words": changed})

    after = file.read_text().splitlines()
    assert len(after) == len(before)
    [number] = [n for n, line in enumerate(after) if line != before[n]]
    assert after[number] == '      "need_bytes": [31000000, 31000000, 31000000],'


def test_no_file_holds_no_baseline(tmp_path: Path) -> None:
    assert load_baselines(tmp_path / "memtune.lock.json") == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a lock file"),
        ("[]", "not a lock file"),
        ("[" * 100_000, "not a lock file"),
        ('{"format": 2, "scenarios": {}}', "has format 2"),
        ('{"format": 1, "scenarios": {"words": {"need_bytes": "many"}}}', "words.need_bytes"),
        ('{"format": 1, "scenarios": {"words": {"need_bytes": [], "commit": ""}}}', "required"),
        ("<<<<<<< HEAD\n{}\n", "conflict markers"),
        ("\xff", "cannot read"),
    ],
)
def test_a_file_that_memtune_did_not_write_is_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "memtune.lock.json"
    file.write_text(text, encoding="latin-1")

    with pytest.raises(ConfigError) as caught:
        load_baselines(file)

    assert complaint.lower() in f"{caught.value.message} {caught.value.hint}".lower()
    assert str(caught.value.where).startswith(str(file))


@pytest.mark.parametrize("samples", [[], [0, 1], [-5, 3], [1], [2**80, 1]])
def test_samples_that_cannot_be_compared_are_refused(tmp_path: Path, samples: list[int]) -> None:
    file = tmp_path / "memtune.lock.json"
    save_baselines(file, {"words": BASELINE})
    data = json.loads(file.read_text())
    data["scenarios"]["words"]["need_bytes"] = samples
    file.write_text(json.dumps(data))

    with pytest.raises(ConfigError, match="need_bytes"):
        load_baselines(file)


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gone"):
        save_baselines(tmp_path / "gone" / "memtune.lock.json", {})
