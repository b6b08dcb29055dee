import pickle
import shutil
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from drawn_lungs import DrawnLungs

from covidweb.bundle import WEIGHTS
from covidweb.bundle.card import Calibration
from covidweb.errors import ModelError
from covidweb.radiograph import read_radiograph
from covidweb.screening.engine import build_engine
from covidweb.screening.line import BATCH
from covidweb.screening.placement import Placement, lay
from covidweb.screening.result import ZONES, Finding
from covidweb.screening.screener import Screener
from covidweb.screening.upright import Laid


@pytest.fixture(scope="module", params=["seed", "classifier"])
def plain(request):
    root = request.getfixturevalue(f"{request.param}_root")
    return Screener.load(request.param, root)


@pytest.fixture
def screener(plain):
    return Screener(plain.bundle, plain._model, plain._engine, DrawnLungs(), plain._gate)


@pytest.fixture
def radiograph(film_png):
    return read_radiograph(film_png(2))


def with_card(screener, **values):
    bundle = replace(screener.bundle, card=replace(screener.card, **values))
    return Screener(bundle, screener._model, screener._engine, screener._finder, screener._gate)


def test_a_film_gets_probability_heatmap_lungs_and_zones(screener, radiograph):
    found = screener.screen(radiograph)
    assert found.status == "ok", found.reason
    assert found.verdict == ("covid" if found.probability >= screener.threshold else "normal")
    assert found.heatmap.ndim == 2 and found.heatmap.min() >= 0
    assert set(found.regions) == set(ZONES)
    assert sum(found.regions.values()) == pytest.approx(1, abs=1e-6)
    assert 0 <= found.lung_share <= 1
    assert np.array_equal(found.zone_map > 0, found.lung_mask)
    assert set(np.unique(found.zone_map)) == set(range(7))
    assert found.model.sha256 == screener.sha256
    assert set(found.elapsed_ms) == {"lungs", "input", "network", "regions"}


def test_screen_and_probabilities_agree(screener, film_png):
    films = [read_radiograph(film_png(i)) for i in range(20)]
    together = screener.probabilities(films)
    one_by_one = [screener.screen(film).probability for film in films]
    assert together == pytest.approx(one_by_one, abs=1e-5)
    assert np.ptp(together) > 0


def test_a_probability_at_the_threshold_is_called_covid(screener, radiograph):
    probability = screener.screen(radiograph).probability
    for threshold, verdict in ((probability, "covid"), (np.nextafter(probability, 1), "normal")):
        found = with_card(screener, threshold=float(threshold)).screen(radiograph)
        assert (found.probability, found.verdict) == (probability, verdict)


def test_no_lungs_means_not_assessed_and_no_probability(plain, radiograph):
    finder = DrawnLungs(plausible=False)
    screener = Screener(plain.bundle, plain._model, plain._engine, finder, plain._gate)
    found = screener.screen(radiograph)
    assert found.status == "not_assessed"
    assert found.probability is None and found.verdict is None and found.heatmap is None
    assert "The shapes are no lungs." in found.reason


def test_an_inverted_film_is_not_assessed(screener, radiograph):
    negative = replace(radiograph, pixels=1 - radiograph.pixels)
    found = screener.screen(negative)
    assert found.status == "not_assessed"
    assert "inverted" in found.reason


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"chroma": 0.4}, "colour"),
        ({"view": "LATERAL"}, "lateral"),
        ({"pixels": np.full((128, 128), 0.5, np.float32)}, "blank"),
    ],
)
def test_what_is_no_frontal_film_is_turned_away(screener, radiograph, change, word):
    found = screener.screen(replace(radiograph, **change))
    assert found.status == "not_assessed"
    assert word in found.reason


def test_a_score_inside_the_band_is_uncertain(screener, radiograph):
    probability = screener.screen(radiograph).probability
    band = (probability - 0.1, probability + 0.1)
    found = with_card(screener, uncertain_band=band).screen(radiograph)
    assert found.status == "uncertain"
    assert found.probability == pytest.approx(probability)
    assert "not sure" in found.reason


def test_calibration_moves_the_probability(screener, radiograph):
    sharper = with_card(screener, calibration=Calibration(temperature=0.5, bias=3.0))
    inputs = screener.prepare(radiograph).input.array[None]
    ((p,), _), ((q,), _) = screener.read(inputs), sharper.read(inputs)
    own = screener.card.calibration
    logit = np.log(p / (1 - p)) * own.temperature - own.bias
    assert q == pytest.approx(1 / (1 + np.exp(-(logit + 3.0) / 0.5)), abs=1e-6)


def test_threads_get_the_answers_of_one(screener, film_png):
    films = [read_radiograph(film_png(i)) for i in range(6)]
    alone = [screener.screen(film).probability for film in films]
    found = [0.0] * len(films)

    def work(i):
        found[i] = screener.screen(films[i]).probability

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(films))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == pytest.approx(alone, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "file"), [("seed", WEIGHTS), ("classifier", WEIGHTS), ("classifier", "gate.json")]
)
def test_changed_weights_are_refused(request, tmp_path, name, file):
    shutil.copytree(request.getfixturevalue(f"{name}_root"), tmp_path / "models")
    path = tmp_path / "models" / name / file
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelError, match="do not match"):
        Screener.load(name, tmp_path / "models")


def test_a_film_unlike_the_learned_ones_is_turned_away(classifier_root, radiograph):
    loaded = Screener.load("classifier", classifier_root)
    parts = (loaded.bundle, loaded._model, loaded._engine, DrawnLungs())
    features = Screener(*parts, loaded._gate).scores([radiograph])[1].features[0]
    distance = loaded._gate.distance(features)
    assert distance > 0
    for limit, status in ((distance * 1.01, "ok"), (distance * 0.99, "not_assessed")):
        gate = replace(loaded._gate, limit=limit)
        found = Screener(*parts, gate).screen(radiograph)
        assert found.status == status
        (familiar,) = [f for f in found.quality if f.name == "familiar"]
        assert familiar.passed == (status == "ok") and familiar.value == pytest.approx(distance)
    assert "unlike every film" in found.reason


def test_the_network_and_the_explanations_run_one_at_a_time(screener, film_png, monkeypatch):
    engine, running, most = screener._engine, [], []

    def watched(call):
        def run(*arguments):
            running.append(1)
            most.append(len(running))
            time.sleep(0.03)
            running.pop()
            return call(*arguments)

        return run

    shared = Screener(
        screener.bundle, screener._model, watched(engine), DrawnLungs(), screener._gate
    )
    grid = np.ones((2, 2), np.float32)
    module = "covidweb.screening.screener.explainer"
    films = [read_radiograph(film_png(i)) for i in range(3)]

    def in_threads(work, count):
        threads = [threading.Thread(target=work, args=(films[i % 3],)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    in_threads(lambda film: shared.screen_many([film] * BATCH), 6)
    assert len(most) >= 6 and max(most) == 1
    most.clear()
    monkeypatch.setattr(module, lambda *_: watched(lambda _: grid))
    in_threads(lambda film: shared.explain(film, "gradcam"), 4)
    assert len(most) == 4 and max(most) == 1


def test_explaining_goes_through_the_standard_input(screener, radiograph):
    film = screener.prepare(radiograph).input.array
    (read_once,) = build_engine(screener.network, screener.card)(film[None]).grids
    assert screener.explain(radiograph, "gradcam") == pytest.approx(read_once, abs=1e-5)


def test_the_record_has_the_promised_keys(screener, radiograph):
    record = screener.screen(radiograph).record("a.png")
    assert list(record) == [
        "file",
        "status",
        "verdict",
        "probability",
        "readings",
        "threshold",
        "reason",
        "lung_share",
        "lung_ratio",
        "regions",
        "model",
        "model_sha256",
        "elapsed_ms",
    ]


def test_a_pickled_screener_reads_its_bundle_again(seed_root, plain, radiograph):
    again = pickle.loads(pickle.dumps(plain))
    assert again.sha256 == plain.sha256
    assert again.screen(radiograph).probability == pytest.approx(
        plain.screen(radiograph).probability, abs=1e-6
    )


def test_a_pickled_screener_refuses_other_weights(seed_root, plain):
    remake, (name, root, _) = plain.__reduce__()
    with pytest.raises(ModelError, match="other weights"):
        remake(name, root, "0" * 64)


def test_concurrent_sessions_share_the_networks_batches(screener, film_png):
    sizes = []
    engine = screener._engine
    # Far from the middle every film is read once.
    sure = with_card(screener, calibration=Calibration(bias=20.0))

    def counting(batch):
        sizes.append(len(batch))
        time.sleep(0.05)
        return engine(batch)

    shared = Screener(sure.bundle, screener._model, counting, DrawnLungs(), screener._gate)
    films = [read_radiograph(film_png(i)) for i in range(8)]
    threads = [threading.Thread(target=shared.screen, args=(film,)) for film in films]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sizes) == 8 and len(sizes) < 8
    assert shared.waiting == 0


def test_one_sessions_fault_leaves_the_others_their_answers(screener, film_png):
    films = [read_radiograph(film_png(i)) for i in range(4)]
    bad = screener.prepare(films[2]).input.array
    engine = screener._engine

    def failing(batch):
        if any(np.array_equal(film, bad) for film in batch):
            raise RuntimeError("out of memory")
        return engine(batch)

    shared = Screener(screener.bundle, screener._model, failing, DrawnLungs(), screener._gate)
    found = [None] * 4

    def work(i):
        try:
            found[i] = shared.screen(films[i]).probability
        except RuntimeError as error:
            found[i] = str(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[2] == "out of memory"
    assert all(isinstance(found[i], float) for i in (0, 1, 3))


class Upright:
    """Stands in for the upright check: lays every film in one way."""

    def __init__(self, placement=Placement(), *findings):  # noqa: B008
        self.placement, self.findings = placement, findings

    def lay(self, films):
        return [Laid(lay(film, self.placement), self.placement, self.findings) for film in films]


def with_upright(screener, *laid):
    parts = screener._model, screener._engine, screener._finder, screener._gate
    return Screener(screener.bundle, *parts, upright=Upright(*laid))


def test_a_film_that_lies_wrong_is_turned_away_for_that_alone(screener, radiograph):
    wrong = Finding("upright", False, "It lies upside down.")
    found = with_upright(screener, Placement(), wrong).screen(radiograph)
    assert found.status == "not_assessed" and found.probability is None
    assert found.reason == "It lies upside down."
    assert "lungs" not in {finding.name for finding in found.quality}


def test_a_colour_picture_is_not_said_to_lie_wrong(screener, radiograph):
    wrong = Finding("upright", False, "It lies upside down.")
    found = with_upright(screener, Placement(), wrong).screen(replace(radiograph, chroma=0.4))
    assert "colour" in found.reason and "upside down" not in found.reason


def test_a_tilted_film_is_read_as_turned_and_says_so(screener, radiograph):
    tilt = Placement(12.0)
    found = with_upright(screener, tilt).screen(radiograph)
    assert found.placement == tilt and "tilted clockwise by 12 degrees" in found.reason
    turned = screener.screen(lay(radiograph, tilt))
    assert found.probability == pytest.approx(turned.probability, abs=1e-6)
    assert "upright" in found.elapsed_ms


def test_borders_do_not_move_the_answer_and_nothing_leaves_its_place(screener, radiograph):
    plain = screener.screen(radiograph)
    framed = replace(radiograph, pixels=np.pad(radiograph.pixels, ((0, 256), (256, 0))))
    found = with_upright(screener, Placement(box=(0.5, 0.0, 1.0, 0.5))).screen(framed)
    assert found.probability == pytest.approx(plain.probability, abs=1e-6)
    assert not found.placement.moved and found.reason == plain.reason
    left, top, right, bottom = np.array(plain.heatmap_box) / 2
    assert found.heatmap_box == pytest.approx((0.5 + left, top, 0.5 + right, bottom))
    assert not found.lung_mask[32:].any() and not found.lung_mask[:, :32].any()
    np.testing.assert_array_equal(found.zone_map[:32, 32:], plain.zone_map[1::2, 1::2])
    assert found.regions == pytest.approx(plain.regions)
