"""A result's figures as the PDF writes them; the words are the page's."""

from covidweb.report.item import ReportItem


def percent(share: float | None) -> str:
    """Return a share 0..1 as `83.2 %`, never rounded to none or to all; `-` for unknown."""
    if share is None:
        return "-"
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    return f"{100 * share:.1f} %"


def probability(item: ReportItem) -> str:
    """Return the probability, `-` where none was given."""
    return percent(item.result.probability)


def interval(item: ReportItem) -> str:
    """Return the probability's interval; empty where unknown."""
    if item.interval is None or item.result.probability is None:
        return ""
    return f"95 % interval {percent(item.interval[0])} to {percent(item.interval[1])}"


def meaning(item: ReportItem) -> str:
    """Say what the probability is, and on which side of the threshold."""
    result = item.result
    if result.probability is None:
        return "No probability is given."
    side = "at or above" if result.probability >= result.threshold else "below"
    span = f" ({interval(item)})" if interval(item) else ""
    return (
        f"Probability of COVID-19: {probability(item)}{span}, {side} the threshold of "
        f"{percent(result.threshold)}."
    )
