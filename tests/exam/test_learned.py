"""What a bundle learned from is listed film by film."""

from pathlib import Path

from covidweb.bundle import Card, InputSpec
from covidweb.bundle.card import Data
from covidweb.dataset import load_manifest, split_manifest
from covidweb.exam.learned import CHOSEN_WITH, LEARNED, learned_films


def test_the_articles_network_learned_from_what_was_drawn_for_it(small_data: Path) -> None:
    manifest = load_manifest(small_data)
    drawn = Data(films={"train": 8, "validation": 2, "test": 2}, drawn_seed=3)
    card = Card(kind="seed", title="Seed", input=InputSpec(32), data=drawn)
    parts = learned_films(card, manifest)
    split = split_manifest(manifest)
    assert (parts["part"] == LEARNED).sum() == 8 and (parts["part"] == CHOSEN_WITH).sum() == 2
    named = {"train": LEARNED, "validation": CHOSEN_WITH}
    assert [named[split[i]] for i in parts["image_id"]] == parts["part"].tolist()


def test_the_classifier_learned_from_all_lessons_but_what_was_held_out(small_data: Path) -> None:
    manifest = load_manifest(small_data)
    whole = Card(kind="classifier", title="Whole", input=InputSpec(32))
    held = Card(kind="classifier", title="Held", input=InputSpec(32), held_out_sources=("bimcv",))
    films, fewer = (set(learned_films(c, manifest)["image_id"]) for c in (whole, held))
    sources = manifest.set_index("image_id")["source"]
    assert {sources[i] for i in films - fewer} == {"bimcv"}
    sets = manifest.set_index("image_id")["set"]
    assert {sets[i] for i in films} == {"train_pool", "auxiliary_nih", "auxiliary_paediatric"}
    split = split_manifest(manifest)
    assert not any(split[i] in ("test", "held_out") for i in films)
