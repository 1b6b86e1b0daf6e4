import numpy as np
import pytest
import soundfile
import tensorflow as tf

from kerasfeat import KerasfeatError
from kerasfeat.audio.decode import AudioError, decode
from kerasfeat.audio.tfio import spec_augment, tensorflow_io

try:
    tensorflow_io()
    INSTALLED = True
except KerasfeatError:
    INSTALLED = False
NATIVE = INSTALLED and tf.__version__.startswith("2.16.")
RATE_HZ = 16_000


@pytest.fixture
def song(tmp_path, sound):
    path = tmp_path / "song.wav"
    soundfile.write(path, sound(0.9, 44_100), 44_100)
    return path


@pytest.mark.skipif(NATIVE, reason="tensorflow-io's native library loads here")
def test_where_the_decoder_can_not_load_the_error_says_what_it_needs(song):
    with pytest.raises(KerasfeatError) as caught:
        decode(song, RATE_HZ, decoder="tensorflow-io")
    assert not isinstance(caught.value, AudioError)
    expected = ("needs TensorFlow 2.16", tf.__version__) if INSTALLED else ("tensorflow-io", "3.12")
    assert all(part in str(caught.value) for part in expected)


@pytest.mark.skipif(not NATIVE, reason="needs TensorFlow 2.16, for which tensorflow-io was built")
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_16"), ("wav", "PCM_24"), ("flac", "PCM_16"), ("ogg", "VORBIS")],
)
def test_both_decoders_agree(tmp_path, sound, suffix, subtype, channels):
    path = tmp_path / f"song.{suffix}"
    soundfile.write(path, sound(0.9, 44_100), 44_100, subtype=subtype)
    ours, theirs = (
        decode(path, RATE_HZ, channels, decoder) for decoder in ("soundfile", "tensorflow-io")
    )
    np.testing.assert_allclose(theirs, ours, atol=2e-5)


@pytest.mark.skipif(not NATIVE, reason="needs TensorFlow 2.16, for which tensorflow-io was built")
def test_both_decoders_agree_on_real_mp3(shared_data):
    path = sorted((shared_data / "emotify" / "audio").iterdir())[0]
    ours, theirs = (
        decode(path, RATE_HZ, decoder=decoder) for decoder in ("soundfile", "tensorflow-io")
    )
    common = min(len(ours), len(theirs))
    # One may leave in the encoder's padding at the start: a shift of at most two MPEG frames.
    shifts = np.arange(-836, 837)
    middle = slice(common // 2, common // 2 + RATE_HZ)
    match = [
        np.corrcoef(ours[middle], theirs[middle.start + shift : middle.stop + shift])[0, 1]
        for shift in shifts
    ]
    assert max(match) > 0.999


@pytest.mark.skipif(not NATIVE, reason="needs TensorFlow 2.16, for which tensorflow-io was built")
def test_every_malformed_file_gives_sound_or_a_reason(shared_data):
    for path in sorted((shared_data / "malformed").iterdir()):
        try:
            decode(path, RATE_HZ, decoder="tensorflow-io")
        except AudioError as error:
            assert len(error.reason) > 10


@pytest.mark.skipif(not INSTALLED, reason="needs tensorflow-io")
def test_masks_hide_a_stretch_and_a_range_behind_the_mean():
    clips = tf.random.stateless_normal([30, 17, 11], seed=(1, 2)) - 40.0
    hidden_frames, hidden_bands = [], []
    dataset = tf.data.Dataset.from_tensor_slices(clips).map(lambda clip: spec_augment(clip, 7, 5))
    for clip, masked in zip(clips, dataset.as_numpy_iterator(), strict=True):
        assert masked.shape == (17, 11)
        hidden = ~np.isclose(masked, clip, atol=1e-3)
        np.testing.assert_allclose(masked[hidden], np.mean(clip), atol=1e-3)
        hidden_frames.append(hidden.all(axis=1).sum())
        hidden_bands.append(hidden.all(axis=0).sum())
    assert 0 < max(hidden_frames) < 7
    assert 0 < max(hidden_bands) < 5


@pytest.mark.skipif(not INSTALLED, reason="needs tensorflow-io")
def test_masks_wider_than_the_clip_leave_a_frame_and_a_band():
    clips = tf.random.stateless_normal([40, 6, 4], seed=(1, 2)) - 40.0
    for widest in ((30, 0), (0, 12), (30, 12)):
        dataset = tf.data.Dataset.from_tensor_slices(clips).map(
            lambda clip, widest=widest: spec_augment(clip, *widest)
        )
        shown = np.isclose(np.stack(list(dataset.as_numpy_iterator())), clips, atol=1e-3)
        assert shown.any(axis=(1, 2)).all() and not shown.all()


@pytest.mark.skipif(not INSTALLED, reason="needs tensorflow-io")
def test_masks_of_zero_leave_the_clip():
    clip = tf.random.stateless_normal([17, 11], seed=(1, 2))
    np.testing.assert_allclose(spec_augment(clip, 0, 0), clip, atol=1e-5)
