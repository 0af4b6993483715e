"""JUnit XML: a test case per scenario, for every CI system that shows tests.

The elements are those that GitLab and Jenkins read:
https://docs.gitlab.com/ci/testing/unit_test_reports/#junit-xml-format-specification
"""

from xml.etree import ElementTree as ET

from memtune.model import Gated, GateResult, Ruling
from memtune.report import gated as words
from memtune.report.neutral import plain

_ELEMENT = {Ruling.FAIL: "failure", Ruling.INCONCLUSIVE: "error"}
"""Skipped tests look like passed ones in most systems, so inconclusive is an error."""


def render(result: GateResult) -> str:
    """Return a test suite ``memtune``; the times of its cases are not known and left out."""
    rulings = [one.ruling for one in result.scenarios]
    counts = {
        "name": "memtune",
        "tests": str(len(rulings)),
        "failures": str(rulings.count(Ruling.FAIL)),
        "errors": str(rulings.count(Ruling.INCONCLUSIVE)),
        "skipped": "0",
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", counts)
    for one in result.scenarios:
        _case(suite, one)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, one: Gated) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname="memtune",
        name=plain(one.scenario),
        file=plain(one.place.file),
        line=str(one.place.line or 1),
    )
    text = "\n".join(_lines(one))
    if one.ruling is not Ruling.PASS:
        element = ET.SubElement(
            case, _ELEMENT[one.ruling], message=plain(words.headline(one)), type=one.ruling
        )
        element.text = text
    ET.SubElement(case, "system-out").text = text


def _lines(one: Gated) -> list[str]:
    lines = [f"{words.word(one)} {plain(one.scenario)}"]
    lines += [f"{plain(name)}: {plain(text)}" for name, text in words.facts(one)]
    if words.grown(one):
        lines.append(f"{words.sites_heading(one)}:")
        lines += [f"  {plain(words.site_line(site))}" for site in words.grown(one)]
    return lines + [f"{name}: {plain(command)}" for name, command in words.commands(one)]
