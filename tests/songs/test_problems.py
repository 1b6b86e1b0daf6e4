"""All that is wrong is told at once, in few lines."""

import pytest

from kerasfeat import KerasfeatError
from kerasfeat.songs.loading import load_songs
from kerasfeat.songs.problems import SHOWN_LINES, Problem, describe, refuse
from kerasfeat.tasks import tasks


def test_everything_wrong_is_told_at_once(table):
    path = table("id,energy,valence,title\na,2,x,one\na,0.1,0.1,two\nb,0.1\n")
    with pytest.raises(KerasfeatError) as caught:
        load_songs(path, task=tasks.get("mood"))
    message = str(caught.value)
    assert message.startswith(f"{path} can't be used:\n  no column for task 'mood'")
    for part in (
        "energy: not in the range 0 to 1, read as missing (line 2 '2')",
        "valence: not a number",
        "the same id",
        "2 fields where",
    ):
        assert part in message


def test_thousands_of_problems_are_few_lines(table):
    rows = "".join(f"{i},{i + 2},-1\n" for i in range(3000))
    tracks = load_songs(table(f"id,energy,key\n{rows}"))
    lines = describe(tracks.problems)
    assert len(tracks.problems) == 6000 and len(lines) == 2
    assert (
        lines[0]
        == "energy: not in the range 0 to 1, read as missing (3,000 rows: line 2 '2', line 3 "
        "'3', line 4 '4', ...)"
    )


def test_a_long_list_of_problems_ends_with_a_count():
    problems = [Problem(None, f"column{i}", "odd", "error") for i in range(SHOWN_LINES + 7)]
    with pytest.raises(KerasfeatError) as caught:
        refuse(problems, "it")
    lines = str(caught.value).splitlines()
    assert len(lines) == SHOWN_LINES + 2 and lines[-1].strip() == "and 7 more kinds of problem"
