"""Every page, light, dark and narrow: nothing for axe to find, and nothing that jumps late."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PAGES = ("/", "/screen", "/dataset", "/training", "/model_card")
MOST_SHIFT = 0.1
# What comes late still has the time to push the page aside.
LATE = 2_000
_WATCH = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) window.shifted += entry.value;
        }
    }).observe({ type: "layout-shift", buffered: true });
}"""


def found(page):
    answer = Axe().run(page).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in answer]


def settled(page):
    """Wait until the page's script has run, and a while longer."""
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible(timeout=120_000)
    page.wait_for_timeout(LATE)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_findings_and_does_not_jump(page, path, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(f"({_WATCH})()")
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settled(page)
    assert not found(page)
    assert page.evaluate("window.shifted") < MOST_SHIFT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_film_with_its_answer_has_no_findings(page, upload, film_png, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto("/screen")
    upload(page, *[(f"film-{i}.png", film_png(i)) for i in range(3)])
    expect(page.get_by_text(re.compile("^3 films: "))).to_be_visible(timeout=300_000)
    expect(page.get_by_role("slider", name="Overlay")).to_be_visible()
    settled(page)
    assert not found(page)
