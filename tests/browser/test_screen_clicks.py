"""What an impatient reader does: nothing may be lost, and no error may show."""

import re
import time

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# The first film also waits for TensorFlow, on a machine that may be busy.
PATIENCE = 180_000


def well(page):
    assert page.locator("[data-testid=stException]").count() == 0
    expect(page.get_by_role("heading", name="Screen chest films")).to_be_visible()


def files(film_png, count, size=(64, 64)):
    return [
        {"name": f"film-{i:02d}.png", "mimeType": "image/png", "buffer": film_png(i, size)}
        for i in range(count)
    ]


def give(page, found):
    page.locator("input[type=file]").first.set_input_files(found)


def counted(page, count):
    expect(page.get_by_text(re.compile(f"^{count} films: "))).to_be_visible(timeout=PATIENCE)


def test_thirty_quick_clicks_are_thirty_films(page):
    page.goto("/screen")
    button = page.get_by_role("button", name="Try a simulated film")
    expect(button).to_be_visible()
    start = time.monotonic()
    for number in range(30):
        button.click()
        page.wait_for_timeout(max(0, (number + 1) / 3 - (time.monotonic() - start)) * 1000)
    counted(page, 30)
    well(page)


def test_stop_is_obeyed_at_once_and_says_so(page, film_png):
    page.set_default_timeout(PATIENCE)
    page.goto("/screen")
    give(page, files(film_png, 120, (300, 300)))
    stop = page.get_by_role("button", name="Stop here")
    stop.click()
    start = time.monotonic()
    said = page.get_by_text(re.compile(r"^Stopped: \d+ films not screened"))
    expect(said).to_be_visible()
    assert time.monotonic() - start < 2
    left = int(re.search(r"\d+", said.inner_text()).group())
    assert 0 < left <= 120
    page.get_by_role("button", name="Go on").click()
    counted(page, 120)
    well(page)


def test_a_film_taken_out_of_the_uploader_is_gone(page, film_png):
    page.goto("/screen")
    give(page, files(film_png, 3))
    counted(page, 3)
    page.get_by_role("button", name=re.compile("^(Remove|Delete).*film-01")).first.click()
    counted(page, 2)
    well(page)


def test_a_page_loaded_anew_finds_its_films_again(page, film_png):
    page.goto("/screen")
    give(page, files(film_png, 5))
    counted(page, 5)
    page.reload()
    counted(page, 5)
    well(page)


def test_another_tab_has_films_of_its_own(page, film_png):
    page.goto("/screen")
    give(page, files(film_png, 2))
    counted(page, 2)
    other = page.context.new_page()
    other.goto("/screen")
    expect(other.get_by_role("button", name="Try a simulated film")).to_be_visible()
    give(other, files(film_png, 4))
    counted(other, 4)
    counted(page, 2)
    well(other)


def test_a_model_switched_in_mid_batch_answers_for_every_film(page, film_png):
    page.set_default_timeout(PATIENCE)
    page.goto("/screen")
    give(page, files(film_png, 40, (500, 500)))
    expect(page.get_by_role("button", name="Stop here")).to_be_visible()
    page.get_by_role("combobox", name=re.compile("Model")).click()
    page.get_by_role("option").filter(has_not_text="Another").click()
    counted(page, 40)
    well(page)
