"""Words for the names that files give to measures, checks and changes."""

from covidweb.bundle import results
from covidweb.sets import TITLES

MEASURES = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "auc": "AUC",
    "learning_rate": "Learning rate",
    "opacity_loss": "Loss of the opacity lesson",
    "opacity_accuracy": "Accuracy of the opacity lesson",
    "opacity_auc": "AUC of the opacity lesson",
    "dice": "Dice",
    "kind": "Accuracy of what the picture is",
    "turn": "Accuracy of how it is turned",
    "mirrored": "Accuracy of whether it is mirrored",
    "mean_score_of_covid": "Mean score of COVID-19 films",
    "balanced_accuracy": "Balanced accuracy",
    "chance": "By chance",
    "verdicts_kept": "Answers that stayed the same",
    "turned_away": "Films turned away",
    "n": "Films",
    "films": "Films",
    "mean": "Mean",
    "median": "Median",
    "share_above_1.5": "Share of films above 1.5",
    "correlation": "Correlation with the map before",
    "hit_rate": "Hottest point on the opacity",
    "hit_rate_by_chance": "The same by chance",
    "top_zone_hit_rate": "Zone with most evidence holds opacity",
    "top_zone_hit_rate_by_chance": "The same by chance, any zone",
    **{
        f"fall_{share}_percent_{area}": f"Fall of the score, {said} {share} % painted over"
        for share in (5, 10, 20)
        for area, said in (("hottest", "hottest"), ("random", "random"))
    },
    "evidence_over_area": "Evidence on the opacity over its share of the area",
    "mean_score_before": "Mean score before",
    "mean_score_after": "Mean score after",
    "mean_score_hottest_removed": "Mean score, hottest area painted over",
    "mean_score_random_removed": "Mean score, random areas painted over",
    "removed": "Share of the film painted over",
    "hottest": "Hottest area first",
    "random": "Random areas",
}
CHECKS = {
    "as_it_is": "The film as it is",
    "lungs_painted_over": "Lungs painted over",
    "covid": "COVID-19 films",
    "normal": "Normal films",
    "plain": "Unchanged",
    "jpeg_50": "JPEG at quality 50",
    "jpeg_30": "JPEG at quality 30",
    "blur": "Blurred",
    "noise": "With noise",
    "brighter": "Brighter",
    "darker": "Darker",
    "turned_5_degrees": "Turned by 5 degrees",
    "lung_ratio": "Evidence inside the lungs",
    "deletion": "Painting over the hottest area",
    "weight_randomisation": "Weights at random",
    "inserted_opacities": "Inserted opacities",
    "boxes": "Boxes that radiologists drew",
    "lung_blackout": "Painting over the lungs",
    "source_prediction": "Telling hospitals apart",
}


def measure(name: str) -> str:
    """Return a measure's name for the reader; an unknown one keeps its own, in words."""
    return MEASURES.get(name) or results.METRIC_TITLES.get(name) or _plain(name)


def check(name: str) -> str:
    """Return the name of a check, a change or a set for the reader."""
    return CHECKS.get(name) or TITLES.get(name) or _plain(name)


def _plain(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
