"""Report pages in a real browser: they draw, say what is under the pointer, and axe finds no fault.

The browser is what scripts/setup-browser found or installed. To look at the pages:
``MEMTUNE_SCREENSHOTS=DIRECTORY pytest tests/integration/test_page.py``.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from memtune.report.html.page import page as html_page
from memtune.report.html.page import shown
from memtune.report.html.sections import Beside
from tests.unit.report import samples_bill, samples_page

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SERIOUS = ("serious", "critical")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HELD_AGAINST_AXE = ((390, "light"), (800, "dark"), (1280, "light"))
"""Each width and each scheme: all six take twice as long."""
A4_WIDTH_PX = 688
"""210 mm less twice 14."""
MARKS = """Object.fromEntries([...document.querySelectorAll('[data-chart]')].map(
    (chart) => [chart.dataset.chart, chart.querySelectorAll('svg path').length]))"""
SIZES = """[...document.querySelectorAll('[data-chart] svg')].map((svg) => [
    svg.getBoundingClientRect().width, svg.getBoundingClientRect().height,
    {width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height}])"""
CONTROLS = "a[href]:visible, summary:visible, select:visible, [tabindex='0']:visible"
FOCUSED = """(controls) => {
    const known = [...document.querySelectorAll(controls.replaceAll(':visible', ''))]
        .filter((one) => one.checkVisibility());
    const style = getComputedStyle(document.activeElement);
    return [known.indexOf(document.activeElement), style.outlineStyle];
}"""
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
COMMAND = 'sh -c jq ".[\\"a\\"]" f\nopen("C:\\users\\\\x")\\'
"""A process's name that an expression does not take as it is."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path is not None, "no browser: scripts/setup-browser"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def said() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def tab(browser: Browser, said: list[str]) -> Iterator[Page]:
    one = browser.new_page(viewport={"width": 1280, "height": 900})
    one.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    one.on("pageerror", lambda error: said.append(str(error)))
    one.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    yield one
    one.close()


def opened(tab: Page, file: Path, text: str) -> None:
    file.write_text(text)
    tab.goto(file.as_uri())
    tab.wait_for_selector("html[data-charts=drawn]", state="attached", timeout=20_000)


def bill_page() -> str:
    return html_page(samples_bill.result(), Beside(command="memtune bill face"))


PAGES: dict[str, Callable[[], str]] = {
    "study": samples_page.study_page,
    "profile": samples_page.profile_page,
    "bill": bill_page,
    "comparison": samples_page.comparison_page,
    "soak": samples_page.soak_page,
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_draw_without_a_fault_in_every_width_and_scheme(
    tab: Page, said: list[str], tmp_path: Path, name: str
) -> None:
    opened(tab, tmp_path / f"{name}.html", PAGES[name]())
    for width in (390, 800, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            tab.emulate_media(color_scheme=scheme)
            marks = tab.evaluate(MARKS)
            assert marks
            assert [chart for chart, count in marks.items() if count <= 3] == []
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            if (width, scheme) in HELD_AGAINST_AXE:
                found = Axe().run(tab).response["violations"]
                assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
            if look := os.environ.get("MEMTUNE_SCREENSHOTS"):
                tab.screenshot(path=Path(look) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert said == []


@pytest.mark.parametrize("name", PAGES)
def test_no_chart_is_cut_off_on_paper(
    tab: Page, said: list[str], tmp_path: Path, name: str
) -> None:
    # given a page that was drawn for a wide screen
    opened(tab, tmp_path / f"{name}.html", PAGES[name]())
    folded = tab.locator("details").count()

    # when it is printed on A4, less its margins
    tab.evaluate(
        "addEventListener('beforeprint', () => { printed = open_ones(); })"
        "; open_ones = () => document.querySelectorAll('details[open]').length"
    )
    assert tab.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    tab.emulate_media(media="print")
    tab.add_style_tag(content=f"body {{ width: {A4_WIDTH_PX}px; margin: 0 }}")

    # then charts have shrunk to it in their proportions, and folded tables were open
    assert tab.evaluate("printed") == folded
    assert tab.evaluate("open_ones()") == 0
    for width, height, box in tab.evaluate(SIZES):
        assert width <= A4_WIDTH_PX
        assert abs(width / height - box["width"] / box["height"]) < 0.02
    assert said == []


def test_every_control_is_reached_by_the_keyboard_and_shows_it(
    tab: Page, said: list[str], tmp_path: Path
) -> None:
    opened(tab, tmp_path / "study.html", samples_page.study_page())
    wanted = tab.locator(CONTROLS).count()
    assert wanted > 20

    reached = set()
    for _ in range(wanted):
        tab.keyboard.press("Tab")
        number, outline = tab.evaluate(FOCUSED, CONTROLS)
        reached.add(number)
        assert outline == "solid", number

    assert reached == set(range(wanted))
    # and a fold opens, and another pair of knobs is chosen
    tab.locator("#map summary").press("Enter")
    assert tab.locator("#map table").is_visible()
    tab.locator("#map select").press("ArrowDown")
    assert said == []


def test_ten_thousand_settings_open_fast_and_stay_small(
    tab: Page, said: list[str], tmp_path: Path
) -> None:
    text = samples_page.study_page(*samples_page.long_study())
    browser = tab.context.new_cdp_session(tab)
    browser.send("Performance.enable", {"timeDomain": "threadTicks"})

    opened(tab, tmp_path / "long.html", text)

    assert len(text) < 5_000_000
    # CPU time of what loads and draws, in which other work on the machine is not: 0.8 s
    taken = {one["name"]: one["value"] for one in browser.send("Performance.getMetrics")["metrics"]}
    assert 0.05 < taken["ThreadTime"] < 2
    assert said == []


def test_the_pointer_tells_the_nearest_moment(tab: Page, said: list[str], tmp_path: Path) -> None:
    opened(tab, tmp_path / "study.html", samples_page.study_page())

    rest_on(tab, "time")

    tooltip = tab.locator("#vg-tooltip-element").inner_text()
    assert "need, MiB" in tooltip
    assert "undefined" not in tooltip
    assert said == []


def test_the_pointer_tells_what_each_process_held(
    tab: Page, said: list[str], tmp_path: Path
) -> None:
    opened(tab, tmp_path / "profile.html", samples_page.profile_page())

    rest_on(tab, "processes-0")

    tooltip = tab.locator("#vg-tooltip-element").inner_text()
    assert "python -m pipeline --workers 2 (4243)" in tooltip
    assert "3 more processes" in tooltip
    assert said == []


def rest_on(tab: Page, chart: str) -> None:
    """Let the pointer rest on the middle of a chart until something is told."""
    drawn = tab.locator(f"[data-chart={chart}] svg")
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    assert box is not None
    for step in (0, 20):
        tab.mouse.move(box["x"] + box["width"] / 2 + step, box["y"] + box["height"] / 2)
    tab.wait_for_selector("#vg-tooltip-element.visible")


def test_a_hostile_name_is_shown_and_not_executed(
    tab: Page, said: list[str], tmp_path: Path
) -> None:
    # given a profile whose names are HTML, and expressions that end too early
    profiled = samples_page.profile()
    (*others, last) = profiled.trial.runs
    assert profiled.explanation is not None
    assert last.run.bands is not None
    peak = profiled.explanation.peaks[0]
    families = tuple(replace(one, command=HOSTILE) for one in peak.families)
    explanation = replace(profiled.explanation, peaks=(replace(peak, families=families),))
    processes = tuple(replace(one, command=HOSTILE + COMMAND) for one in last.run.bands.processes)
    bands = replace(last.run.bands, processes=processes)
    last = replace(last, run=replace(last.run, bands=bands))
    trial = replace(profiled.trial, runs=(*others, last))
    profiled = replace(profiled, workload=HOSTILE, explanation=explanation, trial=trial)

    # when it is opened, and the pointer rests on the bar of such a name
    opened(tab, tmp_path / "hostile.html", html_page(profiled, Beside(tuple(shown(profiled)))))
    tab.locator("[data-chart=held-0] svg .mark-rect path").first.hover()
    tab.wait_for_selector("#vg-tooltip-element.visible")
    told = [tab.locator("#vg-tooltip-element").inner_text()]
    rest_on(tab, "processes-0")
    told.append(tab.locator("#vg-tooltip-element").inner_text())

    # then the name is text, there too
    assert HOSTILE in tab.locator("h1").inner_text()
    assert all("<img" in one for one in told)
    assert COMMAND.replace("\n", " ") in told[1]
    assert tab.locator("img").count() == 0
    assert tab.title().startswith(HOSTILE)
    assert said == []
