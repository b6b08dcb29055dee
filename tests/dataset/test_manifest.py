import pandas as pd
import pytest

from covidweb.dataset import data_root, film_path, group_names, load_manifest, manifest_sha256
from covidweb.dataset.manifest import COLUMNS, check_table
from covidweb.errors import DataError


def edit(root, change):
    path = root / "manifest.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    result = change(table)
    (table if result is None else result).to_csv(path, index=False)


def put(column, value, row=0):
    def change(table):
        table.loc[row, column] = value

    return change


def test_reads_every_row_with_its_types(small_data):
    table = load_manifest(small_data, check_files=True, check_hashes=True)
    assert len(table) == 62
    assert table["width"].dtype == "int64" and table["age"].dtype == "float64"
    assert not table.drop(columns="age").isna().any().any()
    assert table["age"].head(4).tolist()[0] == 34 and table["age"].isna()[1]
    assert table["age"][3] == 40


def test_missing_numbers_and_notes_are_filled(small_data):
    edit(small_data, lambda t: t.drop(columns="note").assign(width=""))
    table = load_manifest(small_data)
    assert (table["width"] == 0).all() and (table["note"] == "").all()


def test_film_path_is_below_the_root(small_data):
    row = load_manifest(small_data).iloc[5]
    assert film_path(small_data, row).is_file()
    assert film_path(small_data, row.to_dict()).is_relative_to(small_data)


def test_data_root_follows_the_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("COVIDWEB_DATA", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.delenv("COVIDWEB_DATA")
    assert data_root().name == "data"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.drop(columns=["group", "cluster"]), "lacks columns: group, cluster"),
        (put("label", "covvid"), "unknown labels: covvid"),
        (put("set", "train"), "unknown sets: train"),
        (put("group", "", row=3), "without a group: line 5"),
        (put("image_id", "bimcv-001"), "repeat a image_id: bimcv-001"),
        (put("file", "images/train_pool/bimcv-001.jpg"), "repeat a file: images/train_pool"),
        (put("file", "../../etc/passwd"), "outside the data root: ../../etc/passwd"),
        (put("file", "/etc/passwd"), "outside the data root: /etc/passwd"),
        (put("width", "wide"), "width are no numbers: wide"),
    ],
)
def test_a_faulty_manifest_is_refused_by_name(small_data, change, sentence):
    edit(small_data, change)
    with pytest.raises(DataError, match=sentence.replace("(", r"\(")):
        load_manifest(small_data)


def test_many_faults_are_counted(small_data):
    edit(small_data, lambda t: t.assign(label=[f"x{i}" for i in range(len(t))]))
    with pytest.raises(DataError, match=r"x0, x1, x10, x11, x12, … \(62 in all\)"):
        load_manifest(small_data)


def test_no_manifest_says_both_ways_on(tmp_path):
    with pytest.raises(DataError, match=r"data download.*data import"):
        load_manifest(tmp_path)
    with pytest.raises(DataError):
        manifest_sha256(tmp_path)


def test_missing_and_empty_films_are_named(small_data):
    first, second = load_manifest(small_data)["file"].head(2)
    (small_data / first).unlink()
    (small_data / second).write_bytes(b"")
    assert len(load_manifest(small_data)) == 62
    with pytest.raises(DataError, match=f"missing: {first}, {second}."):
        load_manifest(small_data, check_files=True)


def test_manifest_sha256_changes_with_the_file(small_data):
    before = manifest_sha256(small_data)
    edit(small_data, put("view", "LATERAL"))
    assert len(before) == 64 and manifest_sha256(small_data) != before


def test_check_table_accepts_the_columns_alone():
    assert check_table(pd.DataFrame(columns=list(COLUMNS), dtype="str"), "here").empty


def test_a_film_without_a_group_is_a_group_of_its_own() -> None:
    rows = pd.DataFrame({"image_id": ["a", "b", "c"], "group": ["g", "", "g"]})
    assert group_names(rows).tolist() == ["g", "b", "g"]
