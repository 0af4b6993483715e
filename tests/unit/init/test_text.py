"""The files that ``memtune init`` writes are read back as what was found, whatever that is."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.config.document import read
from memtune.config.workloads import workload
from memtune.init.budget import Budgeted
from memtune.init.found import Build, Known, Part, Project
from memtune.init.text import budgets_text, scalar, workload_text
from memtune.model import Kind, Workload
from memtune.units import MIB

WEB = Part(
    name="web",
    directory="",
    build=Known(Build(".", "Dockerfile"), "Dockerfile"),
    command=Known(("gunicorn", "-b", "0.0.0.0:80", "app:app"), "CMD in Dockerfile:3"),
    answers=True,
    port=Known(80, "EXPOSE in Dockerfile:2"),
)
JOB = Part("web", "", None, Known(("python", "job.py"), "job.py has a __main__"))


def loaded(folder: Path, project: Project) -> Workload:
    (folder / "w.yaml").write_text(workload_text(project), encoding="utf-8")
    return workload(read(folder / "w.yaml"), str(folder))


@pytest.mark.parametrize(
    "text",
    [
        "plain", "-m", "--flag=1", "a:b", "no", "YES", "null", "~", "1", "0512", "1:30", ".inf",
        "-1", "", " ", "a: b", "a #b", "- x", "{x}", "[x]", "@x", "`x`", "'x'", '"x"', "\\n",
        "a\nb", "\t", "\x7f", "\x1b[31m", "é", "\U0001f600", "\u2028", "%x", "&x", "*x", "!x", "|",
        ">",
        "a,b", "x:", "=", "<<", "/bin/sh", "./x", "..", "http://a:80/x?y=z#w", "-", "--", "---",
        "...",
    ],
)  # fmt: skip
def test_any_text_is_read_back(tmp_path: Path, text: str) -> None:
    part = replace(JOB, command=Known(("x", text), "a"), env=(("A", text),))

    program = loaded(tmp_path, Project("p", (part,))).programs[0]

    assert program.command == ("x", text)
    assert program.env == (("A", text),)


def test_plain_words_are_not_quoted() -> None:
    assert [scalar(word) for word in ("gunicorn", "-b", "app:app", "--a=b", "yes", "80")] == [
        "gunicorn", "-b", "app:app", "--a=b", '"yes"', '"80"',
    ]  # fmt: skip


def test_a_service_is_read_back(tmp_path: Path) -> None:
    part = replace(WEB, env=(("A", "1"),), unset=(Known("TOKEN", "a.py:1"),))

    found = loaded(tmp_path, Project("shop", (part,), ("db is left out",)))

    assert (found.name, found.kind, found.default_cap_bytes) == ("shop", Kind.SERVICE, 512 * MIB)
    assert found.plan is not None
    assert [call.url for call in found.plan.load.calls] == ["http://web:80/"]
    text = (tmp_path / "w.yaml").read_text()
    assert "cap: 512MiB  # assumed" in text
    assert "      # TOKEN:  # needed by a.py:1; no file sets it" in text
    assert "# Note: db is left out." in text


def test_a_variable_is_set_by_taking_the_comment_away(tmp_path: Path) -> None:
    part = replace(WEB, unset=(Known("TOKEN", "a.py:1"),))
    text = workload_text(Project("shop", (part,)))

    text = re.sub(r"# (env:|  TOKEN:)", r"\1", text).replace("TOKEN:  #", "TOKEN: x  #")

    (tmp_path / "w.yaml").write_text(text)
    assert workload(read(tmp_path / "w.yaml"), "/").programs[0].env == (("TOKEN", "x"),)


def test_caps_that_differ_stand_with_their_services(tmp_path: Path) -> None:
    small = replace(WEB, name="small", port=Known(81, ""), cap_bytes=Known(128 * MIB, "x"))
    big = replace(small, name="big", port=Known(82, ""), cap_bytes=Known(256 * MIB, "x"))

    assumed = loaded(tmp_path, Project("p", (WEB, small)))
    named = loaded(tmp_path, Project("p", (big, small)))

    assert assumed.default_cap_bytes == 512 * MIB
    assert [program.cap_bytes for program in assumed.programs] == [None, 128 * MIB]
    assert named.default_cap_bytes == 256 * MIB
    assert [program.cap_bytes for program in named.programs] == [None, 128 * MIB]


def test_a_file_name_cannot_end_its_comment(tmp_path: Path) -> None:
    part = replace(JOB, command=Known(("x",), "a\ncap: 1GiB\u2028.py:1"))

    found = loaded(tmp_path, Project("p", (part,)))

    assert found.default_cap_bytes == 512 * MIB


@pytest.mark.parametrize(
    ("is_capped", "said"),
    [(False, "this is 25 % more."), (True, "this is all that its cap allows.")],
)
def test_a_budget_says_where_it_comes_from(is_capped: bool, said: str) -> None:
    text = budgets_text("p", Budgeted(3, 40 * MIB, 50 * MIB, is_capped, 50 * MIB, names_cap=False))

    assert f"# 3 runs needed 40 MiB at most; {said}" in text
    assert "growth: { fail: 5%, warn: 3%, floor: 2MiB }" in text
    assert "cap:" not in text
