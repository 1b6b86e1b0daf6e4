import pytest

from kerasfeat.text import count, printable, words


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 songs"), (1, "1 song"), (2, "2 songs"), (14273, "14,273 songs")]
)
def test_a_noun_has_the_form_that_its_number_asks_for(number: int, text: str):
    assert count(number, "song") == text


def test_a_name_is_read_without_its_underscores():
    assert words("valence_by_ear") == "valence by ear"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bjork \x1b[31m", "Bjork \\x1b[31m"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("Ünïcode 曲 🎉", "Ünïcode 曲 🎉"),
    ],
)
def test_control_characters_are_shown_as_escapes(text: str, shown: str):
    assert printable(text) == shown
