"""What a card says about a probability: curves, and a band that follows the threshold."""

import pytest

from covidweb.bundle import Card, InputSpec
from covidweb.bundle.card import Curve


def test_a_curve_is_read_between_what_it_keeps() -> None:
    curve = Curve(probability=(0.2, 0.6), value=(0.1, 0.5), low=(0.0, 0.3), high=(0.2, 0.9))
    assert curve.at(0.4) == pytest.approx((0.15, 0.3, 0.55))
    assert curve.at(0.0) == pytest.approx((0.0, 0.1, 0.2))


@pytest.mark.parametrize("high", [(), (0.5, 0.6)])
def test_a_curve_with_a_column_short_is_refused(high: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="as many values"):
        Curve(probability=(0.5,), value=(0.5,), low=(0.5,), high=high)


def card(**more: object) -> Card:
    return Card(kind="classifier", title="One", input=InputSpec(32), **more)  # type: ignore[arg-type]


def test_the_band_follows_the_threshold() -> None:
    one = card(threshold=0.5, uncertain_band=(0.4, 0.6))
    assert one.band_at(0.5) == pytest.approx(one.band)
    low, high = one.band_at(0.9)
    assert low == pytest.approx(6 / 7) and high == pytest.approx(27 / 29)
    assert one.band_at(0.0)[0] == 0.0 and one.band_at(1.0)[1] == 1.0


def test_a_card_without_a_band_has_none_anywhere() -> None:
    assert card(threshold=0.3).band_at(0.7) == pytest.approx((0.7, 0.7))
