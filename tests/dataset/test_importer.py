from pathlib import Path

import pytest

from covidweb.dataset import load_manifest, split_manifest
from covidweb.dataset.importer import group_of, import_folder
from covidweb.errors import DataError


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("covid/patient12_2.png", "patient12"),
        ("covid/person_7 (2).png", "person7"),
        ("covid/IM-0115-0001.jpeg", "IM-0115"),
        ("covid/Smith/a.png", "Smith"),
        ("covid/covid_001.png", ""),
        ("covid/film.png", ""),
    ],
)
def test_groups_from_names(name, group):
    assert group_of(Path(name), Path()) == group


@pytest.fixture
def folder(tmp_path, film_png):
    place = tmp_path / "mine"
    for label in ("COVID", "normal"):
        (place / label).mkdir(parents=True)
        for number in range(4):
            seed = number + 10 * (label == "normal")
            data = film_png(seed, (90, 100))
            (place / label / f"patient{number // 2}_{number}.png").write_bytes(data)
    return place


def test_a_folder_becomes_a_data_root(folder, tmp_path):
    (folder / "normal" / "notes.txt").write_text("not a film")
    (folder / "normal" / "lonely.png").write_bytes(
        (folder / "normal" / "patient0_0.png").read_bytes() + b"x"
    )
    steps = []
    report = import_folder(folder, tmp_path / "data", progress=lambda *step: steps.append(step))
    assert report.taken == 9 and list(report.faults) == ["normal/notes.txt"]
    assert report.ungrouped == 1 and "1 films do not say" in report.warning
    assert steps[-1] == (10, 10)
    manifest = load_manifest(tmp_path / "data", check_files=True, check_hashes=True)
    assert manifest["label"].value_counts().to_dict() == {"normal": 5, "covid": 4}
    assert (manifest["width"] == 100).all() and (manifest["set"] == "train_pool").all()
    assert manifest["cluster"].ne("").sum() >= 2
    assert not manifest.to_string().count("lonely")
    split_manifest(manifest)


def test_a_second_import_takes_only_what_is_new(folder, tmp_path, film_png):
    import_folder(folder, tmp_path / "data")
    (folder / "COVID" / "patient9_1.png").write_bytes(film_png(77, (90, 100)))
    report = import_folder(folder, tmp_path / "data")
    assert (report.taken, report.known) == (1, 8)
    assert len(load_manifest(tmp_path / "data", check_files=True)) == 9


def test_no_labels_no_films_no_folder(tmp_path):
    (tmp_path / "a" / "sick").mkdir(parents=True)
    with pytest.raises(DataError, match=r"covid, normal.*Received: sick"):
        import_folder(tmp_path / "a", tmp_path / "data")
    (tmp_path / "a" / "covid").mkdir()
    with pytest.raises(DataError, match="no films"):
        import_folder(tmp_path / "a", tmp_path / "data")
    with pytest.raises(DataError, match="no such folder"):
        import_folder(tmp_path / "b", tmp_path / "data")
    with pytest.raises(DataError, match="source is named"):
        import_folder(tmp_path / "a", tmp_path / "data", source="My Hospital")
