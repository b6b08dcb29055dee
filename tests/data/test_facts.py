"""The manifest of facts that the project ships: complete, and nothing but facts."""

import pytest

from covidweb.dataset.facts import COLUMNS, FACTS, read_facts
from covidweb.dataset.manifest import LABELS
from covidweb.sets import SETS


@pytest.fixture(scope="module")
def facts():
    return read_facts()


def test_rows_are_whole_and_known(facts):
    assert list(facts.columns) == list(COLUMNS)
    assert len(facts) > 10_000 and facts["image_id"].is_unique and facts["sha256"].is_unique
    assert set(facts["label"]) <= set(LABELS) and set(facts["set"]) <= set(SETS)
    for column in ("group", "repo", "commit", "repo_path", "source"):
        assert (facts[column] != "").all()
    assert facts["sha256"].str.fullmatch("[0-9a-f]{64}").all()
    assert facts["phash"].str.fullmatch("[0-9a-f]{64}").all()
    assert facts["commit"].str.fullmatch("[0-9a-f]{40}").all()


def test_it_holds_facts_only():
    assert FACTS.stat().st_size < 8_000_000


def test_nothing_held_out_shares_a_group_or_cluster_with_the_pool(facts):
    from covidweb.dataset import split_manifest
    from covidweb.dataset.split import crossings

    assert crossings(facts, split_manifest(facts)) == []


def test_the_split_of_the_films_that_the_first_cards_name_is_as_it_was(facts):
    """The hash is the one that the first cards have."""
    from covidweb.dataset import split_manifest, split_sha256
    from covidweb.sets import SECOND_DEAL

    before = split_manifest(facts)[~facts["set"].isin(SECOND_DEAL).to_numpy()]
    assert split_sha256(before).startswith("3b487c94fa9c727d")
