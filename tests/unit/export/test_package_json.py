"""The start script of package.json, read and executed by npm and Node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from memtune.errors import UsageError
from memtune.export.package_json import write
from tests.unit.export.deployments import deployment, hostile, program

HEAP = "--max-old-space-size=64"
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")


def package(start: str, indent: int | str = 2) -> str:
    document = {"name": "shop", "scripts": {"test": "x", "start": start}, "version": "1.0.0"}
    return json.dumps(document, indent=indent) + "\n"


def started(text: str) -> str:
    return str(json.loads(text)["scripts"]["start"])


def put(start: str, env: dict[str, str], args: tuple[str, ...] = (), **more: Any) -> str:
    return started(write(deployment(program(env, args, **more)), package(start)).text)


@pytest.mark.parametrize(
    ("start", "env", "args", "expected"),
    [
        ("node a.js", {"SLOTS": "1"}, (HEAP,), f"SLOTS=1 NODE_OPTIONS={HEAP} node a.js"),
        ("node a.js", {"NODE_OPTIONS": HEAP}, (), f"NODE_OPTIONS={HEAP} node a.js"),
        ("SLOTS=8 X='a b' node a.js", {"SLOTS": "1"}, (), "SLOTS=1 X='a b' node a.js"),
        (
            'NODE_OPTIONS="--trace-gc --max_old_space_size=512" node a.js',
            {},
            (HEAP,),
            f"NODE_OPTIONS='--trace-gc {HEAP}' node a.js",
        ),
        ("node --max-old-space-size=512 a.js", {}, (HEAP,), f"node {HEAP} a.js"),
        ("node --max_old_space_size=512 a.js", {}, (HEAP,), f"node {HEAP} a.js"),
        ("node a.js --port 80", {}, ("--chunk", "5"), "node a.js --port 80 --chunk 5"),
        ("node a.js --chunk 5", {}, ("--chunk", "5"), "node a.js --chunk 5"),
    ],
)
def test_the_script_gets_what_it_lacks_and_keeps_the_rest(
    start: str, env: dict[str, str], args: tuple[str, ...], expected: str
) -> None:
    once = put(start, env, args)

    assert once == expected
    assert put(once, env, args) == once


def test_a_variable_that_was_not_set_is_taken_away() -> None:
    assert put("SIDE=9 A=1 node a.js", {"A": "2"}, unset=("SIDE",)) == "A=2 node a.js"


@pytest.mark.parametrize(
    ("start", "complaint"),
    [
        ("node build.js && node a.js", "more than one command"),
        ("node a.js | tee log", "more than one command"),
        ("cross-env SLOTS=8 node a.js", "sets SLOTS behind its first word"),
        ("node a.js --chunk 9", "has --chunk already"),
    ],
)
def test_a_script_that_it_cannot_be_put_into_is_refused(start: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        put(start, {"SLOTS": "1"}, ("--chunk", "5"))

    assert caught.value.hint


@pytest.mark.parametrize(
    "before", ["", "{", "[]", '{"scripts": {}}', '{"scripts": {"start": 1}}', "[" * 100_000]
)
def test_what_has_no_script_is_refused(before: str) -> None:
    with pytest.raises(UsageError, match=r"package\.json"):
        write(deployment(program({"A": "1"})), before)


@pytest.mark.parametrize("indent", [2, 4, "\t"])
def test_everything_else_stays_as_it_is_written(indent: int | str) -> None:
    before = package("node é.js", indent)

    after = write(deployment(program({"A": "1"})), before.replace("\\u00e9", "é")).text

    assert after == before.replace("\\u00e9", "é").replace("node", "A=1 node")


def test_without_a_file_the_command_is_the_workloads() -> None:
    command = ("/bin/sh", "-c", 'exec node "$@" server.js', "sh")

    text = write(deployment(program({"A": "1"}, (HEAP,), command=command)), None).text

    assert started(text) == (
        f"""A=1 NODE_OPTIONS={HEAP} /bin/sh -c 'exec node "$@" server.js' sh"""
    )


@needs_npm
def test_npm_starts_it_with_every_value(tmp_path: Path) -> None:
    # given a project whose start script tells what it sees
    (tmp_path / "a.js").write_text(
        "const v8 = require('v8');"
        "require('fs').writeFileSync('seen.json', JSON.stringify("
        "[process.env, process.argv.slice(2), v8.getHeapStatistics().heap_size_limit]))"
    )
    where = deployment(program(hostile(), (HEAP, "--word", "it's a $x")))
    (tmp_path / "package.json").write_text(write(where, package("node a.js")).text)

    # when npm reads and starts it
    shown = subprocess.run(
        ["npm", "pkg", "get", "scripts.start"], cwd=tmp_path, capture_output=True, check=True
    )
    subprocess.run(["npm", "start", "--silent"], cwd=tmp_path, capture_output=True, check=True)

    # then the program has each variable, its arguments, and the heap
    assert json.loads(shown.stdout) == started((tmp_path / "package.json").read_text())
    env, arguments, heap_bytes = json.loads((tmp_path / "seen.json").read_text())
    assert {name: env[name] for name in hostile()} == hostile()
    assert arguments == ["--word", "it's a $x"]
    assert heap_bytes < 128 * 1024**2
