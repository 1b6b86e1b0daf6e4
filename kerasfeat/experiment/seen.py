"""Which songs a finished run has seen in training: a score on them says nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from kerasfeat.experiment.learnt import learnt
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.progress import say
from kerasfeat.songs import identity, loading
from kerasfeat.songs.fuzzy import other_artist, plain
from kerasfeat.songs.ids import lasting_id, names_one_song
from kerasfeat.songs.parsing import artist_names
from kerasfeat.songs.repeats import on_a_line


def seen(
    frame: pd.DataFrame, run: RunDirectory, table: loading.Songs, keys: Sequence[str | None] = ()
) -> np.ndarray:
    """[rows] whether the song, its artist, or the same audio is among those that the kept model, or
    one that it is made of, was trained on or stopped by.

    In another table than the model's own an id that is neither Spotify's nor an ISRC may be a mere
    number: it means the song unless both tables name an artist, and not the same one. Where one of
    them has no ids, equal features mean the song: those that its own table has, whatever else the
    other one has. Where that lacks some of them, it is told.

    Args:
        frame: some rows of a table of songs.
        run: a finished RunDirectory.
        table: the Songs that the rows are of.
        keys: content key of each row's audio, None where there is none; nothing where they are not
            known.
    """
    past = learnt(run)
    known = past.songs.assign(track_id=past.songs["track_id"].map(lasting_id))
    same = [one["fingerprint"] == table.fingerprint for one in past.tables]
    same_table = known["table"].map(same.__getitem__).astype(bool)
    known_songs = frame["track_id"].isin(known.loc[same_table, "track_id"])
    known_songs |= _by_id(table.lasting_ids(frame), frame, known[~same_table])
    # Both at once, since who the artists in a name are depends on the others.
    theirs = known[next(name for name in ("artists", "artist") if name in known)].map(artist_names)
    ours = frame["artists"] if "artists" in frame else pd.Series([()] * len(frame), dtype=object)
    people = [identity.people(names) for names in identity.apart(pd.concat([theirs, ours]))]
    heard = set().union(*people[: len(known)])
    known_songs |= np.array([not heard.isdisjoint(own) for own in people[len(known) :]], bool)
    if len(keys):
        known_songs |= _heard(keys, known)
    for place, one in enumerate(past.tables):
        songs = known[known["table"] == place].dropna(subset="features_key")
        if on_a_line(pd.concat([frame["track_id"], songs["track_id"]])).any() and len(songs):
            _say_lacking(run, table, one["measured"])
            known_songs |= _by_features(frame, songs, one["measured"])
    return known_songs.to_numpy()


def heard(run: RunDirectory, keys: Sequence[str | None]) -> np.ndarray:
    """[songs] whether the same audio is among what the kept model of a finished run, or one that it
    is made of, was trained on or stopped by.

    Args:
        run: a finished RunDirectory.
        keys: content key of each song's audio, None where there is none.
    """
    return _heard(keys, learnt(run).songs)


def _heard(keys: Sequence[str | None], known: pd.DataFrame) -> np.ndarray:
    return pd.Series(keys, dtype=object).isin(known["audio_key"].dropna()).to_numpy()


def _say_lacking(run: RunDirectory, table: loading.Songs, columns: Sequence[str]) -> None:
    """Say so where songs without ids can't be known by their features."""
    there = identity.measured(table.frame)
    lacking = [name for name in columns if name not in there]
    if lacking:
        say(
            f"data: {table.path} has no values of {', '.join(lacking)}, which {run.path} needs to "
            "recognise songs without ids: it may have been trained on some of these songs"
        )


def _by_features(frame: pd.DataFrame, known: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """[rows] whether a song has the features of a known one, where one of both has no id that would
    tell them apart.
    """
    keys = known["features_key"]
    without_id = keys[on_a_line(known["track_id"])]
    by_id = identity.have_keys(frame, set(keys), columns) & on_a_line(frame["track_id"]).to_numpy()
    return by_id | identity.have_keys(frame, set(without_id), columns)


def _by_id(ids: pd.Series, frame: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """[rows] whether a song of another table has the id of a known one, and is not by another
    artist.
    """
    artists = frame["artist"] if "artist" in frame else [None] * len(frame)
    known_artists = dict(
        zip(known["track_id"], known["artist"].map(identity.somebody), strict=True)
    )

    def same(track_id: Any, artist: Any) -> bool:
        if pd.isna(track_id) or track_id not in known_artists:
            return False
        names = identity.somebody(artist), known_artists[track_id]
        return (
            names_one_song(track_id)
            or any(map(pd.isna, names))
            or not other_artist(*map(plain, names))
        )

    return pd.Series(
        [same(*song) for song in zip(ids, artists, strict=True)], frame.index, dtype=bool
    )
