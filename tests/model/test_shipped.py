"""The bundles that are shipped: whole, written by commands, and able to answer."""

import json
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from covidweb.bundle import Card, list_bundles, read_bundle
from covidweb.bundle.blocks import markdown
from covidweb.bundle.model_card import FILE, model_card, read_results
from covidweb.networks.classifier import evidence_model
from covidweb.networks.lite import lite
from covidweb.networks.standard import WHOLE_FILM, resize_box
from covidweb.place import home
from covidweb.radiograph import Radiograph
from covidweb.screening.networks import keras_network
from covidweb.simulate import simulate_film

ROOT = home() / "model"
NAMES = list_bundles(ROOT)
SCREENING = list_bundles(ROOT, kinds=("seed", "classifier"))


@pytest.fixture(scope="module")
def radiograph():
    pixels = simulate_film(3, covid=True).pixels
    height, width = pixels.shape
    return Radiograph(pixels, (width, height), "", "PNG")


def test_the_three_bundles_are_there():
    assert {"default", "seed", "lungs"} <= set(NAMES)
    assert {"default", "seed"} <= set(SCREENING)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_the_cards_and_no_key_is_anybodys_own(name):
    bundle = read_bundle(name, ROOT)
    assert bundle.warnings() == []
    for file in bundle.card.weights:
        bundle.weights(file)
    written = json.loads((bundle.path / "card.json").read_text(encoding="utf-8"))
    assert set(written) <= {known.name for known in fields(Card)}
    there = {path.name for path in bundle.path.iterdir()}
    assert there <= {"card.json", FILE, *bundle.card.weights, *bundle.card.files}
    if (bundle.path / FILE).is_file():
        said = markdown(model_card(bundle.card, read_results(bundle)))
        assert (bundle.path / FILE).read_text(encoding="utf-8") == said


@pytest.mark.parametrize("name", NAMES)
def test_the_constraints_pin_what_the_cards_numbers_were_made_with(name):
    path = Path(home()) / "constraints.txt"
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)$", path.read_text(), re.M))
    versions = read_bundle(name, ROOT).card.versions
    made_with = {k: v for k, v in versions.items() if k not in ("covidweb", "python")}
    assert made_with == {k: pinned[k] for k in made_with}


@pytest.mark.parametrize("name", SCREENING)
def test_a_shipped_model_answers_for_a_simulated_film(name, radiograph, shipped):
    found = shipped(name).screen(radiograph)
    assert found.status in ("ok", "uncertain", "not_assessed")
    assert (found.probability is None) == (found.status == "not_assessed")
    if found.probability is not None:
        assert 0 <= found.probability <= 1 and found.heatmap.min() >= 0


def test_the_shipped_lung_finder_finds_a_simulated_pair(radiograph, shipped):
    (lungs,) = shipped("default").finder.find([radiograph])
    assert lungs.plausible and 0.1 < lungs.mask.mean() < 0.7


@pytest.mark.parametrize("name", [n for n in NAMES if n != "seed"])
def test_a_shipped_network_is_the_same_in_both_its_forms(name):
    bundle = read_bundle(name, ROOT)
    model = keras_network(bundle)
    whole = evidence_model(model) if bundle.kind == "classifier" else model
    size = bundle.card.input.size
    grey = [simulate_film(seed, covid=seed % 2 == 0).pixels for seed in range(4)]
    films = np.stack([resize_box(pixels, WHOLE_FILM, size) for pixels in grey])[..., None]
    if bundle.card.input.mask_channel:
        films = np.concatenate([films, np.ones_like(films)], -1)
    found, wanted = lite(bundle.lite().read_bytes())(films), whole(films, training=False)
    # Most of their layers have 8 bits.
    if bundle.kind == "classifier":
        np.testing.assert_allclose(found["covid_logit"], wanted["covid_logit"], atol=0.25)
        np.testing.assert_allclose(found["opacity_logit"], wanted["opacity_logit"], atol=0.1)
        moves = np.abs(found["features"] - wanted["features"]).mean(axis=1)
        assert (moves < 0.02 * np.abs(wanted["features"]).mean()).all()
    elif bundle.kind == "lungs":
        assert np.mean((found >= 0.5) != (wanted >= 0.5)) < 0.005
    else:
        assert np.array_equal(found[:, :5].argmax(axis=1), wanted.numpy()[:, :5].argmax(axis=1))
        np.testing.assert_allclose(found, wanted, atol=0.3)
