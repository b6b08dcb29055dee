"""Taking results away: CSV, overlays, PDF and JSON records, made when they are asked for."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import overload

import streamlit as st

from covidweb.bundle import Bundle
from covidweb.markdown import escape
from covidweb.radiograph import Limits
from covidweb.report import ReportItem, overlays_zip, report_pdf, result_record, results_csv
from covidweb.screening.films import Row
from covidweb.screening.gate import admits_text
from covidweb.screening.lettering import is_lettered
from covidweb.screening.worklist import Worklist
from covidweb.views.screen import meaning

_LETTERED = "screen_lettered"
_BURNT_IN = (
    "text is burnt into the picture: it may name the person, and pictures that you take away show "
    "it. Look before you pass them on."
)


class Items(Sequence[ReportItem]):
    """Rows as report items whose films are read when they are asked for, and not kept."""

    def __init__(self, worklist: Worklist, rows: Sequence[Row], bundle: Bundle) -> None:
        self._worklist, self._rows = worklist, list(rows)
        self._spans = [meaning.interval(bundle, row.result.probability) for row in rows]
        self._bundle = bundle

    @overload
    def __getitem__(self, index: int) -> ReportItem: ...

    @overload
    def __getitem__(self, index: slice) -> list[ReportItem]: ...

    def __getitem__(self, index: int | slice) -> ReportItem | list[ReportItem]:
        """Return one item, or a list of them."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        row = self._rows[index]
        return ReportItem(
            row.film.name,
            self._worklist.read(row.film),
            row.result,
            self._spans[index],
            meaning.conditions(self._bundle, row.result.threshold, row.result.probability),
        )

    def __len__(self) -> int:
        """Return how many items there are."""
        return len(self._rows)

    def bare(self) -> Iterator[ReportItem]:
        """Yield the items without their films, for tables."""
        for row, span in zip(self._rows, self._spans, strict=True):
            yield ReportItem(row.film.name, None, row.result, span)


def show(worklist: Worklist, rows: Sequence[Row], chosen: Row | None, bundle: Bundle) -> None:
    """Draw the downloads: of the chosen film, and of all rows where there are several."""
    with st.expander("Take away", icon=":material/download:"):
        _say_text(worklist, rows, chosen)
        if chosen is not None:
            st.markdown(f"**This film** · {escape(chosen.film.name)}")
            _buttons(Items(worklist, [chosen], bundle), "film", _stem(chosen.film.name))
        if len(rows) > 1:
            st.markdown(f"**All {len(rows)} films of the table**")
            _buttons(Items(worklist, rows, bundle), "batch", "covidweb")
            if len(rows) > Limits().pictured:
                st.caption(
                    f"A PDF and a ZIP hold at most {Limits().pictured} films. Narrow the table by "
                    "its filters to take the rest away."
                )
        st.caption(
            "Reports name the files, the model with its hash, and the threshold; no person's "
            "name, id or date, unless a file's name holds one."
        )


def _say_text(worklist: Worklist, rows: Sequence[Row], chosen: Row | None) -> None:
    """Say that text is burnt into films, before they are taken away with it."""
    admitted = sum(admits_text(row.result.quality) for row in rows)
    if chosen is not None and admits_text(chosen.result.quality):
        st.warning(f"This film's file says that {_BURNT_IN}", icon=":material/visibility:")
    elif chosen is not None and _seems_lettered(worklist, chosen):
        st.warning(f"It seems that {_BURNT_IN}", icon=":material/visibility:")
    if len(rows) > 1:
        st.caption(
            f"Burnt-in text, by what the files say: on {admitted} of these {len(rows)} films. "
            "Not every file says so: look at pictures before you pass them on."
        )


def _seems_lettered(worklist: Worklist, row: Row) -> bool:
    kept: dict[str, bool] = st.session_state.setdefault(_LETTERED, {})
    if row.film.sha256 not in kept:
        film = worklist.read(row.film)
        kept[row.film.sha256] = film is not None and is_lettered(film.pixels)
    return kept[row.film.sha256]


def record(items: Items) -> str:
    """Return the JSON record: an object for one film, else a list of them."""
    records = [result_record(item) for item in items]
    return json.dumps(records[0] if len(records) == 1 else records, indent=1, ensure_ascii=False)


def _buttons(items: Items, kind: str, stem: str) -> None:
    # Each name says what is in the file, also to those who hear it alone.
    of = "All" if kind == "batch" else "Film"
    with st.container(horizontal=True):
        if len(items) <= Limits().pictured:
            _button(
                f"{of} as PDF", lambda: report_pdf(items), f"{stem}.pdf", "application/pdf", kind
            )
            _button(
                f"{of} as overlays (ZIP)",
                lambda: overlays_zip(items),
                f"{stem}.zip",
                "application/zip",
                kind,
            )
        _button(
            f"{of} as CSV",
            lambda: results_csv(list(items.bare())),
            f"{stem}.csv",
            "text/csv",
            kind,
        )
        if len(items) <= Limits().pictured:
            _button(
                f"{of} as JSON record",
                lambda: record(items),
                f"{stem}.json",
                "application/json",
                kind,
            )


def _button(label: str, make: Callable[[], str | bytes], file: str, mime: str, kind: str) -> None:
    st.download_button(
        label,
        data=make,
        file_name=file,
        mime=mime,
        icon=":material/download:",
        key=f"screen_take_{kind}_{mime}",
        on_click="ignore",
    )


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
