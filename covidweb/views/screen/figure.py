"""The film as a Plotly figure: pictures with zoom and pan, side markers, one colour bar."""

import base64
import io
from collections.abc import Sequence

import plotly.graph_objects as go
from PIL import Image

HEIGHT = 680
PHONE_HEIGHT = 440
WIDTH = 640
PHONE_WIDTH = 350
CONFIG = {
    "displaylogo": False,
    "displayModeBar": True,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "film"},
}

_MARK = {"color": "#ffffff", "size": 15}


def film_figure(
    pictures: Sequence[tuple[str, Image.Image]],
    colours: Sequence[str] | None = None,
    top: float = 1.0,
    height: int = HEIGHT,
    revision: str = "",
    marks: bool = True,
) -> go.Figure:
    """Return pictures of one film beside each other, zoomed and panned together.

    Args:
        pictures: title (may be empty) and picture; all of one size.
        colours: the overlay's colours from none to most evidence, or None for no colour bar.
        top: the evidence at the colour bar's top, in units of the logit.
        height: of the figure in pixels.
        revision: zoom and pan are kept while this stays the same.
        marks: write R and L; right is the patient's right.
    """
    count, titled = len(pictures), any(title for title, _ in pictures)
    width, tall = pictures[0][1].size
    figure = go.Figure()
    figure.set_subplots(1, count, horizontal_spacing=0.015, shared_xaxes="all", shared_yaxes="all")
    for column, (title, picture) in enumerate(pictures, start=1):
        figure.add_trace(
            go.Image(source=_uri(picture), hoverinfo="skip", name=title), row=1, col=column
        )
        _label(figure, column, title, marks)
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_xaxes(range=[0, width], constrain="domain", **hidden)
    # What the film leaves free of the figure's height stays below it.
    figure.update_yaxes(range=[tall, 0], constrain="domain", constraintoward="top", **hidden)
    for index in range(count):
        name = "" if index == 0 else str(index + 1)
        figure.layout[f"yaxis{name}"].update(scaleanchor=f"x{name}", scaleratio=1)
    if colours:
        figure.add_trace(_colour_bar(colours, top, titled), row=1, col=count)
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": (64 if colours else 8) + (24 if titled else 0), "b": 4},
        dragmode="pan",
        uirevision=revision,
        showlegend=False,
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def fitting_height(size: tuple[int, int], count: int, phone: bool) -> int:
    """Return the height in pixels that pictures of one size leave little room below.

    The column's width is not known on the server, so a usual one is taken.

    Args:
        size: width and height of one picture.
        count: pictures beside each other.
        phone: on a narrow screen.
    """
    width, most = (PHONE_WIDTH, PHONE_HEIGHT) if phone else (WIDTH, HEIGHT)
    return min(most, max(most // 2, round(width / count * size[1] / size[0]) + 68))


def _label(figure: go.Figure, column: int, title: str, marks: bool) -> None:
    axis = "" if column == 1 else str(column)
    domain = {"xref": f"x{axis} domain", "yref": f"y{axis} domain", "showarrow": False}
    if title:
        figure.add_annotation(text=title, x=0, y=1.0, xanchor="left", yanchor="bottom", **domain)
    for x, letter, side in ((0.02, "R", "left"), (0.98, "L", "right")) if marks else ():
        figure.add_annotation(
            text=letter,
            x=x,
            y=0.98,
            xanchor=side,
            yanchor="top",
            font=_MARK,
            bgcolor="rgba(0,0,0,0.65)",
            borderpad=3,
            **domain,
        )


def _colour_bar(colours: Sequence[str], top: float, titled: bool) -> go.Scatter:
    """Return an invisible point that carries the colour bar of the overlay."""
    steps = [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]
    bar = {
        "title": {"text": "Evidence (logit)", "side": "top"},
        "orientation": "h",
        "thickness": 10,
        "len": 0.5,
        "x": 0,
        "xanchor": "left",
        "y": 1.0,
        "yanchor": "bottom",
        "ypad": 24 if titled else 2,
        "tickvals": [0, top / 2, top],
        "ticktext": ["0", f"{top / 2:.2g}", f"≥ {top:.2g}"],
    }
    marker = {
        "color": [0],
        "cmin": 0,
        "cmax": top,
        "colorscale": steps,
        "showscale": True,
        "colorbar": bar,
        "opacity": 0,
    }
    return go.Scatter(x=[None], y=[None], mode="markers", marker=marker, hoverinfo="skip")


def _uri(picture: Image.Image) -> str:
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG", quality=93, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
