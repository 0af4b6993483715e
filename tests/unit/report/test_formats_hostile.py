"""Each format, where every name, file and reason was chosen by somebody who means harm."""

import csv
import io
import json
import re
import shlex
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from memtune.report.console import check
from memtune.report.console.common import literal
from memtune.report.formats import FORMATS, github, renderer
from memtune.report.neutral import plain
from tests.unit.report.runner import commands
from tests.unit.report.samples_gate import HOSTILE, hostile, passed, result

pytestmark = pytest.mark.parametrize("text", HOSTILE)


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_commands_the_ci_system_that_prints_it(name: str, text: str) -> None:
    assert commands(renderer(name)(hostile(text))) == []


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_holds_what_steers_or_hides(name: str, text: str) -> None:
    report = renderer(name)(hostile(text))

    assert report.encode()
    assert not set(report) & set("\x00\x07\x0b\x1b\r\t\x7f\x85\u202e\u2066\u2028\ufeff\ufffe\uffff")


@pytest.mark.parametrize("width", [30, 80, 120])
def test_no_screen_commands_the_ci_system_that_shows_it(text: str, width: int) -> None:
    output = io.StringIO()

    check.render(literal(file=output, width=width), hostile(text))

    shown = output.getvalue()
    assert commands(shown) == []
    assert not set(shown) & set("\x00\x07\x0b\x1b\r\t\x7f\x85\u202e\u2066\u2028\ufeff\ufffe\uffff")


def test_halves_of_a_command_do_not_meet_on_the_screen(text: str) -> None:
    for width in range(30, 100, 7):
        output = io.StringIO()
        halves = hostile(f"{'x' * width}::error {text} ::owned {'x' * width}")

        check.render(literal(file=output, width=width), halves)

        assert commands(output.getvalue()) == []


def test_json_keeps_every_text_as_it_is(text: str) -> None:
    report = json.loads(renderer("json")(hostile(text)))["result"]

    site = report["scenarios"][0]["sites"][0]
    assert site["function"] == text
    assert report["scenarios"][0]["notes"] == [text]


def test_junit_stays_xml_with_one_failed_case(text: str) -> None:
    report = renderer("junit")(hostile(text))

    root = ET.fromstring(report)
    assert {one.tag for one in root.iter()} == {
        "testsuites", "testsuite", "testcase", "failure", "system-out",
    }  # fmt: skip
    (case,) = root.iter("testcase")
    assert case.get("name") == plain(text)
    suite = next(iter(JUnitXml.fromstring(report.encode())))
    assert (suite.tests, suite.failures) == (1, 1)


@pytest.mark.parametrize("name", ["markdown", "github"])
def test_markdown_links_shows_and_mentions_nothing(name: str, text: str) -> None:
    report = renderer(name)(hostile(text))
    calm = renderer(name)(hostile("ok" if text else ""))

    tokens = _tokens(report)

    kinds = {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "html_inline", "html_block"}
    for kind in ("heading_open", "td_open", "tr_open", "bullet_list_open", "fence"):
        assert _count(report, kind) == _count(calm, kind)
    # Outside code is what memtune itself says.
    said = "".join(token.content for token in tokens if token.type == "text")
    assert set(re.findall(r"[@<>\[\]\\#~!$`]", said)) == set()


def _tokens(report: str) -> list:  # type: ignore[type-arg]
    top = MarkdownIt("gfm-like").parse(report)
    return [each for token in top for each in (token, *(token.children or ()))]


def _count(report: str, kind: str) -> int:
    return sum(token.type == kind for token in _tokens(report))


def test_github_gets_one_annotation_that_reads_the_same(text: str) -> None:
    (command,) = commands(github.annotations(hostile(text)))

    assert command.name == "error"
    assert command.properties["file"] == plain(text or "memtune.yaml")
    assert command.properties["line"] == "14"
    assert command.data.endswith(f"accept: {plain(text)}" if text else "MiB  ")


def test_gitlab_gets_one_issue(text: str) -> None:
    (issue,) = json.loads(renderer("gitlab")(hostile(text)))

    assert issue["location"]["path"] == plain(text or "memtune.yaml")


def test_csv_has_no_formula_and_a_row_per_run(text: str) -> None:
    rows = list(csv.reader(io.StringIO(renderer("csv")(hostile(text)))))

    assert len(rows) == 1 + 5 + 3
    for row in rows:
        assert len(row) == 7
        assert not any(value.lstrip().startswith(("=", "+", "-", "@")) for value in row)


def test_openmetrics_names_only_its_own_metrics(text: str) -> None:
    report = renderer("openmetrics")(hostile(text))
    own = renderer("openmetrics")(result(passed()))

    for read in (openmetrics, prometheus):
        found = list(read(report))
        assert {one.name for one in found} == {one.name for one in read(own)}
        labels = {one.labels["scenario"] for family in found for one in family.samples}
        assert labels == {plain(text).replace("#", "\\x23")}


def test_gitlab_reads_the_same_metrics(text: str) -> None:
    """As its parser does: comments cut off, then words as a shell splits them
    (lib/gitlab/ci/parsers/metrics/generic.rb)."""
    report = renderer("openmetrics")(hostile(text))

    for line in report.splitlines():
        words = shlex.split(re.sub(r"#.*$", "", line))
        assert not words or (len(words) == 2 and float(words[1]) is not None)
