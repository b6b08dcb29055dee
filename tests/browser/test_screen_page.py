import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# The first film also waits for TensorFlow, on a machine that may be busy.
PATIENCE = 120_000


def test_an_uploaded_film_gets_its_verdict_and_its_overlay(page, upload, film_png):
    page.goto("/screen")
    upload(page, ("drawn.png", film_png(1)))
    verdict = page.get_by_text("Probability of COVID-19:")
    expect(verdict.first).to_be_visible(timeout=PATIENCE)
    expect(verdict.first).to_contain_text(re.compile(r"\d+\s?%"))
    film = page.get_by_role("img", name=re.compile("^Chest film drawn.png"))
    expect(film).to_be_visible(timeout=PATIENCE)
    expect(film).to_have_attribute("data-frames", re.compile(r"[1-9]"))
    expect(page.get_by_role("slider", name="Overlay")).to_be_visible()


def test_a_broken_file_gets_a_sentence_and_the_app_goes_on(page, upload, film_png):
    page.goto("/screen")
    upload(page, ("broken.png", b"not a film"), ("drawn.png", film_png(2)))
    row = page.get_by_text(re.compile("2 films|2 files"))
    expect(row.first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Screen chest films")).to_be_visible()
