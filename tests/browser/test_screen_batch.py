import csv
import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import TimeoutError, expect

pytestmark = pytest.mark.browser

# The first film also waits for TensorFlow, on a machine that may be busy.
PATIENCE = 120_000


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def dicom(film):
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    found = Dataset()
    found.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    found.SOPInstanceUID = generate_uid()
    found.PatientName, found.PatientID = "Doe^Jane", "4711"
    found.Modality, found.ViewPosition = "DX", "PA"
    found.PhotometricInterpretation, found.SamplesPerPixel = "MONOCHROME2", 1
    found.Rows, found.Columns = film.shape
    found.BitsAllocated, found.BitsStored, found.HighBit = 16, 12, 11
    found.PixelRepresentation = 0
    found.PixelData = np.round(film * 4095).astype("<u2").tobytes()
    found.file_meta = FileMetaDataset()
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = io.BytesIO()
    found.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def mixed(film):
    """Fifty files of mixed kinds: 46 films, two photographs, two that are no pictures."""

    def grey(seed):
        return Image.fromarray(np.round(film(seed, (160, 160)) * 255).astype(np.uint8))

    def deep(seed):
        return Image.fromarray(np.round(film(seed, (160, 160)) * 65535).astype(np.uint16))

    rng = np.random.default_rng(0)
    photos = [Image.fromarray(rng.integers(0, 255, (90, 120, 3), np.uint8)) for _ in range(2)]
    files = {f"grey-{i:02d}.png": encoded(grey(i), "PNG") for i in range(20)}
    files |= {f"lossy-{i}.jpg": encoded(grey(20 + i), "JPEG") for i in range(8)}
    files |= {f"scan-{i}.dcm": dicom(film(30 + i, (160, 160))) for i in range(6)}
    files |= {f"alpha-{i}.png": encoded(grey(40 + i).convert("RGBA"), "PNG") for i in range(5)}
    files |= {f"deep-{i}.png": encoded(deep(50 + i), "PNG") for i in range(5)}
    files |= {f"tagged-{i}.tif": encoded(grey(60 + i), "TIFF") for i in range(2)}
    files |= {f"photo-{i}.png": encoded(photo, "PNG") for i, photo in enumerate(photos)}
    files |= {"broken.jpg": files["lossy-0.jpg"][:900], "text.png": b"I am no picture at all."}
    return [
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        for name, data in files.items()
    ]


def fetched(page, label, ending):
    """Click, and again as a reader would: a click on a button that is just drawn anew is lost."""

    def wanted(download):
        return download.suggested_filename.endswith(ending)

    for patience in (PATIENCE / 4, PATIENCE):
        try:
            with page.expect_download(wanted, timeout=patience) as found:
                page.get_by_role("button", name=label).click()
            return found.value.path().read_bytes()
        except TimeoutError:
            continue
    raise AssertionError(f"no file came for {label!r}")


def test_fifty_mixed_files_give_fifty_rows_and_reports_that_agree(page, film):
    page.set_default_timeout(PATIENCE)
    page.goto("/screen")
    page.locator("input[type=file]").first.set_input_files(mixed(film))
    counted = page.get_by_text(re.compile(r"^50 films: "))
    expect(counted).to_be_visible(timeout=PATIENCE)
    said = counted.inner_text()
    assert "2 not assessed" in said and "2 could not be read" in said

    # While the page is drawn again, what it showed before still stands beside what is new.
    panel = page.get_by_text("Take away")
    expect(panel).to_have_count(1, timeout=PATIENCE)
    panel.click()
    expect(page.get_by_text("All 50 films of the table")).to_be_visible()
    rows = list(csv.DictReader(io.StringIO(fetched(page, "All as CSV", ".csv").decode())))
    assert len(rows) == 50 and len({row["file"] for row in rows}) == 50
    by_name = {row["file"]: row for row in rows}
    statuses = [row["status"] for row in rows]
    assert (statuses.count("not_assessed"), statuses.count("error")) == (2, 2)
    suspicious = sum(r["status"] == "ok" and r["verdict"] == "covid" for r in rows)
    assert (f"{suspicious} suspicious for COVID-19" in said) == bool(suspicious)
    assert "broken or cut short" in by_name["broken.jpg"]["reason"]
    assert "not a picture" in by_name["text.png"]["reason"]
    assert by_name["photo-0.png"]["probability"] == ""

    with zipfile.ZipFile(io.BytesIO(fetched(page, "All as overlays", ".zip"))) as archive:
        assert archive.testzip() is None
        pictures = [name for name in archive.namelist() if name.startswith("overlays/")]
        assert len(pictures) == 48
        inside = list(csv.DictReader(io.StringIO(archive.read("results.csv").decode())))
        assert {r["file"]: r["probability"] for r in inside} == {
            name: row["probability"] for name, row in by_name.items()
        }
        assert not any(b"Doe" in archive.read(name) for name in archive.namelist())

    report = fetched(page, "All as PDF", ".pdf")
    assert report.startswith(b"%PDF") and b"Doe" not in report
    assert len(re.findall(rb"/Type /Page\b", report)) >= 50

    page.get_by_text("Table and filters").click()
    page.get_by_label("Name contains").fill("broken")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Could not be read"))).to_be_visible()
    expect(page.get_by_text(re.compile("broken or cut short")).first).to_be_visible()


def test_results_survive_a_change_of_page(page, film_png):
    page.set_default_timeout(PATIENCE)
    page.goto("/screen")
    file = {"name": "kept.png", "mimeType": "image/png", "buffer": film_png(3)}
    page.locator("input[type=file]").first.set_input_files([file])
    answer = page.get_by_text("Probability of COVID-19:").first
    expect(answer).to_be_visible(timeout=PATIENCE)
    before = answer.inner_text()
    page.get_by_role("link", name="Home").click()
    expect(answer).to_be_hidden()
    page.get_by_role("link", name=re.compile("^Screen$")).first.click()
    expect(answer).to_be_visible()
    assert answer.inner_text() == before
