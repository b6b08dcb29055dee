import numpy as np
import pandas as pd
import pytest
from PIL import Image

from covidweb.dataset.manifest import load_manifest
from covidweb.dataset.split import split_pool
from covidweb.errors import DataError
from covidweb.simulate import simulate_film, write_simulated


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    write_simulated(folder, 6, seed=40, size=96)
    return folder


def test_the_manifest_loads_and_names_the_films_as_simulated(root):
    table = load_manifest(root, check_files=True)
    assert list(table["label"]) == ["covid", "normal"] * 3
    assert set(table["source"]) == set(table["note"]) == {"simulated"}
    assert set(table["set"]) == {"train_pool"}
    assert table["group"].is_unique


def test_the_split_takes_the_films(root):
    split = split_pool(load_manifest(root))
    assert set(split) <= {"train", "validation", "test"} and len(split) == 6


def test_the_stored_film_and_masks_are_the_computed_ones(root):
    row = load_manifest(root).iloc[2]
    film = simulate_film(42, True, 96)
    stored = np.asarray(Image.open(root / row["file"]))
    assert stored.dtype == np.uint8
    assert np.abs(stored / 255.0 - film.pixels).max() < 0.003
    masks = pd.read_csv(root / "lung_masks.csv", dtype=str, keep_default_na=False)
    assert set(masks["convention"]) == {"with_retrocardiac"}
    mask = np.asarray(Image.open(root / masks.iloc[2]["mask_file"]))
    assert np.array_equal(mask > 0, film.lung_mask) and set(np.unique(mask)) == {0, 255}
    opacity = np.asarray(Image.open(root / "masks" / "opacities" / f"{row['image_id']}.png"))
    assert np.abs(opacity / 255.0 - film.opacity).max() < 0.003


def test_progress_counts_to_the_end(tmp_path):
    seen = []
    write_simulated(tmp_path, 2, progress=lambda done, count: seen.append((done, count)), size=64)
    assert seen == [(1, 2), (2, 2)]


def test_a_folder_with_other_films_is_refused(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text("image_id,source\nrsna-1,rsna\n")
    with pytest.raises(DataError, match="names rsna"):
        write_simulated(tmp_path, 1, size=64)
    assert path.read_text() == "image_id,source\nrsna-1,rsna\n"


def test_no_films_is_refused(tmp_path):
    with pytest.raises(DataError, match="Received: 0"):
        write_simulated(tmp_path, 0)
