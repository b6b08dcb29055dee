"""From screening results to overlays, CSV, PDF and ZIP."""

from covidweb.report.archive import overlays_zip
from covidweb.report.item import ReportItem
from covidweb.report.overlay import colour_bar, overlay
from covidweb.report.pdf import report_pdf
from covidweb.report.record import compare_record, result_record
from covidweb.report.table import results_csv

__all__ = [
    "ReportItem",
    "colour_bar",
    "compare_record",
    "overlay",
    "overlays_zip",
    "report_pdf",
    "result_record",
    "results_csv",
]
