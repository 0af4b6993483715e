"""Hostile projects: what cannot be read is named, nothing is followed out, nothing hangs."""

import json
import os
import random
import time
from pathlib import Path

import pytest

from memtune.errors import UsageError
from memtune.lint.check import lint
from memtune.lint.javascript_code import without_comments
from memtune.lint.tree import MAX_FILE_BYTES, read_tree
from tests.unit.lint.project import found, linted

FIXTURES = Path(__file__).parents[2] / "fixtures"
DEEP = 100_000
READ = ("a.js", "a.sh", "Dockerfile", "Procfile", "requirements.txt", "a.py", "package.json")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", "{"),
        ("package.json", "[" * DEEP),
        ("package.json", "[1]"),
        ("pyproject.toml", "a = = 1"),
        ("compose.yaml", "services: [\n"),
        ("compose.yaml", "- a\n"),
        ("compose.yaml", "a: " + "[" * 500),
        ("compose.yaml", "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n"
            for n in range(9))),
        ("compose.yaml", "a: &a [*a]\n"),
        ("compose.yaml", "a: " + "x" * 300_000),
        ("render.yaml", "services: {{{"),
        ("cpu_count.py", "cpu_count ="),
        ("cpu_count.py", "cpu_count = " + "(" * DEEP),
        ("cpu_count.py", "cpu_count = " + "-" * DEEP + "1"),
        ("cpu_count.py", "cpu_count" + ".a" * DEEP),
        ("cpu_count.py", "x = psutil" + "+1" * DEEP),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_and_the_others_are_read(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)

    result = linted(tmp_path, {"good/a.py": "MEMORY_LIMIT_MB = 900"})

    assert found(result) == {("threshold-over-cap", "good/a.py", 1)}
    assert [skip.what.partition(":")[0] for skip in result.skipped] == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", json.dumps({"scripts": {"a": ["x"], "b": "node '"}, "dependencies": 3})),
        ("package.json", json.dumps({"scripts": {"a": "node --heap-size-limit=\ud800"}})),
        ("compose.yaml", "services:\n  a: 3\n  b: {build: {context: [1]}, mem_limit: [x]}\n"),
        ("compose.yaml", "services:\n  a: !reset {build: ., command: [[1]], environment: [[2]]}\n"),
        ("compose.yaml", "? [a]\n: b\nservices: {a: {build: ., deploy: 7, healthcheck: 1}}\n"),
        ("render.yaml", "services: [3, {type: [web]}, {envVars: 3}, {envVars: [3, {key: [1]}]}]"),
        ("render.yaml", "services: [{type: web, rootDir: ../../../etc, plan: [1]}]"),
        ("Procfile", "web:\n:::\nweb: gunicorn -w"),
        ("requirements.txt", "-r ../x\n[\n==\n" + "a" * 100_000),
        ("Dockerfile", "ENV =\nCMD []\nEXPOSE\nHEALTHCHECK\n"),
        ("a.sh", "node --max-old-space-size=\ngunicorn --workers\nnode\n"),
        ("gunicorn.conf.py", "workers = 10**10**10\nworkers: int\nworkers, x = 1, 2"),
        ("a.py", "MEMORY_LIMIT_MB = 1e999\nMAX_RSS = -1\nMEMORY_LIMIT = 0x" + "f" * 5000),
        ("a.js", "const maxMemoryMb = 999999999999999999999;"),
    ],
)
def test_odd_but_valid_files_are_read_without_complaint(
    tmp_path: Path, name: str, text: str
) -> None:
    result = linted(tmp_path, {name: text})

    assert [skip for skip in result.skipped if "no cap" not in skip.reason] == []
    json.dumps([one.found for one in result.mistakes]).encode()


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("MEMORY_LIMIT_MB = 900")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link").symlink_to(outside)
    (project / "a.py").symlink_to(outside / "a.py")
    (project / "loop").symlink_to(project)

    assert read_tree(project) == ([], [])


def test_pipes_binaries_and_large_files_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "binary.js").write_bytes(b"\x7fELF\0")
    (tmp_path / "large.ts").write_bytes(b"a" * (MAX_FILE_BYTES + 1))

    result = lint(tmp_path)

    assert {skip.what: skip.reason for skip in result.skipped} == {
        "pipe.py": "is no file",
        "binary.js": "is no text",
        "large.ts": "larger than 1024 KiB",
    }


def test_foreign_code_and_tests_are_not_read(tmp_path: Path) -> None:
    wrong = "MEMORY_LIMIT_MB = 900"
    names = ("node_modules/a.py", ".venv/a.py", ".git/a.py", "tests/a.py", "test_a.py")

    result = linted(tmp_path, dict.fromkeys(names, wrong))

    assert (result.files, result.mistakes) == (0, ())


def test_a_name_that_is_no_utf8_is_shown_with_escapes(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.py")).write_text("MEMORY_LIMIT_MB = 900")

    (one,) = linted(tmp_path, {}).mistakes

    assert one.file == "\\xff.py"


def test_a_directory_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the directory"):
        lint(tmp_path / "absent")


@pytest.mark.parametrize(
    "unit",
    ["/*", "'\\", "`\\`", '"\\"', "setInterval(", "multer({ storage:", "a=1*", "memory = 1 * 1 * ",
     "express.json({", "mem_limit_mb", "( ", "//", "\n'", "os.cpus( "],
)  # fmt: skip
def test_no_text_takes_long(tmp_path: Path, unit: str) -> None:
    line = unit * (15_000 // len(unit))
    text = "process.memoryUsage(); psutil cpu_count\n" + "\n".join([line] * 60)

    began = time.monotonic()
    linted(tmp_path, dict.fromkeys(READ, text))

    assert time.monotonic() - began < 10


def test_comments_are_blanked_and_every_other_character_stays_where_it_is() -> None:
    text = "a = 'http://x'; // c\nb = `//${1}` /* d\n e */ f = \"/*\";"

    blanked = without_comments(text)

    assert len(blanked) == len(text)
    assert blanked.split() == ["a", "=", "'http://x';", "b", "=", "`//${1}`", "f", "=", '"/*";']


def test_mangled_files_of_the_seed_never_crash(tmp_path: Path) -> None:
    sources = [path for path in (FIXTURES / "seed").rglob("*") if path.is_file()]
    chance = random.Random(7)

    for turn in range(60):
        folder = tmp_path / str(turn)
        folder.mkdir()
        for path in sources:
            raw = bytearray(path.read_bytes())
            for _ in range(6):
                at = chance.randrange(len(raw))
                if chance.random() < 0.5:
                    raw[at] = chance.randrange(256)
                else:
                    del raw[at : at + chance.randrange(40)]
            (folder / path.name).write_bytes(raw)
        lint(folder)
