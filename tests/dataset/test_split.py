import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covidweb.dataset import load_manifest, split_manifest, split_pool, split_sha256
from covidweb.dataset.split import assert_whole, components, crossings
from covidweb.errors import DataError


def table(groups, clusters, sets="train_pool", label="normal"):
    size = len(groups)
    return pd.DataFrame(
        {
            "image_id": [f"f{i}" for i in range(size)],
            "group": list(groups),
            "cluster": list(clusters),
            "set": [sets] * size if isinstance(sets, str) else list(sets),
            "label": label,
            "source": "here",
        },
        dtype="str",
    )


def test_components_join_through_groups_and_clusters():
    rows = table(["a", "b", "b", "c", "d", "c"], ["1", "1", "2", "2", "", ""])
    assert components(rows).tolist() == [0, 0, 0, 0, 1, 0]


def test_a_group_is_never_a_cluster_of_the_same_name():
    assert components(table(["x", "y"], ["y", ""])).tolist() == [0, 1]


def test_empty_keys_join_nothing():
    assert len(set(components(table(["", "", ""], ["", "", ""])))) == 3


def test_every_film_gets_one_split(small_data):
    manifest = load_manifest(small_data)
    split = split_manifest(manifest)
    assert list(split.index) == list(manifest["image_id"])
    held = manifest["set"].str.startswith(("external", "stress", "not_cxr")).to_numpy()
    assert (split[held] == "held_out").all()
    assert set(split[~held]) == {"train", "validation", "test"}
    assert crossings(manifest, split) == []


def test_what_belongs_together_stays_together_across_sets(small_data):
    manifest = load_manifest(small_data)
    for seed in range(5):
        split = split_manifest(manifest, seed).to_numpy()
        assert split[32] == split[16], "a patient of two sets was divided"
        assert split[0] == split[1] and split[8] == split[9] == split[17]


def test_pool_is_its_part_of_the_whole(small_data):
    manifest = load_manifest(small_data)
    pool = split_pool(manifest)
    assert len(pool) == 32
    assert (split_manifest(manifest)[pool.index] == pool).all()


def test_the_same_seed_gives_the_same_split_and_another_another(small_data):
    manifest = load_manifest(small_data)
    one, same, other = (split_sha256(split_manifest(manifest, seed)) for seed in (0, 0, 1))
    assert one == same != other


def test_hash_does_not_depend_on_order(small_data):
    split = split_manifest(load_manifest(small_data))
    assert split_sha256(split) == split_sha256(split.sample(frac=1, random_state=1))


def test_shares_hold_for_every_label_and_source():
    rows = table([f"g{i}" for i in range(1000)], [""] * 1000)
    rows["label"] = ["covid"] * 100 + ["normal"] * 900
    rows["source"] = (["a"] * 40 + ["b"] * 60) + ["c"] * 900
    split = split_pool(rows)
    for _, part in split.groupby(rows["source"].to_numpy()):
        shares = part.value_counts(normalize=True)
        assert np.allclose(shares[["train", "validation", "test"]], (0.7, 0.15, 0.15), atol=0.02)


def test_the_largest_go_first_and_each_to_whoever_lacks_most():
    """Ten films in components of 4, 2, 1, 1, 1, 1: worked out by hand for shares 0.5, 0.3, 0.2.

    Lacking, as a share of its due: 4 to train (1, 1, 1: the first of equals); then train has 1/5
    left, so 2 to validation; test is whole with 1 of 2, then validation and test, and train last.
    """
    groups = ["a"] * 4 + ["b"] * 2 + ["c", "d", "e", "f"]
    split = split_pool(table(groups, [""] * 10), fractions=(0.5, 0.3, 0.2))
    names = split.to_numpy()
    assert set(names[:4]) == {"train"} and set(names[4:6]) == {"validation"}
    assert sorted(names[6:]) == ["test", "test", "train", "validation"]


def test_a_rare_kind_weighs_as_much_as_a_common_one():
    """Groups of 1 rare and 9 common films: the rare ones are dealt in proportion, too."""
    groups = [f"g{i}" for i in range(20) for _ in range(10)]
    rows = table(groups, [""] * 200)
    rows["label"] = ["covid" if i % 10 == 0 else "normal" for i in range(200)]
    split = split_pool(rows, fractions=(0.5, 0.25, 0.25)).to_numpy()
    rare = (rows["label"] == "covid").to_numpy()
    assert pd.Series(split[rare]).value_counts().to_dict() == {
        "train": 10,
        "validation": 5,
        "test": 5,
    }


def test_no_share_means_no_films():
    rows = table([f"g{i}" for i in range(50)], [""] * 50)
    assert set(split_pool(rows, fractions=(0.8, 0.2, 0.0))) == {"train", "validation"}


def test_wrong_fractions_are_refused():
    with pytest.raises(ValueError, match=r"sum to 1. Received: \(0.7, 0.2, 0.2\)"):
        split_pool(table(["a"], [""]), fractions=(0.7, 0.2, 0.2))


def test_a_held_out_patient_in_the_pool_is_refused():
    rows = table(["p", "p"], ["", ""], sets=["train_pool", "external_hannover"])
    with pytest.raises(DataError, match="group p is in held_out and train"):
        split_manifest(rows)


def test_a_dividing_split_is_refused():
    rows = table(["a", "b"], ["k", "k"])
    with pytest.raises(DataError, match="cluster k is in test and train"):
        assert_whole(rows, pd.Series(["train", "test"], index=rows["image_id"]))


def test_films_of_the_second_deal_move_none_of_the_first():
    first = table([f"g{i}" for i in range(60)], [""] * 60)
    later = table([f"h{i}" for i in range(40)], [""] * 40, sets="auxiliary_rsna_lungs")
    later["image_id"] = "late-" + later["image_id"]
    alone, both = split_manifest(first), split_manifest(pd.concat([later, first]))
    assert (both[first["image_id"]] == alone).all()
    assert both[later["image_id"]].value_counts().to_dict() == {
        "train": 28,
        "validation": 6,
        "test": 6,
    }


def test_a_later_film_follows_its_patient_of_the_first_deal():
    # In another order, so that they would be dealt otherwise if they did not follow.
    names = [f"g{i}" for i in range(20)]
    rows = table(names + names[::-1], [""] * 40)
    rows["set"] = ["train_pool"] * 20 + ["lateral"] * 20
    split = split_manifest(rows).to_numpy()
    assert (split[:20] == split[:19:-1]).all() and set(split) == {"train", "validation", "test"}


def test_without_films_to_learn_from():
    assert split_pool(table([], [])).empty
    assert list(split_manifest(table(["a"], [""], sets="not_cxr"))) == ["held_out"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=60))
def test_no_relation_is_ever_divided(keys):
    rows = table([f"g{g}" for g, _ in keys], [f"c{c}" if c > 4 else "" for _, c in keys])
    split = split_pool(rows)
    for column in ("group", "cluster"):
        known = (rows[column] != "").to_numpy()
        assert (split[known].groupby(rows[column][known].to_numpy()).nunique() == 1).all()
