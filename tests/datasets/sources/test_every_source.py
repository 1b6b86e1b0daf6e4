"""From what services and makers of data sets give to a folder that `kerasfeat fit` trains on.

What every source promises is in tests/contracts.
"""

import pytest
import source_layouts as layouts
from source_services import Reply, play_clips, play_reccobeats, play_spotify, spotify_track

from kerasfeat.datasets.sources import sources
from kerasfeat.songs import loading
from kerasfeat.songs.schema import FEATURES

SONGS = {f"{i:03d}aBcDeFgHiJkLmNoPqRs": f"GBAYE68{i:05d}" for i in range(26)}
PLAYLISTS = {
    "7000000000000000000000": list(SONGS)[::2],
    "8000000000000000000000": list(SONGS)[1::2],
}


def of_layout(build):
    """A Recipe for a data set that lies on the disk."""
    return lambda given, root: ([str(build(root))], {})


def enriched(given, root):
    """A table of songs with Spotify ids, ISRCs, and moods."""
    rows = [
        {"track_id": i, "isrc": code, "artist": f"Ann {n % 13}", "mood": ["sad", "happy"][n % 2]}
        for n, (i, code) in enumerate(SONGS.items())
    ]
    return [str(layouts.write_csv(root / "songs.csv", rows))], {}


def reccobeats(given, root):
    play_reccobeats(given["services"], SONGS)
    return enriched(given, root)


def previews(given, root):
    clips = {}
    for number, isrc in enumerate(SONGS.values()):
        layouts.write_clip(root / f"{number}.mp3", number)
        clips[isrc] = Reply((root / f"{number}.mp3").read_bytes(), content_type="audio/mpeg")
    play_clips(given["services"], clips)
    return enriched(given, root)


def spotify(given, root):
    given["monkeypatch"].setenv("SPOTIPY_CLIENT_ID", "cl1ent")
    given["monkeypatch"].setenv("SPOTIPY_CLIENT_SECRET", "s3cret")
    play_spotify(
        given["services"],
        {
            "folk": [spotify_track(n) for n in range(0, 26)],
            "punk": [spotify_track(n) for n in range(26, 52)],
        },
        old=True,
    )
    return [], {"genre": ("folk", "punk")}


# name -> (what builds its fixture, as (places, options); task; what it is trained on)
RECIPES = {
    "csv": (
        lambda given, root: ([str(layouts.table(root))], {"map": ("Feels=mood", "Who=artist")}),
        "mood",
        "features",
    ),
    "deam": (of_layout(layouts.deam), "valence", "logmel"),
    "emotify": (of_layout(layouts.emotify), "mood", "logmel"),
    "fma": (of_layout(layouts.fma), "genre", "logmel"),
    "folder": (of_layout(layouts.folder), "genre", "logmel"),
    "gtzan": (of_layout(layouts.gtzan), "genre", "logmel"),
    "jamendo": (of_layout(layouts.jamendo), "mood", "logmel"),
    "kaggle-tracks": (of_layout(layouts.kaggle_tracks), "genre", "features"),
    "previews": (previews, "mood", "logmel"),
    "reccobeats": (reccobeats, "mood", "features"),
    "spotgen": (of_layout(layouts.spotgen), "popularity", "features"),
    "spotify": (spotify, "genre", "features"),
}


@pytest.fixture
def quickly(monkeypatch):
    """Training without tracing and without a report, which would take most of the time and have
    tests of their own.
    """
    import tensorflow as tf

    from kerasfeat.experiment import fit

    monkeypatch.setattr(fit, "write_report", lambda folder: None)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def given(services, sources_at, monkeypatch):
    return {"services": services, "monkeypatch": monkeypatch}


@pytest.mark.parametrize("name", RECIPES)
def test_a_source_makes_a_table_that_fit_trains_on(given, quickly, tmp_path, name):
    from kerasfeat.experiment.fit import fit
    from kerasfeat.experiment.spec import Spec

    build, task, inputs = RECIPES[name]
    (tmp_path / "in").mkdir()
    places, options = build(given, tmp_path / "in")
    source, out = sources.get(name), tmp_path / "out"
    songs = source.make(*places, out, **options)
    table = loading.load_songs(out)
    assert len(table.frame) == songs >= 24
    assert "source" in table.frame or name == "previews"  # which adds no features
    has_audio = "audio" in table.frame and table.frame["audio"].notna().all()
    assert has_audio if inputs == "logmel" else set(table.features) & set(FEATURES)
    provenance = layouts.contents(out / "provenance.json")
    assert {"source", "url", "date", "query", "licence", "counts", "failed", "complete"} <= set(
        provenance
    )
    assert (
        provenance["source"] == name
        and provenance["complete"]
        and provenance["counts"]["rows"] == songs
    )
    assert provenance["licence"] and (
        provenance["url"].startswith("http") or name in ("csv", "folder")
    )
    before = (out / "tracks.csv").read_bytes()
    assert (
        source.make(*places, out, **options) == songs
        and (out / "tracks.csv").read_bytes() == before
    )
    size = {"epochs": "1", "patience": "1", "batch_size": "16"}
    size |= (
        {"logmel.mels": "8", "clip_s": "1"} if inputs == "logmel" else {"blocks": "1", "units": "8"}
    )
    run = fit(
        Spec(
            members=("network",), task=task, data=str(out), inputs=(inputs,), hyperparameters=size
        ),
        out=str(tmp_path / "run"),
    )
    assert layouts.contents(run / "metrics.json")["data"]["rows"] >= 24
