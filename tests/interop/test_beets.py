"""beets' plug-in in the real `beet`, on a library of songs that the tests write."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("beets", reason="needs beets: pip install 'kerasfeat[beets]'")
import mediafile  # noqa: E402

import kerasfeat as kf  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 22_050
# Semitones above 311 Hz: the chords of E flat minor, A flat minor, B flat major, and the first.
CHORDS = ((0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7))
BPM = {"Fast": 117, "Slow": 83, "Silent": 0}


def write_song(path, title):
    """Write ten seconds of clicks over chords, or of silence, with a title."""
    audio = np.zeros(10 * RATE_HZ)
    if BPM[title]:
        time_s = np.arange(len(audio)) / RATE_HZ
        chord = (time_s / 1.25).astype(int) % len(CHORDS)
        for notes in np.array(CHORDS).T:
            audio += 0.1 * np.sin(2 * np.pi * 311.13 * 2 ** (notes[chord] / 12) * time_s)
        for start in np.arange(0.05, 9.9, 60 / BPM[title]):
            place = round(start * RATE_HZ)
            audio[place : place + 400] += 0.5 * np.sin(2 * np.pi * 1200 * time_s[:400])
    soundfile.write(path, audio, RATE_HZ)
    file = mediafile.MediaFile(path)
    file.title, file.artist, file.album = title, "Ann", "Clicks"
    file.save()


@pytest.fixture
def library(tmp_path, own_cache):
    """The folder of a beets library with the songs of BPM and a configuration."""
    (tmp_path / "music").mkdir()
    for title in BPM:
        write_song(tmp_path / "music" / f"{title}.flac", title)
    configure(tmp_path)
    beet(tmp_path, "import", "-A", "-q", tmp_path / "music")
    return tmp_path


def configure(library, runs=()):
    """Write beets' configuration, which is YAML, and so may be JSON."""
    config = {
        "directory": str(library / "music"),
        "library": str(library / "library.db"),
        "plugins": ["kerasfeat"],
        "import": {"copy": False},  # or `beet modify` moves files
        "ui": {"color": False},
        "kerasfeat": {"runs": [str(run) for run in runs]},
    }
    (library / "config.yaml").write_text(json.dumps(config))


def beet(library, *words):
    """Run `beet`; gives what has ended."""
    done = subprocess.run(
        [sys.executable, "-m", "beets", *map(str, words)],
        env={**os.environ, "BEETSDIR": str(library), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done


def titles(library, *query):
    return set(beet(library, "ls", "-f", "$title", *query).stdout.split())


def fields(library, title, *names):
    line = "|".join(f"${name}" for name in names)
    return beet(library, "ls", "-f", line, f"title:{title}").stdout.strip().split("|")


def test_fields_are_asked_for_by_range(library):
    beet(library, "modify", "-y", "-W", "title:Fast", "happy=0.6", "tempo=117.9")
    beet(library, "modify", "-y", "-W", "title:Slow", "happy=0.07", "tempo=83")
    assert titles(library, "happy:0.5..", "tempo:100..120") == {"Fast"}
    assert titles(library, "happy:..0.3") == {"Slow"}
    assert fields(library, "Slow", "happy", "tempo") == ["0.070", "83.0"]


def test_a_run_that_is_gone_is_told_and_the_library_still_opens(library):
    configure(library, [library / "no run"])
    told = beet(library, "ls", "tempo:..200", "energy:..0.3")
    assert told.stdout == "" and "no run can't be read" in told.stderr


@pytest.fixture
def runs(songs, tmp_path):
    """The directories of a run that answers with a number, and of one with a label."""
    data = {"members": ["linear"], "inputs": ["features"]}
    return [
        kf.fit(songs, "attributes", targets=["energy"], **data, out=tmp_path / "energy").path,
        kf.fit(songs, "mood", **data, out=tmp_path / "mood").path,
    ]


@pytest.mark.slow
def test_a_library_is_described(library, backbones, runs):
    configure(library, runs)
    files = {path: path.read_bytes() for path in (library / "music").iterdir()}
    shown = beet(library, "kerasfeat", "-p", "title:Fast")
    assert "tempo: 117" in shown.stdout and "initial_key:  -> D#m" in shown.stdout
    assert titles(library, "tempo:1..") == set()
    beet(library, "modify", "-y", "-W", "title:Slow", "initial_key=C")
    assert files == {path: path.read_bytes() for path in files}
    told = beet(library, "kerasfeat").stderr
    for run in runs:
        assert told.count(f"columns that the model in {run} reads; no song has danceability") == 1
        assert told.count(f"the model in {run}: It was trained on kerasfeat's own") == 1
    assert titles(library, "tempo:100..120") == {"Fast"}
    assert titles(library, "happy:0..1", "tempo:80..85") == {"Slow"}
    assert {"Fast", "Slow"} <= titles(library, "energy:0..1", "probability_calm:0..1")
    mood, country, key = fields(library, "Fast", "mood", "kerasfeat_country", "initial_key")
    assert mood in ("calm", "energetic", "happy", "sad") and 0 < float(country) < 1
    # What is in a field already stays, and files get a new key alone.
    assert fields(library, "Slow", "initial_key", "country") == ["C", ""]
    assert fields(library, "Silent", "tempo") == ["$tempo"]
    keys = {path.stem: mediafile.MediaFile(path).initial_key for path in files}
    assert keys == {"Fast": key, "Slow": None, "Silent": None} and key == "D#m"
    (library / "music" / "Silent.flac").write_bytes(b"")
    again = beet(library, "kerasfeat", "--force", "-W")
    assert "Silent: empty file" in again.stderr
    assert fields(library, "Slow", "initial_key") == ["D#m"]
    assert "initial_key" not in beet(library, "kerasfeat", "-pf").stdout
    assert mediafile.MediaFile(library / "music" / "Slow.flac").initial_key is None
