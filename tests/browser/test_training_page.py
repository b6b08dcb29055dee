import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def _open(page, section):
    page.goto("/training")
    page.get_by_role("radio", name=section, exact=True).click()


def _metric(page, label):
    return page.locator("[data-testid=stMetric]", has_text=label).last.locator(
        "[data-testid=stMetricValue]"
    )


def _percent(locator):
    return float(locator.inner_text().rstrip("%"))


def test_threshold_slider_moves_the_figures(page):
    _open(page, "At which threshold")
    sensitivity = _metric(page, "Sensitivity")
    expect(sensitivity).to_have_text(re.compile(r"^\d+\.\d%$"))
    before = _percent(sensitivity), _percent(_metric(page, "Specificity"))
    slider = page.get_by_role("slider", name="Threshold")
    slider.focus()
    page.wait_for_timeout(500)
    for _ in range(3):
        page.keyboard.press("PageUp")
    expect(sensitivity).not_to_have_text(f"{before[0]:.1f}%", timeout=15_000)
    assert float(slider.input_value()) > 0.5
    assert _percent(sensitivity) < before[0]
    assert _percent(_metric(page, "Specificity")) > before[1]


def test_a_chart_answers_the_mouse(page):
    page.goto("/training")
    chart = page.locator(".js-plotly-plot", has=page.locator(".scatterlayer")).last
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".scatterlayer .trace").first).to_be_visible()
    plot = chart.locator(".nsewdrag").first
    # What loads later may still move the chart: the mouse follows it.
    for share in (0.4, 0.45, 0.5, 0.55, 0.6):
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.5)
        page.wait_for_timeout(1000)
    expect(chart.locator(".hoverlayer")).to_contain_text("validation", timeout=15_000)


def test_a_chart_is_also_a_csv(page):
    page.goto("/training")
    page.get_by_text("As a table").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").first.click()
    text = download.value.path().read_text()
    assert text.startswith("place,metric") and "inside,auc" in text
