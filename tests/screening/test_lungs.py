"""The lung finder: its bundle's contract, and what it finds on real films."""

import numpy as np
import pandas as pd
import pytest

from covidweb.bundle import Card, InputSpec, list_bundles, seal
from covidweb.errors import ModelError
from covidweb.radiograph import Radiograph, read_radiograph_file
from covidweb.screening.lungs import LungFinder

needs_bundle = pytest.mark.skipif("lungs" not in list_bundles(), reason="no bundle model/lungs")


def radiograph(pixels: np.ndarray) -> Radiograph:
    height, width = pixels.shape
    return Radiograph(pixels.astype(np.float32), (width, height), "", "PNG")


@pytest.fixture(scope="module")
def tiny_root(tmp_path_factory):
    from covidweb.networks.lungs import build_lungs

    root = tmp_path_factory.mktemp("models")
    (root / "lungs").mkdir()
    build_lungs(64, 4).save(root / "lungs" / "lungs.keras")
    card = Card(kind="lungs", title="Tiny", input=InputSpec(64))
    seal(root / "lungs", card, ("lungs.keras",))
    return root


def test_masks_have_the_networks_grid_in_the_order_of_the_films(tiny_root, film):
    finder = LungFinder.load(tiny_root)
    films = [radiograph(film(seed, size=(80 + seed, 120))) for seed in range(18)]
    found = finder.find(films)
    assert len(found) == 18
    assert all(lungs.right.shape == lungs.left.shape == (64, 64) for lungs in found)
    alone = finder.find(films[17:])[0]
    assert np.allclose(found[17].soft, alone.soft, atol=1e-4)


def test_no_films_give_no_lungs(tiny_root):
    assert LungFinder.load(tiny_root).find([]) == []


def test_changed_weights_are_refused(tiny_root, tmp_path):
    import shutil

    root = shutil.copytree(tiny_root, tmp_path / "models")
    with (root / "lungs" / "lungs.keras").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ModelError, match="do not match"):
        LungFinder.load(root)


def test_a_bundle_of_another_kind_is_refused(seed_root):
    with pytest.raises(ModelError, match="does not find lungs"):
        LungFinder.load(seed_root, "seed")


@needs_bundle
def test_pictures_without_lungs_get_no_plausible_pair():
    y, x = np.mgrid[:200, :240] / 240
    noise = np.random.default_rng(0).random((200, 240))
    pictures = [
        np.zeros((200, 240)),
        np.full((200, 240), 0.7),
        noise,
        x,
        np.sin(30 * x * y) / 2 + 0.5,
    ]
    for lungs in LungFinder.load().find([radiograph(p) for p in pictures]):
        assert not lungs.plausible and lungs.note


@needs_bundle
def test_the_bundle_is_small_and_whole():
    finder = LungFinder.load()
    assert finder.bundle.weights("lungs.keras").stat().st_size <= 8e6
    assert finder.bundle.warnings() == []
    figures = finder.bundle.lung_evaluation()
    assert len(figures.worst) == 10
    for source in ("ieee8023", "kermany"):
        scores = figures.sources[source].dice
        assert scores["low"] <= scores["value"] <= scores["high"] <= 1
    assert {"epoch", "loss", "learning_rate"} <= set(finder.bundle.history().columns)


@needs_bundle
@pytest.mark.realdata
def test_real_films_have_a_right_and_a_left_lung(real_data):
    table = pd.read_csv(real_data / "manifest.csv", dtype=str, keep_default_na=False)
    rows = table[table["source"] == "rsna"].head(16)
    found = LungFinder.load().find([read_radiograph_file(real_data / f) for f in rows["file"]])
    assert np.mean([lungs.plausible for lungs in found]) > 0.9
    for lungs in found:
        if lungs.plausible:
            assert np.nonzero(lungs.right)[1].mean() < np.nonzero(lungs.left)[1].mean()
            assert 0.1 < lungs.mask.mean() < 0.7
