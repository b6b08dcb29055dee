"""Training the lung finder on a made-up set of pairs, and what it is made of."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from covidweb.dataset.manifest import COLUMNS
from covidweb.errors import DataError
from covidweb.exam.evaluate import evaluate_bundle
from covidweb.training.lungs.pairs import between, held_out, load_pairs, read_examples
from covidweb.training.lungs.train import dice, mask_loss, train_lungs


@pytest.fixture
def pairs_root(tmp_path, film):
    """Twelve drawn films with masks: two sources, two films a group, both conventions."""
    root = tmp_path / "data"
    for folder in ("images", "masks", "empty"):
        (root / folder).mkdir(parents=True)
    rows, empties = [], []
    for i in range(12):
        grey = film(i, size=(96, 80))
        Image.fromarray((grey * 255).astype(np.uint8)).save(root / f"images/{i}.jpg")
        Image.fromarray(((grey < 0.42) * 255).astype(np.uint8)).save(root / f"masks/{i}.png")
        rows.append(
            {
                "image_id": f"lungs-{i}",
                "file": f"images/{i}.jpg",
                "mask_file": f"masks/{i}.png",
                "source": "ieee8023" if i < 8 else "openist",
                "convention": "with_retrocardiac" if i < 8 else "lung_field",
                "group": f"g{i // 2}",
            }
        )
    for i in range(4):
        noise = np.random.default_rng(i).integers(0, 255, (70, 90), dtype=np.uint8)
        Image.fromarray(noise).save(root / f"empty/{i}.jpg")
        empties.append(
            {
                "image_id": f"e{i}",
                "file": f"empty/{i}.jpg",
                "set": "not_cxr",
                "source": "noise",
                "group": f"e{i}",
            }
        )
    pd.DataFrame(rows).to_csv(root / "lung_masks.csv", index=False)
    known = {"label": "not_cxr", "width": "90", "height": "70"}
    table = pd.DataFrame([dict.fromkeys(COLUMNS, "") | known | row for row in empties])
    table.to_csv(root / "manifest.csv", index=False)
    return root


def train(root, output, epochs=1, log=lambda line: None):
    options = {"epochs": epochs, "steps": 2, "size": 32, "width": 4}
    return train_lungs(root, output, log=log, **options)


def test_training_writes_a_whole_bundle(pairs_root, tmp_path):
    lines = []
    bundle = train(pairs_root, tmp_path / "model" / "lungs", epochs=2, log=lines.append)
    assert bundle.kind == "lungs" and bundle.weights("lungs.keras").is_file()
    assert bundle.warnings() == [] and list(bundle.card.files) == ["history.csv"]
    history = bundle.history()
    assert list(history["epoch"]) == [1, 2] and (history["learning_rate"] > 0).all()
    bundle = evaluate_bundle("lungs", pairs_root, root=bundle.path.parent, log=lines.append)
    assert bundle.warnings() == [] and len(bundle.card.files) == 2
    figures = bundle.lung_evaluation()
    assert set(figures.sources) == {"ieee8023", "openist"}
    assert set(figures.robustness) == {"rotated_5_degrees", "inverted", "padded_two_sides"}
    assert figures.not_cxr.n == 2
    assert sum(line.startswith("epoch") for line in lines) == 2
    assert not list(bundle.path.glob(".writing-*"))


def test_an_interrupted_training_goes_on_where_it_stopped(pairs_root, tmp_path):
    output = tmp_path / "model" / "lungs"
    lines = []

    def stop_at_two(line):
        lines.append(line)
        if line.startswith("epoch 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(pairs_root, output, epochs=3, log=stop_at_two)
    assert not output.exists()
    bundle = train(pairs_root, output, epochs=3, log=lines.append)
    assert [line[:7] for line in lines if line.startswith("epoch")].count("epoch 1") == 1
    assert list(bundle.history()["epoch"]) == [1, 2, 3]


def test_groups_are_held_out_whole_and_every_source_has_some(pairs_root):
    pairs = load_pairs(pairs_root)
    part = held_out(pairs, 0.25, seed=1)
    assert part.groupby(pairs["group"]).nunique().max() == 1
    assert part.groupby(pairs["source"]).sum().min() > 0
    assert 2 <= part.sum() <= 6
    assert part.equals(held_out(pairs, 0.25, seed=1))


def test_a_missing_list_or_file_is_named(pairs_root, tmp_path):
    with pytest.raises(DataError, match=r"has no lung_masks\.csv"):
        train(tmp_path, tmp_path / "lungs")
    (pairs_root / "masks" / "3.png").unlink()
    with pytest.raises(DataError, match=r"3\.png"):
        read_examples(pairs_root, load_pairs(pairs_root), 40)


def test_the_other_convention_is_unknown_between_the_lungs_only(pairs_root):
    whole, fields = (
        read_examples(pairs_root, load_pairs(pairs_root).iloc[[i]], 64)[0] for i in (0, 9)
    )
    assert whole.known.min() == 255
    assert fields.known[30, 32] == 0 and fields.known[5, 5] == 255
    assert (fields.known[fields.lungs > 200] == 255).mean() > 0.99


def test_between_is_the_hull_without_the_mask():
    mask = np.zeros((9, 9), bool)
    mask[2:7, 1:3] = mask[2:7, 6:8] = True
    gap = np.zeros_like(mask)
    gap[2:7, 3:6] = True
    assert np.array_equal(between(mask), gap)
    assert not between(np.zeros((4, 4), bool)).any()


def test_loss_and_dice_look_only_where_the_truth_is_known():
    truth = np.zeros((1, 8, 8, 2), np.float32)
    truth[:, :, :4, 0] = 1
    truth[..., 1] = 1
    right = truth[..., :1].copy()
    wrong = right.copy()
    wrong[:, :2] = 1 - wrong[:, :2]
    assert float(mask_loss(truth, right)[0]) < float(mask_loss(truth, wrong)[0])
    assert float(dice(truth, right)[0]) == 1 > float(dice(truth, wrong)[0])
    truth[:, :2, :, 1] = 0
    assert float(mask_loss(truth, right)[0]) == pytest.approx(float(mask_loss(truth, wrong)[0]))
    assert float(dice(truth, wrong)[0]) == 1
