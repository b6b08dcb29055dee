"""No name and no text of a file, a manifest or a bundle makes a reader's browser ask elsewhere."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pandas as pd
import pytest
from browser.conftest import serving
from playwright.sync_api import Browser, Page, expect

from covidweb.bundle import read_bundle, seal

pytestmark = pytest.mark.browser

ELSEWHERE = "elsewhere.example"
PATIENCE = 120_000
PICTURE = f"![x](https:&#47;&#47;{ELSEWHERE}&#47;p.png)"
"""Markdown for a picture, without a slash, so that it also is a file's name."""

TEXT = f"{PICTURE} <img src=https://{ELSEWHERE}/i.png> https://{ELSEWHERE}/ www.{ELSEWHERE}.org"
HOSTS = """() => [...document.querySelectorAll("img[src], a[href]")].map(
    element => new URL(element.src || element.href, location).hostname)"""
SECTIONS = ("Films", "Plots", "Where classes come from", "Clean up", "Get data")
TRAINING = {
    "Results and curves": "Inside and outside",
    "How good, where": "How good, where",
    "At which threshold": "Do the probabilities mean what they say?",
    "Shortcuts": "Shortcut audit",
    "Explanations": "Explanations audited",
}
"""The sections, each with a heading of its own."""


def hostile(value: Any, kept: tuple[str, ...] = ()) -> Any:
    """Return JSON values with `TEXT` after every text, and after every key but those `kept`."""
    if isinstance(value, dict):
        return {k if k in kept else f"{k} {TEXT}": hostile(v, kept) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(v, kept) for v in value]
    return f"{value} {TEXT}" if isinstance(value, str) else value


@pytest.fixture(scope="module")
def hostile_models(browser_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hostile") / "models"
    folder = root / f"seed {PICTURE}"
    shutil.copytree(browser_models / "seed", folder)
    path = folder / "card.json"
    card = json.loads(path.read_text())
    for key in ("title", "threshold_rule", "command", "intended_use", "limits", "versions"):
        if key in card:
            card[key] = hostile(card[key])
    card["limits"] = [TEXT]
    card["data"] = {"films": {TEXT: 3}}
    path.write_text(json.dumps(card))
    path = folder / "evaluation.json"
    found = json.loads(path.read_text())
    for pair in found["comparisons"].values():
        pair["title"] = hostile(pair["title"])
    sets = found["sets"]
    found["sets"] = {k if k == "test" else f"{k} {TEXT}": v for k, v in sets.items()}
    path.write_text(json.dumps(found))
    films = pd.read_csv(folder / "predictions.csv")
    films["source"] = films["source"] + f" {TEXT}"
    films["image_id"] = films["image_id"] + f" {TEXT}"
    films.to_csv(folder / "predictions.csv", index=False)
    seal(folder, read_bundle(folder.name, root).card)
    return root


@pytest.fixture
def hostile_data(small_data: Path) -> Path:
    path = small_data / "manifest.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in ("image_id", "source", "group", "view", "sex", "licence", "cluster", "note"):
        table[column] = table[column] + f" {TEXT}"
    table["repo"] = f"a) {TEXT}"
    table.to_csv(path, index=False)
    return small_data


@pytest.fixture
def foreign(hostile_models: Path, hostile_data: Path, browser: Browser, tmp_path: Path):
    """A page of the app on hostile files, and the addresses that it asks for."""
    with serving(tmp_path, hostile_models, hostile_data) as (address, _):
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(60_000)
        asked: list[str] = []
        blocked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: blocked.append(said.text) if _refused(said.text) else None)
        yield page, asked, blocked, urlsplit(address).netloc
        context.close()


def _refused(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text


def _settled(page: Page, shown: str) -> None:
    """Wait until the app has run and shows a text."""
    expect(page.get_by_text(shown).first).to_be_visible(timeout=PATIENCE)
    running = page.locator("[data-testid=stApp][data-test-script-state=running]")
    expect(running).to_have_count(0, timeout=PATIENCE)
    page.wait_for_timeout(300)
    assert not [host for host in page.evaluate(HOSTS) if host.endswith(ELSEWHERE)], shown


def _visit(page: Page) -> Iterator[tuple[str, str]]:
    """Yield every view's address and a text that it shows."""
    yield "/", "How good it is"
    yield "/model_card", "Intended use"
    for section in SECTIONS:
        yield f"/dataset?section={quote(section)}", "A group is a patient"
    yield "/training", "Inside and outside"


def test_no_page_asks_for_anything_elsewhere(foreign, hostile_data, upload, film_png) -> None:
    page, asked, blocked, own = foreign
    for address, shown in _visit(page):
        page.goto(address)
        _settled(page, shown)
    for section, heading in TRAINING.items():
        page.get_by_role("radio", name=section, exact=True).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=PATIENCE)
        _settled(page, heading)
    films = pd.read_csv(hostile_data / "manifest.csv", dtype=str, keep_default_na=False)
    page.goto(f"/dataset?film={quote(films['image_id'][0])}")
    _settled(page, "Films that belong to it")
    page.goto("/screen")
    upload(page, (f"{PICTURE}.png", film_png(1)), (f"broken {PICTURE}.png", b"not a film"))
    _settled(page, "2 films")
    _settled(page, "Take away")
    elsewhere = [url for url in asked if urlsplit(url).scheme != "data"]
    elsewhere = [url for url in elsewhere if urlsplit(url).netloc != own and url[:5] != "blob:"]
    assert elsewhere == []
    assert blocked == []
