import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import decode
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.sound import mix
from kerasfeat.audio.windows import cut
from kerasfeat.pipeline.extraction import extract
from kerasfeat.pipeline.store import Store

RATE_HZ = 22_050
LOGMEL = replace(frontends.get("logmel"), clip_s=0.7, n_fft=512, hop_samples=200, mels=13)
MFCC = replace(
    frontends.get("mfcc"), clip_s=0.9, n_fft=1024, hop_samples=1500, mels=40, coefficients=7
)


def write_songs(folder, count=5):
    """Songs of unlike length: 0.5 s, 1 s, and so on."""
    for song in range(count):
        noise = np.random.default_rng(song).uniform(-0.5, 0.5, (RATE_HZ * (song + 1) // 2, 2))
        soundfile.write(folder / f"song{song}.flac", noise, RATE_HZ)
    return sorted(folder.glob("song*.flac"))


@pytest.fixture
def songs(tmp_path):
    return write_songs(tmp_path)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_stored_is_what_each_file_gives_alone(songs, store):
    result = extract(songs, [LOGMEL, MFCC], store)
    assert list(result.keys) == songs
    assert (result.extracted, result.cached, result.failures) == (5, 0, {})
    assert result.audio_s == pytest.approx(7.5)
    for song, key in result.keys.items():
        for frontend in (LOGMEL, MFCC):
            stored = store.read(frontend, key)
            assert stored.shape[1:] == frontend.field.shape
            waveform = decode(song, frontend.sample_rate_hz)
            np.testing.assert_allclose(
                stored, frontend(tf.constant(cut(waveform, frontend.clip_samples))), atol=1e-3
            )


def test_numbers_are_those_of_the_graph_that_is_served_alone_or_among_others(songs, tmp_path):
    wanted = (LOGMEL, MFCC, frontends.get("yamnet_patches"))
    alone, together = Store(tmp_path / "alone"), Store(tmp_path / "together")
    extract(songs, wanted, together, workers=3)
    for song in songs:
        key = extract([song], wanted, alone, workers=1).keys[song]
        for frontend in wanted:
            clips = cut(decode(song, frontend.sample_rate_hz), frontend.clip_samples)
            graph = tf.function(frontend, autograph=False)(tf.constant(clips)).numpy()
            np.testing.assert_array_equal(alone.read(frontend, key), graph)
            np.testing.assert_array_equal(together.read(frontend, key), graph)


def test_a_mistake_in_a_front_end_ends_the_work_as_it_is(songs, store):
    class Mistaken(type(LOGMEL)):
        def clips(self, sound):
            raise ZeroDivisionError("of its author")

    with pytest.raises(ZeroDivisionError, match="of its author"):
        extract(songs, [Mistaken(clip_s=0.4)], store)


def test_only_what_is_new_is_extracted(songs, store):
    def run(files, inputs):
        calls = []
        result = extract(files, inputs, store, progress=lambda *call: calls.append(call))
        assert [(done, total) for done, total, _ in calls] == [
            (done + 1, len(calls)) for done in range(len(calls))
        ]
        assert len(calls) == result.extracted
        return result.extracted, result.cached

    assert run(songs[:3], [LOGMEL]) == (3, 0)
    assert run(songs, [LOGMEL]) == (2, 3)
    assert run(songs, [LOGMEL]) == (0, 5)
    assert run(songs, [LOGMEL, MFCC]) == (5, 0)
    renamed = songs[0].rename(songs[0].with_name("renamed.flac"))
    assert run([renamed], [LOGMEL, MFCC]) == (0, 1)
    shutil.copy(songs[1], songs[2])
    assert run(songs[1:3], [LOGMEL, MFCC]) == (0, 2)


def test_songs_of_the_same_content_are_extracted_once(songs, store):
    copy = Path(shutil.copy(songs[0], songs[0].with_name("copy.flac")))
    result = extract([songs[0], copy, songs[0]], [LOGMEL], store)
    assert (result.extracted, result.cached) == (1, 1)
    assert result.keys[copy] == result.keys[songs[0]]


def test_bad_files_are_listed_with_their_reason(songs, store, tmp_path):
    (tmp_path / "text.mp3").write_text("<!DOCTYPE html> not what was asked for")
    copy = Path(shutil.copy(tmp_path / "text.mp3", tmp_path / "text2.mp3"))
    (tmp_path / "empty.mp3").touch()
    bad = [tmp_path / "text.mp3", tmp_path / "gone.mp3", copy, tmp_path / "empty.mp3"]
    result = extract([*bad[:2], *songs, *bad[2:]], [LOGMEL], store)
    assert list(result.keys) == songs
    assert list(result.failures) == bad
    told = [
        "not audio: it is text.",
        "no such file.",
        "not audio: it is text.",
        "empty file (0 bytes).",
    ]
    assert list(result.failures.values()) == told
    assert result.extracted == 5


def test_every_unusual_real_file_is_stored_or_told(shared_data, store):
    paths = [
        path
        for folder in ("malformed", "formats")
        for path in sorted((shared_data / folder).iterdir())
    ]
    result = extract(paths, [LOGMEL], store)
    assert set(result.keys) | set(result.failures) == set(paths)
    assert not set(result.keys) & set(result.failures)
    assert set(result.keys.values()) == store.keys(LOGMEL)
    assert len(result.keys) >= 9


def test_two_channels_are_mid_and_side(songs, store):
    class MidSide(type(frontends.get("waveform"))):
        channels = 2

    frontend = MidSide(clip_s=0.4)
    key = extract(songs[:1], [frontend, LOGMEL], store).keys[songs[0]]
    np.testing.assert_array_equal(
        store.read(frontend, key), cut(decode(songs[0], RATE_HZ, channels=2), frontend.clip_samples)
    )


def test_a_decoder_that_is_not_known_stops_everything(songs, tmp_path):
    with pytest.raises(KerasfeatError, match="decoder"):
        extract(songs, [LOGMEL], Store(tmp_path / "store", decoder="other"))


def test_an_interruption_keeps_what_is_done(songs, store):
    def interrupt(done, total, path):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(songs, [LOGMEL], store, progress=interrupt)
    assert len(store.keys(LOGMEL)) == 2
    result = extract(songs, [LOGMEL], store)
    assert (result.extracted, result.cached) == (3, 2)


# Each song waits a little, so that a signal comes before the end. Tests that run in the background
# ignore interrupts, and so would what they start.
EXTRACTION = """
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from kerasfeat.audio.frontends import frontends
from kerasfeat.pipeline import store
from kerasfeat.pipeline.extraction import extract

signal.signal(signal.SIGINT, signal.default_int_handler)

def progress(done, total, path):
    print(done, flush=True)
    time.sleep(0.02)

store.SHARD_BYTES = 100_000
files, root = sorted(Path(sys.argv[1]).glob("song*.flac")), sys.argv[2]
frontend = replace(frontends.get("logmel"), clip_s=0.7, n_fft=512, hop_samples=200, mels=13)
result = extract(files, [frontend], store.Store(root), progress=progress)
print("end", result.extracted, result.cached, flush=True)
"""


@pytest.fixture
def extraction(tmp_path):
    """A function that starts an extraction of 90 songs in another process."""
    songs = tmp_path / "songs"
    songs.mkdir()
    for song in range(90):
        noise = np.random.default_rng(song).uniform(-0.5, 0.5, RATE_HZ * 4)
        soundfile.write(songs / f"song{song:03}.flac", noise, RATE_HZ)
    command = [sys.executable, "-c", EXTRACTION, str(songs), str(tmp_path / "store")]
    here = Path(__file__).resolve().parents[2]
    return lambda: subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=here
    )


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.slow
def test_after_a_kill_and_an_interruption_the_rest_is_extracted(extraction, store):
    kept = set()
    # A kill loses at most the shard in memory, which holds some 20 songs here; an interruption
    # loses only what was in work.
    for number, lost in ((signal.SIGKILL, 25), (signal.SIGINT, 0)):
        process = extraction()
        while int(process.stdout.readline()) < 30:
            pass
        process.send_signal(number)
        assert process.wait(timeout=20) != 0
        before, kept = kept, store.keys(LOGMEL)
        assert before < kept
        assert 30 - lost <= len(kept) - len(before) < 60
        for key in kept:
            assert store.read(LOGMEL, key).shape[1:] == LOGMEL.field.shape
    output, _ = extraction().communicate(timeout=60)
    assert output.splitlines()[-1] == f"end {90 - len(kept)} {len(kept)}"
    assert len(store.keys(LOGMEL)) == 90


def test_whatever_happens_to_one_file_is_its_reason(
    songs: list[Path], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scarce(samples: np.ndarray, channels: int) -> np.ndarray:
        if len(samples) == RATE_HZ:
            raise MemoryError
        if len(samples) == RATE_HZ * 2:
            raise RuntimeError("n\udcf6 such thing")
        return mix(samples, channels)

    monkeypatch.setattr("kerasfeat.audio.sound.mix", scarce)
    result = extract(songs, [LOGMEL], store)
    assert list(result.failures) == [songs[1], songs[3]] and result.extracted == 3
    assert result.failures[songs[1]].startswith("too little memory")
    assert "such thing" in result.failures[songs[3]]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_by_name_is_no_file(songs: list[Path], store: Store) -> None:
    os.mkfifo(songs[0].with_name("pipe.wav"))
    result = extract([songs[0].with_name("pipe.wav"), songs[0]], [LOGMEL], store)
    assert (
        list(result.failures.values()) == ["is a pipe or a device, not a file."]
        and result.extracted == 1
    )
