import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from covidweb.dataset.duplicates import (
    SAME,
    KnownFilms,
    copies,
    fine_structure,
    hamming,
    hash_to_text,
    near_pairs,
    picture_hash,
    similarity,
    text_to_hashes,
)
from covidweb.radiograph import read_radiograph


def textured(seed, side=256):
    """A film with a structure of its own, float32 (H, W)."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    field = sum(w * gaussian_filter(rng.normal(size=(side, side)), s) for w, s in ((9, 12), (2, 2)))
    return np.clip(0.5 + 0.2 * field / field.std(), 0, 1).astype(np.float32)


def encoded(pixels, kind="PNG", size=None, **options):
    picture = Image.fromarray(np.round(pixels * 255).astype(np.uint8))
    stream = io.BytesIO()
    (picture.resize(size) if size else picture).save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def known():
    films = [textured(seed) for seed in range(20)]
    table = pd.DataFrame(
        {
            "image_id": [f"film-{i}" for i in range(20)],
            "label": "covid",
            "set": "train_pool",
            "source": "here",
            "sha256": [read_radiograph(encoded(film)).sha256 for film in films],
        }
    )
    return KnownFilms(table, np.stack([picture_hash(film) for film in films]))


def test_the_same_file(known):
    found = known.match(read_radiograph(encoded(textured(4))))
    assert (found.image_id, found.kind, found.distance) == ("film-4", "file", 0)


@pytest.mark.parametrize(
    "options",
    [{"kind": "JPEG", "quality": 50}, {"size": (180, 200)}, {"kind": "WebP", "size": (224, 224)}],
)
def test_the_same_picture_in_another_file(known, options):
    found = known.match(read_radiograph(encoded(textured(7), **options)))
    assert (found.image_id, found.kind) == ("film-7", "picture")
    assert found.distance <= SAME


def test_a_border_does_not_hide_it(known):
    bordered = np.pad(textured(3), 30)
    assert known.match(read_radiograph(encoded(bordered))).image_id == "film-3"


def test_a_film_of_ones_own_and_an_even_one_are_unknown(known):
    assert known.match(read_radiograph(encoded(textured(99)))) is None
    assert known.match(read_radiograph(encoded(np.full((100, 100), 0.5)))) is None
    nothing = KnownFilms(known.table.head(0), known.hashes[:0])
    assert nothing.match(read_radiograph(encoded(textured(99)))) is None


def test_hashes_survive_their_text():
    hashes = np.stack([picture_hash(textured(i)) for i in range(3)])
    texts = pd.Series([hash_to_text(value) for value in hashes])
    assert (texts.str.len() == 64).all()
    assert (text_to_hashes(texts) == hashes).all()
    assert hamming(hashes, hashes[1])[1] == 0 and hamming(hashes, hashes[1])[0] > 60


def test_near_pairs_agree_with_every_pair_compared():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, (700, 4), dtype=np.uint64)
    hashes[600] = hashes[5] ^ np.uint64(0b1011)
    hashes[30] = hashes[29]
    expected = {
        (i, j): int(hamming(hashes[j], hashes[i]))
        for i in range(700)
        for j in np.flatnonzero(hamming(hashes, hashes[i]) <= 90)
        if i < j
    }
    found = {(i, j): bits for i, j, bits in near_pairs(hashes, 90).tolist()}
    assert found == expected and found[(29, 30)] == 0 and found[(5, 600)] == 12


def test_fine_structure_finds_a_shifted_copy_and_no_stranger():
    film = textured(1)
    shifted = np.roll(film, (12, -10), (0, 1)) * 0.8 + 0.1
    assert similarity(fine_structure(film), fine_structure(film)) > 0.99
    assert similarity(fine_structure(film), fine_structure(shifted)) > 0.75
    assert similarity(fine_structure(film), fine_structure(textured(2))) < 0.5
    assert similarity(fine_structure(film), fine_structure(np.zeros((90, 90)))) == 0


def test_copies_are_confirmed_by_their_pixels():
    films = [textured(0), textured(1), np.clip(textured(0) * 1.1, 0, 1)]
    hashes = np.stack([picture_hash(film) for film in films])
    hashes[1] = hashes[0] ^ np.uint64(1)
    found = list(copies(hashes, lambda row: films[row]))
    assert [(a, b) for a, b, _ in found] == [(0, 2)]
