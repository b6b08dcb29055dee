"""Bundles that cannot be used take no page down: each gets its sentence, the others still show."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

PAGES = Path(__file__).resolve().parents[2] / "pages"

BROKEN = {
    "no-title": (json.dumps({"kind": "seed", "input": {"size": 8}}), "field 'title'"),
    "no-weights": (json.dumps({"kind": "seed", "title": "", "input": {"size": 8}}), "'weights'"),
    "odd-size": (json.dumps({"kind": "seed", "title": "", "input": {"size": []}}), "'input.size'"),
    "deep": ('{"a":' * 200_000, "nested too deeply"),
    "list": ("[]", "expected 'object'"),
}


@pytest.fixture
def broken_root(bundle_root, small_data, monkeypatch):
    for name, (text, _) in BROKEN.items():
        (bundle_root / name).mkdir()
        (bundle_root / name / "card.json").write_text(text)
    monkeypatch.setenv("COVIDWEB_DATA", str(small_data))
    return bundle_root


@pytest.mark.parametrize("page", ["home", "screen", "dataset", "training", "model_card"])
def test_broken_cards_get_a_sentence_each_and_the_page_still_shows(broken_root, page):
    at = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=60).run()
    assert not at.exception
    said = [warning.value for warning in at.warning]
    for name, (_, named) in BROKEN.items():
        assert any(f"'{name}'" in text and named in text for text in said)


@pytest.mark.parametrize("page", ["home", "training", "model_card", "dataset"])
@pytest.mark.parametrize(
    "text", ["{}", '{"a":' * 200_000, '{"model": "m", "sha256": "0", "threshold": []}', "[1]"]
)
def test_broken_evaluations_leave_the_other_bundle_showing(broken_root, page, text):
    (broken_root / "default" / "evaluation.json").write_text(text)
    at = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=60).run()
    assert not at.exception
    if page in ("home", "model_card"):
        assert any("evaluation.json of the bundle 'default'" in w.value for w in at.warning)
