"""What conditions on rows hold of, at their edges."""

import pytest

from kerasfeat import KerasfeatError
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


@pytest.mark.parametrize(
    ("text", "places"),
    [('tempo > "110"', [1, 2]), ("tempo = '90'", [0]), ("tempo != '120.0'", [0, 2])],
)
def test_numbers_in_quotes_are_numbers_where_the_row_has_numbers(
    text: str, places: list[int]
) -> None:
    holds = condition(text, ["tempo"])
    assert [place for place, row in enumerate(ROWS) if holds(row)] == places


@pytest.mark.parametrize("text", ["sounds = 'Music'", "tempo > 3 or not Sounds > 0.3"])
def test_a_sound_is_not_asked_for_by_name(text: str) -> None:
    with pytest.raises(KerasfeatError, match="sounds holds several names .* ask by a tag"):
        condition(text, ["tempo", "sounds"])


def test_texts_stay_texts() -> None:
    rows = [{"title": "99"}, {"title": "Luftballons"}, {"title": None}]
    holds = [
        list(map(condition(text, ["title"]), rows)) for text in ("title = '99.0'", "title > 'k'")
    ]
    assert holds == [[False, False, False], [False, True, False]]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('key = "C"', [0]),
        ('key = "c minor"', [1]),
        ('key != "C"', [1, 2]),
        ('key = "A#"', [2]),  # the terminal has Bb
        ('key = "10"', [2]),
        ("key = 0", [0, 1]),
        ('mode = "Minor"', [1]),
        ("mode != 'minor'", [0, 2]),
    ],
)
def test_keys_and_modes_are_asked_for_by_name(text: str, places: list[int]) -> None:
    rows = [{"key": 0, "mode": 1}, {"key": 0, "mode": 0}, {"key": 10, "mode": 1}, {"key": None}]
    holds = condition(text, ["key", "mode"])
    assert [place for place, row in enumerate(rows) if holds(row)] == places


def test_what_a_model_gives_as_numbers_is_not_compared_with_words() -> None:
    holds = condition("anger > 'high'", ["anger", "mood"])
    assert not holds({"anger": None, "mood": None})
    with pytest.raises(KerasfeatError, match="anger is compared with a number"):
        holds({"anger": 0.25, "mood": "sad"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tempo > 'fast'", "tempo is compared with a number."),
        ("rock = 'nan'", "rock is compared with a number."),
        ("key = 'H'", "0 for C to 11 for B"),
        ("key > 'C'", "by = and !="),
        ("mode = 'dorian'", "1 for major, 0 for minor"),
    ],
)
def test_what_is_measured_is_not_compared_with_words(text: str, said: str) -> None:
    with pytest.raises(KerasfeatError) as raised:
        condition(text, ["tempo", "rock", "key", "mode"])
    assert said in str(raised.value)
