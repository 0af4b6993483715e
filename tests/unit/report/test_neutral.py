"""Foreign text, made harmless for each of its readers."""

import time

import pytest

from memtune.report.neutral import cell, github_data, json_text, markdown_code, plain
from tests.unit.report.runner import commands
from tests.unit.report.samples_gate import HOSTILE


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_text_is_one_printable_line(text: str) -> None:
    shown = plain(text)

    assert len(shown.splitlines()) <= 1
    assert not set(shown) & set("\x1b\r\n\t\x00\x7f\x85\u202e\u2066\u2028\ufeff\ufffe\uffff\ud800")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("cut", [0, 1, 2, 5, 9])
def test_plain_text_commands_no_ci_system_wherever_it_is_folded(text: str, cut: int) -> None:
    shown = plain(text)
    lines = [shown[:cut], *(shown[at:] for at in range(cut, len(shown)))]

    assert commands("\n".join(lines)) == []


def test_what_people_call_things_stays_as_it_is() -> None:
    for text in (
        "src/größe.py", "tests/test_a.py::test_b", "<listcomp>", "a b", "日本語", "x[0] # y",
        "std::vector", "100 %", "C:\\x",
    ):  # fmt: skip
        assert plain(text) == text


def test_a_long_text_takes_no_long_time() -> None:
    started = time.monotonic()

    plain("::a " * 100_000)
    plain("::" + "a" * 400_000)

    assert time.monotonic() - started < 2


@pytest.mark.parametrize("text", HOSTILE)
def test_the_message_of_a_workflow_command_is_one_line_that_reads_the_same(text: str) -> None:
    (command,) = commands(f"::error::{github_data(text, 'second')}")

    assert command.data == f"{plain(text)}\nsecond"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_no_formula(text: str) -> None:
    assert cell(text).lstrip()[:1] not in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def test_a_cell_of_no_formula_stays_as_it_is() -> None:
    assert cell("baseline, 20a5a51") == "baseline, 20a5a51"


def test_a_code_span_survives_backticks_and_pipes() -> None:
    assert markdown_code("a `b` c") == "``a `b` c``"
    assert markdown_code("`b`") == "`` `b` ``"
    assert markdown_code("a|b") == "`a|b`"
    assert markdown_code("a|b", in_table=True) == "`a\\|b`"


def test_json_says_the_same_and_commands_nothing() -> None:
    assert json_text('"##[error]x ##vso[y"') == '"##\\u005berror]x ##vso\\u005by"'
