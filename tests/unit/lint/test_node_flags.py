"""The table of node's options, held against the node of this machine where that is node 20."""

import shutil
import subprocess

import pytest

from memtune.lint.node_flags import KNOWN, KNOWN_IN_NODE_OPTIONS, about_memory


def node(*arguments: str) -> str:
    path = shutil.which("node")
    if path is None:
        pytest.skip("there is no node here")
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout


def test_the_seeds_flag_is_unknown_and_the_usual_ones_are_known() -> None:
    assert "heap-size-limit" not in KNOWN
    assert {"max-old-space-size", "max-semi-space-size", "max-heap-size", "expose-gc"} <= KNOWN
    assert KNOWN_IN_NODE_OPTIONS < KNOWN
    assert "max-heap-size" not in KNOWN_IN_NODE_OPTIONS


@pytest.mark.parametrize(
    ("flag", "name"),
    [
        ("--max_old_space_size=256", "max-old-space-size"),
        ("--no-expose-gc", "expose-gc"),
        ("--inspect", None),
        ("--enable-source-maps", None),
    ],
)
def test_which_flags_are_about_memory(flag: str, name: str | None) -> None:
    assert about_memory(flag) == name


def test_the_table_is_what_node_20_says() -> None:
    if not node("--version").startswith("v20."):
        pytest.skip("this is no node 20")
    script = "process.stdout.write([...process.allowedNodeEnvironmentFlags].join(' '))"
    allowed = {name for flag in node("-e", script).split() if (name := about_memory(flag))}
    words = (node("--v8-options") + node("--help")).split()
    known = {name for word in words if word.startswith("--") and (name := about_memory(word))}

    assert allowed == KNOWN_IN_NODE_OPTIONS
    assert {name.rstrip(".,:)(") for name in known} >= KNOWN - {"max-http-header-size"}
