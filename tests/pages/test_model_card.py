from pathlib import Path

from streamlit.testing.v1 import AppTest

from covidweb.bundle import read_bundle

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "model_card.py")


def test_shows_hash_versions_and_command(bundle_root):
    at = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not at.exception
    said = "\n".join(m.value for m in at.markdown)
    bundle = read_bundle("default")
    assert bundle.sha256 in said and bundle.card.command in said
    assert "tensorflow 2.21" in said


def test_changed_results_are_named_once(bundle_root):
    (bundle_root / "default" / "history.csv").write_text("epoch,loss\n1,2\n")
    at = AppTest.from_file(PAGE, default_timeout=60).run()
    assert ["no longer matches its card" in w.value for w in at.warning] == [True]


def test_other_model_can_be_chosen(bundle_root):
    at = AppTest.from_file(PAGE, default_timeout=60).run()
    at.button_group(key="card_model").set_value("seed").run()
    assert any("The article reports an accuracy of 81%" in m.value for m in at.markdown)
