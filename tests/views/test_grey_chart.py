"""Grey levels by group: lines while they can be told apart, then a band for each."""

import pandas as pd
import pytest

from covidweb.views.dataset.plots import grey_chart


def levels(groups: int) -> pd.DataFrame:
    rows = [
        (f"group {g}", (i + 0.5) / 4, (1 + (i == g % 4)) / 5)
        for g in range(groups)
        for i in range(4)
    ]
    return pd.DataFrame(rows[::-1], columns=["films", "grey", "share"])


def test_few_groups_are_lines_of_their_own() -> None:
    figure = grey_chart(levels(3))
    assert [trace.type for trace in figure.data] == ["scatter"] * 3


@pytest.mark.parametrize("groups", [7, 22])
def test_many_groups_are_bands_in_the_order_given(groups: int) -> None:
    (bands,) = grey_chart(levels(groups)).data
    assert bands.type == "heatmap"
    assert list(bands.y) == [f"group {g}" for g in reversed(range(groups))]
    for name, shares in zip(bands.y, bands.z, strict=True):
        assert shares.argmax() == int(name.split()[1]) % 4
    assert bands.x.tolist() == [0.125, 0.375, 0.625, 0.875]


def test_the_room_grows_with_the_groups() -> None:
    heights = [grey_chart(levels(n)).layout.height for n in (7, 22)]
    assert heights[1] - heights[0] >= 15 * 20
