from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from covidweb import metrics
from covidweb.bundle import read_bundle, results, write_evaluation
from covidweb.bundle.evaluation import Audit
from covidweb.views.training.page import SECTIONS

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "training.py")


@pytest.fixture
def page(bundle_root, tmp_path, monkeypatch):
    monkeypatch.setenv("COVIDWEB_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("COVIDWEB_RUNS", str(tmp_path / "runs"))
    return lambda section="Results and curves": _open(section)


def _open(section):
    at = AppTest.from_file(PAGE, default_timeout=60).run()
    return at.button_group(key="training_section").set_value(section).run()


def _warnings(at):
    return [w.value for w in at.warning]


def _metric(at, label):
    return next(m.value for m in at.metric if m.label == label)


def _confusion(at):
    return list(next(d.value["films"] for d in at.dataframe if "cell" in d.value.columns))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_shows(page, section):
    at = page(section)
    assert not at.exception
    assert not _warnings(at)


def test_the_gap_is_seen_first_and_computed_from_the_predictions(page):
    at = page()
    assert at.header[0].value == "Inside and outside"
    rows = results.read_predictions(read_bundle("default"))
    for place in ("inside", "outside"):
        films = results.population(rows, place)
        assert _metric(at, f"AUC {place}") == f"{metrics.auc(films['covid'], films['score']):.2f}"
    gap = float(_metric(at, "AUC outside")) - float(_metric(at, "AUC inside"))
    assert float(_metric(at, "Gap")) == pytest.approx(gap, abs=1e-9)


def test_curves_of_the_classifiers_are_drawn_first(page):
    assert page().button_group(key="curve_models").value == ["default", "seed"]


@pytest.mark.parametrize("section", list(SECTIONS)[1:])
def test_a_section_stands_right_below_its_choice(page, section):
    assert page(section).header[0].value != "Inside and outside"


def test_changing_one_row_changes_the_figures_and_warns(page, bundle_root):
    before = page("At which threshold")
    path = bundle_root / "default" / "predictions.csv"
    table = pd.read_csv(path)
    row = table.index[(table["set"] == "test") & (table["label"] == "covid")][0]
    table.loc[row, "score"] = 0.001 if table.loc[row, "score"] > 0.45 else 0.999
    table.to_csv(path, index=False)
    after = page("At which threshold")
    assert any("no longer matches its card" in text for text in _warnings(after))
    assert _metric(after, "Sensitivity") != _metric(before, "Sensitivity")
    assert _confusion(after) != _confusion(before)
    gallery = page("Mistakes")
    assert table.loc[row, "image_id"] in set(gallery.dataframe[-1].value["image_id"])


def test_threshold_slider_moves_every_figure(page):
    at = page("At which threshold")
    before = {m.label: m.value for m in at.metric}
    at.slider(key="threshold_value_default").set_value(0.9).run()
    after = {m.label: m.value for m in at.metric}
    assert float(after["Sensitivity"][:-1]) < float(before["Sensitivity"][:-1])
    assert float(after["Specificity"][:-1]) > float(before["Specificity"][:-1])
    assert after["PPV"] != before["PPV"] and after["NPV"] != before["NPV"]


def test_prevalence_moves_the_predictive_values_only(page):
    at = page("At which threshold")
    before = {m.label: m.value for m in at.metric}
    at.select_slider(key="threshold_prevalence").set_value(20.0).run()
    after = {m.label: m.value for m in at.metric}
    assert float(after["PPV"][:-1]) > float(before["PPV"][:-1])
    assert after["Sensitivity"] == before["Sensitivity"]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("predictions.csv", None, "predictions.csv of the bundle 'seed' is missing"),
        ("predictions.csv", "a,b\n1,2\n", "lacks the columns"),
        ("evaluation.json", "{", "not JSON"),
        ("card.json", "[]", "expected 'object'"),
    ],
)
def test_a_broken_bundle_gets_a_sentence_and_the_other_shows(
    page, bundle_root, file, content, said
):
    path = bundle_root / "seed" / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    at = page()
    assert not at.exception
    assert any(said in text for text in _warnings(at))
    assert _metric(at, "AUC inside") and len(at.dataframe) >= 2


def test_article_stands_beside_the_accuracy(page):
    at = page("How good, where")
    at.button_group(key="places_metric").set_value("Accuracy").run()
    assert any("the article: 81%" in c.proto.spec for c in at.get("plotly_chart"))


def test_baselines_are_put_into_words(page):
    said = " ".join(m.value for m in page("Shortcuts").markdown)
    assert "“grey-level histogram only” reaches an AUC of 0.94" in said


def test_a_bundle_without_an_audit_says_how_to_get_one(page, bundle_root):
    bundle = read_bundle("default")
    write_evaluation(bundle, replace(bundle.evaluation(), audit=Audit()))
    assert any("covidweb audit" in i.value for i in page("Shortcuts").info)
    assert any("covidweb audit" in i.value for i in page("Explanations").info)


def test_ten_samples_are_drawn_anew(page):
    at = page("Mistakes")
    at.button_group(key="mistakes_kind").set_value("Ten at random").run()
    first = list(at.dataframe[-1].value["image_id"])
    at.button(key="ten_again").click().run()
    assert len(first) == 10 and list(at.dataframe[-1].value["image_id"]) != first


def test_a_run_is_watched_as_it_grows(page, tmp_path):
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    rows = "epoch,loss,val_loss,seconds\n1,0.9,0.8,30\n2,0.7,0.75,30\n"
    (run / "history.csv").write_text(rows + "3,0.")
    at = page()
    assert at.selectbox(key="watched_run").value == "mine"
    at.number_input(key="watched_epochs").set_value(10).run()
    assert "Epoch 2 of 10" in at.get("progress")[0].proto.text
    (run / "history.csv").write_text(rows + "3,0.6,0.7,30\n")
    at.run()
    text = at.get("progress")[0].proto.text
    assert "Epoch 3 of 10" in text and "4 min left" in text


def test_without_models_the_page_says_so(page, bundle_root, monkeypatch, tmp_path):
    monkeypatch.setenv("COVIDWEB_MODELS", str(tmp_path / "empty"))
    at = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not at.exception and "no trained model" in _warnings(at)[0]
