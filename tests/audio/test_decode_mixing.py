"""Decoding: pitch and level after resampling and ffmpeg, and names that mislead."""

import os
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from kerasfeat.audio.decode import decode
from kerasfeat.audio.formats import AudioError
from kerasfeat.audio.libsndfile import read
from kerasfeat.audio.sound import Sound

RATE_HZ = 22_050


def sine(rate_hz=RATE_HZ, duration_s=1.0, frequency_hz=440.0):
    return (
        0.2 * np.sin(2 * np.pi * frequency_hz * np.arange(round(rate_hz * duration_s)) / rate_hz)
    ).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_resampling_keeps_pitch_level_and_length(tmp_path, rate_hz):
    soundfile.write(tmp_path / "song.wav", sine(rate_hz, duration_s=2), rate_hz)
    waveform = decode(tmp_path / "song.wav", RATE_HZ)
    assert abs(len(waveform) - 2 * RATE_HZ) <= 1
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    assert np.argmax(spectrum) * RATE_HZ / len(waveform) == pytest.approx(440, abs=0.6)
    assert waveform.std() == pytest.approx(0.2 / np.sqrt(2), rel=0.01)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
@pytest.mark.parametrize("count", [1, 2, 4])
def test_ffmpeg_gives_the_same_mix_as_libsndfile(tmp_path, count):
    path, lossless = tmp_path / "song.wav", tmp_path / "song.mka"
    channels = [sine(frequency_hz=200.0 * (1 + channel)) for channel in range(count)]
    soundfile.write(path, np.stack(channels, axis=1), RATE_HZ, subtype="FLOAT")
    subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-c:a", "pcm_f32le", lossless], check=True)
    for channels in (1, 2):
        np.testing.assert_allclose(
            decode(lossless, RATE_HZ, channels), decode(path, RATE_HZ, channels), atol=1e-5
        )


@pytest.mark.parametrize("name", ["song.txt", "song", "with: colon?.wav", "-v.wav", "song.raw"])
def test_any_name_is_read(tmp_path, name):
    soundfile.write(tmp_path / "song.wav", sine(), RATE_HZ)
    path = (tmp_path / "song.wav").rename(tmp_path / name)
    np.testing.assert_allclose(decode(path, RATE_HZ), sine(), atol=1e-4)


@pytest.mark.parametrize("suffix", ["mp3", "wav", "ogg", "raw", "vox", "gsm", "au", "snd"])
def test_bytes_of_no_format_are_never_taken_for_audio(tmp_path, suffix):
    path = tmp_path / f"noise.{suffix}"
    path.write_bytes(b"\x07\x81" + np.random.default_rng(0).bytes(40_000))
    with pytest.raises(AudioError, match="not audio"):
        decode(path, RATE_HZ)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not hold for this user"
)
def test_a_file_without_permission_is_told(tmp_path):
    soundfile.write(tmp_path / "song.wav", sine(), RATE_HZ)
    (tmp_path / "song.wav").chmod(0)
    with pytest.raises(AudioError, match="no permission"):
        decode(tmp_path / "song.wav", RATE_HZ)


class Channels(Sound):
    """Keeps the channels of a file, which a Sound mixes."""

    def __init__(self, path):
        super().__init__(path, [])
        self.blocks = []

    def add(self, block):
        super().add(block)
        self.blocks.append(block)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
@pytest.mark.parametrize("layout", ["3.0", "5.0", "5.1", "6.1", "7.1"])
@pytest.mark.parametrize("name", ["song.ogg", "song.opus", "song.flac"])
def test_channels_of_every_coding_lie_where_ffmpeg_finds_them(tmp_path, layout, name):
    count = sum(map(int, layout.split(".")))
    starts = 24_000 * np.arange(count)
    sound = np.zeros((24_000 * count, count), np.float32)
    for channel, start in enumerate(starts):
        # One after the other, and so low that the channel of the bass keeps it.
        sound[start : start + 24_000, channel] = sine(48_000, 0.5, 60.0)
    soundfile.write(tmp_path / "plain.wav", sound, 48_000)
    kept = "|".join(map(str, range(count)))
    named = f"channelmap=map={kept}:channel_layout={layout}"
    for command in (["-i", "plain.wav", "-af", named, name], ["-i", name, "back.wav"]):
        subprocess.run(["ffmpeg", "-v", "error", *command], cwd=tmp_path, check=True)
    path = tmp_path / name
    ours = np.concatenate(read(path, lambda: Channels(path)).blocks)
    theirs = soundfile.read(tmp_path / "back.wav")[0]
    loudest = [
        [np.square(found[start + 6_000 : start + 18_000]).mean(axis=0).argmax() for start in starts]
        for found in (ours, theirs)
    ]
    assert loudest[0] == loudest[1]
    assert sorted(loudest[0]) == list(range(count))
