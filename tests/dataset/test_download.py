import errno
import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from covidweb.dataset import download as module
from covidweb.dataset import load_manifest
from covidweb.dataset.checksums import read_checksums
from covidweb.dataset.download import address, download
from covidweb.dataset.facts import COLUMNS
from covidweb.dataset.fetch import Fetcher
from covidweb.errors import DataError


@pytest.fixture
def upstream(film_png):
    """Facts of made-up originals and the files themselves, by path: `upstream(count)`."""

    def make(count, size=(64, 80)):
        base = film_png(0, size)
        rows, files = [], {}
        for number in range(count):
            # Trailing bytes keep a PNG readable and make every file its own.
            data = base + number.to_bytes(4, "big")
            covid = number % 2 == 0
            row = dict.fromkeys(COLUMNS, "") | {
                "image_id": f"film-{number:04d}",
                "label": "covid" if covid else "normal",
                "set": "train_pool" if number % 5 else "external_hannover",
                "source": "bimcv" if covid else "rsna",
                "group": f"g{number}",
                "repo": "some body/films".replace(" ", "-"),
                "commit": "ab" * 20,
                "repo_path": f"chest films/film #{number}.png",
                "sha256": hashlib.sha256(data).hexdigest(),
                "licence": "CC BY 4.0",
            }
            rows.append(row)
            files[f"{row['repo']}/{row['commit']}/{row['repo_path']}"] = data
        return pd.DataFrame(rows, dtype="str"), files

    return make


def quick():
    return Fetcher(pause=0.001)


def test_bad_connections_and_wrong_files_end_with_two_named_faults(tmp_path, upstream, film_server):
    facts, files = upstream(300)
    names = list(files)
    wrong, missing_pixels = names[7], names[120]
    files[wrong] = b"another file"
    files[missing_pixels] = files[missing_pixels][:-1]
    state = film_server.FilmServer(files, drop_each=10, delay=0.01)
    with film_server.serving(state) as base:
        first = download(tmp_path, base_url=base, facts=facts, fetcher=quick())
        assert first.fetched == 298 and first.present == 0
        assert {fault.image_id for fault in first.faults} == {"film-0007", "film-0120"}
        assert all("sha256 is wrong" in fault.reason for fault in first.faults)
        state.asked.clear()
        again = download(tmp_path, base_url=base, facts=facts, fetcher=quick())
    assert set(state.asked) == {wrong, missing_pixels}
    assert (again.fetched, again.present, len(again.faults)) == (0, 298, 2)
    manifest = load_manifest(tmp_path, check_files=True, check_hashes=True)
    assert len(manifest) == len(read_checksums(tmp_path)) == 298
    assert not list(tmp_path.rglob("*.tmp")) and not list(tmp_path.rglob(".*"))
    assert set(pd.read_csv(tmp_path / "faults.csv")["image_id"]) == {"film-0007", "film-0120"}


def test_films_are_stored_small_and_grey_with_their_sources(tmp_path, upstream, film_server):
    facts, files = upstream(2, size=(640, 800))
    with film_server.serving(film_server.FilmServer(files)) as base:
        download(tmp_path, base_url=base, facts=facts)
    manifest = load_manifest(tmp_path)
    assert manifest["width"].tolist() == [800, 800] and manifest["height"].tolist() == [640, 640]
    with Image.open(tmp_path / manifest["file"][0]) as picture:
        assert (picture.mode, picture.size, picture.format) == ("L", (512, 410), "JPEG")
    sources = pd.read_csv(tmp_path / "sources.csv")
    assert (sources["licence"] == "CC BY 4.0").all()
    assert sources["address"][1].endswith("/chest%20films/film%20%231.png")


def test_photographs_keep_their_colours(tmp_path, upstream, film_server):
    import io

    stream = io.BytesIO()
    rgb = np.random.default_rng(0).integers(0, 255, (90, 100, 3), np.uint8)
    Image.fromarray(rgb).save(stream, "PNG")
    facts, files = upstream(1)
    facts["label"], facts["set"] = "not_cxr", "not_cxr"
    files[next(iter(files))] = stream.getvalue()
    facts["sha256"] = hashlib.sha256(stream.getvalue()).hexdigest()
    with film_server.serving(film_server.FilmServer(files)) as base:
        assert download(tmp_path, base_url=base, facts=facts).fetched == 1
    with Image.open(tmp_path / "images/not_cxr/film-0000.jpg") as picture:
        assert picture.mode == "RGB"


def test_only_the_chosen_sets_and_later_the_rest(tmp_path, upstream, film_server):
    facts, files = upstream(10)
    state = film_server.FilmServer(files)
    seen = []
    with film_server.serving(state) as base:
        one = download(tmp_path, ["external_hannover"], base_url=base, facts=facts)
        assert one.fetched == 2 and len(load_manifest(tmp_path)) == 2
        rest = download(
            tmp_path, base_url=base, facts=facts, progress=lambda *step: seen.append(step)
        )
    assert (rest.fetched, rest.present) == (8, 2)
    assert seen[-1] == (10, 10) and len(seen) == 8
    manifest = load_manifest(tmp_path, check_files=True)
    assert len(manifest) == 10 and (manifest["width"] == 80).all()
    with pytest.raises(DataError, match=r"Unknown sets: hannover\. Accepted: train_pool"):
        download(tmp_path, ["hannover"], facts=facts)


def test_a_limit_spreads_over_kinds(tmp_path, upstream, film_server):
    facts, files = upstream(40)
    with film_server.serving(film_server.FilmServer(files)) as base:
        download(tmp_path, base_url=base, facts=facts, limit=8)
    table = load_manifest(tmp_path)
    assert len(table) == 8
    assert (table.groupby(["set", "label"]).size() == 2).all()


def test_rows_of_ones_own_stay_in_the_manifest(small_data, upstream, film_server):
    facts, files = upstream(2)
    with film_server.serving(film_server.FilmServer(files)) as base:
        download(small_data, base_url=base, facts=facts)
    manifest = load_manifest(small_data, check_files=True)
    assert len(manifest) == 64 and manifest["age"].notna().any()


def test_a_changed_film_is_fetched_again(tmp_path, upstream, film_server):
    facts, files = upstream(3)
    state = film_server.FilmServer(files)
    with film_server.serving(state) as base:
        download(tmp_path, base_url=base, facts=facts)
        path = tmp_path / load_manifest(tmp_path)["file"][1]
        path.write_bytes(b"changed")
        state.asked.clear()
        assert download(tmp_path, base_url=base, facts=facts).fetched == 1
    assert sum(state.asked.values()) == 1
    assert load_manifest(tmp_path, check_hashes=True) is not None


def test_missing_upstream_and_a_busy_server(tmp_path, upstream, film_server):
    facts, files = upstream(3)
    names = list(files)
    del files[names[0]]
    state = film_server.FilmServer(files)
    state.status[names[1]] = 503
    with film_server.serving(state) as base:
        report = download(tmp_path, base_url=base, facts=facts, fetcher=quick())
    assert report.fetched == 2
    assert [fault.reason for fault in report.faults] == ["The server answered 404, not 200."]
    assert state.asked[names[0]] == 1 and state.asked[names[1]] == 2


def test_something_that_is_no_picture(tmp_path, upstream, film_server):
    facts, files = upstream(1)
    files[next(iter(files))] = b"not a picture at all"
    facts["sha256"] = hashlib.sha256(b"not a picture at all").hexdigest()
    with film_server.serving(film_server.FilmServer(files)) as base:
        report = download(tmp_path, base_url=base, facts=facts)
    assert report.fetched == 0 and len(report.faults) == 1
    assert not list(tmp_path.rglob("*.jpg"))


def test_a_full_disk_is_a_fault_of_its_file(tmp_path, upstream, film_server, monkeypatch):
    facts, files = upstream(4)
    whole = module.write_bytes

    def full(path, data):
        if path.name == "film-0002.jpg":
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(path, data)

    monkeypatch.setattr(module, "write_bytes", full)
    with film_server.serving(film_server.FilmServer(files)) as base:
        report = download(tmp_path, base_url=base, facts=facts)
    assert report.fetched == 3
    assert report.faults[0].reason == "It could not be written: No space left on device."
    assert len(load_manifest(tmp_path, check_files=True)) == 3


def test_a_lost_connection_stops_the_asking(tmp_path, upstream, film_server):
    facts, files = upstream(200)
    with film_server.serving(film_server.FilmServer(files)) as base:
        pass
    report = download(tmp_path, base_url=base, facts=facts, fetcher=Fetcher(tries=2, pause=0))
    reasons = pd.Series([fault.reason for fault in report.faults])
    assert len(reasons) == 200
    assert reasons.str.startswith("The connection failed in 2 tries").sum() < 60
    assert (reasons == "Not tried: the connection was lost.").sum() > 140


def test_an_interruption_keeps_what_arrived(tmp_path, upstream, film_server):
    facts, files = upstream(30)

    def stop(done, wanted):
        if done == 10:
            raise KeyboardInterrupt

    with film_server.serving(film_server.FilmServer(files)) as base:
        with pytest.raises(KeyboardInterrupt):
            download(tmp_path, base_url=base, facts=facts, progress=stop)
        kept = len(load_manifest(tmp_path, check_files=True, check_hashes=True))
        assert kept == 10
        report = download(tmp_path, base_url=base, facts=facts)
    assert report.present >= 10 and report.present + report.fetched == 30
    assert len(load_manifest(tmp_path, check_files=True)) == 30


def test_a_root_that_cannot_be_made(tmp_path, upstream):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        download(tmp_path / "file" / "data", facts=upstream(1)[0])


def test_address_follows_the_setting(monkeypatch, upstream):
    row = next(upstream(1)[0].itertuples())
    path = f"/some-body/films/{'ab' * 20}/chest%20films/film%20%230.png"
    assert address(row) == "https://raw.githubusercontent.com" + path
    monkeypatch.setenv("COVIDWEB_DOWNLOAD_URL", "http://127.0.0.1:9/")
    assert address(row) == "http://127.0.0.1:9" + path
