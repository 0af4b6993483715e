"""``ENV`` and ``CMD`` lines; real builds of them are in tests/integration/test_export.py."""

import pytest

from memtune.errors import UsageError
from memtune.export.dockerfile import write
from memtune.lint.dockerfile import read_dockerfile
from memtune.lint.facts import SourceFile
from tests.unit.export.deployments import deployment, hostile, program

OWN = "FROM base\nENV SIDE=1200\nCMD python app.py\n"


def test_the_lines_come_last_and_are_replaced_by_newer_ones() -> None:
    # given a Dockerfile with the lines of an earlier study in its middle
    first = write(deployment(program({"A": "1"})), OWN).text
    edited = first + "USER nobody\n"

    # when another study is exported
    after = write(deployment(program({"A": "2"}, ["--x"])), edited).text

    # then the file has one block, at its end
    assert first.startswith(OWN)
    assert after.startswith(OWN + "USER nobody\n# Written by")
    assert after.endswith('ENV A="2"\nCMD ["python", "app.py", "--x"]\n# End of `memtune export`\n')
    assert after.count("Written by") == 1
    assert write(deployment(program({"A": "2"}, ["--x"])), after).text == after


def test_a_last_line_without_its_end_gets_one() -> None:
    assert write(deployment(program({"A": "1"})), "FROM base").text.startswith("FROM base\n#")


@pytest.mark.parametrize(
    ("before", "complaint"),
    [
        ("# escape=`\nFROM base\n", "escapes with"),
        ("# syntax=docker/dockerfile:1\n# Escape = `\nFROM base\n", "escapes with"),
        ("", "no Dockerfile with a FROM"),
        ("FROM base\nRUN a \\\n", "last line goes on"),
        ('FROM base\nentrypoint ["x"]\n', "has an ENTRYPOINT"),
        ("FROM base\n# Written by `memtune export`: x\nENV A=1\n", "end of the block is missing"),
    ],
)
def test_where_the_lines_would_mean_something_else_they_are_refused(
    before: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        write(deployment(program({"A": "1"}, ["--x"])), before)

    assert "by hand" in caught.value.hint


def test_variables_alone_do_not_mind_an_entrypoint() -> None:
    text = write(deployment(program({"A": "1"})), 'FROM base\nENTRYPOINT ["x"]\n').text

    assert text.endswith('ENV A="1"\n# End of `memtune export`\n')


def test_what_it_cannot_carry_is_said() -> None:
    written = write(deployment(program({"A": "1"}, ["--x"], unset=("B",))), None)

    said = "\n".join(written.notes)
    assert "elsewhere: B" in said
    assert "--memory 512m" in said
    assert "ENTRYPOINT would come before" in said


def test_memtunes_own_lint_reads_the_variables_back() -> None:
    text = write(deployment(program({"A": "1", "B": "x y"})), OWN).text

    settings = {s.name: s.value for s in read_dockerfile(SourceFile("Dockerfile", text)).settings}

    assert (settings["A"], settings["B"]) == ("1", "x y")


def test_every_value_has_one_line() -> None:
    text = write(deployment(program(hostile())), None).text

    assert sum(line.startswith("ENV ") for line in text.splitlines()) == len(hostile())
