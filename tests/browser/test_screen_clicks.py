"""What an impatient reader does: nothing may be lost, and no error may show."""

import re
import time

import pytest
from browser.conftest import ROOT, serving
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# The first film also waits for TensorFlow, on a machine that may be busy.
PATIENCE = 300_000
MANY = 700
"""So many films that a fast machine is not through with them before the next click."""


def well(page):
    assert page.locator("[data-testid=stException]").count() == 0
    expect(page.get_by_role("heading", name="Screen chest films")).to_be_visible()


@pytest.fixture
def give(upload, film_png):
    """Upload drawn films: `give(page, count, side=64)`."""

    def some(page, count, side=64):
        upload(page, *[(f"film-{i:02d}.png", film_png(i, (side, side))) for i in range(count)])

    return some


def sample(page, count, seconds=0.0):
    """Click for simulated films, whose making takes the worklist a while."""
    button = page.get_by_role("button", name="Try a simulated film")
    expect(button).to_be_visible()
    start = time.monotonic()
    for number in range(1, count + 1):
        button.click()
        page.wait_for_timeout(max(0, seconds * number / count - (time.monotonic() - start)) * 1000)


def counted(page, count):
    expect(page.get_by_text(re.compile(f"^{count} films: "))).to_be_visible(timeout=PATIENCE)


def take_out(page, name):
    """Take a file out of the uploader; a click that meets it still sliding open is made again."""
    button = page.get_by_role("button", name=re.compile(f"^(Remove|Delete).*{name}"))
    for _ in range(3):
        button.first.click()
        try:
            return expect(button).to_have_count(0, timeout=10_000)
        except AssertionError:
            continue
    raise AssertionError(f"{name} stays in the uploader.")


def test_thirty_clicks_in_ten_seconds_are_thirty_films(page):
    page.goto("/screen")
    sample(page, 30, seconds=10)
    counted(page, 30)
    well(page)


def test_clicks_on_a_server_just_started_count_too(browser, tmp_path):
    """While it imports TensorFlow a callback takes long, and the next click finds it at work."""
    with serving(tmp_path, ROOT / "model") as (address, _):
        page = browser.new_page(base_url=address)
        page.goto("/screen")
        sample(page, 8)
        counted(page, 8)
        well(page)
        page.close()


def test_stop_leaves_films_over_and_says_so(page, give):
    page.set_default_timeout(PATIENCE)
    page.goto("/screen")
    sample(page, 1)
    expect(page.get_by_text("Probability of COVID-19:").first).to_be_visible(timeout=PATIENCE)
    page.get_by_text("Add films").click()
    give(page, MANY, 320)
    page.get_by_role("button", name="Stop here").click()
    said = page.get_by_text(re.compile(r"^Stopped: \d+ films? not screened"))
    expect(said).to_be_visible(timeout=PATIENCE)
    left = int(re.search(r"\d+", said.inner_text()).group())
    assert 0 < left <= MANY
    page.get_by_role("button", name="Go on").click()
    counted(page, MANY + 1)
    well(page)


def test_a_film_taken_out_of_the_uploader_is_gone(page, give):
    page.goto("/screen")
    give(page, 3)
    counted(page, 3)
    page.get_by_text("Add films").click()
    take_out(page, "film-01")
    counted(page, 2)
    well(page)


def test_a_page_loaded_anew_finds_its_films_again(page, give):
    page.goto("/screen")
    give(page, 5)
    counted(page, 5)
    page.reload()
    counted(page, 5)
    well(page)


def test_another_tab_has_films_of_its_own(page, give):
    page.goto("/screen")
    give(page, 2)
    counted(page, 2)
    other = page.context.new_page()
    other.goto("/screen")
    expect(other.get_by_role("button", name="Try a simulated film")).to_be_visible()
    give(other, 4)
    counted(other, 4)
    counted(page, 2)
    well(other)


def test_a_model_switched_in_mid_batch_answers_for_every_film(page, give):
    page.set_default_timeout(PATIENCE)
    page.goto("/screen")
    give(page, MANY, 256)
    expect(page.get_by_role("button", name="Stop here")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("combobox", name=re.compile("Model")).click()
    page.get_by_role("option").filter(has_not_text="Another").click()
    counted(page, MANY)
    well(page)
