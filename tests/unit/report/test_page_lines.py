"""Of more runs than a chart can show, a page draws the one that decides, and says what is left."""

import json
from dataclasses import replace
from typing import Any

import pytest

from memtune.model import Explanation, Judged, ProfileResult, Ruling
from memtune.model.comparison import Comparison
from memtune.report.html.document import Page
from memtune.report.html.page import made
from memtune.report.html.page import shown as timelines
from memtune.report.html.sections import Beside, Section
from memtune.trial import as_trial
from tests.unit.report import samples, samples_compare, samples_page

WHERE = samples.settings(2, 800)


def profile(runs: list[Judged]) -> ProfileResult:
    return replace(samples_page.profile(), trial=as_trial(WHERE, runs))


def of_three_services(web_mib: float, face_mib: float) -> Judged:
    one = samples.service_run(WHERE, web_mib, face_mib)
    web, face = one.run.parts
    made = [
        samples_page.timed(replace(one, run=part)).run
        for part in (web, face, replace(web, service="db"))
    ]
    return replace(one, run=replace(one.run, parts=tuple(made)))


def paged(result: ProfileResult | Comparison) -> Page:
    return made(result, Beside(lines=tuple(timelines(result))))


def section(page: Page, name: str) -> Section:
    (found,) = (one for one in page.sections if one.id == name)
    return found


def drawn(page: Page) -> list[str]:
    """The names of the lines of a page's chart, as its legend has them."""
    chart = section(page, "time").chart
    assert chart is not None
    (scale,) = (
        layer["encoding"]["color"]["scale"]
        for layer in chart["layer"]
        if layer.get("mark", {}).get("type") == "point"
    )
    names: list[str] = scale["domain"]
    return names


def values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of all layers."""
    own = spec.get("data", {}).get("values", [])
    return [*own, *(row for layer in spec.get("layer", ()) for row in values(layer))]


@pytest.mark.parametrize("killed", [False, True])
def test_the_eighth_of_ten_runs_is_drawn_where_it_decides(killed: bool) -> None:
    # given ten runs, of which the eighth needed most or was killed
    needs = [200.0, 201, 202, 203, 204, 205, 206, 207 if killed else 300, 299, 208]
    runs = [
        samples_page.timed(samples.judged(WHERE, mib, oom=killed and n == 8))
        for n, mib in enumerate(needs, 1)
    ]

    # when they are shown
    page = paged(profile(runs))

    # then it is drawn with the first others, and told by its processes
    assert drawn(page) == ["run 1", "run 2", "run 3", "run 4", "run 5", "run 8"]
    assert "run 8 peaks at" in section(page, "time").alt
    assert section(page, "processes-0").chart is not None
    # and the page says that there are more, of which the table tells
    assert "4 more are not drawn: the table has all." in section(page, "time").text
    (table,) = section(page, "time").tables
    assert [row[0].text for row in table.rows] == [f"run {n}" for n in range(1, 11)]


def test_all_services_of_the_run_that_decides_are_drawn() -> None:
    page = paged(profile([of_three_services(60, 98.5 + n) for n in range(3)]))

    names = ["web", "face", "db"]
    assert drawn(page) == [f"run {n} {name}" for n in (1, 3) for name in names]
    assert "3 more are not drawn: the table has all." in section(page, "time").text
    assert section(page, "processes-2").title == "Memory of each process: run 3 db"


def test_all_services_of_the_side_that_a_comparison_rules_of_are_drawn() -> None:
    # given three sides of three services
    sides = tuple(
        replace(samples_compare.side(name, WHERE, [of_three_services(60, mib)]), label=name)
        for name, mib in (("original", 380.0), ("optimized", 140.0), ("conservative", 98.0))
    )

    page = paged(Comparison("", "both", sides, explained=False))

    # then the last side is there, of which the verdict is
    assert page.ruling is Ruling.PASS
    assert drawn(page)[3:] == ["conservative web", "conservative face", "conservative db"]
    assert "3 more are not drawn: the table has all." in section(page, "time").text
    assert section(page, "processes-5").title == "Memory of each process: conservative db"


@pytest.mark.parametrize("runs", [1, 3])
def test_the_boot_of_the_worst_run_of_services_is_shaded(runs: int) -> None:
    # given runs of services that were ready after 1.25 s, the last after 2.5 s
    made = [of_three_services(60, 98.5 + n) for n in range(runs)]
    output = (("boot_s", 2.5), *made[-1].run.output[1:])
    made[-1] = replace(made[-1], run=replace(made[-1].run, output=output))

    page = paged(profile(made))

    # then the boot of the last, which needed most, is shaded and told
    chart = section(page, "time").chart
    assert chart is not None
    assert {"from": 0.0, "to": 2.5, "name": "boot"} in values(chart)
    whose = "" if runs == 1 else " of the worst run"
    told = f"Shaded is the boot{whose}: ready after 2.5 s, as the load saw it."
    assert told in section(page, "time").text


def test_of_a_boot_that_is_not_known_or_is_a_pipelines_nothing_is_shaded() -> None:
    one = of_three_services(60, 98.5)
    killed = replace(one, run=replace(one.run, output=()))
    pipeline = samples_page.timed(samples.judged(WHERE, 98.5))
    printed = replace(pipeline, run=replace(pipeline.run, output=(("boot_s", 1.5),)))

    for runs in ([killed], [printed]):
        assert "boot" not in json.dumps(section(paged(profile(runs)), "time").chart)


def test_where_all_are_drawn_the_page_says_no_more() -> None:
    page = paged(samples_page.profile())

    assert drawn(page) == ["run 1", "run 2"]
    assert len(section(page, "time").text) == 1


@pytest.mark.parametrize("jobs", [1, 4])
def test_speeds_of_runs_that_shared_the_cores_are_said_to_be(jobs: int) -> None:
    page = samples_page.study_page(replace(samples_page.study(), jobs=jobs))

    assert ("4 runs went on at a time, which may have slowed them" in page) == (jobs == 4)


def test_why_a_run_is_not_explained_is_on_the_page() -> None:
    unknown = Explanation(
        None, None, (), 0, problems=("not explained: no memray for <this> Python",)
    )

    page = samples_page.profile_page(replace(samples_page.profile(), explanation=unknown))

    assert "Who held the peak" in page
    assert "not explained: no memray for &lt;this&gt; Python" in page
