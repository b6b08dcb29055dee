import numpy as np
import pytest

from covidweb.bundle import read_bundle
from covidweb.dataset import load_manifest, split_pool
from covidweb.errors import DataError
from covidweb.training.seed.train import augmented, draw, one_hot, train_seed


@pytest.fixture
def drawn(small_data):
    manifest = load_manifest(small_data)
    return draw(manifest, split_pool(manifest, seed=0), 40, seed=1)


def test_each_part_is_half_covid_and_no_film_is_in_two(drawn):
    seen = [image for rows in drawn.values() for image in rows["image_id"]]
    assert len(seen) == len(set(seen))
    for rows in drawn.values():
        counts = rows["label"].value_counts()
        assert abs(counts["covid"] - counts["normal"]) <= 4
        assert set(rows["set"]) == {"train_pool"}


def test_no_group_or_cluster_is_in_two_parts(drawn):
    for column in ("group", "cluster"):
        parts = [set(rows[column]) - {""} for rows in drawn.values()]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


def test_a_part_without_a_class_is_named(small_data):
    manifest = load_manifest(small_data)
    split = split_pool(manifest, seed=0)
    with pytest.raises(DataError, match="normal"):
        draw(manifest[manifest["label"] == "covid"], split, 10, seed=0)


def test_labels_are_covid_then_normal(drawn):
    hot = one_hot(drawn["train"])
    assert hot[:, 0].tolist() == (drawn["train"]["label"] == "covid").astype(float).tolist()
    assert (hot.sum(axis=1) == 1).all()


def test_augmentation_changes_films_but_not_their_number_or_labels():
    films = np.random.default_rng(0).random((40, 16, 16, 1), np.float32)
    labels = np.eye(2, dtype=np.float32)[np.arange(40) % 2]
    batches = list(augmented(films, labels, seed=0).as_numpy_iterator())
    seen = np.concatenate([x for x, _ in batches])
    assert seen.shape == films.shape
    assert np.concatenate([y for _, y in batches]).sum(axis=0).tolist() == [20, 20]
    assert not any(np.allclose(seen[0], film) for film in films)


def test_training_writes_a_bundle_that_reads_back(small_data, tmp_path):
    said = []
    output = tmp_path / "model" / "seed"
    train_seed(
        small_data, output, films=16, epochs=2, size=24, dense=4, command="c", log=said.append
    )
    bundle = read_bundle("seed", output.parent)
    assert bundle.warnings() == []
    assert bundle.weights().stat().st_size > 0
    history = bundle.history()
    assert history["epoch"].tolist() == [1, 2]
    assert history[["loss", "accuracy", "val_loss", "val_accuracy"]].notna().all().all()
    assert bundle.card.article.accuracy == 0.81
    assert bundle.card.data.films["train"] > 0
    assert len(said) == 3
    assert not list(output.glob(".writing-*"))
