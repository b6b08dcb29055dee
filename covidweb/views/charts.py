"""Plotly figures from tables: no Streamlit, no files, no figures of their own.

The colours keep a contrast of 3 to 1 on the light and on the dark background, and every series
also differs in dash or marker, so that none is told by colour alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

COLOURS = ("#2f83b3", "#c9621c", "#5a8f3d", "#8f6cc0", "#a5801f", "#7a878e")
MUTED = "#7a878e"
INK = {False: "#1b262c", True: "#e4ebee"}
"""Text colour on tints, by whether the page is dark."""

_SYMBOLS = {"inside": "circle", "outside": "diamond", "stress": "square"}
_ROW_HEIGHT = 34


def learning_curves(
    histories: Mapping[str, pd.DataFrame], metric: str, best: Mapping[str, int | None]
) -> go.Figure:
    """Return one metric over epochs: training dotted, validation solid, best epoch starred.

    Args:
        histories: bundle name to its history, with `epoch`, `metric` and `val_<metric>`.
        metric: column of the training value.
        best: bundle name to its best epoch.
    """
    figure = go.Figure()
    for index, (name, table) in enumerate(histories.items()):
        colour = COLOURS[index % len(COLOURS)]
        for column, part, dash in ((metric, "training", "dot"), (f"val_{metric}", "", "solid")):
            if column in table:
                label = f"{name}, {part or 'validation'}"
                line = {"color": colour, "dash": dash, "width": 2}
                figure.add_scatter(x=table["epoch"], y=table[column], name=label, line=line)
        _star(figure, table, f"val_{metric}", best.get(name), name, colour)
    figure.update_xaxes(title="Epoch")
    figure.update_yaxes(title=metric.replace("_", " ").capitalize(), hoverformat=".4~g")
    return _finish(figure, hovermode="x unified")


def _star(
    figure: go.Figure,
    table: pd.DataFrame,
    column: str,
    epoch: int | None,
    name: str,
    colour: str,
) -> None:
    row = table[table["epoch"] == epoch]
    if epoch is None or row.empty or column not in row:
        return
    figure.add_scatter(
        x=row["epoch"],
        y=row[column],
        mode="markers",
        marker={"symbol": "star", "size": 15, "color": colour},
        name=f"{name}, best epoch {epoch}",
    )


def gap_chart(gaps: Mapping[str, pd.DataFrame], article: float | None) -> go.Figure:
    """Return inside and outside values of each metric on one line, joined by their gap.

    Args:
        gaps: bundle name to a table as `results.gap` gives it.
        article: the article's accuracy, drawn across the accuracy rows.
    """
    figure = go.Figure()
    shown: set[str] = set()
    for index, (name, table) in enumerate(gaps.items()):
        colour = COLOURS[index % len(COLOURS)]
        for _, rows in table.groupby("metric", sort=False):
            y = [f"{row.title}, {name}" for row in rows.itertuples()]
            figure.add_scatter(
                x=rows["value"],
                y=y,
                mode="lines",
                line={"color": colour, "width": 9},
                opacity=0.3,
                showlegend=False,
                hoverinfo="skip",
            )
        for place, symbol in (("inside", "circle"), ("outside", "diamond-open")):
            part = table[table["place"] == place]
            marker = {"symbol": symbol, "size": 12, "color": colour, "line": {"width": 2}}
            figure.add_scatter(
                x=part["value"],
                y=[f"{title}, {name}" for title in part["title"]],
                mode="markers",
                marker=marker,
                error_x=_bars(part),
                name=f"{name}, {place}",
                customdata=part[["low", "high", "n"]],
                hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f}), "
                "%{customdata[2]} films",
            )
        shown |= {f"{title}, {name}" for title in table["title"]}
    order = sorted(shown, key=_gap_order(gaps), reverse=True)
    figure.update_yaxes(categoryorder="array", categoryarray=order)
    accuracy = [y for y in order if y.startswith("Accuracy")]
    if article is not None and accuracy:
        _article_line(figure, article, [order.index(y) for y in accuracy])
    figure.update_xaxes(range=[0, 1.02], title="Value, with its 95 % interval")
    return _finish(figure, height=150 + _ROW_HEIGHT * len(order))


def _gap_order(gaps: Mapping[str, pd.DataFrame]) -> Any:
    titles = ["AUC", "Accuracy", "Sensitivity", "Specificity"]
    names = list(gaps)

    def key(row: str) -> tuple[int, int]:
        title, _, name = row.partition(", ")
        return titles.index(title) if title in titles else len(titles), names.index(name)

    return key


def _article_line(figure: go.Figure, value: float, rows: Sequence[int]) -> None:
    figure.add_shape(
        type="line",
        x0=value,
        x1=value,
        y0=min(rows) - 0.5,
        y1=max(rows) + 0.5,
        line={"color": MUTED, "dash": "dash", "width": 2},
    )
    figure.add_annotation(
        x=value,
        y=max(rows) + 0.5,
        text=f"the article: {value:.0%}",
        showarrow=False,
        xanchor="right",
        yanchor="middle",
        xshift=-4,
    )


def forest(table: pd.DataFrame, metric_title: str, line: float | None = None) -> go.Figure:
    """Return a forest plot: one row per set, source or view, one colour per model.

    Args:
        table: columns `model`, `title`, `place`, `value`, `low`, `high`, `n`.
        metric_title: name of the horizontal axis.
        line: a reference value to draw, such as the article's accuracy.
    """
    figure = go.Figure()
    models = list(dict.fromkeys(table["model"]))
    titles = list(dict.fromkeys(table["title"]))
    for index, model in enumerate(models):
        rows = table[table["model"] == model]
        shift = (index - (len(models) - 1) / 2) * 0.28
        figure.add_scatter(
            x=rows["value"],
            y=[len(titles) - 1 - titles.index(title) - shift for title in rows["title"]],
            mode="markers",
            error_x=_bars(rows),
            marker={
                "color": COLOURS[index % len(COLOURS)],
                "symbol": [_SYMBOLS.get(place, "triangle-up") for place in rows["place"]],
                "size": 10,
            },
            name=model,
            customdata=rows[["title", "low", "high", "n"]],
            hovertemplate="%{customdata[0]}: %{x:.3f} (%{customdata[1]:.3f} to "
            "%{customdata[2]:.3f}), %{customdata[3]} films",
        )
    figure.update_yaxes(
        tickvals=list(range(len(titles))), ticktext=[_wrapped(t) for t in titles[::-1]]
    )
    figure.update_xaxes(title=f"{metric_title}, with its 95 % interval")
    if line is not None:
        _reference(figure, line, f"the article: {line:.0%}")
    return _finish(figure, height=150 + 1.3 * _ROW_HEIGHT * len(titles))


def rate_curve(
    curve: pd.DataFrame,
    x: str,
    y: str,
    point: tuple[float, float],
    titles: tuple[str, str],
    diagonal: bool = False,
) -> go.Figure:
    """Return a ROC or precision-recall curve with the operating point.

    Args:
        curve: columns `x`, `y` and `threshold`.
        x: column of the horizontal axis.
        y: column of the vertical axis.
        point: the operating point.
        titles: of the two axes.
        diagonal: also draw chance.
    """
    figure = go.Figure()
    if diagonal:
        line = {"color": MUTED, "dash": "dash", "width": 1}
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, name="chance")
    hover = f"threshold %{{customdata:.3f}}<br>{titles[0]} %{{x:.3f}}<br>{titles[1]} %{{y:.3f}}"
    figure.add_scatter(
        x=curve[x],
        y=curve[y],
        customdata=curve["threshold"],
        mode="lines",
        line={"color": COLOURS[0], "width": 2.5},
        name="model",
        hovertemplate=hover + "<extra></extra>",
    )
    marker = {"size": 13, "color": COLOURS[1], "symbol": "diamond"}
    figure.add_scatter(
        x=[point[0]], y=[point[1]], mode="markers", marker=marker, name="at the threshold"
    )
    figure.update_xaxes(title=titles[0], range=[-0.02, 1.02])
    figure.update_yaxes(title=titles[1], range=[-0.02, 1.02])
    return _finish(figure, height=360)


def confusion(counts: Mapping[str, int], ink: str = INK[False]) -> go.Figure:
    """Return the confusion matrix: rows the truth, columns the answer, shaded by row share.

    Args:
        counts: films of each cell: `tp`, `fn`, `fp`, `tn`.
        ink: colour of the text, legible on the tints.
    """
    cells = np.array([[counts["tp"], counts["fn"]], [counts["fp"], counts["tn"]]])
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    names = [["true positive", "missed"], ["false alarm", "true negative"]]
    text = [
        [f"<b>{cells[r, c]}</b><br>{names[r][c]}<br>{shares[r, c]:.0%}" for c in (0, 1)]
        for r in (0, 1)
    ]
    columns, rows = ["called COVID-19", "called normal"], ["COVID-19", "normal"]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=columns,
            y=rows,
            hovertemplate="%{y}, %{x}: %{z:.1%} of the row<extra></extra>",
            colorscale=[[0, "rgba(47,131,179,0.05)"], [1, "rgba(47,131,179,0.45)"]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    for r, c in ((0, 0), (0, 1), (1, 0), (1, 1)):
        figure.add_annotation(
            x=columns[c], y=rows[r], text=text[r][c], showarrow=False, font={"color": ink}
        )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return _finish(figure, height=360)


def calibration(tables: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Return predicted probability against what was seen; `tables` by population.

    Each table has columns `mean`, `rate` and `n`; a marker's area grows with its films.
    """
    figure = go.Figure()
    line = {"color": MUTED, "dash": "dash", "width": 1}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, name="perfect")
    for index, (name, table) in enumerate(tables.items()):
        size = 8 + 22 * np.sqrt(table["n"] / max(1, table["n"].max()))
        symbol = ("circle", "diamond")[index % 2]
        figure.add_scatter(
            x=table["mean"],
            y=table["rate"],
            mode="lines+markers",
            line={"color": COLOURS[index]},
            marker={"size": size, "symbol": symbol, "opacity": 0.75},
            customdata=table["n"],
            name=name,
            hovertemplate="predicted %{x:.2f}, seen %{y:.2f}, %{customdata} films",
        )
    figure.update_xaxes(title="Predicted probability", range=[-0.03, 1.03])
    figure.update_yaxes(title="Share that was COVID-19", range=[-0.03, 1.05])
    return _finish(figure, height=400)


def score_histogram(rows: pd.DataFrame, by: str, threshold: float | None) -> go.Figure:
    """Return overlaid histograms of `score`, one per value of the column `by`."""
    figure = go.Figure()
    for index, (name, part) in enumerate(rows.groupby(by, sort=False)):
        figure.add_histogram(
            x=part["score"],
            xbins={"start": 0, "end": 1, "size": 0.05},
            name=f"{name} ({len(part)})",
            marker={"color": COLOURS[index % len(COLOURS)], "pattern": {"shape": _pattern(index)}},
            opacity=0.65,
            histnorm="percent",
            hovertemplate="scores %{x}: %{y:.1f} %",
        )
    if threshold is not None:
        _reference(figure, threshold, "threshold")
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title="Probability of COVID-19", range=[0, 1])
    figure.update_yaxes(title="Share of films, %")
    return _finish(figure, height=340)


def decision(curve: pd.DataFrame) -> go.Figure:
    """Return net benefit over the threshold at which one would act: model, all, none."""
    figure = go.Figure()
    names = {"model": ("the model decides", "solid"), "all": ("everybody", "dot")}
    for index, (column, (name, dash)) in enumerate(names.items()):
        line = {"color": COLOURS[index], "dash": dash, "width": 2}
        figure.add_scatter(x=curve["threshold"], y=curve[column], name=name, line=line)
    line = {"color": MUTED, "dash": "dash", "width": 1}
    figure.add_scatter(x=[0, 1], y=[0, 0], mode="lines", name="nobody", line=line)
    top = float(np.nanmax(np.append(curve["model"], curve["all"].max())))
    figure.update_xaxes(title="Probability at which one would act", range=[0, 1])
    figure.update_yaxes(
        title="Net benefit per film", range=[-0.3 * max(top, 0.05), 1.15 * top], hoverformat=".3f"
    )
    return _finish(figure, height=360, hovermode="x unified")


def bars(table: pd.DataFrame, axis: str, line: tuple[float, str] | None = None) -> go.Figure:
    """Return horizontal bars with intervals: columns `name`, `value`, `low`, `high`.

    Args:
        table: drawn from the top; one colour per value of the column `series`, if it is there.
        axis: title of the horizontal axis.
        line: a reference value and its name.
    """
    figure = go.Figure()
    series = table.get("series", pd.Series("", index=table.index))
    for index, name in enumerate(dict.fromkeys(series)):
        rows = table[series == name]
        figure.add_bar(
            x=rows["value"],
            y=[_wrapped(label) for label in rows["name"]],
            orientation="h",
            name=name,
            marker={"color": COLOURS[index % len(COLOURS)]},
            error_x=_bars(rows) | {"color": MUTED},
            customdata=rows[["low", "high"]],
            hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})",
        )
    names = [_wrapped(name) for name in dict.fromkeys(table["name"])]
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=names)
    figure.update_xaxes(title=axis)
    if line is not None:
        _reference(figure, *line)
    return _finish(figure, height=130 + _ROW_HEIGHT * max(len(names), 0.7 * len(table)))


def curves(table: pd.DataFrame, titles: tuple[str, str]) -> go.Figure:
    """Return lines of every column over the first one."""
    figure = go.Figure()
    x, *rest = table.columns
    for index, column in enumerate(rest):
        figure.add_scatter(
            x=table[x],
            y=table[column],
            mode="lines+markers",
            name=column.replace("_", " "),
            line={"color": COLOURS[index % len(COLOURS)]},
            marker={"symbol": index},
        )
    figure.update_xaxes(title=titles[0])
    figure.update_yaxes(title=titles[1])
    return _finish(figure, height=360, hovermode="x unified")


def _reference(figure: go.Figure, value: float, name: str) -> None:
    """Draw a dashed line at a value, with its name above the plot."""
    figure.add_vline(value, line_dash="dash", line_color=MUTED)
    figure.add_annotation(x=value, y=1, yref="paper", yanchor="bottom", text=name, showarrow=False)


def _bars(rows: pd.DataFrame) -> dict[str, Any]:
    """Return asymmetric error bars; a row without an interval gets none."""
    value = rows["value"].astype(float)
    above = rows["high"].astype(float) - value
    below = value - rows["low"].astype(float)
    return {
        "type": "data",
        "symmetric": False,
        "array": above.clip(lower=0).fillna(0),
        "arrayminus": below.clip(lower=0).fillna(0),
        "thickness": 1.5,
        "width": 4,
    }


def _wrapped(text: str, width: int = 24) -> str:
    lines = [""]
    for word in str(text).split():
        if len(lines[-1]) + len(word) > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _pattern(index: int) -> str:
    return ("", "/", "\\", "x", ".")[index % 5]


def _finish(figure: go.Figure, height: float = 400, **layout: Any) -> go.Figure:
    """Set what all charts share: room for touch screens, and the legend above the plot."""
    figure.update_layout(
        height=int(height),
        hoverlabel={"namelength": -1},
        margin={"l": 8, "r": 12, "t": 24, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.07, "x": 0, "title": None},
        **layout,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
