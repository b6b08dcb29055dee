import numpy as np
import pandas as pd
import pytest

from covidweb.dataset import load_manifest, statistics
from covidweb.dataset.pictures import contrast, grey_levels, mean_film, sample, small_films
from covidweb.dataset.selection import Selection, in_doubt, select, with_scores


@pytest.fixture
def films(small_data):
    rows = load_manifest(small_data)
    scores = {"image_id": rows["image_id"].head(20), "score": np.linspace(0, 1, 20)}
    return with_scores(rows.assign(split="train"), pd.DataFrame(scores), 0.5)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Selection(), 62),
        (Selection({"label": ["covid"], "set": ["train_pool"]}), 16),
        (Selection({"view": ["not known", "PA"]}), 41),
        (Selection(age=(60, 70)), 15),
        (Selection(score=(0.0, 0.2)), 4),
        (Selection(outcome="wrong"), 14),
        (Selection(text="HANNOVER"), 4),
        (Selection({"label": ["nothing"]}), 0),
    ],
)
def test_filters(films, wanted, count):
    assert len(select(films, wanted)) == count


def test_scores_and_outcomes(films):
    assert films["score"].notna().sum() == 20
    assert films["outcome"].tolist()[0] == "wrong" and films["outcome"].tolist()[15] == "right"
    assert films["outcome"].tolist()[19] == "wrong" and films["outcome"].tolist()[30] == ""


def test_doubtful_labels_come_most_contradicted_first(films):
    found = in_doubt(films)
    assert found["image_id"].tolist()[:2] == ["bimcv-000", "rsna-019"]
    assert (found["against"] >= 0.9).all()


def test_counts_and_confounding(films):
    table = statistics.counts(films, "label")
    assert table["films"].sum() == 62 and table["films"].is_monotonic_decreasing
    views = statistics.counts(films, "view", "label")
    assert "not known" in set(views["view"]) and views["films"].sum() == 62
    crossed = statistics.confounding(films)
    assert crossed.loc["bimcv"].to_dict() == {"covid": 8, "normal": 0, "pneumonia": 0}
    assert "no source of the training pool has both" in statistics.confounding_sentence(films)


def test_confounding_is_told_as_it_is(films):
    pool = films[films["set"] == "train_pool"]
    mixed = pool.assign(source="one hospital")
    assert "films of more than one class" in statistics.confounding_sentence(mixed)
    half = pool.assign(source=pool["source"].replace({"bimcv": "both", "rsna": "both"}))
    assert statistics.confounding_sentence(half).startswith("50% of the training pool")
    assert "one class only" in statistics.confounding_sentence(pool[pool["label"] == "covid"])
    assert "no films" in statistics.confounding_sentence(films.head(0))


def test_ages_and_sizes(films):
    assert statistics.ages(films)["films"].sum() == films["age"].notna().sum()
    sizes = statistics.sizes(films, top=1)
    assert set(sizes["size"]) == {"128 × 128", "other"} and sizes["films"].sum() == 62
    assert statistics.aspect(films).max() == pytest.approx(128 / 112)


def test_pictures_of_a_sample(films, small_data):
    chosen = sample(films, each=2)
    assert (chosen.groupby(["label", "source"]).size() <= 2).all()
    small = small_films(small_data, [*chosen["file"], "images/none.jpg"], 32)
    assert small.shape == (len(chosen) + 1, 32, 32) and small[-1].max() == 0
    assert mean_film(small[:-1]).shape == (32, 32)
    assert grey_levels(small).sum() == pytest.approx(1)


def test_contrast_spans_the_percentiles():
    assert contrast(np.full((10, 10), 0.4)) == 0
    assert contrast(np.linspace(0, 1, 1001)) == pytest.approx(0.9 * 255, abs=1)
