"""A page loads nothing, executes nothing that it was not made with, and says the answer first."""

import html
import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import altair
import pytest

import memtune.report.html
from memtune.model import OnFront, Run
from memtune.report.html.page import page
from memtune.report.html.rows import State, cells, points
from memtune.report.html.sections import Beside
from memtune.units import MIB
from tests.unit.report import samples, samples_bill, samples_page
from tests.unit.report.samples_page import BEST, OTHER, profile_page, study_page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\ud800 {{ 7*7 }}"
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
        families = tuple(replace(one, command=HOSTILE) for one in peak.families)
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


def test_the_map_tells_inferred_from_open() -> None:
    study = samples_page.study()

    finished = {(c.x, c.y): c for c in cells(study)}
    begun = {(c.x, c.y): c for c in cells(replace(study, skipped=()))}

    assert finished["1", "800"].state is State.PASS
    assert finished["1", "800"].says == "76.5 MiB"
    assert finished["4", "320"].state is State.FAIL
    assert (finished["2", "800"].state, finished["2", "800"].rest) == (State.INFERRED, 1)
    assert begun["2", "800"].state is State.OPEN


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


def test_the_runtime_is_the_one_that_altair_writes_for() -> None:
    first = (ROOM / "vega.js").read_text().partition("\n")[0]

    assert f"Vega-Lite {altair.SCHEMA_VERSION.removeprefix('v')}," in first, "see scripts/make-vega"
    assert (ROOM / "vega.LICENSE").is_file()
