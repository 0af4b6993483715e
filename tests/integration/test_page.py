"""Report pages in a real browser: they draw, say what is under the pointer, and axe finds no fault.

The browser is what scripts/setup-browser found or installed. To look at the pages:
``MEMTUNE_SCREENSHOTS=DIRECTORY pytest tests/integration/test_page.py``.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from memtune.report.html.page import page as html_page
from memtune.report.html.page import shown
from memtune.report.html.sections import Beside
from tests.unit.report import samples_bill, samples_page

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SERIOUS = ("serious", "critical")
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"


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
    for dark in (False, True):
        tab.emulate_media(color_scheme="dark" if dark else "light")
        for width in (390, 800, 1280):
            tab.set_viewport_size({"width": width, "height": 900})
            charts = tab.locator("[data-chart]")
            for chart in charts.all():
                assert chart.locator("svg path").count() > 3, chart.get_attribute("data-chart")
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            found = Axe().run(tab).response["violations"]
            assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
            if look := os.environ.get("MEMTUNE_SCREENSHOTS"):
                scheme = "dark" if dark else "light"
                tab.screenshot(path=Path(look) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert said == []


def test_ten_thousand_settings_open_fast_and_stay_small(
    tab: Page, said: list[str], tmp_path: Path
) -> None:
    text = samples_page.study_page(*samples_page.long_study())

    opened(tab, tmp_path / "long.html", text)

    assert len(text) < 5_000_000
    assert tab.evaluate("performance.now()") < 5_000  # 0.9 s where nothing else goes on
    assert said == []


def test_the_pointer_tells_the_nearest_moment(tab: Page, said: list[str], tmp_path: Path) -> None:
    opened(tab, tmp_path / "study.html", samples_page.study_page())
    chart = tab.locator("[data-chart=time] svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None

    for step in (0, 20):
        tab.mouse.move(box["x"] + box["width"] / 2 + step, box["y"] + box["height"] / 2)
    tab.wait_for_selector("#vg-tooltip-element.visible")

    tooltip = tab.locator("#vg-tooltip-element").inner_text()
    assert "need, MiB" in tooltip
    assert "undefined" not in tooltip
    assert said == []


def test_a_hostile_name_is_shown_and_not_executed(
    tab: Page, said: list[str], tmp_path: Path
) -> None:
    # given a profile whose names and last words are HTML
    profiled = samples_page.profile()
    assert profiled.explanation is not None
    peak = profiled.explanation.peaks[0]
    families = tuple(replace(one, command=HOSTILE) for one in peak.families)
    explanation = replace(profiled.explanation, peaks=(replace(peak, families=families),))
    profiled = replace(profiled, workload=HOSTILE, explanation=explanation)

    # when it is opened, and the pointer rests on the bar of such a name
    opened(tab, tmp_path / "hostile.html", html_page(profiled, Beside(tuple(shown(profiled)))))
    tab.locator("[data-chart=held-0] svg .mark-rect path").first.hover()
    tab.wait_for_selector("#vg-tooltip-element.visible")

    # then the name is text, there too
    assert HOSTILE in tab.locator("h1").inner_text()
    assert "<img" in tab.locator("#vg-tooltip-element").inner_text()
    assert tab.locator("img").count() == 0
    assert tab.title().startswith(HOSTILE)
    assert said == []
