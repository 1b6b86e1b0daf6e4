"""WAV files to mono waveforms in a TensorFlow graph: RIFF with 8, 16, 24, or 32 bits, or floating
point with 32 or 64.

`tf.audio.decode_wav` reads 16 bits only. The format: Microsoft, "Multimedia Programming Interface
and Data Specifications 1.0", and "Multiple channel audio data and WAVE files" for the extensible
header.
"""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from kerasfeat.arrays import Tensor
from kerasfeat.audio.libsndfile import UNKNOWN_BYTES, WHOLE_SHARE
from kerasfeat.audio.sound import LOUDEST_PEAK

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# Of what people record. Memory to resample grows with the rate that a header names, however short
# the file is.
LOWEST_HZ, HIGHEST_HZ = 1_000, 384_000


def decode_wav(content: Tensor) -> tuple[Tensor, Tensor]:
    """Decode one WAV file.

    Args:
        content: scalar string, the file's bytes.

    Returns:
        (float32 [samples], the mean of all channels; int32 scalar sample rate in Hz). What is no
        WAV file, one that is truncated or not scaled, or one of another coding or of a rate
        outside LOWEST_HZ to HIGHEST_HZ, is an InvalidArgument error that says so.
    """
    content = tf.convert_to_tensor(content)
    start = content + " " * 12  # so that there is a head to compare
    head = tf.strings.substr(start, 0, 4) + tf.strings.substr(start, 8, 4)
    is_wav = _require(head == b"RIFFWAVE", "not a WAV file: it doesn't begin with RIFF and WAVE")
    with tf.control_dependencies([is_wav]):
        header, data, announced = _chunks(content)
    form = _format(header)
    with tf.control_dependencies(_checks(form, data, announced)):
        used = tf.strings.length(data) // tf.maximum(form.frame_bytes, 1) * form.frame_bytes
        samples = _samples(tf.strings.substr(data, 0, used), form.code, form.bits)
    # Of all channels, which could hide such a sample from each other when they are mixed.
    with tf.control_dependencies([scaled(samples)]):
        waveform = tf.reduce_mean(tf.reshape(samples, [-1, form.channels]), axis=1)  # [samples]
        return waveform, tf.identity(form.rate_hz)


def scaled(samples: Tensor) -> Tensor:
    """Assert that samples of any shape are finite numbers of sound whose full scale is 1."""
    finite = tf.reduce_all(tf.math.is_finite(samples))
    peak = tf.reduce_max(tf.abs(samples))  # of none -inf
    limit = f"not scaled to 1: the loudest sample is louder than {LOUDEST_PEAK} times full scale"
    with tf.control_dependencies([_require(finite, "some samples are not finite numbers")]):
        return _require(peak <= LOUDEST_PEAK, limit, peak)


@dataclass(frozen=True)
class _Format:
    """How samples are written: scalar int32 tensors.

    Attributes:
        code: PCM or FLOAT; others are not read.
        channels: of a frame.
        rate_hz: frames a second.
        bits: of a sample.
    """

    code: Tensor
    channels: Tensor
    rate_hz: Tensor
    bits: Tensor

    @property
    def frame_bytes(self) -> Tensor:
        """Bytes of one sample of each channel."""
        return self.channels * self.bits // 8


def _format(header: Tensor) -> _Format:
    """What a format chunk says."""
    whole = tf.strings.length(header) >= 16
    has_header = _require(whole, "not a WAV file: it has no whole format chunk")
    with tf.control_dependencies([has_header]):
        code, channels = _integer(header, 0, 2), _integer(header, 2, 2)
        rate_hz, bits = _integer(header, 4, 4), _integer(header, 14, 2)
    # The extensible header gives the coding in the first two bytes of an identifier.
    extended = (code == EXTENSIBLE) & (tf.strings.length(header) >= 26)
    code = tf.cond(extended, lambda: _integer(header, 24, 2), lambda: code)
    return _Format(code, channels, rate_hz, bits)


def _checks(form: _Format, data: Tensor, announced: Tensor) -> list[Tensor]:
    """Assertions that what a file holds can be read, and is what its data chunk announces."""
    # Programs that write to a pipe announce about the largest number that fits, or more, whose
    # sign bit is set.
    is_told = (announced > 0) & (announced < UNKNOWN_BYTES)
    held = tf.cast(tf.strings.length(data), tf.float32) / tf.cast(announced, tf.float32)
    is_whole = ~is_told | (held >= WHOLE_SHARE)
    makes_sense = (form.channels > 0) & (form.frame_bytes > 0)
    usual = (form.rate_hz >= LOWEST_HZ) & (form.rate_hz <= HIGHEST_HZ)
    rates = f"this WAV file's sample rate is not read: {LOWEST_HZ} to {HIGHEST_HZ} Hz are"
    any_sample = tf.strings.length(data) >= form.frame_bytes
    return [
        _require(makes_sense, "not a WAV file: its format chunk makes no sense"),
        _require(usual, rates, form.rate_hz),
        _require(any_sample, "the WAV file holds no samples"),
        _require(is_whole, "truncated: the WAV file holds less than its header announces", held),
    ]


def _chunks(content: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(what the format chunk holds, what the first data chunk after it holds, of how many bytes
    that chunk is by its head), empty if missing.
    """
    total = tf.strings.length(content)

    def more(position: Tensor, header: Tensor, data: Tensor, announced: Tensor) -> Tensor:
        return (position + 8 <= total) & (tf.strings.length(data) == 0)

    def step(
        position: Tensor, header: Tensor, data: Tensor, announced: Tensor
    ) -> tuple[Tensor, ...]:
        name, told = tf.strings.substr(content, position, 4), _integer(content, position + 4, 4)
        size = tf.where(told < 0, total, tf.minimum(told, total))
        inside = tf.strings.substr(content, position + 8, size)
        position += 8 + size + size % 2
        return (
            position,
            tf.where(name == b"fmt ", inside, header),
            tf.where(name == b"data", inside, data),
            tf.where(name == b"data", told, announced),
        )

    start = (tf.constant(12), tf.constant(b""), tf.constant(b""), tf.constant(0))
    _, header, data, announced = tf.while_loop(more, step, start)
    return header, data, announced


def _samples(data: Tensor, code: Tensor, bits: Tensor) -> Tensor:
    """All channels' samples [frames * channels] as float32 in [-1, 1]."""

    def integers(dtype: tf.DType, offset: float, scale: float) -> Callable[[], Tensor]:
        return lambda: (tf.cast(tf.io.decode_raw(data, dtype), tf.float32) - offset) / scale

    def integers_of_24_bits() -> Tensor:
        parts = tf.reshape(tf.io.decode_raw(data, tf.uint8), [-1, 3])
        low, middle, high = tf.unstack(tf.cast(parts, tf.int32), axis=1)
        value = low + 256 * middle + 65536 * high
        return tf.cast(value - tf.where(high > 127, 1 << 24, 0), tf.float32) / float(1 << 23)

    def unknown() -> Tensor:
        problem = "this coding of WAV is not read: 8 to 32 bits or floating point are"
        with tf.control_dependencies([_require(False, problem, code, bits)]):
            return tf.zeros([0])

    cases = {
        (PCM, 8): integers(tf.uint8, 128.0, 128.0),
        (PCM, 16): integers(tf.int16, 0.0, float(1 << 15)),
        (PCM, 24): integers_of_24_bits,
        (PCM, 32): integers(tf.int32, 0.0, float(1 << 31)),
        (FLOAT, 32): lambda: tf.io.decode_raw(data, tf.float32),
        (FLOAT, 64): lambda: tf.cast(tf.io.decode_raw(data, tf.float64), tf.float32),
    }
    branches = list(cases.values()) + [unknown]
    chosen = [
        tf.where((code == wanted) & (bits == width), i, len(cases))
        for i, (wanted, width) in enumerate(cases)
    ]
    return tf.switch_case(tf.reduce_min(tf.stack(chosen)), branches)


def _integer(content: Tensor, position: Tensor | int, width: int) -> Tensor:
    """A little-endian number as int32, of `width` bytes: four with their sign, two without."""
    part = tf.strings.substr(content, position, width)
    return tf.cast(tf.io.decode_raw(part, tf.int32 if width == 4 else tf.uint16)[0], tf.int32)


def _require(holds: Tensor | bool, message: str, *values: Tensor) -> Tensor:
    return tf.debugging.Assert(holds, [message, *values])
