"""WAV files and sample rates in the graph, beside libsndfile and soxr outside it."""

import io
import struct

import numpy as np
import pytest
import soundfile
import soxr
import tensorflow as tf

from kerasfeat.audio.sound import mix
from kerasfeat.serving.resample import resample
from kerasfeat.serving.wav import decode_wav

RATE_HZ = 11_025


def wav(samples, subtype="PCM_16", form="WAV", rate_hz=RATE_HZ):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=form, subtype=subtype)
    return buffer.getvalue()


def noise(samples, channels=1):
    return np.random.default_rng(7).uniform(-0.9, 0.9, (samples, channels)).astype("float32")


@pytest.mark.parametrize("form", ["WAV", "WAVEX"])
@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_coding_gives_what_libsndfile_gives(subtype, channels, form):
    content = wav(noise(531, channels), subtype, form)
    got, rate_hz = decode_wav(content)
    wanted, _ = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    assert int(rate_hz) == RATE_HZ
    np.testing.assert_allclose(got, mix(wanted, 1), atol=2e-7)


def test_other_chunks_and_unknown_lengths():
    content = wav(noise(40))
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"  # of an odd length, padded to an even one
    moved = content[:12] + extra + content[12:36] + extra + content[36:] + extra
    np.testing.assert_array_equal(decode_wav(moved)[0], decode_wav(content)[0])
    for size in (0xFFFFFFFF, 0x7FFFFFFF, 0x7FFF0000):
        piped = content[:40] + struct.pack("<I", size) + content[44:]
        np.testing.assert_array_equal(decode_wav(piped)[0], decode_wav(content)[0])
    long = wav(noise(531))
    np.testing.assert_array_equal(decode_wav(long[:-3])[0], decode_wav(long)[0][:-2])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a WAV file"),
        (b"fLaC" + bytes(99), "not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "no whole format chunk"),
        (wav(noise(40))[:44], "holds no samples"),
        (wav(noise(40), "ULAW"), "coding"),
        (wav(noise(40))[:22] + bytes(2) + wav(noise(40))[24:], "makes no sense"),
        (wav(noise(40), rate_hz=384_001), "rate is not read: 1000 to 384000 Hz are"),
        (wav(noise(40), rate_hz=60_000_011), "60000011"),
        (wav(noise(40), rate_hz=999), "rate is not read"),
        (wav(np.full((9, 1), np.nan, "float32"), "FLOAT"), "not finite"),
        (wav(noise(40) * 32_768, "FLOAT"), "not scaled to 1"),
        (wav(noise(40, 2) * np.array([200, -200], "float32"), "FLOAT"), "not scaled to 1"),
        (wav(noise(531))[:-30], "truncated: the WAV file holds less than its header announces"),
    ],
    ids=[
        "empty",
        "flac",
        "no chunks",
        "no samples",
        "coding",
        "no channels",
        "rate too high",
        "absurd rate",
        "rate too low",
        "nan",
        "of 16 bits",
        "channels that hide each other",
        "truncated",
    ],
)
def test_what_is_no_wav_file_is_refused(content, said):
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        decode_wav(content)


@pytest.mark.parametrize("rate_hz", [1_000, 384_000])
def test_the_lowest_and_the_highest_rate_are_read(rate_hz):
    waveform, got = decode_wav(wav(noise(37), rate_hz=rate_hz))
    assert waveform.shape == (37,) and int(got) == rate_hz


# Measured, with white noise: soxr's filter for two to one is the one that the graph uses, for other
# rates it has others.
@pytest.mark.parametrize(
    ("from_hz", "to_hz", "decibels"),
    [
        (44_100, 22_050, -110),
        (22_050, 44_100, -110),
        (44_100, 16_000, -58),
        (48_000, 22_050, -58),
        (8_000, 22_050, -58),
    ],
)
def test_resampling_is_near_to_what_soxr_does(from_hz, to_hz, decibels):
    sound = noise(30_001)[:, 0]
    got, length = resample(np.pad(sound, (0, 999))[None], [len(sound)], from_hz, to_hz)
    wanted = soxr.resample(sound, from_hz, to_hz, quality="HQ")
    assert length.numpy().tolist() == [len(wanted)] and got.shape == (1, len(wanted))
    assert 10 * np.log10(np.mean((got[0] - wanted) ** 2) / np.mean(wanted**2)) < decibels


def test_padding_does_not_sound():
    sound = noise(5_003)[:, 0]
    both, length = resample(
        np.stack([np.pad(sound, (0, 4_000), constant_values=0.5), noise(9_003)[:, 0]]),
        [5_003, 9_003],
        3_000,
        7_000,
    )
    alone, _ = resample(sound[None], [5_003], 3_000, 7_000)
    np.testing.assert_allclose(both[0, : length[0]], alone[0], atol=5e-6)


def test_the_end_of_a_song_does_not_sound_at_its_beginning():
    click = np.zeros((1, 16_380), "float32")
    click[0, -1] = 1
    got, _ = resample(click, [16_380], 44_100, 22_050)
    assert np.abs(got[0, -9:]).max() > 0.1
    np.testing.assert_allclose(got[0, :4_000], 0, atol=1e-5)
