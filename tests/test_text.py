import pytest

from kerasfeat.text import count, words


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 songs"), (1, "1 song"), (2, "2 songs"), (14273, "14,273 songs")]
)
def test_a_noun_has_the_form_that_its_number_asks_for(number: int, text: str):
    assert count(number, "song") == text


def test_a_name_is_read_without_its_underscores():
    assert words("valence_by_ear") == "valence by ear"
