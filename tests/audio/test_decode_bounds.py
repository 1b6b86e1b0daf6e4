"""What decoding holds in memory is bounded, whatever rate and channels a small file has."""

import shutil
import subprocess
import tracemalloc

import numpy as np
import pytest
import soundfile

from kerasfeat.audio.decode import AudioError, decode

RATE_HZ = 22_050
# Of the whole file: 6 channels of 100 s at 96 kHz in 4 bytes.
WHOLE_BYTES = 6 * 100 * 96_000 * 4


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """A FLAC of some 100 kB that is large when decoded."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.flac"
    tone = np.sin(np.arange(96_000) / 50).astype("float32") / 4
    with soundfile.SoundFile(path, "w", 96_000, 6) as file:
        for second in range(100):
            file.write(np.tile(tone[:, np.newaxis] if second == 7 else np.zeros((96_000, 1)), 6))
    assert path.stat().st_size < 2e6
    return path


def peak_bytes(path, **options):
    tracemalloc.start()
    try:
        waveform = decode(path, RATE_HZ, **options)
        return waveform, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_libsndfile_is_read_in_blocks(bomb):
    waveform, peak = peak_bytes(bomb)
    assert len(waveform) == 100 * RATE_HZ and peak < WHOLE_BYTES / 3
    loud = np.flatnonzero(np.abs(waveform) > 0.2) / RATE_HZ
    assert 6.9 < loud.min() < loud.max() < 8.1


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
def test_ffmpeg_is_read_in_blocks(bomb, tmp_path):
    path = tmp_path / "bomb.mka"
    subprocess.run(["ffmpeg", "-v", "error", "-i", bomb, "-c", "copy", path], check=True)
    waveform, peak = peak_bytes(path)
    assert len(waveform) == pytest.approx(100 * RATE_HZ, abs=2) and peak < WHOLE_BYTES / 3


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [22_050, 48_000])
def test_blocks_change_nothing(tmp_path, channels, rate_hz, monkeypatch):
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, (3 * rate_hz + 17, 3))
    soundfile.write(tmp_path / "song.wav", noise, rate_hz, subtype="FLOAT")
    whole = decode(tmp_path / "song.wav", RATE_HZ, channels)
    monkeypatch.setattr("kerasfeat.audio.libsndfile.BLOCK_SAMPLES", 10_007)
    np.testing.assert_array_equal(decode(tmp_path / "song.wav", RATE_HZ, channels), whole)


def test_what_is_too_large_when_decoded_is_that_files_reason(bomb, monkeypatch):
    monkeypatch.setattr("kerasfeat.audio.sound.MAX_DECODED_BYTES", WHOLE_BYTES // 2)
    with pytest.raises(AudioError, match=r"too large: its 6 channels at 96,000 Hz are 0.2 GiB"):
        decode(bomb, RATE_HZ)
    monkeypatch.setattr("kerasfeat.audio.sound.MAX_DURATION_S", 99)
    with pytest.raises(AudioError, match="too long: 100 s, at most 99 s: cut it"):
        decode(bomb, RATE_HZ)


@pytest.mark.parametrize(("sample", "told"), [(3e38, "3e+38 times"), (1e25, "1e+25 times")])
def test_one_absurd_sample_of_a_later_block_is_told(tmp_path, sample, told, monkeypatch):
    monkeypatch.setattr("kerasfeat.audio.libsndfile.BLOCK_SAMPLES", 10_007)
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, (70_001, 2))
    noise[61_003, 1] = sample
    soundfile.write(tmp_path / "song.wav", noise, RATE_HZ, subtype="FLOAT")
    with pytest.raises(AudioError, match="corrupt, or not scaled to 1") as error:
        decode(tmp_path / "song.wav", RATE_HZ)
    assert told in str(error.value)
