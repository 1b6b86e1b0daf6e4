"""The synthesised corpus: the same for the same seed, whole or visibly unfinished, and true in both
of its halves.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kerasfeat import KerasfeatError
from kerasfeat.datasets import demo
from kerasfeat.datasets.demo import latents, names
from kerasfeat.datasets.demo.columns import COLUMNS, FEATURES

SEED, SONGS = 1, 120
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(demo.__file__).parents[3])}
RANGES = {
    **dict.fromkeys(
        [
            "danceability",
            "energy",
            "speechiness",
            "acousticness",
            "instrumentalness",
            "liveness",
            "valence",
        ],
        (0, 1),
    ),
    "key": (0, 11),
    "mode": (0, 1),
    "loudness": (-60, 0),
    "tempo": (30, 250),
    "duration_ms": (30_000, 1_200_000),
    "time_signature": (3, 5),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return demo.render(tmp_path_factory.mktemp("demo"), seed=SEED, songs=SONGS)


@pytest.fixture(scope="module")
def rows(corpus):
    return read(corpus)


@pytest.fixture(scope="module")
def sounds(corpus, rows):
    return [soundfile.read(corpus / row["audio"], dtype="float32") for row in rows]


def read(folder):
    with (folder / "tracks.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_seed_gives_same_bytes_whatever_the_number_of_threads(tmp_path):
    one = demo.render(tmp_path / "one", seed=3, songs=7, workers=1)
    three = demo.render(tmp_path / "three", seed=3, songs=7, workers=3)
    other = demo.render(tmp_path / "other", seed=4, songs=7)
    assert contents(one) == contents(three)
    assert not {
        data for name, data in contents(one).items() if name.endswith((".flac", ".csv"))
    } & set(contents(other).values())


def test_columns_and_ranges(rows):
    assert len(rows) == SONGS and tuple(rows[0]) == COLUMNS
    assert len({row["track_id"] for row in rows}) == SONGS
    for name in FEATURES:
        values = np.array([float(row[name]) for row in rows if row[name]])
        low, high = RANGES[name]
        assert low <= values.min() < values.max() <= high, name
    assert all(0 <= int(row["popularity"]) <= 100 for row in rows)
    assert all(row["source"] == "synthesised" for row in rows)
    assert any(not (row["artist"] + row["title"]).isascii() for row in rows)


def test_few_values_are_missing_and_never_a_label():
    table = list(csv.DictReader(demo.table(latents.draw_songs(0, 480), 0).splitlines()))
    missing = np.mean([not row[name] for row in table for name in FEATURES])
    assert 0.01 <= missing <= 0.02
    assert all(row[name] for row in table for name in COLUMNS if name not in FEATURES)


def test_instrumentalness_is_mostly_low_and_sometimes_high():
    table = list(csv.DictReader(demo.table(latents.draw_songs(0, 480), 0).splitlines()))
    values = np.array([float(row["instrumentalness"]) for row in table if row["instrumentalness"]])
    assert np.median(values) < 0.1 and np.mean(values > 0.5) > 0.1


@pytest.mark.parametrize("seed", range(5))
def test_default_corpus_is_balanced_and_every_class_has_many_artists(seed):
    songs = latents.draw_songs(seed, demo.SONGS)
    assert max(Counter(song.artist.number for song in songs).values()) == 8
    for label in ("mood", "genre"):
        for name, count in Counter(getattr(song, label) for song in songs).items():
            assert count >= 0.12 * len(songs), name
            assert len({song.artist.number for song in songs if getattr(song, label) == name}) >= 12


def test_artist_names_differ():
    assert len({names.artist_name(number) for number in range(2500)}) == 2500


def test_audio_is_mono_audible_unclipped_and_of_different_lengths(corpus, sounds):
    assert {soundfile.info(path).subtype for path in (corpus / "audio").iterdir()} == {"PCM_16"}
    for audio, sample_rate_hz in sounds:
        assert audio.ndim == 1 and sample_rate_hz == 22050
        assert 6 <= len(audio) / sample_rate_hz < 10
        assert 0.01 < audio.std() < 0.4 and 0.05 < np.abs(audio).max() < 0.96
        assert abs(audio.mean()) < 0.01
    assert len({len(audio) for audio, _ in sounds}) == SONGS


def test_level_and_length_give_no_label_away(rows, sounds):
    plain = np.array(
        [[len(audio), np.log(audio.std()), np.abs(audio).max()] for audio, _ in sounds]
    )
    assert accuracy(rows, "mood", plain) < 0.45
    assert accuracy(rows, "genre", plain) < 0.45


def test_features_and_audio_each_carry_part_of_the_truth(rows, sounds):
    features = np.array([[float(row[name] or "nan") for name in FEATURES] for row in rows])
    features = np.where(np.isnan(features), np.nanmedian(features, axis=0), features)
    with ThreadPoolExecutor(2) as pool:
        audio = PCA(25, whiten=True, random_state=0).fit_transform(
            np.stack(list(pool.map(pooled_bands, sounds)))
        )
    scores = {
        label: [
            accuracy(rows, label, inputs)
            for inputs in (features, audio, np.hstack([features, audio]))
        ]
        for label in ("mood", "genre")
    }
    for label, (by_features, by_audio, _) in scores.items():
        assert 0.45 < by_features < 0.90, label
        assert 0.45 < by_audio < 0.90, label
    by_features, by_audio, by_both = np.mean(list(scores.values()), axis=0)
    assert by_both > max(by_features, by_audio) + 0.02
    assert by_both < 0.95


def pooled_bands(sound):
    """Mean, standard deviation, and mean absolute change over time of the level in 35 bands from 43
    Hz up, dB, [105].
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound[0], 2048)[::512]  # [frames, 2048]
    power = np.abs(np.fft.rfft(frames * np.hanning(2048).astype(np.float32))) ** 2  # [frames, 1025]
    edges = np.unique(np.geomspace(4, 1000, 36).astype(int))
    level_db = 10 * np.log10(np.add.reduceat(power, edges, axis=1) + 1e-5)  # [frames, bands]
    return np.concatenate(
        [level_db.mean(0), level_db.std(0), np.abs(np.diff(level_db, axis=0)).mean(0)]
    )


def accuracy(rows, label, inputs):
    """Cross-validated accuracy of logistic regression; no artist is in two folds."""
    truth, artists = np.array([row[label] for row in rows]), [row["artist"] for row in rows]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    predicted = cross_val_predict(
        model,
        inputs,
        truth,
        groups=artists,
        cv=StratifiedGroupKFold(5, shuffle=True, random_state=0),
    )
    return np.mean(predicted == truth)


def test_says_that_it_is_synthesised(corpus):
    assert "synthesised" in (corpus / "README.md").read_text()
    provenance = json.loads((corpus / "provenance.json").read_text())
    assert provenance["synthesised"] is True and (provenance["seed"], provenance["songs"]) == (
        SEED,
        SONGS,
    )


def test_complete_corpus_is_reused_at_once(corpus):
    before = {path: path.stat().st_mtime_ns for path in corpus.rglob("*")}
    assert (
        demo.render(
            corpus,
            seed=SEED,
            songs=SONGS,
            progress=lambda done, total: pytest.fail("rendered again"),
        )
        == corpus
    )
    assert {path: path.stat().st_mtime_ns for path in corpus.rglob("*")} == before


def test_killed_render_passes_as_nothing_and_goes_on(tmp_path):
    folder = tmp_path / "killed"
    code = f"from kerasfeat.datasets import demo; demo.render({str(folder)!r}, songs=40, workers=1)"
    process = subprocess.Popen([sys.executable, "-c", code], env=ENVIRONMENT)
    while process.poll() is None and len(list(folder.glob("audio/*.flac"))) < 3:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    finished = len(list(folder.glob("audio/*.flac")))
    assert finished < 40 and not (folder / "tracks.csv").exists()
    (folder / "audio" / "demo0-00039.flac.0.partial").write_bytes(b"half")
    seen = []
    demo.render(folder, songs=40, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 40) for done in range(finished + 1, 41)]
    files = {"tracks.csv", "README.md", "provenance.json", "croissant.json"}
    assert contents(folder).keys() == files | {row["audio"] for row in read(folder)}
    assert all(len(soundfile.read(folder / row["audio"])[0]) for row in read(folder))


def test_deleted_audio_is_rendered_again(tmp_path):
    folder = demo.render(tmp_path, songs=5)
    before = contents(folder)
    (folder / read(folder)[2]["audio"]).unlink()
    demo.render(folder, songs=5)
    assert contents(folder) == before


def test_other_folders_are_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(KerasfeatError, match=r"not empty.*thesis\.txt"):
        demo.render(tmp_path, songs=5)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


def test_corpus_of_another_seed_is_refused(tmp_path):
    demo.render(tmp_path, seed=1, songs=3)
    with pytest.raises(KerasfeatError, match="seed"):
        demo.render(tmp_path, seed=2, songs=3)


@pytest.mark.parametrize("arguments", [{"songs": 0}, {"songs": 20_001}, {"seed": -1}])
def test_impossible_requests_are_refused(tmp_path, arguments):
    with pytest.raises(KerasfeatError, match="1 to 20000"):
        demo.render(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()


def test_unwritable_place_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(KerasfeatError, match="can't write the demo songs"):
        demo.render(tmp_path / "file" / "demo", songs=3)


def test_full_disk_is_a_clear_error_and_leaves_no_half_file(tmp_path):
    pytest.importorskip("resource", reason="limits on the size of files are POSIX's")
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "from kerasfeat import KerasfeatError\nfrom kerasfeat.datasets import demo\n"
        f"try: demo.render({str(tmp_path)!r}, songs=3)\nexcept KerasfeatError as error: "
        "print(error)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout
    assert "can't write the demo songs" in printed and "free some space" in printed
    assert contents(tmp_path).keys() == {"provenance.json"}
