import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from covidweb.bundle import read_bundle
from covidweb.errors import ModelError
from covidweb.radiograph import Source, read_radiograph
from covidweb.report import overlays_zip, report_pdf, results_csv
from covidweb.screening.result import ZONES, Finding, ModelId, ScreeningResult
from covidweb.views import session
from covidweb.views.screen import takeaway
from covidweb.views.screen import upload as upload_module

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "screen.py")
SEALED = Finding("grey", True, "The picture is grey, as a film is.", 0.0, 0.08)


class FakeScreener:
    """Answers by the film's mean grey; knows lungs, zones, and turns colour pictures away."""

    def __init__(self, name="default", sha256="0" * 64):
        self.model = ModelId(name, sha256)
        self.seen = 0

    def screen(self, film):
        return self.answer(film)

    def screen_many(self, films):
        self.seen += len(films)
        return [self.answer(film) for film in films]

    def answer(self, film):
        if film.chroma > 0.08:
            bad = Finding("grey", False, "This is a colour picture, not a radiograph.", 0.3, 0.08)
            return ScreeningResult(
                "not_assessed", 0.45, self.model, reason=bad.message, quality=(bad,)
            )
        probability = float(np.clip((film.pixels.mean() - 0.4) * 4, 0, 1))
        unsure = 0.43 < probability < 0.48
        grid = np.zeros((8, 8), np.float32)
        grid[5:7, 1:3] = probability
        mask = np.zeros((64, 64), bool)
        mask[10:50, 10:28] = mask[10:50, 36:54] = True
        return ScreeningResult(
            "uncertain" if unsure else "ok",
            0.45,
            self.model,
            "covid" if probability >= 0.45 else "normal",
            probability,
            reason="In the band where this model is often wrong." if unsure else "",
            heatmap=grid,
            lung_mask=mask,
            lung_share=0.7,
            lung_ratio=1.8,
            regions={zone: 0.9 if zone == "right_lower" else 0.02 for zone in ZONES},
            quality=(SEALED,),
            readings=(0.41, 0.53) if unsure else None,
        )

    def failure(self, reason):
        return ScreeningResult("error", 0.45, self.model, reason=reason)

    def explain(self, film, method):
        return np.ones((8, 8), np.float32)


@pytest.fixture
def fake(bundle_root, monkeypatch):
    made = {}

    def screener(name):
        return made.setdefault(name, FakeScreener(name, read_bundle(name).sha256))

    monkeypatch.setattr(session, "screener", screener)
    return made


@pytest.fixture
def page(fake):
    return AppTest.from_file(PAGE, default_timeout=120).run()


def png(grey, size=(128, 128)):
    """A film with two dark lungs on the given body, so that its mean is known by its grey."""
    film = grey + np.random.default_rng(0).normal(0, 0.02, size)
    film[20:100, 20:50] *= 0.6
    film[20:100, 76:108] *= 0.6
    stream = io.BytesIO()
    Image.fromarray(np.round(film * 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def photo():
    rng = np.random.default_rng(0)
    stream = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (128, 128, 3), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def upload(page, *files):
    for name, data in files:
        page.file_uploader[0].upload(name, data, "image/png")
    page.run()
    return until_done(page)


def until_done(page):
    """Wait for the worklist and draw again, as the browser's timer would."""
    assert page.session_state["screen_worklist"].wait(30)
    page.run()
    assert not page.exception, page.exception[0].message
    return page


def words(page):
    return " ".join(e.value for e in (*page.header, *page.markdown, *page.caption))


def choose(page, name):
    worklist = page.session_state["screen_worklist"]
    worklist.selected = next(film.id for film in worklist.films if film.name == name)
    page.run()


def open_panel(page, key):
    page.session_state[key] = True
    return page.run()


def test_the_page_starts_empty_with_its_disclaimer(page):
    assert not page.exception
    assert "not a medical device" in words(page)
    assert not page.dataframe and not page.header


def test_one_film_gets_verdict_probability_meaning_and_zones(page):
    upload(page, ("sick.png", png(0.7)))
    said = words(page)
    assert "Suspicious for COVID-19" in said and "Not suspicious" not in said
    assert re.search(
        r"Probability of COVID-19: \*\*\d+ %\*\* \(\d+ to \d+\) · threshold 45\s%", said
    )
    assert re.search(r"hospitals it learned from, it finds \*\*\d+ \(\d+ to \d+\)\*\* of 100", said)
    assert re.search(r"hospitals it never saw, it finds", said)
    assert "Evidence mostly in the right lower zone." in said
    assert "not how severe" in said


@pytest.mark.parametrize(
    ("name", "data", "headline", "reason"),
    [
        ("photo.png", photo(), "Not assessed", "colour picture"),
        ("empty.png", b"", "Could not be read", "empty"),
        ("text.png", b"I am no picture", "Could not be read", "not a picture"),
        ("cut.png", png(0.5)[:300], "Could not be read", "broken or cut short"),
        ("unsure.png", png(0.585), "Not sure", "often wrong"),
    ],
)
def test_other_statuses_say_why_and_the_page_goes_on(page, name, data, headline, reason):
    upload(page, (name, data))
    said = words(page)
    assert headline in page.header[0].value
    assert reason in said
    assert ("Probability of COVID-19" in said) == (headline == "Not sure")
    assert ("41 % to 53 %" in said) == (headline == "Not sure")
    upload(page, (name, data), ("good.png", png(0.7)))
    assert "Suspicious for COVID-19" in page.dataframe[0].value["Answer"].tolist()


def test_many_films_become_a_table_sorted_by_probability(page):
    upload(
        page,
        ("low.png", png(0.5)),
        ("broken.png", png(0.5)[:200]),
        ("high.png", png(0.7)),
        ("photo.png", photo()),
        ("middle.png", png(0.62)),
    )
    table = page.dataframe[0].value
    names = table["Name"].tolist()
    assert names == ["high.png", "middle.png", "low.png", "photo.png", "broken.png"]
    assert table["Probability"].isna().tolist() == [False, False, False, True, True]
    assert table["Picture"][0].startswith("data:image/jpeg;base64,") and table["Picture"][4] == ""
    assert table["Evidence mostly in"][0] == "right lower"
    assert "5 films" in words(page)


def test_a_zip_is_opened_and_says_what_was_left_out(page):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/one.png", png(0.5))
        archive.writestr("b/one.png", png(0.7))
        archive.writestr("notes.txt", "x")
    page.file_uploader[0].upload("many.zip", stream.getvalue(), "application/zip").run()
    until_done(page)
    assert sorted(page.dataframe[0].value["Name"]) == ["one (2).png", "one.png"]
    assert "notes.txt" in words(page)


def test_filters_and_choosing_a_film(page):
    upload(page, ("low.png", png(0.5)), ("high.png", png(0.7)), ("middle.png", png(0.66)))
    assert page.header[0].value.endswith(" Suspicious for COVID-19")
    choose(page, "low.png")
    assert page.header[0].value.endswith("Not suspicious for COVID-19")
    page.text_input(key="screen_name").input("hi").run()
    assert page.dataframe[0].value["Name"].tolist() == ["high.png"]
    assert "The filters leave 1 of 3 films" in words(page)
    page.text_input(key="screen_name").input("nothing").run()
    assert "No film passes" in page.info[0].value
    assert not page.exception


def test_the_threshold_moves_the_verdict_and_its_meaning(page):
    open_panel(upload(page, ("film.png", png(0.64))), "screen_threshold_panel")
    rates = page.dataframe[0].value
    assert len(rates) == 4 and re.match(r"0\.\d\d \(0\.\d\d to [01]\.\d\d\)", rates.iloc[0, 1])
    slider = next(s for s in page.slider if s.label.startswith("Threshold"))
    assert slider.value == pytest.approx(0.45)
    assert page.header[0].value.endswith("Suspicious for COVID-19")
    slider.set_value(0.95).run()
    assert page.header[0].value.endswith("Not suspicious for COVID-19")
    assert "threshold 95\u00a0%" in words(page)
    assert page.dataframe[0].value.iloc[0, 1] != rates.iloc[0, 1]
    button = next(b for b in page.button if b.label.startswith("Back to"))
    button.click().run()
    assert page.header[0].value.split(": ")[-1] == "Suspicious for COVID-19"


def test_the_trust_panel_runs_when_it_is_opened(page, fake):
    upload(page, ("film.png", png(0.7)))
    assert fake["default"].seen == 1
    open_panel(page, "screen_trust")
    assert fake["default"].seen == 9
    said = words(page)
    assert "Is it a frontal chest film at all?" in said
    assert "70% of it, 1.8 times what chance" in said
    assert "none of the films of the project's dataset" in said
    assert len(page.table[0].value) == 7
    page.run()
    assert fake["default"].seen == 9


def test_two_models_and_two_films_stand_side_by_side(page, fake):
    upload(page, ("before.png", png(0.5)), ("after.png", png(0.7)))
    choose(page, "after.png")
    open_panel(page, "screen_beside")
    said = words(page)
    assert fake["seed"].seen == 0
    assert f"**{read_bundle('seed').card.title}**  \nSuspicious for COVID-19" in said
    assert "only show edges" in said
    page.button_group(key="screen_beside_what").set_value("Another film").run()
    said = words(page)
    assert "**after.png**  \nSuspicious for COVID-19" in said
    assert "**before.png**  \nNot suspicious for COVID-19" in said
    assert "only show edges" not in said


def test_a_file_that_could_not_be_read_leaves_no_hole(page):
    upload(page, ("broken.png", png(0.5)[:200]))
    alone = len(page.columns)
    upload(page, ("film.png", png(0.7)))
    assert len(page.columns) == alone + 1


def test_explanations_are_on_demand_and_the_article_s_limits_are_said(page):
    upload(page, ("film.png", png(0.7)))
    assert "only show edges" not in words(page)
    page.selectbox(key="model_choice").select("seed").run()
    until_done(page)
    open_panel(page, "screen_explain")
    assert "only show edges" in words(page)
    pills = next(g for g in page.button_group if g.label == "Methods")
    assert len(pills.options) == 5
    assert not page.exception


def test_another_model_screens_the_same_films_again(page, fake):
    upload(page, ("a.png", png(0.5)), ("b.png", png(0.7)))
    page.selectbox(key="model_choice").select("seed").run()
    until_done(page)
    assert fake["seed"].seen == 2
    assert len(page.dataframe[0].value) == 2
    page.selectbox(key="model_choice").select("default").run()
    assert fake["default"].seen == 2 and len(page.dataframe[0].value) == 2


def test_results_survive_a_change_of_page_and_clear_forgets_them(fake):
    page = AppTest.from_file(PAGE, default_timeout=120).run()
    upload(page, ("a.png", png(0.5)))
    again = AppTest.from_file(PAGE, default_timeout=120)
    again.session_state["screen_worklist"] = page.session_state["screen_worklist"]
    again.run()
    assert "Not suspicious" in again.header[0].value
    button = next(b for b in again.button if b.label == "Clear the list")
    assert not button.disabled
    button.click().run()
    assert not again.header and not again.exception
    assert next(b for b in again.button if b.label == "Clear the list").disabled


def test_a_film_handed_over_from_another_page_is_screened(fake):
    page = AppTest.from_file(PAGE, default_timeout=120)
    page.session_state["screen_film"] = {"name": "x/data-1.jpg", "bytes": png(0.7)}
    until_done(page.run())
    said = words(page)
    assert "data-1.jpg · From the dataset" in said and "Suspicious for COVID-19" in said
    assert "screen_film" not in page.session_state


def test_a_simulated_film_is_marked_so(page):
    films = page.session_state["screen_worklist"]
    films.add([Source("simulated-1.png", lambda: upload_module.sample(0))], "simulated", "covid")
    until_done(page.run())
    assert "Simulated: computed from a digital chest" in words(page)


def test_reading_first_hides_the_answer_until_the_reader_gives_one(page):
    page.session_state["screen_film"] = {"name": "f.png", "bytes": png(0.7), "truth": "covid"}
    page.session_state["reading_first"] = True
    until_done(page.run())
    said = words(page)
    assert "What do you see?" in said
    assert "Probability" not in said and "Evidence mostly" not in said
    assert not [e for e in page.expander if "trust" in e.label.lower()]
    page.button(key="reading_normal").click().run()
    said = words(page)
    assert "Probability of COVID-19" in said
    assert "**You**: Not suspicious" in said and "**The model**: Suspicious" in said
    assert "from a person with COVID-19" in said
    assert "you agree with the model on 0 of 1" in said
    assert "you are right on 0, the model on 1" in said


def test_reading_first_hides_the_table_s_answers_and_its_order(page):
    page.session_state["reading_first"] = True
    page.run()
    upload(page, ("low.png", png(0.5)), ("high.png", png(0.7)))
    table = page.dataframe[0].value
    assert table["Name"].tolist() == ["low.png", "high.png"]
    assert set(table["Answer"]) == {"Yours first"} and table["Probability"].isna().all()
    assert set(table["Evidence mostly in"]) == {""}


def test_a_broken_model_is_a_sentence_on_the_page(bundle_root, monkeypatch):
    def refuse(name):
        raise ModelError("The weights do not match the card.")

    monkeypatch.setattr(session, "screener", refuse)
    page = AppTest.from_file(PAGE, default_timeout=120).run()
    upload(page, ("a.png", png(0.5)))
    assert "do not match" in page.warning[0].value


def test_without_any_model_the_page_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("COVIDWEB_MODELS", str(tmp_path))
    page = AppTest.from_file(PAGE, default_timeout=120).run()
    assert not page.exception and "No model is installed" in page.warning[0].value


def test_reports_agree_with_the_table(page, bundle_root):
    from covidweb.bundle import read_bundle

    upload(page, ("a.png", png(0.5)), ("b.png", png(0.7)), ("bad.png", b"nothing"))
    worklist, bundle = page.session_state["screen_worklist"], read_bundle("default")
    rows = worklist.rows(bundle.sha256)
    items = takeaway.Items(worklist, rows, bundle)
    assert len(items) == 3 and [i.file for i in items] == ["a.png", "b.png", "bad.png"]
    assert [i.radiograph is None for i in items] == [False, False, True]
    assert all(i.radiograph is None for i in items.bare())
    low, high = items[1].interval
    assert low <= rows[1].result.probability <= high
    lines = results_csv(list(items.bare())).splitlines()
    shown = page.dataframe[0].value.set_index("Name")["Probability"]
    cells = dict(zip(lines[0].split(","), lines[2].split(","), strict=False))
    assert 100 * float(cells["probability"]) == pytest.approx(shown["b.png"])
    records = json.loads(takeaway.record(items))
    assert records[1]["film_sha256"] == read_radiograph(png(0.7)).sha256
    assert records[2]["status"] == "error"
    with zipfile.ZipFile(io.BytesIO(overlays_zip(items))) as archive:
        assert {"overlays/a.png", "overlays/b.png"} <= set(archive.namelist())
    assert report_pdf(items).startswith(b"%PDF")


def test_a_film_taken_out_of_the_uploader_goes_and_the_others_stay(page):
    upload(page, ("a.png", png(0.5)), ("b.png", png(0.7)))
    page.file_uploader[0].set_value([("b.png", png(0.7), "image/png")]).run()
    until_done(page)
    assert [film.name for film in page.session_state["screen_worklist"].films] == ["b.png"]


def test_stop_leaves_films_over_and_go_on_takes_them_up(page):
    worklist = page.session_state["screen_worklist"]
    held = worklist.add([Source("a.png", lambda: png(0.5))])
    assert worklist.wait(20)
    worklist._held.update(held)
    worklist._results.clear()
    page.run()
    assert "Stopped: 1 film not screened." in words(page)
    page.button(key="screen_go_on").click().run()
    until_done(page)
    assert "Not suspicious" in page.header[0].value


def test_nothing_of_a_session_is_shared(fake):
    first = AppTest.from_file(PAGE, default_timeout=120).run()
    upload(first, ("secret.png", png(0.5)))
    second = AppTest.from_file(PAGE, default_timeout=120).run()
    assert "secret" not in words(second)


def test_bytes_over_the_limit_are_let_go_but_results_stay(page, monkeypatch):
    from covidweb.radiograph import Limits

    monkeypatch.setattr(Limits, "session_bytes", len(png(0.5)) + 10)
    upload(page, ("a.png", png(0.5)), ("b.png", png(0.7)))
    kept = page.session_state["screen_worklist"]
    assert kept.data(kept.films[0]) == png(0.5) and kept.data(kept.films[1]) is None
    choose(page, "b.png")
    assert "no longer kept" in page.info[0].value
    assert "Suspicious" in page.header[0].value


def test_burnt_in_text_is_said_before_anything_is_taken_away(page):
    from PIL import ImageDraw, ImageFont

    clean = Image.open(io.BytesIO(png(0.7, (600, 600))))
    lettered = clean.copy()
    ImageDraw.Draw(lettered).text(
        (20, 20), "MUSTER ERIKA", fill=255, font=ImageFont.load_default(22)
    )
    for image, name in ((clean, "clean.png"), (lettered, "lettered.png")):
        stream = io.BytesIO()
        image.save(stream, "PNG")
        upload(page, (name, stream.getvalue()))
        choose(page, name)
        said = any("burnt into the picture" in warning.value for warning in page.warning)
        assert said == (name == "lettered.png")
