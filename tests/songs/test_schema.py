"""The names that columns are found under."""

import json
import subprocess
import sys

import numpy as np
import pytest

from kerasfeat.songs import headers, schema
from kerasfeat.songs.loading import load_songs


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
            (name, "tempo")
            for name in (
                "bpm",
                "Beats Per Minute (BPM)",
                "Beats.Per.Minute",
                "tempo_bpm",
                "Track Tempo",
            )
        ],
        *[
            (name, "loudness")
            for name in ("Loudness (dB)", "Loudness..dB..", "loudness_db", "song_loudness")
        ],
        *[
            (name, "duration_ms")
            for name in (
                "Length (Duration)",
                "song_duration_ms",
                "durationMs",
                "Duration (in seconds)",
                "length_min",
            )
        ],
        *[(name, "popularity") for name in ("song_popularity", "spotify_popularity")],
        *[
            (name, "valence")
            for name in ("audio_valence", "valence_%", "Valence.", "valence_percent")
        ],
        *[(name, "mode") for name in ("audio_mode", "track_mode")],
        *[(name, "genre") for name in ("top genre", "Top Genre", "song_genre")],
        *[(name, "title") for name in ("Track", "trackName", "song_title")],
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
    tracks = load_songs(table(f"energy,{header}\n0.5,50000\n"))
    assert canonical in tracks.names or (canonical == "artist" and "artists" in tracks.names)
    assert canonical in tracks.frame


def test_the_short_names_of_the_top_songs_of_each_year(table):
    tracks = load_songs(
        table(
            "title,artist,top genre,year,bpm,nrgy,dnce,dB,live,val,dur,acous,spch,pop\n"
            "Hey,Train,neo mellow,2010,97,89,67,-4,8,80,217,19,4,83\nLove,Eminem,detroit "
            "hip hop,2010,87,93,75,-5,52,64,263,24,23,82\n"
        )
    )
    row = tracks.frame.iloc[0]
    assert row["danceability":"popularity"].to_dict() == {
        **{
            "danceability": 0.67,
            "energy": 0.89,
            "loudness": -4,
            "speechiness": 0.04,
            "acousticness": 0.19,
            "liveness": 0.08,
        },
        **{"valence": 0.8, "tempo": 97, "duration_ms": 217_000, "popularity": 83},
    }
    assert row["genre"] == "neo mellow" and [
        name for name in tracks.frame if name not in schema.BY_NAME
    ] == ["year"]


def test_short_names_among_others_mean_other_things(table):
    tracks = load_songs(
        table("id,energy,pop,rock,live,val,dur\na,0.5,1,0,1,0,3\nb,0.4,0,1,0,1,4\n")
    )
    assert set(tracks.names) == {"track_id", "energy"} and tracks.frame["pop"].tolist() == [
        "1",
        "0",
    ]


@pytest.mark.parametrize(
    "name",
    ["track_source", "audio_split", "track_number", "energy_db", "key_ms", "valence_bpm", "audio"],
)
def test_names_that_only_look_like_others(name):
    assert headers.resolve([name])[0] in ({}, {"audio": name})


@pytest.mark.parametrize(
    "name", ["1st peak (Hz)", "class", "Röte", "テンポ", "lambda", "a.b-c", "!"]
)
def test_any_column_has_a_name_that_a_server_takes(name):
    assert schema.identifier(name).isidentifier() and schema.identifier(name).isascii()
    assert not __import__("keyword").iskeyword(schema.identifier(name)) and schema.identifier(
        schema.identifier(name)
    ) == schema.identifier(name)


def test_two_names_of_one_column(table, told):
    tracks = load_songs(
        table("id,track_id,Energy,energy,name,track_name\n1,x,0.1,0.2,full,short\n")
    )
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
    tracks = load_songs(
        table(f"{header}\na,50,0.1,900,-211.5,0.25,1e9,-1,88\nb,60,0.2,800,x,,2,310,\n")
    )
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


def test_tags_are_known_where_many_stand_together(table):
    tags = schema.TAGS[:30]
    described = load_songs(table(f"id,{','.join(tags)}\n" + "a" + ",0.5" * 30 + "\n"))
    assert {f"tag_{tag}" for tag in tags} <= set(described.names)
    assert described.frame["tag_rock"].tolist() == [0.5]
    genres = load_songs(table("id,energy,rock,jazz,sad\na,0.5,1,0,7\n"))
    assert set(genres.names) == {"track_id", "energy"} and not genres.problems
