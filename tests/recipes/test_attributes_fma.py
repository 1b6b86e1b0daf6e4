"""The road from FMA to the seven attributes of one's own files, on a few songs in FMA's layout."""

import json

import numpy as np
import pytest
import soundfile

from kerasfeat.tasks.attributes import ATTRIBUTES

SONGS, ARTISTS = 26, 13
RATE_HZ = 16_000


@pytest.fixture
def fma(tmp_path):
    """FMA's folders with tones instead of its songs."""
    rng = np.random.default_rng(7)
    folder = tmp_path / "fma"
    (folder / "fma_small" / "000").mkdir(parents=True)
    (folder / "fma_metadata").mkdir()
    tracks = [
        ",album,artist,set,set,track,track,track,track,track",
        ",title,name,split,subset,duration,genre_top,genres_all,license,title",
        "track_id,,,,,,,,,",
    ]
    features = "echonest," * len(ATTRIBUTES)
    echonest = [
        f",{features.rstrip(',')}",
        "," + ",".join(["audio_features"] * len(ATTRIBUTES)),
        f",{','.join(ATTRIBUTES)}",
        "track_id" + "," * len(ATTRIBUTES),
    ]
    for song in range(2, 2 + SONGS):
        artist = f"Artist {song % ARTISTS}"
        tracks.append(f"{song},Album,{artist},training,small,180,Folk,[17],CC BY,Song {song}")
        numbers = rng.uniform(0, 1, len(ATTRIBUTES))
        echonest.append(f"{song}," + ",".join(f"{number:.4f}" for number in numbers))
        tone = 0.3 * np.sin(np.arange(4 * RATE_HZ) * rng.uniform(0.05, 0.3))
        soundfile.write(folder / "fma_small" / "000" / f"{song:06d}.mp3", tone, RATE_HZ)
    (folder / "fma_metadata" / "tracks.csv").write_text("\n".join(tracks) + "\n")
    (folder / "fma_metadata" / "echonest.csv").write_text("\n".join(echonest) + "\n")
    (folder / "fma_metadata" / "genres.csv").write_text("genre_id,#tracks,title\n17,9,Folk\n")
    return folder


def test_three_commands_lead_from_fma_to_the_attributes_of_own_files(
    kerasfeat, fma, backbones, tmp_path
):
    songs, run = tmp_path / "songs", tmp_path / "run"
    assert kerasfeat("data", "fma", fma, songs).code == 0
    short = ("--set", "epochs=1", "--set", "batch_size=8")
    fitted = kerasfeat(
        *("fit", "--recipe", "attributes-fma", "--data", songs, "--out", run), *short
    )
    assert fitted.code == 0, fitted.err
    predicted = (run / "predictions.csv").read_text().splitlines()[0].split(",")
    assert {f"predicted_{name}" for name in ATTRIBUTES} <= set(predicted)
    parts = {}
    for line in (run / "splits.csv").read_text().splitlines()[1:]:
        track_id, part = line.split(",")[:2]
        parts.setdefault(int(track_id) % ARTISTS, set()).add(part)
    assert all(len(own) == 1 for own in parts.values())
    own = fma / "fma_small" / "000" / "000005.mp3"
    ended = kerasfeat("describe", own, "--run", run, "--format", "json")
    assert ended.code == 0, ended.err
    (row,) = json.loads(ended.out)
    assert all(0 <= row[name] <= 1 for name in ATTRIBUTES) and row["loudness_lufs"] < 0
