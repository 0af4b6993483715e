"""A page loads nothing, executes nothing that it was not made with, and says the answer first."""

import html
import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import altair
import pytest

import memtune.report.html
from memtune.judge import judge
from memtune.model import Checks, Knob, OnFront, Run, Space
from memtune.model.soak import SoakResult
from memtune.report.html.images import images
from memtune.report.html.page import made, page
from memtune.report.html.page import shown as timelines
from memtune.report.html.rows import State, cells, points
from memtune.report.html.sections import Beside
from memtune.units import MIB
from tests.unit.report import samples, samples_bill, samples_compare, samples_page, samples_soak
from tests.unit.report.samples_page import BEST, OTHER, profile_page, study_page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\ud800 {{ 7*7 }}"
COMMAND = 'sh -c jq ".[\\"a\\"]" f\nopen("C:\\users\\\\x")\r\u2028\\'
"""What an expression does not take as it is: quotes, backslashes, line breaks."""
LOOP = samples_page.soak(samples_soak.pipeline())
ROOM = Path(memtune.report.html.__file__).parent


def specs(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="specs">(.*?)</script>', text, re.S)
    assert found is not None
    parsed: dict[str, Any] = json.loads(found[1])
    return parsed


def words(text: str) -> str:
    """What a reader sees, without tags."""
    body = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def test_a_page_loads_nothing_and_allows_only_its_own_scripts() -> None:
    shown = study_page()

    outside = re.sub(r"<script>.*?</script>", "", shown, flags=re.S)
    assert not re.search(r"<[^>]+\b(src|srcset|action)=", outside)
    assert {link for link in re.findall(r'href="([^"]+)"', outside) if link[0] != "#"} == set()
    assert "default-src 'none'" in shown
    scripts = re.findall(r"<script>(.*?)</script>", shown, re.S)
    assert len(scripts) == 2
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in shown


def test_the_answer_comes_first() -> None:
    said = words(study_page())

    assert "Recommended: workers=1 max_side_px=800" in said
    assert said.index("Recommended") < said.index("76.8 MiB") < said.index("Memory over time")
    assert "passed 2 of 2 runs at the real cap" in said
    assert "WORKERS=1" in said
    assert samples_page.COMMAND in said


@pytest.mark.parametrize("where", ["workload", "settings", "stderr", "process", "flame"])
def test_what_comes_from_a_workload_stays_text(where: str) -> None:
    profiled = samples_page.profile(oom=where == "stderr")
    if where == "workload":
        profiled = replace(profiled, workload=HOSTILE, profile=HOSTILE)
    elif where == "settings":
        odd = replace(BEST, items=(("workers", HOSTILE), ("max_side_px", 800)))
        profiled = replace(profiled, trial=replace(profiled.trial, settings=odd))
    elif where == "stderr":
        first = profiled.trial.runs[0]
        run: Run = replace(first.run, stderr_tail=HOSTILE, reason=HOSTILE, warnings=(HOSTILE,))
        first = replace(first, run=run)
        profiled = replace(profiled, trial=replace(profiled.trial, runs=(first,)))
    elif where == "process":
        assert profiled.explanation is not None
        peak = profiled.explanation.peaks[0]
        families = tuple(replace(one, command=HOSTILE + COMMAND) for one in peak.families)
        peak = replace(peak, service=HOSTILE, families=families)
        profiled = replace(profiled, explanation=replace(profiled.explanation, peaks=(peak,)))

    odd_path = HOSTILE.replace("\ud800", "\udcff")  # as names of files can have
    flames = (f"{odd_path}.html", "javascript:alert(1)") if where == "flame" else ()
    shown = page(profiled, Beside(flames=flames)) if flames else profile_page(profiled)

    outside = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", shown, flags=re.S)
    assert "alert(1)" in outside
    assert "<script>alert" not in shown
    assert "<img" not in outside
    assert "</script><script>alert" not in shown
    assert 'href="javascript:' not in shown
    shown.encode("utf-8", "replace")


def test_where_nothing_passes_the_page_says_what_would() -> None:
    found = replace(
        samples_page.study(),
        recommendation=None,
        bill=None,
        front=(),
        infeasible=samples._infeasible(samples_page.runs()[:3]),
    )

    said = words(study_page(found, apply=()))

    assert "Nothing in the space passes" in said
    assert "--cap 612MiB" in said
    assert "small:two 2 GiB 13.39 USD a month" in said


def test_a_bill_has_a_page() -> None:
    shown = page(samples_bill.result(), Beside(command="memtune bill face"))

    assert "workers 1 to 8" in words(shown)
    assert list(specs(shown)) == ["costs"]


def test_a_bill_rules_by_what_was_measured() -> None:
    # given a bill of which one prediction was measured, and the same measured outside
    right, wrong = (samples_bill.result(holds=holds) for holds in (True, False))

    # when both are shown, and one of which the run was killed
    (asked, other) = wrong.bill.predictions
    killed = samples.judged(samples.settings(4, 800), 512, oom=True)
    unknown = replace(asked, measured=killed, holds=None)
    vague = replace(wrong, bill=replace(wrong.bill, predictions=(unknown, other)))
    pages = [made(result, Beside()) for result in (right, wrong, vague)]

    # then they rule as the session did, and say what came of each prediction
    assert [one.ruling for one in pages] == ["pass", "inconclusive", "inconclusive"]
    said = [words(page(result, Beside())) for result in (right, wrong, vague)]
    assert "261 MiB .. 289 MiB 283.5 MiB inside" in said[0]
    assert "261 MiB .. 289 MiB 320 MiB outside" in said[1]
    assert "261 MiB .. 289 MiB 512 MiB decides nothing: outcome: OOM-killed" in said[2]
    assert ["1 of 1 measured predictions not confirmed." in one for one in said] == [
        False,
        True,
        True,
    ]


def test_the_map_tells_inferred_from_open() -> None:
    study = samples_page.study()

    finished = {(c.x, c.y): c for c in cells(study)}
    begun = {(c.x, c.y): c for c in cells(replace(study, skipped=()))}

    assert finished["1", "800"].state is State.PASS
    assert finished["1", "800"].says == "76.5 MiB"
    assert finished["4", "320"].state is State.FAIL
    assert (finished["2", "800"].state, finished["2", "800"].rest) == (State.INFERRED, 1)
    assert begun["2", "800"].state is State.OPEN


def test_every_pair_of_knobs_that_the_map_offers_has_its_table() -> None:
    # given a search over four knobs
    study, _ = samples_page.long_study()

    # when its map is drawn
    found = {one.id: one for one in made(study, Beside()).sections}["map"]

    # then each of the pairs to choose from is told in a table of its name
    assert found.chart is not None
    (chosen,) = (one for one in found.chart["params"] if one["name"] == "pair")
    assert len(chosen["bind"]["options"]) == 6
    assert [table.caption for table in found.tables] == chosen["bind"]["options"]
    assert found.tables[5].headings[:2] == ("ten", "k")
    assert {len(table.rows) for table in found.tables} == {100}
    assert "first one across, two down" in found.alt


def test_of_many_pairs_of_knobs_the_first_have_tables_and_the_page_says_so() -> None:
    # given a search over eight knobs of twelve values: 28 pairs of 144 cells
    values = tuple(range(12))
    knobs = tuple(Knob(f"k{n}", values, searched=values) for n in range(8))
    study = replace(samples_page.study(), space=Space(knobs), tried=(), skipped=())

    found = {one.id: one for one in made(study, Beside()).sections}["map"]

    assert len(found.tables) == 13
    assert "Tables are there of the first 13 of 28 pairs." in found.text


def test_settings_out_of_the_space_are_no_cell() -> None:
    study = samples_page.study()
    ladder = replace(study.tried[0], settings=samples.settings(64, 9999))

    found = cells(replace(study, tried=(*study.tried, ladder)))

    assert found == cells(study)


def test_pick_and_rivals_are_told_apart_from_what_passed() -> None:
    slow = OnFront(samples.settings(2, 800), 140 * MIB, 2.0, 1)

    found = points(samples_page.study(), [slow])

    assert [(one.kind, one.on_front) for one in found] == [
        ("the pick", True),
        ("runner-up", True),
        ("passes", False),
    ]


def test_the_pick_the_rival_and_what_was_killed_are_drawn_over_time() -> None:
    said = words(study_page())

    assert "the runner-up" in said
    assert str(OTHER) in said
    assert "OOM-killed" in said
    drawn = json.dumps(specs(study_page())["time"])
    assert "headroom begins" in drawn
    assert "killed (OOM)" in drawn


@pytest.mark.parametrize(
    "shown", [profile_page, samples_page.comparison_page, lambda: samples_page.soak_page(LOOP)]
)
def test_the_headroom_that_was_asked_for_is_drawn(shown: Callable[[], str]) -> None:
    drawn = specs(shown())

    # 20 % of 512 MiB had to stay free
    over_time = drawn["time" if "time" in drawn else "time-0"]
    assert {"y": 409.6, "text": "headroom begins: 410 MiB"} in limits(over_time)


@pytest.mark.parametrize("share", [None, 0.0])
def test_no_headroom_is_drawn_where_none_was_asked_for(share: float | None) -> None:
    profiled = samples_page.profile()
    runs = tuple(
        replace(one, verdict=judge(one.run, Checks(headroom=share))) for one in profiled.trial.runs
    )
    profiled = replace(profiled, trial=replace(profiled.trial, runs=runs))

    assert [one["y"] for one in limits(specs(profile_page(profiled))["time"])] == [512]


def test_where_each_service_has_a_cap_no_headroom_is_drawn() -> None:
    shown = specs(samples_page.soak_page())

    assert [one["y"] for one in limits(shown["time-0"])] == [512]


def test_the_runtime_is_the_one_that_altair_writes_for() -> None:
    first = (ROOM / "vega.js").read_text().partition("\n")[0]

    assert f"Vega-Lite {altair.SCHEMA_VERSION.removeprefix('v')}," in first, "see scripts/make-vega"
    assert (ROOM / "vega.LICENSE").is_file()


def test_a_comparison_says_how_every_figure_differs_and_from_where() -> None:
    shown = samples_page.comparison_page()

    said = words(shown)
    assert "here: needs 104.5 MiB" in said
    assert "Need of here beside commit:v1.0: +27.3 MiB, +35.8 % (+33.6..+38.1)." in said
    assert "need 76.5 MiB 104.5 MiB +27.3 MiB +35.8 % (+33.6..+38.1) usage - file pages" in said
    assert "2 MiB 30 MiB +28 MiB load_words job.py:41" in said
    assert "warning: here is not explained: 7.bin: empty capture" in said
    drawn = specs(shown)
    assert list(drawn) == ["time", "processes-0", "processes-1"]
    assert '"cap: 512 MiB"' in json.dumps(drawn["time"])
    assert {"commit:v1.0", "here"} <= set(re.findall(r'"line": "([^"]+)"', json.dumps(drawn)))


def test_what_was_cut_short_is_told_under_a_roomy_cap() -> None:
    said = words(samples_page.comparison_page(samples_compare.impact()))

    assert "conservative needs 91 % less than original." in said
    assert "verdict fail pass pass" in said
    assert "* of original under 4 GiB for each service, where it is a pass" in said
    assert "outcome: OOM-killed" in said


def test_of_several_sides_each_is_set_beside_the_first() -> None:
    said = words(samples_page.comparison_page(samples_compare.settings_beside_a_stored_run()))

    assert "Growth beside run:run-0123456789, with its 95 % interval" in said
    assert "workers=1 was executed otherwise than run:run-0123456789 (kernel 5.15.0" in said


def test_the_present_settings_stand_beside_the_pick() -> None:
    study = samples_page.study()

    shown = page(study, Beside(present=samples_page.present()))

    said = words(shown)
    assert said.index("Recommended") < said.index("Before and after") < said.index("Checks")
    assert "figure present pick difference 95 % interval source verdict pass pass" in said


def test_a_soak_shows_its_phases_and_the_line_that_it_grows_along() -> None:
    shown = samples_page.soak_page()

    said = words(shown)
    assert "web: grows by 1.2 MiB/min (0.9..1.5), 1.5 KiB a request" in said
    assert "reaches its cap of 512 MiB in 5 h 44 min" in said
    assert "web: until then restart it when it needs 460.8 MiB" in said
    drawn = specs(shown)
    assert list(drawn) == ["time-0", "time-1"]
    shaded = [row for row in values(drawn["time-0"]) if "name" in row]
    assert {"from": 1.2, "to": 31.2, "name": "warm-up"} in shaded
    assert {row["name"] for row in shaded} == {"boot", "warm-up", "steady state"}
    # growth of 1.2 MiB/min over 572.8 s, up to 99 MiB at the end
    assert {"at": 31.2, "need": 87.54} in values(drawn["time-0"])
    assert {"at": 604, "need": 99.0} in values(drawn["time-0"])


def test_of_services_that_share_a_cap_each_is_drawn_without_one() -> None:
    shown = samples_page.soak_page(samples_page.soak(samples_soak.shared()))

    said = words(shown)
    assert said.index("Memory over time: all together") < said.index("Memory over time: face")
    limits = [json.dumps(spec).count('"cap: 512 MiB"') for spec in specs(shown).values()]
    assert limits == [1, 0, 0]


def test_a_cap_that_is_near_is_where_the_line_goes_on_to() -> None:
    found = samples_page.soak(samples_soak.pipeline())
    (one,) = found.services
    found = replace(found, services=(replace(one, to_cap_s=(300.0, 250.0, 400.0)),))

    shown = samples_page.soak_page(found)

    assert {"at": 904.0, "need": 512.0} in values(specs(shown)["time-0"])
    assert "Dashed, it goes on to the cap." in words(shown)


@pytest.mark.parametrize(
    ("found", "words_of_it"),
    [
        (samples_soak.pipeline(killed=True), "has reached its cap of 512 MiB"),
        (samples_soak.pipeline(killed=True), "outcome: OOM-killed"),
        (samples_soak.short(), "no steady state was seen in 250 ms"),
        (samples_soak.vague(), "a longer soak tells it closer"),
    ],
)
def test_a_soak_says_what_it_could_not_tell(found: SoakResult, words_of_it: str) -> None:
    assert words_of_it in words(samples_page.soak_page(samples_page.soak(found)))


def test_processes_are_bands_with_their_names() -> None:
    shown = profile_page()

    said = words(shown)
    assert "Memory of each process PSS, every 100 ms or slower (smaps_rollup)." in said
    assert "python -m pipeline --workers 2 4243 103.6 MiB 5.0 s" in said
    assert "python -m pipeline --workers 2 (4243)" in json.dumps(specs(shown)["processes-0"])


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_charts_are_pictures_that_stand_alone(kind: str) -> None:
    study = samples_page.study()
    lines = tuple(timelines(study, samples_page.runs()[2:3]))

    found = images(made(study, Beside(lines=lines)), kind)

    assert list(found) == ["time", "processes-0", "front", "map", "costs"]
    for picture in found.values():
        if kind == "svg":
            assert picture.startswith(b"<svg")
            assert b"var(--" not in picture
        else:
            assert picture.startswith(b"\x89PNG")
    if kind == "svg":
        assert b"headroom begins: 410 MiB" in found["time"]


@pytest.mark.parametrize("name", [COMMAND, f"{COMMAND}n", '\\"', "\\u", "\\", "a\nb"])
def test_any_name_of_a_process_can_be_drawn(name: str) -> None:
    # given a profile whose processes have names that an expression does not take as they are
    profiled = samples_page.profile()
    (line,) = (one for one in timelines(profiled) if one.bands is not None)
    assert line.bands is not None
    processes = tuple(replace(one, command=name) for one in line.bands.processes)
    line = replace(line, bands=replace(line.bands, processes=processes))

    # when it is drawn
    shown = made(profiled, Beside(lines=(line,)))
    found = images(shown, "svg")

    # then it is, and its legend has the name as it is
    assert found["processes-0"].startswith(b"<svg")
    (section,) = (one for one in shown.sections if one.id == "processes-0")
    assert section.chart is not None
    scale = section.chart["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"][0] == f"{name} (4243)"


def limits(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The caps, and where headroom begins."""
    found = {json.dumps(row): row for row in values(spec) if {*row} == {"y", "text"}}
    return list(found.values())


def values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of all layers."""
    own = spec.get("data", {}).get("values", [])
    return [*own, *(row for layer in spec.get("layer", ()) for row in values(layer))]
