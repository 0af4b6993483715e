"""Dockerfiles: continuations, comments, here-documents, and the line of each variable."""

from memtune.lint.dockerfile import instructions, read_dockerfile
from memtune.lint.facts import SourceFile


def variables(text: str) -> list[tuple[str, str, int | None]]:
    facts = read_dockerfile(SourceFile("Dockerfile", text))
    return [(one.name, one.value, one.at.line) for one in facts.settings]


def commands(text: str) -> list[tuple[str, ...]]:
    return [one.words for one in read_dockerfile(SourceFile("Dockerfile", text)).commands]


def test_a_continued_instruction_keeps_the_line_of_every_part() -> None:
    text = 'FROM a\nENV A=1 \\\n  # a comment\n\n  B="2 3" \\\n  C=4\nENV D 5 6\n'

    assert variables(text) == [
        ("A", "1", 2), ("B", "2 3", 5), ("C", "4", 6), ("D", "5 6", 7),
    ]  # fmt: skip


def test_a_here_document_holds_no_instructions() -> None:
    text = "FROM a\nRUN <<EOF\nCMD x\nENV A=1\nEOF\nCMD y\n"

    assert [one.keyword for one in instructions(text)] == ["FROM", "RUN", "CMD"]
    assert commands(text) == [("y",)]


def test_the_escape_character_may_be_another() -> None:
    assert variables("# escape=`\nFROM a\nENV A=c:\\ `\n  B=2\n")[-1] == ("B", "2", 4)


def test_commands_in_exec_and_shell_form() -> None:
    text = 'FROM a\nENTRYPOINT ["tini", "--", \\\n "node"]\nCMD exec node a.js && echo ok\n'

    assert commands(text) == [("node",), ("node", "a.js"), ("echo", "ok")]


def test_what_is_broken_ends_nowhere() -> None:
    for text in ("", "\\", "FROM", 'CMD ["a"', "RUN <<EOF\n", "ENV", "ENV A='", "CMD [" * 5000):
        read_dockerfile(SourceFile("Dockerfile", text))
