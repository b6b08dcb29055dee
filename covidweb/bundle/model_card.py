"""The model card: what a bundle is, how good it is and what it is not for, from its own files.

Headings follow model cards (Mitchell et al., 2019, doi:10.1145/3287560.3287596) and CLAIM, the
checklist for AI in medical imaging (Mongan et al., 2020, doi:10.1148/ryai.2020200029). Every
figure is read from `card.json` and `evaluation.json`.
"""

from collections.abc import Mapping
from pathlib import Path

from covidweb.bundle.blocks import Block, Bullets, Document, Section, Text, markdown, table
from covidweb.bundle.card import Card
from covidweb.bundle.evaluation import (
    Audit,
    Comparison,
    Evaluation,
    Figures,
    Judged,
    LungEvaluation,
    UprightEvaluation,
)
from covidweb.bundle.store import EVALUATION, LITE, Bundle
from covidweb.files import write_text
from covidweb.metrics import PREVALENCES, Value
from covidweb.sets import INSIDE, NOT_CXR, set_title

FILE = "README.md"
METRICS = ("auc", "sensitivity", "specificity", "accuracy")

Found = Evaluation | LungEvaluation | UprightEvaluation | None


def write_card(bundle: Bundle) -> Path:
    """Write `README.md` beside the card and return its path."""
    path = bundle.path / FILE
    write_text(path, markdown(model_card(bundle.card, read_results(bundle))))
    return path


def read_results(bundle: Bundle) -> Found:
    """Return a bundle's evaluation, of whichever kind; None when it was not evaluated.

    Raises:
        ModelError: it is there and cannot be used.
    """
    if not (bundle.path / EVALUATION).is_file():
        return None
    if bundle.kind == "lungs":
        return bundle.lung_evaluation()
    return bundle.upright_evaluation() if bundle.kind == "upright" else bundle.evaluation()


def model_card(card: Card, found: Found) -> Document:
    """Return the model card.

    Args:
        card: of the bundle.
        found: its evaluation; None when it was not evaluated.
    """
    evaluation = found if isinstance(found, Evaluation) else None
    parts = [
        _details(card),
        Section("Intended use", (Text(card.intended_use),)),
        _data(card),
        _method(card) if card.kind in ("seed", "classifier") else None,
        _found(found),
        _article(card, evaluation),
        _predictive(evaluation),
        _other_diseases(evaluation),
        _audit(evaluation.audit if evaluation else Audit()),
        Section("Limits", (Bullets(card.limits),)),
    ]
    note = "Generated from `card.json` and `evaluation.json`; do not edit."
    return Document(card.title, note, tuple(part for part in parts if part))


def _details(card: Card) -> Section:
    weights, sha = next(iter(card.weights.items()), ("none", "none"))
    given = card.input
    rows = {
        "Kind": card.kind,
        "Classes": ", ".join(card.classes),
        "Weights": f"`{weights}`",
        "sha256": f"`{sha}`",
        "For CPUs": ", ".join(f"`{file}` (LiteRT)" for file in card.weights if file.endswith(LITE)),
        "Input": f"size {given.size}, crop {given.crop}, margin {given.margin}, "
        f"mask channel {'yes' if given.mask_channel else 'no'}",
        "Started from": _origin(card),
        "Command": f"`{card.command}`",
        "Versions": ", ".join(f"{k} {v}" for k, v in card.versions.items()),
    }
    known = [(what, value) for what, value in rows.items() if value]
    return Section("Model details", (table(("What", "Value"), known),))


def _origin(card: Card) -> str:
    start = card.origin
    if start is None:
        return ""
    return f"{start.package} ({start.licence}), sha256 `{start.sha256[:16]}…`: {start.what}"


def _data(card: Card) -> Section:
    data = card.data
    text = "Split by patient group and near-duplicate cluster."
    if data.manifest_sha256 and data.split_sha256:
        text += f" Manifest sha256 `{data.manifest_sha256[:16]}…`, "
        text += f"split sha256 `{data.split_sha256[:16]}…`."
    blocks: list[Block] = [Text(text)]
    nested = {part: v for part, v in data.films.items() if isinstance(v, Mapping)}
    if nested:
        names = sorted({name for counts in nested.values() for name in counts})
        rows = [(name, *(counts.get(name, 0) for counts in nested.values())) for name in names]
        blocks.append(table(("Films", *nested), rows))
    elif data.films:
        blocks.append(table(("Part", "Films"), list(data.films.items())))
    for title, counts in (
        ("Pairs of film and mask", data.pairs),
        ("No films", data.not_cxr),
        ("Set", data.learned),
    ):
        if counts:
            named = [(part.replace("_", " "), n) for part, n in counts.items()]
            blocks.append(table((title, "Pictures"), named))
    return Section("Training data", tuple(blocks))


def _method(card: Card) -> Section:
    low, high = card.uncertain_band or (None, None)
    scale = card.calibration
    lines = [
        f"Threshold {card.threshold}: {card.threshold_rule}",
        f"Uncertain band: {low} to {high}.",
        f"Calibration: temperature {scale.temperature:.3f}, bias {scale.bias:.3f}.",
    ]
    if scale.interval is not None:
        low, _, high = scale.interval.at(0.5)
        lines.append(
            f"A probability of 50 % has the interval {low:.0%} to {high:.0%}. {scale.interval.rule}"
        )
    if card.elsewhere is not None:
        low, value, high = card.elsewhere.at(card.threshold)
        lines.append(
            f"At a hospital never seen, {value:.0%} ({low:.0%} to {high:.0%}) of the films at the "
            f"threshold are COVID-19. {card.elsewhere.rule}"
        )
    left = card.left_out_auc
    if left:
        said = ", ".join(f"{name} {value:.2f}" for name, value in left.items())
        lines.append(f"AUC of sources left out of the COVID-19 head: {said}.")
    if "inside" in left and card.inside_auc_unpenalised is not None:
        lines.append(
            "What turning away from places cost inside: validation AUC "
            f"{card.inside_auc_unpenalised:.3f} without the head's penalty, "
            f"{left['inside']:.3f} with it."
        )
    return Section("Operating point", (Bullets(tuple(lines)),))


def _results(evaluation: Evaluation | None) -> Section:
    if evaluation is None:
        return Section("Results", (Text("Not evaluated yet."),))
    rows = [
        (title, entry.n, *(interval_text(entry.metrics.get(name)) for name in METRICS))
        for title, entry in _entries(evaluation)
    ]
    head = (
        "In each cell the figure and its 95 % interval, from "
        f"{evaluation.bootstrap.n} bootstrap draws over patient groups. The threshold is "
        f"{evaluation.threshold}. "
        "In sets without COVID-19, specificity counts every film that is not called COVID-19; in "
        "comparisons the sick are the positives, whatever their disease."
    )
    names = ("Films of", "n", "AUC", "Sensitivity", "Specificity", "Accuracy")
    blocks: list[Block] = [Text(head), table(names, rows)]
    said = [
        f"{place}: ECE {v['ece']:.3f}, Brier {v['brier']:.3f}"
        for place, v in evaluation.calibration.items()
        if v["bins"]
    ]
    if said:
        blocks.append(Text("Calibration " + "; ".join(said) + "."))
    return Section("Results", tuple(blocks))


def _found(found: Found) -> Section:
    if isinstance(found, LungEvaluation):
        return _lung_results(found)
    return _upright_results(found) if isinstance(found, UprightEvaluation) else _results(found)


def _upright_results(found: UprightEvaluation) -> Section:
    parts: dict[str, Mapping[str, Judged]] = {
        "Upright": found.upright,
        "Turned": found.turned,
        "A part": found.part,
        "Several": found.several,
        "Other": {"lateral": found.lateral, "no chest film": found.not_cxr},
    }
    rows = [
        (f"{title}: {name.replace('_', ' ')}", judged.n, interval_text(judged.turned_away))
        for title, entries in parts.items()
        for name, judged in entries.items()
    ]
    head = (
        "Share turned away, by this check or by the lung finder after it, of films that were not "
        f"learned from, with 95 % intervals from {found.bootstrap.n} bootstrap draws over patient "
        "groups. Upright films should pass; all others should not."
    )
    lines = [
        f"A tilt of {degrees} degrees is told to within {error.median:.1f} degrees (median), "
        f"{error.p95:.1f} (95 %)."
        for degrees, error in found.tilt.items()
    ]
    if found.borders_and_tilt:
        steady = found.borders_and_tilt
        lines += [
            f"The probability of '{steady.model}' moves by at most {steady.limit} in "
            f"{interval_text(one.within)} of {one.n} films: {name.replace('_', ' ')}."
            for name, one in steady.changes.items()
        ]
    lines.append(f"Time of a film in a batch: {found.milliseconds_per_film:.0f} ms.")
    blocks = (Text(head), table(("Films", "n", "Turned away"), rows), Bullets(tuple(lines)))
    return Section("Results", blocks)


def _lung_results(found: LungEvaluation) -> Section:
    rows = [
        (source, v.n, interval_text(v.dice), f"{v.dice_p5:.3f}", interval_text(v.iou), v.failures)
        for source, v in found.sources.items()
    ]
    head = (
        "Masks of films held out of training, by source, with 95 % intervals from "
        f"{found.bootstrap.n} bootstrap draws over patient groups. A failure is a Dice below 0.8."
    )
    names = ("Films of", "n", "Dice", "Dice, 5 %", "IoU", "Failures")
    lines = [
        f"Dice after a change, {name.replace('_', ' ')}: {v['dice']:.3f}."
        for name, v in found.robustness.items()
        if "dice" in v
    ]
    if found.not_cxr.share is not None:
        lines.append(f"Other pictures without plausible lungs: {found.not_cxr.share:.1%}.")
    lines.append(f"Time of a film in a batch: {found.milliseconds_per_film:.0f} ms.")
    return Section("Results", (Text(head), table(names, rows), Bullets(tuple(lines))))


def _article(card: Card, evaluation: Evaluation | None) -> Section | None:
    if card.article is None:
        return None
    inside = evaluation.sets.get(INSIDE) if evaluation else None
    own = inside.metrics.get("accuracy") if inside else None
    measured = f"{own['value']:.1%}" if own else "not measured yet"
    text = (
        f"The article reports an accuracy of {card.article.accuracy:.0%} on its own test split; "
        f"this network's accuracy on the test split here is {measured}. {card.article.note}"
    )
    return Section("Beside the article", (Text(text.rstrip()),))


def _predictive(evaluation: Evaluation | None) -> Section | None:
    names = [f"{kind}_{p * 100:.0f}" for p in PREVALENCES for kind in ("ppv", "npv")]
    rows = [
        (title, *(_short(entry.metrics.get(name)) for name in names))
        for title, entry in _entries(evaluation)
        if any(entry.metrics.get(name) for name in names)
    ]
    if not rows:
        return None
    heads = [f"{kind} at {p:.0%}" for p in PREVALENCES for kind in ("PPV", "NPV")]
    return Section("At other prevalences", (table(("Films of", *heads), rows),))


def _other_diseases(evaluation: Evaluation | None) -> Section | None:
    rows = [
        (f"{set_title(name)}: {label}", found.n, interval_text(found.called_covid))
        for name, entry in (evaluation.sets if evaluation else {}).items()
        for label, found in entry.labels.items()
        if label != "covid" and name != NOT_CXR and found.called_covid
    ]
    if not rows:
        return None
    text = (
        "It knows two classes. Shares of films without COVID-19 that it calls COVID-19 at the "
        "threshold:"
    )
    heads = ("Films of", "n", "Called COVID-19")
    return Section("What else it calls COVID-19", (Text(text), table(heads, rows)))


def _audit(audit: Audit) -> Section | None:
    lines = [
        f"Shortcut `{name}` alone, inside: AUC {_figure(found.get('auc'))}."
        for name, found in audit.baselines.items()
    ]
    for name, found in audit.lung_blackout.items():
        lines.append(f"{name.replace('_', ' ').capitalize()}: AUC {_figure(found.get('auc'))}.")
    for label, told in audit.source_prediction.items():
        lines.append(
            f"Sources of {label} films told apart by the features: balanced accuracy "
            f"{told.balanced_accuracy:.2f}, chance {told.chance:.2f}."
        )
    for name, found in audit.robustness.items():
        words = name.replace("_", " ")
        lines.append(f"Accuracy on films {words}: {_figure(found.get('accuracy'))}.")
    ratio = audit.explanations.get("lung_ratio", {})
    mean, above = ratio.get("mean"), ratio.get("share_above_1.5")
    if isinstance(mean, int | float) and isinstance(above, int | float):
        lines.append(
            f"Evidence in the lungs over their area: {mean:.2f} on average; at least "
            f"1.5 on {above:.0%} of the films called COVID-19."
        )
    return Section("Audit", (Bullets(tuple(lines)),)) if lines else None


def _entries(evaluation: Evaluation | None) -> list[tuple[str, Figures | Comparison]]:
    """Return sets and comparisons with their titles, pictures that are no films left out."""
    if evaluation is None:
        return []
    sets = [(set_title(k), v) for k, v in evaluation.sets.items() if k != NOT_CXR]
    return [*sets, *((pair.title, pair) for pair in evaluation.comparisons.values())]


def interval_text(value: Value | None) -> str:
    """Return `0.930 (0.914–0.948)`, or a dash where it is not defined."""
    if not value:
        return "–"
    return f"{value['value']:.3f} ({value['low']:.3f}–{value['high']:.3f})"


def _figure(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:.3f}"
    return interval_text(value)  # type: ignore[arg-type]


def _short(value: Value | None) -> str:
    return f"{value['value']:.2f}" if value else "–"
