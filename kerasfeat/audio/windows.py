"""Songs of any length as clips of one length.

The rule: clips follow each other from the start without overlap; the last one is shifted back so
that it ends with the song, unless what is left is shorter than a tenth of a clip, which is dropped.
A song shorter than a clip is repeated to fill it.
"""

import numpy as np
import tensorflow as tf

from kerasfeat.arrays import Array, Tensor

# A rest of at least one part in this many of a clip gets a clip of its own. A whole number, so that
# NumPy and TensorFlow round alike.
REST_PARTS = 10


def window_starts(samples: int, clip_samples: int) -> list[int]:
    """The first sample of each clip of a song, in order; at least one."""
    whole, rest = divmod(samples, clip_samples)
    if not whole:
        return [0]
    starts = [clip * clip_samples for clip in range(whole)]
    if rest * REST_PARTS >= clip_samples:
        starts.append(samples - clip_samples)
    return starts


def cut(waveform: Array, clip_samples: int) -> Array:
    """The clips of one song.

    Args:
        waveform: [samples] or [samples, 2], at least one sample.
        clip_samples: length of a clip.

    Returns:
        [windows, clip_samples] or [windows, clip_samples, 2].
    """
    if len(waveform) < clip_samples:
        waveform = np.resize(waveform, (clip_samples, *waveform.shape[1:]))
    starts = window_starts(len(waveform), clip_samples)
    whole = len(waveform) // clip_samples
    # A view: copying a song takes time.
    clips = waveform[: whole * clip_samples].reshape(whole, clip_samples, *waveform.shape[1:])
    if len(starts) == whole:
        return clips
    return np.concatenate([clips, waveform[np.newaxis, starts[-1] :]])


def batch_windows(waveform: Tensor, length: Tensor, clip_samples: int) -> tuple[Tensor, Tensor]:
    """The clips of a batch of padded songs; of each what `cut` gives without its padding.

    Args:
        waveform: [batch, samples], each row padded to the longest.
        length: int [batch], the samples of each song before padding.
        clip_samples: length of a clip.

    Returns:
        clips [batch, windows, clip_samples] with as many windows as the longest song has, and a
        boolean mask [batch, windows] that is False where a song has fewer; there the clips are
        zeros.
    """
    length = tf.maximum(tf.cast(length, tf.int32), 1)  # [batch]
    whole = length // clip_samples
    rest = (length - whole * clip_samples) * REST_PARTS >= clip_samples
    count = tf.maximum(whole + tf.cast(rest & (whole > 0), tf.int32), 1)
    number = tf.range(tf.reduce_max(count))  # [windows]
    starts = tf.minimum(
        number * clip_samples, tf.maximum(length - clip_samples, 0)[:, tf.newaxis]
    )  # [batch, windows]
    samples = starts[..., tf.newaxis] + tf.range(clip_samples)  # [batch, windows, clip_samples]
    clips = tf.gather(waveform, samples % length[:, tf.newaxis, tf.newaxis], batch_dims=1)
    mask = number < count[:, tf.newaxis]
    return tf.where(mask[..., tf.newaxis], clips, tf.zeros([], waveform.dtype)), mask
