"""Which songs a finished run has seen in training: a score on them says nothing."""

import pandas as pd

from kerasfeat.datasets.fuzzy import other_artist, plain
from kerasfeat.datasets.rows import spotify_id
from kerasfeat.songs import splits
from kerasfeat.songs.parsing import artist_names


def seen(frame, run, table, keys=()):
    """[rows] whether the kept model's training or validation part has the song, its artist, or the
    same audio.

    In another table than the model's own an id that is not Spotify's may be a mere number: it means
    the song unless both tables name an artist, and not the same one.

    Args:
        frame: some rows of a tracks table.
        run: a finished Run.
        table: the Tracks that the rows are of.
        keys: content key of each row's audio, None where there is none; nothing where they are not
            known.
    """
    # An artist may be called "None".
    split = pd.read_csv(run / "splits.csv", dtype=str, keep_default_na=False, na_values=[""])
    last = split[split["fold"] == split["fold"].iloc[-1]]
    known = last[last["part"] != "test"]
    same_table = table.fingerprint == run.read()["config"]["data_fingerprint"]
    found = (
        frame["track_id"].isin(known["track_id"])
        if same_table
        else _by_id(table.lasting_ids(frame), frame, known)
    )
    if "artists" in frame:
        heard = {
            somebody
            for shown in known["artist"].dropna()
            for somebody in _people(artist_names(shown))
        }
        found |= frame["artists"].map(lambda names: not heard.isdisjoint(_people(names)))
    if len(keys):
        found |= pd.Series(keys, found.index, dtype=object).isin(known["audio_key"].dropna())
    return found.to_numpy()


def _people(names):
    """The artists of one song that are somebody: one of several is on both sides of a split as soon
    as any of their songs is.
    """
    return {somebody for somebody in map(splits.somebody, names) if somebody is not None}


def _by_id(ids, frame, known):
    """[rows] whether a song of another table has the id of a known one, and is not by another
    artist.
    """
    artists = frame["artist"] if "artist" in frame else [None] * len(frame)
    known_artists = dict(
        zip(known["track_id"].map(_lasting), known["artist"].map(splits.somebody), strict=True)
    )

    def same(track_id, artist):
        if pd.isna(track_id) or _lasting(track_id) not in known_artists:
            return False
        names = splits.somebody(artist), known_artists[_lasting(track_id)]
        return (
            bool(spotify_id(track_id))
            or any(map(pd.isna, names))
            or not other_artist(*map(plain, names))
        )

    return pd.Series(
        [same(*song) for song in zip(ids, artists, strict=True)], frame.index, dtype=bool
    )


def _lasting(track_id):
    """A Spotify id without the address or the URI around it; any other id as it is."""
    return track_id if pd.isna(track_id) else spotify_id(track_id) or track_id
