import numpy as np
import pandas as pd
import pytest
from PIL import Image

from covidweb.dataset import checks, load_manifest
from covidweb.dataset.checks import verify
from covidweb.dataset.checksums import add_checksums
from covidweb.files import file_sha256


@pytest.fixture
def root(small_data):
    """The small data root with a texture of its own on each film, all hashes recorded."""
    from scipy.ndimage import gaussian_filter

    for number, file in enumerate(load_manifest(small_data)["file"]):
        rng = np.random.default_rng(number)
        field = gaussian_filter(rng.normal(size=(128, 128)), 8) * 20
        field = field + gaussian_filter(rng.normal(size=(128, 128)), 2) * 2
        pixels = np.clip(128 + 60 * field / field.std(), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(small_data / file, quality=90)
    record(small_data)
    return small_data


def record(root):
    files = load_manifest(root)["file"]
    add_checksums(root, [(file, file_sha256(root / file)) for file in files])


def problems(root):
    return {problem.kind: problem.names for problem in verify(root)}


def test_nothing_is_wrong_with_a_sound_root(root):
    assert problems(root) == {}


def test_missing_unreadable_and_changed(root):
    files = list(load_manifest(root)["file"])
    (root / files[0]).unlink()
    (root / files[1]).write_bytes(b"no picture")
    Image.new("L", (64, 64), 100).save(root / files[2])
    found = problems(root)
    assert found["missing"] == (files[0],)
    assert found["unreadable"] == (files[1],)
    assert found["changed"] == (files[1], files[2])


def test_the_same_bytes_and_the_same_picture_twice(root):
    files = list(load_manifest(root)["file"])
    (root / files[20]).write_bytes((root / files[3]).read_bytes())
    with Image.open(root / files[5]) as picture:
        picture.resize((120, 120)).save(root / files[40], quality=80)
    record(root)
    found = problems(root)
    assert found["duplicated"] == (f"{files[20]} is {files[3]}",)
    assert len(found["near_duplicate"]) == 2
    assert any(name.startswith("bimcv-005 and ") for name in found["near_duplicate"])


def test_copies_across_splits_leak(root):
    manifest = load_manifest(root)
    first, last = manifest["file"].iloc[[3, 50]]
    assert manifest["set"].iloc[50].startswith("external")
    (root / last).write_bytes((root / first).read_bytes())
    record(root)
    assert "held_out and" in problems(root)["leaking"][0]


def test_a_group_across_held_out_sets_leaks(root):
    table = pd.read_csv(root / "manifest.csv", dtype=str, keep_default_na=False)
    table.loc[table["set"] == "external_hannover", "group"] = table["group"][0]
    table.to_csv(root / "manifest.csv", index=False)
    assert "divides what belongs together" in problems(root)["leaking"][0]


def test_films_without_a_record_are_said_but_harmless(root):
    (root / "checksums.csv").unlink()
    found = verify(root)
    assert [(p.kind, len(p.names), p.harmless) for p in found] == [("unrecorded", 62, True)]


def test_the_wrong_picture_is_told_by_the_manifest_of_facts(root, monkeypatch):
    from covidweb.dataset.duplicates import hash_to_text
    from covidweb.dataset.measure import film_hashes

    manifest = load_manifest(root)
    hashes = film_hashes(root, manifest)
    texts = [hash_to_text(value) for value in hashes]
    texts[4] = hash_to_text(hashes[9])
    facts = manifest.assign(phash=texts)
    monkeypatch.setattr(checks, "read_facts", lambda: facts)
    assert problems(root) == {"changed": (manifest["file"][4],)}
