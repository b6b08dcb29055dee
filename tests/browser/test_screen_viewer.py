"""The film in the browser: how it answers the hand, and that the server hears nothing of it."""

import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# The first film also waits for TensorFlow, on a machine that may be busy.
PATIENCE = 180_000
LARGE = (2000, 2000)
FRAMES_A_SECOND = 30
TRIES = 4


def give(page, *files):
    page.goto("/screen")
    page.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    )


def shown(page, name):
    film = page.get_by_role("img", name=re.compile(f"^Chest film {name}"))
    expect(film).to_be_visible(timeout=PATIENCE)
    expect(film).to_have_attribute("data-frames", re.compile(r"[1-9]"), timeout=PATIENCE)
    return film


def greys(film):
    """The canvas's middle part as an array (H, W)."""
    values = film.evaluate(
        """canvas => {
            const [w, h] = [canvas.width >> 1, canvas.height >> 1];
            const at = [canvas.width >> 2, canvas.height >> 2];
            const image = canvas.getContext('2d').getImageData(...at, w, h).data;
            return [w, h, Array.from(image.filter((_, i) => i % 4 === 1))];
        }"""
    )
    return np.array(values[2], float).reshape(values[1], values[0])


def settled(page, film):
    page.wait_for_timeout(400)
    return greys(film)


def test_dragging_the_window_is_smooth_and_sends_nothing(page, film_png):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    give(page, ("large.png", film_png(1, LARGE)))
    film = shown(page, "large.png")
    film.scroll_into_view_if_needed()
    box = film.bounding_box()
    before = settled(page, film)
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    sent.clear()
    best = 0.0
    for _ in range(TRIES):
        start, frames = time.perf_counter(), int(film.get_attribute("data-frames"))
        for step in range(90):
            page.mouse.move(box["x"] + 200 + step % 45, box["y"] + 200 + step)
        drawn = int(film.get_attribute("data-frames")) - frames
        best = max(best, drawn / (time.perf_counter() - start))
        if best > FRAMES_A_SECOND:
            break
    page.mouse.up()
    assert not np.array_equal(settled(page, film), before)
    expect(page.get_by_text(re.compile(r"Window \d+ % · level"))).to_be_visible()
    assert not sent, f"{len(sent)} messages went to the server"
    assert best > FRAMES_A_SECOND, f"{best:.0f} frames a second"


def test_keys_do_what_the_toolbar_does(page, film_png):
    give(page, ("one.png", film_png(1)))
    film = shown(page, "one.png")
    film.focus()
    plain = settled(page, film)
    page.keyboard.press("i")
    inverted = settled(page, film)
    assert inverted.mean() == pytest.approx(255 - plain.mean(), abs=25)
    page.keyboard.press("0")
    assert np.array_equal(settled(page, film), plain)
    page.keyboard.press("f")
    flipped = settled(page, film)
    assert np.abs(flipped[:, ::-1] - plain).mean() < np.abs(flipped - plain).mean()
    page.keyboard.press("0")
    for key in ("+", "]", ",", "r"):
        page.keyboard.press(key)
        assert not np.array_equal(settled(page, film), plain)
        page.keyboard.press("0")
    page.keyboard.down("h")
    veiled = settled(page, film)
    page.keyboard.up("h")
    assert np.array_equal(settled(page, film), plain)
    page.get_by_label("Overlay").fill("0")
    assert np.array_equal(settled(page, film), veiled)


def test_a_whole_reading_by_keyboard(page, film_png):
    give(page, *[(f"film-{i}.png", film_png(i)) for i in range(3)])
    expect(page.get_by_text(re.compile("^3 films: "))).to_be_visible(timeout=PATIENCE)
    film = page.get_by_role("img", name=re.compile("^Chest film"))
    film.focus()
    first = film.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    expect(film).not_to_have_attribute("aria-label", first)
    second = film.get_attribute("aria-label")
    page.keyboard.press("ArrowLeft")
    expect(film).to_have_attribute("aria-label", first)
    picks = page.get_by_role("list", name="3 films").get_by_role("button")
    picks.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(film).to_have_attribute("aria-label", second)
    page.get_by_role("button", name=re.compile("^Drop film-")).first.press("Enter")
    expect(page.get_by_text(re.compile("^2 films: "))).to_be_visible(timeout=PATIENCE)
