"""A front-end with an axis of its own: how loud and how bright each stretch of a clip is."""

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from kerasfeat.arrays import Tensor
from kerasfeat.audio.spectra import FrontEnd, require
from kerasfeat.fields import DIMS, Axis, Field

# Stretches follow each other in time, and the trunk `convolutional` reads them by default.
STRETCHES = Axis("stretches", is_time=True, default_trunk="convolutional", example_size=31)


@dataclass(frozen=True)
class Stretches(FrontEnd):
    """The level in dB, and the share of samples where the sign changes, of each stretch."""

    name: ClassVar[str] = "stretches"

    stretch_s: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.stretch_samples > 1, self, "a stretch has no two samples")
        require(self.stretch_s <= self.clip_s, self, "a stretch is longer than the clip")

    @property
    def stretch_samples(self) -> int:
        """Samples of one stretch."""
        return round(self.stretch_s * self.sample_rate_hz)

    @property
    def field(self) -> Field:
        """[stretches, 2]."""
        return Field(self.name, (self.clip_samples // self.stretch_samples, 2), (STRETCHES, DIMS))

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, stretches, 2]."""
        stretches, samples = self.field.shape[0], self.stretch_samples
        pieces = tf.reshape(waveform[:, : stretches * samples], [-1, stretches, samples])
        power = tf.reduce_mean(tf.square(pieces), axis=-1)  # [batch, stretches]
        level = 10 / tf.math.log(10.0) * tf.math.log(power + 1e-10)
        changes = tf.not_equal(pieces[..., 1:] >= 0, pieces[..., :-1] >= 0)
        return tf.stack([level, tf.reduce_mean(tf.cast(changes, tf.float32), axis=-1)], axis=-1)


FRONTEND = Stretches()
