"""The log-mel patches against a computation of their own in NumPy."""

import librosa
import numpy as np
import pytest
import tensorflow as tf

from hub_models import HubError, get, log_mel_patches


def _mel(hz):
    return 1127.0 * np.log1p(hz / 700.0)


def _triangles():
    """[257, 64] HTK triangles, linear in mel, 125 to 7500 Hz, without the DC bin (Hershey et al.
    2017; Young et al., HTK book).
    """
    edges = np.linspace(_mel(125.0), _mel(7500.0), 66)
    bins = _mel(np.arange(257) * 16000 / 512)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    return weights


def _patches(waveform, log_offset, hop_frames):
    """Patches [patches, 96, 64] of one waveform in float64, incomplete ones dropped."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)  # periodic Hann
    frames = np.lib.stride_tricks.sliding_window_view(waveform.astype(np.float64), 400)[::160]
    log_mel = np.log(np.abs(np.fft.rfft(frames * window, 512)) @ _triangles() + log_offset)
    starts = range(0, len(log_mel) - 95, hop_frames)
    return np.stack([log_mel[start : start + 96] for start in starts])


def test_vggish_patches_match_numpy(clips):
    got = log_mel_patches(clips, get("vggish").front_end).numpy()
    assert got.shape == (3, 1, 96, 64)
    np.testing.assert_allclose(got, [_patches(clip, 0.01, 96) for clip in clips], atol=2e-4)


def test_yamnet_pads_with_silence_to_whole_hops(clips):
    got = log_mel_patches(clips, get("yamnet").front_end).numpy()
    padded = np.pad(clips, [(0, 0), (0, 23280 - 20800)])
    assert got.shape == (3, 2, 96, 64)
    np.testing.assert_allclose(
        got, [_patches(clip, 0.001, 48) for clip in padded], atol=2e-3
    )  # float32 FFT noise under offset 0.001


def _powers(waveform):
    """log10(1 + 10000 power) in librosa's mel bands [frames, 96], by librosa."""
    power = librosa.feature.melspectrogram(
        y=waveform, sr=16000, n_fft=512, hop_length=256, n_mels=96, pad_mode="constant"
    )
    return np.log10(1 + 10000 * power.T)


def test_musicnn_patches_are_librosas(clips):
    loud = 2 * np.concatenate([clips, clips[:, ::-1], clips], axis=1)  # 3.9 s: 244 frames
    got = log_mel_patches(loud, get("musicnn_msd").front_end).numpy()
    wanted = [_powers(clip) for clip in loud]
    assert got.shape == (3, 2, 187, 96) and got.max() > 5  # 6.55 or more in float16 is infinity
    np.testing.assert_allclose(got[:, 0], [frames[:187] for frames in wanted], atol=2e-5)
    # The last patch ends with the clip.
    np.testing.assert_allclose(got[:, 1], [frames[-187:] for frames in wanted], atol=2e-5)
    np.testing.assert_array_equal(log_mel_patches(loud[1], get("musicnn_msd").front_end), got[1])


def test_musicnn_repeats_what_is_shorter_than_a_patch(clips):
    got = log_mel_patches(clips, get("musicnn_mtt").front_end).numpy()  # 82 frames
    assert got.shape == (3, 1, 187, 96)
    wanted = np.resize(_powers(clips[1]), (187, 96))
    np.testing.assert_allclose(got[1, 0], wanted, atol=2e-5)


def test_log_offset_is_what_silence_gives():
    for name, offset in (("yamnet", 0.001), ("vggish", 0.01)):
        patches = log_mel_patches(np.zeros((2, 16000), np.float32), get(name).front_end)
        np.testing.assert_allclose(patches, np.log(offset), rtol=1e-6)


@pytest.mark.parametrize("name", ["yamnet", "vggish", "musicnn_msd"])
@pytest.mark.parametrize("samples", [399, 15599, 15600, 15601, 23280, 31111, 52479, 52480])
def test_patch_count_is_the_declared_one(name, samples):
    front_end = get(name).front_end
    patches = log_mel_patches(np.zeros((2, samples), np.float32), front_end)
    size = (front_end.patch_frames, front_end.mels)
    assert patches.shape == (2, front_end.patches(samples), *size)


@pytest.mark.parametrize("name", ["yamnet", "vggish", "musicnn_mtt"])
def test_a_clip_does_not_depend_on_its_batch_mates(name, clips):
    together = log_mel_patches(clips, get(name).front_end)
    for clip, patches in zip(clips, together, strict=True):
        np.testing.assert_array_equal(log_mel_patches(clip, get(name).front_end), patches)


def test_gradient_is_finite_even_in_silence(clips):
    waveform = tf.Variable(np.concatenate([clips[:1], np.zeros((1, 20800), np.float32)]))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(log_mel_patches(waveform, get("yamnet").front_end))
    gradient = tape.gradient(total, waveform).numpy()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient[0]).max() > 0


@pytest.mark.parametrize("name", ["yamnet", "musicnn_mtt"])
def test_float64_is_read_as_float32_and_whole_numbers_are_refused(name, clips):
    front_end = get(name).front_end
    got = log_mel_patches(clips.astype(np.float64), front_end)
    np.testing.assert_array_equal(got, log_mel_patches(clips, front_end))
    with pytest.raises(HubError, match="not int16. Divide"):
        log_mel_patches((clips * 32767).astype(np.int16), front_end)
