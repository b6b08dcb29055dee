"""What a probability is called: at the card's threshold, and at one that the reader chooses."""

from dataclasses import replace

from covidweb.bundle.card import Card
from covidweb.screening.result import ScreeningResult, Verdict


def unsure_sentence(probability: float, band: tuple[float, float]) -> str:
    """Return why an answer is "not sure"; empty for a probability outside the band."""
    low, high = band
    if not low < probability < high:
        return ""
    return (
        f"The probability {probability:.2f} lies in the band {low:.2f} to {high:.2f} where this "
        "model is often wrong: read it as not sure."
    )


def judged(result: ScreeningResult, card: Card, threshold: float) -> ScreeningResult:
    """Return an answer as it reads at another threshold: verdict, "not sure" and the reason."""
    probability = result.probability
    if probability is None or threshold == result.threshold:
        return result
    verdict: Verdict = "covid" if probability >= threshold else "normal"
    before = unsure_sentence(probability, card.band_at(result.threshold))
    now = unsure_sentence(probability, card.band_at(threshold))
    kept = result.reason.replace(before, "").strip() if before else result.reason
    return replace(
        result,
        status="uncertain" if now else "ok",
        verdict=verdict,
        threshold=threshold,
        reason=f"{kept} {now}".strip(),
    )
