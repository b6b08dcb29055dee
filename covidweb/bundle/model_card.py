"""Write a bundle's model card, `README.md`, from its card and its evaluation.

Headings follow model cards (Mitchell et al., 2019, doi:10.1145/3287560.3287596) and CLAIM, the
checklist for AI in medical imaging (Mongan et al., 2020, doi:10.1148/ryai.2020200029). Every
figure is read from `card.json` and `evaluation.json`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from covidweb.bundle.results import INSIDE, set_title
from covidweb.bundle.store import EVALUATION, Bundle
from covidweb.files import write_text
from covidweb.metrics import PREVALENCES

FILE = "README.md"
METRICS = ("auc", "sensitivity", "specificity", "accuracy")


def write_card(bundle: Bundle) -> Path:
    """Write `README.md` beside the card and return its path."""
    found = bundle.evaluation() if (bundle.path / EVALUATION).is_file() else {}
    path = bundle.path / FILE
    write_text(path, model_card(bundle.card, found))
    return path


def model_card(card: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """Return the model card as Markdown.

    Args:
        card: of the bundle.
        evaluation: of the bundle; empty when it was not evaluated.
    """
    parts = [
        f"# {card['title']}",
        "Generated from `card.json` and `evaluation.json`; do not edit.",
        _details(card),
        "## Intended use\n\n" + str(card.get("intended_use", "")),
        _data(card),
        _method(card),
        _results(evaluation),
        _article(card, evaluation),
        _predictive(evaluation),
        _other_diseases(evaluation),
        _audit(evaluation),
        "## Limits\n\n" + "\n".join(f"- {line}" for line in card.get("limits", ())),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _details(card: Mapping[str, Any]) -> str:
    weights, sha = next(iter(card["weights"].items()))
    rows = {
        "Kind": card["kind"],
        "Classes": ", ".join(card.get("classes", ())),
        "Weights": f"`{weights}`",
        "sha256": f"`{sha}`",
        "Input": ", ".join(f"{k} {v}" for k, v in card["input"].items()),
        "Command": f"`{card.get('command', '')}`",
        "Versions": ", ".join(f"{k} {v}" for k, v in card.get("versions", {}).items()),
    }
    return "## Model details\n\n" + _table(("What", "Value"), list(rows.items()))


def _data(card: Mapping[str, Any]) -> str:
    data = card.get("data", {})
    films = data.get("films", {})
    text = "## Training data\n\nSplit by patient group and near-duplicate cluster."
    if "manifest_sha256" in data:
        text += f" Manifest sha256 `{data['manifest_sha256'][:16]}…`, "
        text += f"split sha256 `{data['split_sha256'][:16]}…`."
    nested = {part: v for part, v in films.items() if isinstance(v, Mapping)}
    if nested:
        names = sorted({name for counts in nested.values() for name in counts})
        rows = [(name, *(counts.get(name, 0) for counts in nested.values())) for name in names]
        text += "\n\n" + _table(("Films", *nested), rows)
    elif films:
        text += "\n\n" + _table(("Part", "Films"), list(films.items()))
    return text


def _method(card: Mapping[str, Any]) -> str:
    low, high = card.get("uncertain_band", (None, None))
    scale = card.get("calibration", {})
    lines = [
        f"- Threshold {card.get('threshold')}: {card.get('threshold_rule', '')}",
        f"- Uncertain band: {low} to {high}.",
        f"- Calibration: temperature {scale.get('temperature', 1):.3f}, "
        f"bias {scale.get('bias', 0):.3f}.",
    ]
    left = card.get("left_out_auc") or {}
    if left:
        said = ", ".join(f"{name} {value:.2f}" for name, value in left.items())
        lines.append(f"- AUC of sources left out of the COVID-19 head: {said}.")
    if left and "inside_auc_unpenalised" in card:
        lines.append(
            "- What turning away from places cost inside: validation AUC "
            f"{card['inside_auc_unpenalised']:.3f} without the head's penalty, "
            f"{left['inside']:.3f} with it."
        )
    return "## Operating point\n\n" + "\n".join(lines)


def _results(evaluation: Mapping[str, Any]) -> str:
    if not evaluation:
        return "## Results\n\nNot evaluated yet."
    rows = [
        (entry.get("title") or set_title(name), entry["n"], *_cells(entry["metrics"]))
        for part in ("sets", "comparisons")
        for name, entry in evaluation[part].items()
        if name != "not_cxr"
    ]
    draws = evaluation["bootstrap"]["n"]
    head = (
        "## Results\n\nIn each cell the figure and its 95 % interval, from "
        f"{draws} bootstrap draws over patient groups. The threshold is {evaluation['threshold']}. "
        "In sets without COVID-19, specificity counts every film that is not called COVID-19; in "
        "comparisons the sick are the positives, whatever their disease.\n\n"
    )
    names = ("Films of", "n", "AUC", "Sensitivity", "Specificity", "Accuracy")
    text = head + _table(names, rows)
    scale = evaluation.get("calibration", {})
    said = [
        f"{place}: ECE {v['ece']:.3f}, Brier {v['brier']:.3f}"
        for place, v in scale.items()
        if v.get("bins")
    ]
    return text + ("\n\nCalibration " + "; ".join(said) + "." if said else "")


def _article(card: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    article = card.get("article")
    if not article:
        return ""
    inside = (evaluation.get("sets") or {}).get(INSIDE, {}).get("metrics", {})
    own = inside.get("accuracy")
    measured = f"{own['value']:.1%}" if own else "not measured yet"
    return (
        f"## Beside the article\n\nThe article reports an accuracy of {article['accuracy']:.0%} on "
        "its own test split; this network's accuracy on the test split here is "
        f"{measured}. {article.get('note', '')}"
    ).rstrip()


def _predictive(evaluation: Mapping[str, Any]) -> str:
    names = [f"{kind}_{p * 100:.0f}" for p in PREVALENCES for kind in ("ppv", "npv")]
    entries = {**(evaluation.get("sets") or {}), **(evaluation.get("comparisons") or {})}
    rows = [
        (entry.get("title") or set_title(name), *(_short(entry["metrics"].get(n)) for n in names))
        for name, entry in entries.items()
        if any(entry["metrics"].get(n) for n in names)
    ]
    if not rows:
        return ""
    heads = [f"{kind} at {p:.0%}" for p in PREVALENCES for kind in ("PPV", "NPV")]
    return "## At other prevalences\n\n" + _table(("Films of", *heads), rows)


def _other_diseases(evaluation: Mapping[str, Any]) -> str:
    rows = []
    for name, entry in (evaluation.get("sets") or {}).items():
        for label, found in (entry.get("labels") or {}).items():
            if label != "covid" and name != "not_cxr" and found.get("called_covid"):
                value = _interval(found["called_covid"])
                rows.append((f"{set_title(name)}: {label}", found["n"], value))
    if not rows:
        return ""
    return (
        "## What else it calls COVID-19\n\nIt knows two classes. Shares of films without COVID-19 "
        "that it calls COVID-19 at the threshold:\n\n"
        + _table(("Films of", "n", "Called COVID-19"), rows)
    )


def _audit(evaluation: Mapping[str, Any]) -> str:
    audit = evaluation.get("audit") or {}
    if not audit:
        return ""
    lines = [
        f"- Shortcut `{name}` alone, inside: AUC {_interval(found['auc'])}."
        for name, found in (audit.get("baselines") or {}).items()
    ]
    for name, found in (audit.get("lung_blackout") or {}).items():
        lines.append(f"- {name.replace('_', ' ').capitalize()}: AUC {_interval(found.get('auc'))}.")
    for label, found in (audit.get("source_prediction") or {}).items():
        lines.append(
            f"- Sources of {label} films told apart by the features: balanced accuracy "
            f"{found['balanced_accuracy']:.2f}, chance {found['chance']:.2f}."
        )
    for name, found in (audit.get("robustness") or {}).items():
        words = name.replace("_", " ")
        lines.append(f"- Accuracy on films {words}: {_interval(found['accuracy'])}.")
    ratio = (audit.get("explanations") or {}).get("lung_ratio")
    if ratio:
        lines.append(
            f"- Evidence in the lungs over their area: {ratio['mean']:.2f} on average; at least "
            f"1.5 on {ratio['share_above_1.5']:.0%} of the films called COVID-19."
        )
    return "## Audit\n\n" + "\n".join(lines)


def _cells(metrics: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_interval(metrics.get(name)) for name in METRICS)


def _interval(value: Mapping[str, float] | None) -> str:
    if not value:
        return "–"
    return f"{value['value']:.3f} ({value['low']:.3f}–{value['high']:.3f})"


def _short(value: Mapping[str, float] | None) -> str:
    return f"{value['value']:.2f}" if value else "–"


def _table(head: tuple[str, ...], rows: list[tuple]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
