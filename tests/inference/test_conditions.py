"""What conditions on rows hold of, at their edges."""

import pytest

from kerasfeat.inference.conditions import condition

ROWS = [{"tempo": 90.0}, {"tempo": 120}, {"tempo": 150.5}, {"tempo": None}, {}]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("tempo < 120", [0]),
        ("tempo <= 120", [0, 1]),
        ("tempo > 120", [2]),
        ("tempo >= 120", [1, 2]),
        ("tempo = 120", [1]),
        ("tempo == 120", [1]),
        ("tempo != 120", [0, 2]),
        ("not tempo != 120", [1, 3, 4]),
        ("tempo > 100 and tempo < 130 or tempo = 90", [0, 1]),
        ("tempo = 90 or tempo > 100 and tempo < 130", [0, 1]),
    ],
)
def test_a_comparison_holds_at_its_edge_or_not_and_of_no_missing_value(
    text: str, places: list[int]
) -> None:
    holds = condition(text, ["tempo"])
    assert [place for place, row in enumerate(ROWS) if holds(row)] == places
