"""The names that columns are found under."""

import json
import subprocess
import sys

import numpy as np
import pytest

from kerasfeat.songs import schema
from kerasfeat.songs.loading import load


@pytest.mark.parametrize(
    ("header", "canonical"),
    [
        *[
            (name, "artist")
            for name in (
                "artist",
                "artists",
                "artist_name",
                "track_artist",
                "Artist Name(s)",
                "ARTIST",
                "Track-Artist",
            )
        ],
        *[
            (name, "genre")
            for name in ("genre", "playlist_genre", "music_genre", "genre_top", "Track Genre")
        ],
        *[(name, "popularity") for name in ("popularity", "track_popularity", "Popularity ")],
        *[(name, "duration_ms") for name in ("duration_ms", "length", "Duration (ms)", "Length")],
        *[(name, "track_id") for name in ("id", "track_id", "spotify_id", "Track ID")],
        *[
            (name, "title")
            for name in ("name", "track_name", "title", "song", "song_name", "Track Name")
        ],
        *[
            (name, "audio")
            for name in ("audio", "path", "file", "filename", "audio_path", "File Path")
        ],
        *[
            (name, "time_signature")
            for name in ("time_signature", "Time Signature", "time-signature")
        ],
    ],
)
def test_other_names_of_columns(table, header, canonical):
    tracks = load(table(f"energy,{header}\n0.5,50000\n"))
    assert canonical in tracks.names or (canonical == "artist" and "artists" in tracks.names)
    assert canonical in tracks.frame


def test_two_names_of_one_column(table, told):
    tracks = load(table("id,track_id,Energy,energy,name,track_name\n1,x,0.1,0.2,full,short\n"))
    row = tracks.frame.iloc[0]
    assert (
        row["track_id"],
        row["id"],
        row["energy"],
        row["Energy"],
        row["title"],
        row["name"],
    ) == ("x", "1", 0.2, "0.1", "short", "full")
    assert "track_id: taken as track_id; 'id' could be it too" in told(tracks)


def test_every_alias_is_spelled_plainly_and_used_once():
    names = [name for column in schema.COLUMNS for name in (column.name, *column.aliases)]
    assert len(names) == len(set(names))
    assert all(
        name == schema.plain(name) for name in names if name not in schema.GROUPS["lowlevel"]
    )  # those are their publication's
    assert all(set(group) <= set(schema.BY_NAME) for group in schema.GROUPS.values())
    assert set(schema.FEATURES) <= set(schema.BY_NAME) and len(schema.FEATURES) == 13


def test_the_columns_of_spotgentrack(table):
    header = (
        "id,popularity,ZCR,spectral_bandwith,MFCC_1,mel_128,Spectral_Contrast_7,n_words,followers"
    )
    tracks = load(table(f"{header}\na,50,0.1,900,-211.5,0.25,1e9,-1,88\nb,60,0.2,800,x,,2,310,\n"))
    frame = tracks.frame.set_index("track_id")
    assert frame.loc["a", ["MFCC_1", "MEL_128", "Spectral_contrast_7"]].tolist() == [
        -211.5,
        0.25,
        1e9,
    ]
    assert frame.loc["b", "MFCC_1":"MFCC_1"].isna().all()  # not a number
    assert tracks.known(schema.GROUPS["lyrics"]) == ("n_words",) and np.isnan(
        frame.loc["a", "n_words"]
    )
    assert frame.loc["a", "artist_followers"] == 88
    assert not tracks.features


def test_reading_the_schema_brings_no_pandas():
    code = (
        "import sys, json, kerasfeat.songs.schema; print(json.dumps([m for m in ('pandas', "
        "'numpy', 'tensorflow') if m in sys.modules]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(result.stdout) == []
