import pytest

from covidweb.dataset import load_manifest
from covidweb.dataset.checksums import add_checksums, changed_files, read_checksums
from covidweb.errors import DataError
from covidweb.files import file_sha256


def record(root):
    files = list(load_manifest(root)["file"])
    add_checksums(root, [(file, file_sha256(root / file)) for file in files])
    return files


def test_the_journal_reads_back_and_the_last_line_holds(tmp_path):
    assert read_checksums(tmp_path) == {}
    add_checksums(tmp_path, [("a,b.jpg", "0" * 64)])
    add_checksums(tmp_path, [("a,b.jpg", "1" * 64), ("c.jpg", "2" * 64)])
    assert read_checksums(tmp_path) == {"a,b.jpg": "1" * 64, "c.jpg": "2" * 64}


def test_a_line_cut_short_costs_only_itself(tmp_path):
    (tmp_path / "checksums.csv").write_text("a.jpg," + "0" * 64 + "\nb.jpg,12")
    add_checksums(tmp_path, [("c.jpg", "2" * 64)])
    assert sorted(read_checksums(tmp_path)) == ["a.jpg", "c.jpg"]


def test_changed_films_are_named(small_data):
    files = record(small_data)
    manifest = load_manifest(small_data, check_hashes=True)
    (small_data / files[3]).write_bytes(b"something else")
    assert changed_files(small_data, manifest) == [files[3]]
    with pytest.raises(DataError, match=f"sha256 on record: {files[3]}."):
        load_manifest(small_data, check_hashes=True)


def test_an_original_stored_as_it_came_is_right(small_data):
    files = record(small_data)
    manifest = load_manifest(small_data)
    (small_data / files[0]).write_bytes(b"the original")
    manifest.loc[0, "sha256"] = file_sha256(small_data / files[0])
    assert changed_files(small_data, manifest) == []


def test_films_without_a_record_cannot_be_judged(small_data):
    manifest = load_manifest(small_data)
    (small_data / manifest["file"][0]).write_bytes(b"changed")
    assert changed_files(small_data, manifest) == []
