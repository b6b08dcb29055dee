"""A bundle's model card as Markdown, written from `card.json` and `evaluation.json` only.

The headings follow Mitchell et al. 2019, "Model cards for model reporting".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from covidweb import results
from covidweb.bundle import Bundle
from covidweb.errors import ModelError

_METRICS = ("auc", "sensitivity", "specificity", "accuracy", "ece")
_PREVALENCES = (1, 5, 10, 20)


def markdown(bundle: Bundle) -> str:
    """Return the model card; parts whose files are missing say so.

    Args:
        bundle: any kind of bundle.
    """
    try:
        evaluation: Mapping[str, Any] = bundle.evaluation()
        problem = ""
    except ModelError as error:
        evaluation, problem = {}, str(error)
    card = bundle.card
    sections = [
        f"# {card['title']}",
        f"Model `{bundle.name}`. Research software, not a medical device.",
        *_section("Model", _model(bundle)),
        *_section("Intended use", [str(card.get("intended_use", "Not written down."))]),
        *_section("Data", _data(card)),
        *_section("Results inside and outside", [problem] if problem else _results(evaluation)),
        *_section("At other prevalences", _prevalences(evaluation)),
        *_section("Against the article", _article(card, evaluation)),
        *_section("Limits", [_bullets(card.get("limits", []))]),
        *_section("Versions and command", _versions(card)),
    ]
    return "\n\n".join(part for part in sections if part) + "\n"


def _section(title: str, body: Sequence[str]) -> list[str]:
    body = [part for part in body if part]
    return [f"## {title}", *body] if body else []


def _model(bundle: Bundle) -> list[str]:
    card = bundle.card
    facts = [
        ("Kind", bundle.kind),
        ("Weights", ", ".join(f"`{name}`" for name in card["weights"])),
        ("sha256", ", ".join(f"`{digest}`" for digest in card["weights"].values())),
        ("Input", ", ".join(f"{k} {_plain(v)}" for k, v in card["input"].items())),
        ("Classes", ", ".join(card.get("classes", []))),
        ("Calibration", ", ".join(f"{k} {_plain(v)}" for k, v in _part(card, "calibration"))),
        ("Threshold", _plain(card.get("threshold", ""))),
        ("Rule of the threshold", str(card.get("threshold_rule", ""))),
        ("Uncertain band", " to ".join(_plain(v) for v in card.get("uncertain_band", []))),
    ]
    return [table(["Fact", "Value"], [fact for fact in facts if fact[1]])]


def _data(card: Mapping[str, Any]) -> list[str]:
    rows = [(k.replace("_", " "), _nested(v)) for k, v in _part(card, "data")]
    return [table(["Fact", "Value"], rows)] if rows else []


def _results(evaluation: Mapping[str, Any]) -> list[str]:
    found = results.result_table(evaluation)
    rows = found[found["level"].isin(["set", "comparison"])]
    if rows.empty:
        return ["Not evaluated."]
    drawn = evaluation.get("bootstrap") or {}
    lines = []
    for (title, place, films), part in rows.groupby(["title", "place", "n"], sort=False):
        values = part.set_index("metric")
        lines.append((title, place, str(films), *(_cell(values, name) for name in _METRICS)))
    heads = ["Where", "Place", "Films", *(results.METRIC_TITLES[name] for name in _METRICS)]
    note = (
        f"In brackets 95 % intervals from {drawn.get('n', 'the')} bootstrap draws over "
        f"{drawn.get('unit', 'group')}s. A dash: not defined, because a class is missing."
    )
    return [table(heads, lines), note]


def _prevalences(evaluation: Mapping[str, Any]) -> list[str]:
    found = results.result_table(evaluation)
    rows = found[found["place"].isin(["inside", "outside"])]
    rows = rows[rows["level"].isin(["set", "comparison"])]
    lines = []
    for title, part in rows.groupby("title", sort=False):
        values = part.set_index("metric")
        names = [f"{kind}_{p}" for p in _PREVALENCES for kind in ("ppv", "npv")]
        if any(name in values.index for name in names):
            lines.append((title, *(_cell(values, name, short=True) for name in names)))
    heads = ["Where", *(f"{k} at {p} %" for p in _PREVALENCES for k in ("PPV", "NPV"))]
    return [table(heads, lines)] if lines else []


def _article(card: Mapping[str, Any], evaluation: Mapping[str, Any]) -> list[str]:
    article = card.get("article")
    if not article:
        return []
    inside = (evaluation.get("sets") or {}).get(results.INSIDE, {}).get("metrics", {})
    own = inside.get("accuracy")
    measured = f"{own['value']:.1%}" if own else "not measured"
    return [
        f"The article reports an accuracy of {article['accuracy']:.0%} on its own test split; "
        f"this network's accuracy on the test split here is {measured}.",
        str(article.get("note", "")),
    ]


def _versions(card: Mapping[str, Any]) -> list[str]:
    rows = [(name, str(value)) for name, value in _part(card, "versions")]
    command = card.get("command")
    return [
        table(["Part", "Version"], rows) if rows else "",
        f"Made by:\n\n```\n{command}\n```" if command else "",
    ]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a bar inside a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_escaped(c) for c in line) + " |" for line in lines)


def _escaped(cell: Any) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")


def _cell(values: pd.DataFrame, name: str, short: bool = False) -> str:
    if name not in values.index:
        return "-"
    row = values.loc[name]
    text = f"{row['value']:.2f}"
    return text if short else f"{text} ({row['low']:.2f} to {row['high']:.2f})"


def _part(card: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    return list((card.get(key) or {}).items())


def _nested(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_nested(v)}" for k, v in value.items())
    return _plain(value)


def _plain(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
