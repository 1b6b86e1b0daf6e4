"""Small tables for the tests of the data layer."""

import pytest

from kerasfeat.songs.problems import describe

ROWS = """track_id,title,artist,danceability,energy,key,mode,tempo,duration_ms,mood
a1,One,Ann,0.5,0.9,0,1,120,200000,happy
b2,Two,Bob,0.25,0.1,11,0,90.5,4000,sad
c3,Three,"Tyler, The Creator",1,0,5,1,60,300000,calm
"""


@pytest.fixture
def rows():
    """A clean table of three songs, as the text of a CSV file."""
    return ROWS


@pytest.fixture
def table(tmp_path):
    """A function that writes a table and gives its path."""

    def write(content, name="songs.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def told():
    """A function that gives what is told about a table's problems."""
    return lambda tracks: "\n".join(describe(tracks.problems))
