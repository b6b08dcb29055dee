"""Learning curves of one or several bundles, and a training run as it grows."""

import io
import time
from pathlib import Path

import pandas as pd
import streamlit as st

from covidweb.bundle import HISTORY, Bundle, model_root, read_bundle, results
from covidweb.errors import DataError, ModelError
from covidweb.files import file_sha256
from covidweb.markdown import escape
from covidweb.training.run import run_folder
from covidweb.views import charts, names, parts

REFRESH_SECONDS = 5
_ORDER = ("loss", "accuracy", "auc", "learning_rate")


def show(bundles: list[Bundle]) -> None:
    """Show the curves that were logged, then the runs that can be watched."""
    read = {b.name: parts.attempt(b.history) for b in bundles}
    histories = {name: table for name, table in read.items() if table is not None}
    if histories:
        _compare(histories, [b.name for b in bundles if b.kind in parts.CLASSIFIERS])
    _watch()


def _compare(histories: dict[str, pd.DataFrame], classifiers: list[str]) -> None:
    st.header("Learning curves")
    models = list(histories)
    chosen = st.pills(
        "Models",
        models,
        selection_mode="multi",
        default=[name for name in models if name in classifiers][:2] or models[:2],
        key="curve_models",
        format_func=escape,
    )
    left, right = st.columns(2)
    with left:
        titles = {names.measure(name): name for name in metrics_of(histories)}
        title = st.selectbox("Measure", list(titles), key="curve_metric")
        metric = titles[title]
    strength = right.slider(
        "Smoothing",
        0.0,
        0.9,
        0.0,
        0.1,
        key="curve_smoothing",
        help="Moving average; 0 shows every epoch as it was.",
    )
    if not chosen:
        st.info("Choose a model to see its curves.", icon=":material/info:")
        return
    shown = {name: smooth(histories[name], metric, strength) for name in chosen}
    best = {name: results.best_epoch(histories[name]) for name in chosen}
    table = pd.concat([t.assign(model=name) for name, t in shown.items()])
    columns = ["model", "epoch", *(c for c in (metric, f"val_{metric}") if c in table)]
    alt = f"{title} over epochs for {', '.join(chosen)}. {_best_text(best)}"
    figure = charts.learning_curves(shown, metric, best)
    parts.show_chart(figure, table[columns], f"curves-{metric}", alt)
    st.caption(f"The star marks the lowest validation loss. {escape(_best_text(best))}")


def metrics_of(histories: dict[str, pd.DataFrame]) -> list[str]:
    """Return the measures that were logged: the usual ones first, no times."""
    logged = {c.removeprefix("val_") for table in histories.values() for c in table.columns}
    others = sorted(logged - set(_ORDER) - {"epoch", "seconds"})
    return [name for name in (*_ORDER, *others) if name in logged]


def smooth(history: pd.DataFrame, metric: str, strength: float) -> pd.DataFrame:
    """Return the history with the metric and its validation twin smoothed."""
    columns = [c for c in (metric, f"val_{metric}") if c in history]
    return history.assign(**{c: results.smoothed(history[c], strength) for c in columns})


def _best_text(best: dict[str, int | None]) -> str:
    said = [f"{name}: epoch {epoch}" for name, epoch in best.items() if epoch is not None]
    return f"Best: {', '.join(said)}." if said else ""


def runs() -> dict[str, Path]:
    """Return training runs that can be watched: name to the path of the growing history.

    They are the folders under `COVIDWEB_RUNS` (else `runs/`) with a history, and the bundles
    being made: those whose history is not the one that their card was sealed with.
    """
    root = run_folder("")
    found = {str(p.parent.relative_to(root)): p for p in sorted(root.glob(f"**/{HISTORY}"))}
    for path in sorted(model_root().glob(f"*/{HISTORY}")):
        if not _sealed(path):
            found[path.parent.name] = path
    return found


def _sealed(history: Path) -> bool:
    try:
        card = read_bundle(history.parent.name, history.parent.parent).card
    except ModelError:
        return False
    return card.files.get(HISTORY) == file_sha256(history)


def read_run(path: Path) -> pd.DataFrame:
    """Read a history that another process is writing; a half-written last row is left out.

    Raises:
        DataError: it cannot be read as a table with epochs.
    """
    try:
        whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
        table = pd.read_csv(io.StringIO(whole))
    except (OSError, ValueError) as error:
        raise DataError(f"The history {path.name} cannot be read yet: {error}") from error
    if "epoch" not in table:
        raise DataError(f"The history {path.name} has no column 'epoch'.")
    return table.apply(pd.to_numeric, errors="coerce").dropna(subset=["epoch"])


def _watch() -> None:
    st.header("Watch a run")
    st.markdown(
        "A training is started from the command line, for example "
        "`python -m covidweb train seed --data DIR`. Its curves appear here as it writes them."
    )
    found = runs()
    if not found:
        st.info("No training is running here.", icon=":material/info:")
        return
    left, right = st.columns(2)
    name = left.selectbox("Run", list(found), key="watched_run")
    epochs = right.number_input(
        "Planned epochs", 1, 1000, None, key="watched_epochs", placeholder="not known"
    )
    parts.apart(lambda: _live(str(found[name]), name, int(epochs or 0)))


@st.fragment(run_every=REFRESH_SECONDS)
def _live(path: str, name: str, epochs: int) -> None:
    history = parts.attempt(lambda: read_run(Path(path)))
    if history is None or history.empty:
        st.info("It has not finished its first epoch.", icon=":material/hourglass_empty:")
        return
    done = len(history)
    text = _progress_text(history, epochs, Path(path))
    if epochs > done:
        st.progress(done / epochs, text=text)
    else:
        st.markdown(text)
    metric = "loss" if "loss" in history else metrics_of({name: history})[0]
    figure = charts.learning_curves({name: history}, metric, {name: results.best_epoch(history)})
    parts.show_chart(figure, history, "watched", f"{metric} of the run {name} so far")


def _progress_text(history: pd.DataFrame, epochs: int, path: Path) -> str:
    left = results.seconds_left(history, epochs)
    ago = max(0, round(time.time() - path.stat().st_mtime))
    known = epochs > len(history)
    of = f" of {epochs}" if known else ""
    text = f"Epoch {len(history)}{of}, last written {duration(ago)} ago"
    if left is None or not known:
        return text
    return f"{text}, about {duration(left)} left"


def duration(seconds: float) -> str:
    """Return a time in words: `40 s`, `12 min`, `1 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
