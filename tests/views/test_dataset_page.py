import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from covidweb.bundle import WEIGHTS, Card, InputSpec, seal, write_evaluation
from covidweb.bundle.evaluation import Audit, Bootstrap, Evaluation

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "dataset.py")


@pytest.fixture
def page(small_data, tmp_path, monkeypatch):
    """Run the page over the small data root and a folder of models, with query parameters."""
    monkeypatch.setenv("COVIDWEB_DATA", str(small_data))
    monkeypatch.setenv("COVIDWEB_MODELS", str(tmp_path / "models"))

    def run(**query):
        app = AppTest.from_file(PAGE, default_timeout=120)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return run


def text(app):
    kinds = (
        app.markdown,
        app.caption,
        app.warning,
        app.info,
        app.header,
        app.subheader,
        app.success,
    )
    return "\n".join(element.value for kind in kinds for element in kind)


def buttons(app):
    return [button.label for button in app.button]


def add_model(root, rows, auc=None):
    path = root / "models" / "default"
    path.mkdir(parents=True)
    (path / WEIGHTS).write_bytes(b"weights")
    pd.DataFrame(rows).to_csv(path / "predictions.csv", index=False)
    bundle = seal(path, Card(kind="classifier", title="A model", input=InputSpec(8)))
    if auc:
        border = {"auc": {"value": auc, "low": auc - 0.02, "high": auc + 0.02}}
        found = Evaluation(model="", sha256="", threshold=0.5, bootstrap=Bootstrap(n=10))
        write_evaluation(bundle, replace(found, audit=Audit(baselines={"border": border})))


def test_the_first_page_of_films(page):
    app = page()
    assert not app.exception
    assert "62 films" in text(app)
    films = [name for name in buttons(app) if re.fullmatch(r"[a-z0-9_]+-\d{3}", name)]
    assert len(films) == 24 and films[0] == "bimcv-000"


def test_tensorflow_stays_out(page):
    import sys

    before = "tensorflow" in sys.modules
    page()
    assert ("tensorflow" in sys.modules) == before


def test_filters_narrow_and_stand_in_the_address(page):
    app = page()
    app.multiselect(key="set").select("external_hannover").run()
    assert not app.exception
    assert "**4** of 62 films" in text(app)

    films = [name for name in buttons(app) if name.startswith("hannover-")]
    assert len(films) == 4
    app.button[[b.label for b in app.button].index("Clear filters")].click().run()
    assert "The filters leave" not in text(app)


def test_the_address_sets_the_filters(page):
    app = page(label="covid", source="cxnet")
    assert "**8** of 62 films" in text(app)


def test_nothing_passes(page):
    assert "No film passes all filters." in text(page(text="no such name"))


def test_a_film_opens_with_its_facts(page):
    app = page()
    app.button[[b.label for b in app.button].index("bimcv-001")].click().run()
    assert not app.exception
    assert "bimcv-001" in app.query_params["film"]
    assert "Film bimcv-001" in text(app)
    facts = app.table[0].value
    assert "bimcv" in facts.to_string() and "C1" in facts.to_string()
    assert "near-identical (same cluster)" in text(app)
    app.button[0].click().run()
    assert "film" not in app.query_params and "62 films" in text(app)


def test_an_unknown_film_says_so(page):
    assert "no film of this name" in text(page(film="nobody-1"))


def test_augmentation_is_drawn_when_asked_for(page):
    app = page(film="bimcv-001")
    app.toggle(key="augment").set_value(True).run()
    assert not app.exception


def test_plots(page):
    app = page(section="Plots")
    assert not app.exception
    assert "Age is known for" in text(app)
    assert len(app.get("plotly_chart")) == 4


def test_confounding_without_and_with_an_audit(page, tmp_path):
    app = page(section="Where classes come from")
    assert "come from different hospitals: no source" in text(app)
    assert "No audit has been made" in text(app)
    row = {"image_id": "bimcv-000", "set": "test", "label": "covid", "source": "b", "score": 0.9}
    add_model(tmp_path, [row], auc=0.9)
    app = page(section="Where classes come from")
    assert not app.exception
    assert "from the outermost pixels of the film: AUC 0.90 (0.88 to 0.92)" in text(app)


def test_scores_filter_and_doubt(page, tmp_path):
    rows = [
        {"image_id": f"bimcv-00{i}", "set": "test", "label": "covid", "source": "b", "score": s}
        for i, s in enumerate((0.95, 0.02, 0.6))
    ]
    add_model(tmp_path, rows)
    assert "**1** of 62 films" in text(page(outcome="wrong"))
    app = page(section="Clean up")
    app.segmented_control(key="cleanup").set_value("Label in doubt").run()
    assert not app.exception
    assert "1 of 3 films with a score" in text(app) and "bimcv-001" in buttons(app)


def test_clean_up_names_clusters(page):
    app = page(section="Clean up")
    assert not app.exception
    assert "cluster C4" in text(app)
    app.segmented_control(key="cleanup").set_value("Nearly blank").run()
    assert not app.exception


def test_a_broken_manifest_is_a_sentence(page, small_data):
    (small_data / "manifest.csv").write_text("image_id\nx\n")
    app = page()
    assert not app.exception
    assert "lacks columns" in text(app)


def test_a_missing_film_does_not_break_the_gallery(page, small_data):
    next((small_data / "images" / "train_pool").glob("bimcv-000*")).unlink()
    app = page()
    assert not app.exception
    assert "Not there" in text(app)


def test_a_leaking_manifest_is_told(page, small_data):
    path = small_data / "manifest.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[table["set"] == "external_hannover", "group"] = table["group"][0]
    table.to_csv(path, index=False)
    assert "divides what belongs together" in text(page())


def test_without_data_it_says_so_and_offers_both_ways(page, monkeypatch, tmp_path):
    from covidweb import simulate

    film = simulate.simulate_film(1, True, 64)
    monkeypatch.setattr(simulate, "sample_films", lambda count=6: (film,))
    monkeypatch.setenv("COVIDWEB_DATA", str(tmp_path / "nothing"))
    app = page()
    assert not app.exception
    shown = text(app)
    assert "There are no films on this machine yet" in shown
    assert "Simulated, with opacities" in shown
    assert "Download" in buttons(app)
    assert any("data import" in block.value for block in app.code)


def test_download_button_reports_films_and_faults(page, monkeypatch, tmp_path):
    from covidweb.dataset.download import DownloadReport, Fault
    from covidweb.views.dataset import fetching

    def fake(root, sets, *, limit, progress):
        progress(1, 2)
        return DownloadReport(1, 0, [Fault("film-7", "http://x", "Its sha256 is wrong.")])

    monkeypatch.setattr(fetching, "download", fake)
    app = page(section="Get data")
    app.button(key="fetch").click().run()
    assert not app.exception
    assert "1 film fetched" in text(app) and "film-7: Its sha256 is wrong." in text(app)
