"""tensorflow-io: SpecAugment's masks, and its decoders where its native library loads."""

import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.formats import FFMPEG, NOT_AUDIO, UNKNOWN, AudioError, sniff
from kerasfeat.audio.sound import BLOCK_SAMPLES, Sound

NATIVE_TENSORFLOW = "2.16"


def tensorflow_io() -> ModuleType:
    """The package tensorflow_io, imported without warnings of a native library that does not fit.

    Raises:
        KerasfeatError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import tensorflow_io
    except ImportError as error:
        raise KerasfeatError(
            f"tensorflow-io can't be imported ({error}). It has wheels for Python up to 3.12 on "
            "Linux, macOS, and older Windows: install it there with `pip install tensorflow-io`, "
            "or do without SpecAugment and the tensorflow-io decoder."
        ) from error
    return tensorflow_io


def spec_augment(clip: Tensor, time_mask_frames: int, freq_mask_bands: int) -> Tensor:
    """Hide a random stretch of time and a random range of bands behind the clip's mean.

    Source: SpecAugment, Park et al. 2019, arXiv 1904.08779.

    Args:
        clip: float [frames, bands] or [frames, bands, channels], all channels of which are hidden
            alike.
        time_mask_frames: the longest stretch has one frame less; more than the clip has count as
            all of its frames; 0 for none.
        freq_mask_bands: the widest range has one band less; more than the clip has count as all of
            its bands; 0 for none.

    Returns:
        A tensor like `clip`. Works inside tf.data and tf.function.

    Raises:
        KerasfeatError: tensorflow-io is not installed.
    """
    import tensorflow as tf

    masks = tensorflow_io().audio
    shown = tf.ones(tf.shape(clip)[:2])  # the masks write 0
    if time_mask_frames:
        shown = masks.time_mask(shown, tf.minimum(time_mask_frames, tf.shape(clip)[0]))
    if freq_mask_bands:
        shown = masks.freq_mask(shown, tf.minimum(freq_mask_bands, tf.shape(clip)[1]))
    shown = shown if len(clip.shape) == 2 else shown[..., tf.newaxis]
    return tf.where(shown > 0, clip, tf.reduce_mean(clip))


def read_tensorflow_io(path: Path, begin: Callable[[], Sound]) -> Sound:
    """Decode a wav, flac, ogg vorbis, or mp3 file into what `begin` gives.

    Raises:
        AudioError: the file is no such audio, corrupt, or too long.
        KerasfeatError: tensorflow-io is not installed, or was built for another TensorFlow.
    """
    import tensorflow as tf

    kind = sniff(path)
    if kind.reader in (FFMPEG, NOT_AUDIO):
        raise AudioError(path, f"the tensorflow-io decoder does not read it: it is {kind.name}.")
    try:
        audio = tensorflow_io().audio.AudioIOTensor(str(path))
        sound = begin()
        sound.rate_hz = int(audio.rate)
        frames, channels = map(int, audio.shape)
        sound.announce(frames, channels)
        size = max(1, BLOCK_SAMPLES // channels)
        for start in range(0, frames, size):
            sound.add(_to_float(audio[start : start + size].numpy()))
    except NotImplementedError as error:
        raise KerasfeatError(
            f"the tensorflow-io decoder needs TensorFlow {NATIVE_TENSORFLOW}, for which "
            f"tensorflow-io {version('tensorflow-io')} was built; installed is TensorFlow "
            f"{tf.__version__}. Use the decoder soundfile, or "
            f"`pip install 'tensorflow=={NATIVE_TENSORFLOW}.*'`."
        ) from error
    except tf.errors.InvalidArgumentError as error:
        what = "not audio, or" if kind.name == UNKNOWN else "corrupt or truncated, or"
        words = error.message.split(" [Op:")[0].rpartition("}} ")[2]
        raise AudioError(
            path, f"{what} a format that tensorflow-io does not read: it says {words!r}."
        ) from error
    return sound


def _to_float(raw: Array) -> Array:
    """Integer samples to [-1, 1); tensorflow-io gives 24 bits in the upper part of 32."""
    if raw.dtype.kind != "i":
        return raw.astype(np.float32, copy=False)
    return raw.astype(np.float32) / np.float32(-float(np.iinfo(raw.dtype).min))
