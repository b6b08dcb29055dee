"""Shared fixtures: drawn films, a made-up data root, and the real data where it is."""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from made_up import make_bundle
from PIL import Image

if TYPE_CHECKING:
    from covidweb.screening import Screener


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests last: Playwright keeps an event loop running until the session ends."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_sessionfinish() -> None:
    """End the children that wait for films: what is left to run is what a test forgot."""
    from covidweb.radiograph import apart

    apart.stop()


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of training runs: no test leaves anything elsewhere."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("COVIDWEB_RUNS", str(folder))
    return folder


def draw_film(seed: int = 0, size: tuple[int, int] = (256, 256)) -> np.ndarray:
    """Draw a crude chest: bright body, two dark lungs; float32 (H, W) in 0..1."""
    rng = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    y, x = y / height, x / width
    film = 0.75 - 0.5 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    for centre in (0.3, 0.7):
        shift = rng.uniform(-0.02, 0.02, 2)
        lung = ((x - centre - shift[0]) / 0.16) ** 2 + ((y - 0.47 - shift[1]) / 0.33) ** 2 < 1
        film = np.where(lung, 0.25 + 0.05 * np.sin(60 * y), film)
    film = film + rng.normal(0, 0.02, size)
    return np.clip(film, 0, 1).astype(np.float32)


def encode(film: np.ndarray, kind: str = "PNG") -> bytes:
    """Encode a drawn film as bytes of an image file."""
    stream = io.BytesIO()
    Image.fromarray(np.round(film * 255).astype(np.uint8)).save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def film() -> Callable[..., np.ndarray]:
    """Draw a film: `film(seed, size=(H, W))`."""
    return draw_film


@pytest.fixture
def film_png() -> Callable[..., bytes]:
    """Draw a film and encode it as PNG: `film_png(seed)`."""
    return lambda seed=0, size=(256, 256): encode(draw_film(seed, size))


@pytest.fixture
def real_data() -> Path:
    """The real data's root, or a skip that says what is missing."""
    root = Path(os.environ.get("COVIDWEB_DATA") or "data")
    if not (root / "manifest.csv").is_file():
        pytest.skip("needs the real films: set COVIDWEB_DATA to a folder with manifest.csv")
    return root


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], "Screener"]:
    """A shipped bundle's Screener, `shipped("default")`, loaded once: it takes seconds."""
    from covidweb.place import home
    from covidweb.screening import Screener

    return cache(lambda name: Screener.load(name, home() / "model"))


@pytest.fixture(scope="session")
def seed_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model root with one bundle `seed`: the article's layers, tiny and untrained."""
    import keras

    from covidweb.bundle import WEIGHTS, Card, InputSpec, seal
    from covidweb.networks.seed import CAM_LAYER, build_seed

    root = tmp_path_factory.mktemp("models")
    folder = root / "seed"
    folder.mkdir()
    keras.utils.set_random_seed(5)
    build_seed(32, 8).save(folder / WEIGHTS)
    card = Card(
        kind="seed",
        title="Tiny seed",
        classes=("covid", "normal"),
        input=InputSpec(32),
        cam_layer=CAM_LAYER,
        cam_scale=0.1,
        threshold=0.5,
        uncertain_band=(0.5, 0.5),
    )
    seal(folder, card)
    return root


@pytest.fixture(scope="session")
def classifier_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model root with one bundle `classifier`: its graph, tiny and untrained, and a gate.

    Its features are about those of drawn films, so that the gate lets these pass.
    """
    import keras

    from covidweb.bundle import WEIGHTS, Card, InputSpec, seal
    from covidweb.bundle.card import Calibration, GateLimit
    from covidweb.files import write_text
    from covidweb.networks.classifier import CAM_LAYER, build_classifier
    from covidweb.training.classifier.gate import fit_gate

    root = tmp_path_factory.mktemp("models")
    folder = root / "classifier"
    folder.mkdir()
    keras.utils.set_random_seed(5)
    model = build_classifier(112, 4, dense=True)
    model.get_layer("opacity_share").set_weights([np.array([[0.5]], np.float32)])
    # An untrained trunk hardly moves: what it says is made louder, so that films differ.
    model.get_layer("widen").set_weights([2000 * model.get_layer("widen").get_weights()[0]])
    signs = np.array([[3, -3, 2, -2, 0.5, 1, -1, 1, -1]], np.float32).T
    model.get_layer("covid_reading").set_weights([signs, np.zeros(1, np.float32)])
    model.save(folder / WEIGHTS)
    reader = keras.Model(model.input, model.get_layer("features").output)
    films = np.stack([draw_film(seed, (112, 112)) for seed in range(40)])
    features = reader.predict(np.stack([films, np.ones_like(films)], -1), verbose=0)
    cloud, _ = fit_gate(features, np.arange(40) % 2, features)
    write_text(folder / "gate.json", json.dumps(cloud))
    card = Card(
        kind="classifier",
        title="Tiny classifier",
        classes=("covid", "normal"),
        input=InputSpec(112, "lungs", mask_channel=True),
        cam_layer=CAM_LAYER,
        cam_scale=0.1,
        calibration=Calibration(temperature=1.5, bias=0.25),
        threshold=0.4,
        gate=GateLimit(file="gate.json", limit=1e9, rule="All films pass."),
    )
    seal(folder, card, (WEIGHTS, "gate.json"))
    return root


@pytest.fixture(scope="session")
def made_up_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two made-up bundles, written once; copy them before changing anything."""
    root = tmp_path_factory.mktemp("made-up")
    for name, skill in (("default", 1.0), ("seed", 0.7)):
        make_bundle(root, name, seed=len(name), skill=skill)
    return root


@pytest.fixture
def bundle_root(made_up_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two made-up bundles, `default` and `seed`, in the folder that the app reads."""
    root = tmp_path / "models"
    shutil.copytree(made_up_models, root)
    monkeypatch.setenv("COVIDWEB_MODELS", str(root))
    return root


SMALL_SETS = (
    # set, label, source, films, films a group
    ("train_pool", "covid", "bimcv", 8, 1),
    ("train_pool", "covid", "cxnet", 8, 2),
    ("train_pool", "normal", "rsna", 8, 1),
    ("train_pool", "normal", "openist", 8, 1),
    ("auxiliary_nih", "normal", "nih", 4, 1),
    ("auxiliary_nih", "pneumonia", "nih", 4, 1),
    ("auxiliary_paediatric", "normal", "kermany", 2, 1),
    ("auxiliary_paediatric", "pneumonia", "kermany", 2, 1),
    ("external_hannover", "covid", "hannover", 4, 2),
    ("external_figure1", "covid", "figure1", 2, 1),
    ("external_figure1", "normal", "figure1", 1, 1),
    ("external_lundis", "normal", "lundis", 3, 1),
    ("stress_nih", "normal", "nih", 1, 1),
    ("stress_nih", "pneumonia", "nih", 1, 1),
    ("stress_paediatric", "normal", "kermany", 1, 1),
    ("stress_paediatric", "pneumonia", "kermany", 1, 1),
    ("stress_tuberculosis", "tuberculosis", "lundis", 2, 1),
    ("not_cxr", "not_cxr", "imagenet", 2, 1),
)


def small_manifest() -> pd.DataFrame:
    """A made-up manifest of 62 films: groups within and across sets, clusters across groups."""
    rows = []
    for part, label, source, films, together in SMALL_SETS:
        for number in range(films):
            name = f"{source}-{len(rows):03d}"
            rows.append(
                {
                    "image_id": name,
                    "file": f"images/{part}/{name}.jpg",
                    "label": label,
                    "set": part,
                    "source": source,
                    "group": f"{part}-{label}-{source}-{number // together}",
                    "view": ("PA", "AP", "")[len(rows) % 3],
                    "age": ("34", "", "67", "early 40s")[len(rows) % 4],
                    "sex": ("F", "M", "")[len(rows) % 3],
                    "width": "128",
                    "height": "112" if source == "hannover" else "128",
                    "licence": "CC BY 3.0" if source == "hannover" else "",
                    "repo": f"somebody/{source}",
                    "commit": f"{len(source):040x}",
                    "repo_path": f"films of {source}/{name}.png",
                    "sha256": hashlib.sha256(name.encode()).hexdigest(),
                    "cluster": "",
                    "note": "",
                }
            )
    table = pd.DataFrame(rows)
    table.loc[table["source"] == "bimcv", "cluster"] = ["C1", "C1", "C2", "", "", "", "", "C3"]
    # A patient of the pool who is also in an auxiliary set, and a chain of three: group, cluster.
    table.loc[32, "group"] = table.loc[16, "group"]
    table.loc[[8, 17], "cluster"] = "C4"
    return table


def card_keys(folder: Path) -> set[str]:
    """The keys of a bundle's card, and those of its sections as `section.key`.

    What a section counts, by file, set, source or library, is no key.
    """
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    counts = ("weights", "files", "versions", "left_out_auc")
    sections = {k: v for k, v in card.items() if isinstance(v, dict) and k not in counts}
    return set(card) | {f"{name}.{key}" for name, keys in sections.items() for key in keys}


def write_small_data(root: Path) -> Path:
    """Write a data root: the small manifest, and a drawn film for each of its rows."""
    table = small_manifest()
    for number, row in enumerate(table.itertuples()):
        path = root / row.file
        path.parent.mkdir(parents=True, exist_ok=True)
        size = (int(row.height), int(row.width))
        path.write_bytes(encode(draw_film(number, size), "JPEG"))
    table.to_csv(root / "manifest.csv", index=False)
    return root


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """A data root of its own, as `write_small_data` makes it."""
    return write_small_data(tmp_path / "small_data")
