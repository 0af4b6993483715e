"""Each format, read back by who reads it: friendly results first."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from junitparser import Error, Failure, JUnitXml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from memtune.model import Arm, Gated, GateResult, Ruling
from memtune.report import formats
from memtune.report.formats import FORMATS, github, markdown, renderer
from memtune.units import MIB
from tests.unit.report import samples_gate as samples
from tests.unit.report.runner import commands


def rendered(name: str, result: GateResult | None = None) -> str:
    return renderer(name)(result or samples.result())


def test_every_module_of_the_package_is_a_format() -> None:
    modules = {path.stem for path in Path(formats.__file__).parent.glob("*.py")}

    assert modules - {"__init__"} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_ends_with_its_line(name: str) -> None:
    assert rendered(name).endswith("\n")
    assert rendered(name, samples.result(samples.passed())).endswith("\n")


def test_json_has_everything_under_the_version_of_its_schema() -> None:
    found = json.loads(rendered("json"))

    assert (found["schema"], found["command"]) == (1, "check")
    scenario = found["result"]["scenarios"][1]
    assert scenario["ruling"] == "fail"
    assert scenario["head"]["need_bytes"] == list(samples.GROWN)
    assert len(scenario["sites"]) == 3


def test_junit_shows_what_is_inconclusive_as_an_error_and_no_pass() -> None:
    suite = next(iter(JUnitXml.fromstring(rendered("junit").encode())))
    cases = {case.name: case for case in suite}

    assert (suite.name, suite.tests, suite.failures, suite.errors) == ("memtune", 5, 2, 1)
    assert cases["words"].is_passed
    assert cases["index"].is_passed
    assert [type(one) for one in cases["thumbnails"].result] == [Failure]
    assert [type(one) for one in cases["upload"].result] == [Error]


def test_junit_says_why_and_where_and_invents_no_time() -> None:
    root = ET.fromstring(rendered("junit"))

    case = root.find(".//testcase[@name='thumbnails']")
    assert case is not None
    assert (case.get("file"), case.get("line"), case.get("time")) == ("memtune.yaml", "14", None)
    failure = case.find("failure")
    assert failure is not None
    assert "+14.1 %" in failure.get("message", "")
    assert "working tree: 41.2, 41, 41.1 MiB" in (failure.text or "")
    assert "12 MiB -> 17 MiB  batch/words.py:41 read_chunks" in (failure.text or "")
    assert "accept: memtune baseline accept thumbnails" in (failure.text or "")
    passed = root.find(".//testcase[@name='words']/system-out")
    assert passed is not None
    assert "36, 36.1 MiB" in (passed.text or "")


def test_markdown_has_a_row_per_scenario_and_tells_of_those_that_did_not_pass() -> None:
    text = rendered("markdown")

    assert text.count("\n| `") == 5
    assert "#### FAIL: `thumbnails`" in text
    assert "#### PASS, warned: `index`" in text
    assert ": `words`" not in text
    assert "- base: `commit 20a5a51b2c: 36, 36.1, 36.2 MiB`" in text
    assert "| 12 MiB | 17 MiB | `batch/words.py:41 read_chunks` |" in text
    assert "shrunk" not in text
    assert '```sh\nmemtune baseline accept thumbnails --reason "..."\n```' in text


def test_markdown_that_is_too_long_for_a_comment_keeps_its_table() -> None:
    many = samples.result(*(samples.failed(f"scenario-{number}") for number in range(64)))

    text = markdown.render(many)

    assert len(text) < 65_536
    assert text.count("**FAIL**") == 64
    assert "did not fit" in text


def test_github_annotates_the_line_of_the_budget() -> None:
    found = commands(github.annotations(samples.result()))

    assert [one.name for one in found] == ["error", "error", "warning", "warning"]
    assert found[0].properties == {
        "file": "memtune.yaml",
        "line": "14",
        "title": "memtune: thumbnails FAIL",
    }
    assert found[0].data.startswith("growth: +14.1 % (95 % interval")
    assert "\nreproduce: memtune check thumbnails" in found[0].data


def test_github_annotates_nothing_where_all_is_well() -> None:
    assert github.annotations(samples.result(samples.passed())) == ""


def test_gitlab_gets_an_issue_for_each_that_did_not_pass() -> None:
    issues = json.loads(rendered("gitlab"))

    assert [issue["severity"] for issue in issues] == ["major", "major", "minor", "info"]
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["location"]["path"] == "memtune.yaml"
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == 4
    assert json.loads(rendered("gitlab", samples.result(samples.passed()))) == []


def test_gitlab_knows_the_issue_again_when_its_figures_have_changed() -> None:
    one = samples.failed()
    other = replace(one, head=Arm("working tree", (99 * MIB,)), notes=("else",))

    before, after = (
        json.loads(rendered("gitlab", samples.result(each)))[0]["fingerprint"]
        for each in (one, other)
    )

    assert before == after


def test_csv_has_a_row_per_run() -> None:
    rows = list(csv.DictReader(io.StringIO(rendered("csv"))))

    assert len(rows) == sum(
        len(one.head.need_bytes) + (len(one.base.need_bytes) if one.base else 0)
        for one in samples.result().scenarios
    )
    heads = [row for row in rows if row["scenario"] == "thumbnails" and row["arm"] == "head"]
    assert [int(row["need_bytes"]) for row in heads] == list(samples.GROWN)
    assert {row["ruling"] for row in heads} == {"fail"}


def test_openmetrics_is_what_its_parser_reads() -> None:
    text = rendered("openmetrics")
    families = {one.name: one for one in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]

    assert text.endswith("# EOF\n")
    assert families["memtune_growth_ratio"].unit == "ratio"
    need = families["memtune_need_max_bytes"]
    found = {(one.labels["scenario"], one.labels["arm"]): one.value for one in need.samples}
    assert found["thumbnails", "head"] == max(samples.GROWN)
    assert ("convert", "head") not in found  # nothing was measured
    rulings = families["memtune_ruling"].samples
    assert {one.labels["scenario"] for one in rulings if one.value and
            one.labels["ruling"] == "fail"} == {"thumbnails", "convert"}  # fmt: skip


@pytest.mark.parametrize(
    ("scenarios", "color"),
    [
        ((samples.passed(),), "brightgreen"),
        ((samples.passed(), samples.inconclusive()), "yellow"),
        ((samples.inconclusive(), samples.failed()), "red"),
    ],
)
def test_a_badge_is_what_shields_asks_for(scenarios: tuple[Gated, ...], color: str) -> None:
    badge = json.loads(rendered("badge", samples.result(*scenarios)))

    assert badge["schemaVersion"] == 1
    assert badge["color"] == color
    assert badge["message"].startswith(samples.result(*scenarios).ruling)
    assert Ruling(badge["message"].split(",")[0])
