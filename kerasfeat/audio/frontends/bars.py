"""The log-mel spectrogram stacked by the song's own tempo, a bar a row.

So what repeats from bar to bar stands below itself.

Tempo and beats are librosa's (Ellis 2007, "Beat Tracking by Dynamic Programming"), outside of
TensorFlow: no SavedModel can hold this front-end.
"""

from dataclasses import dataclass
from typing import ClassVar

import librosa
import numpy as np
import tensorflow as tf

from kerasfeat.arrays import Array, Tensor
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.fields import BARS, MELS, STEPS, Field

# The length of a beat where none can be heard: that of 120 beats a minute, the middle of what is
# looked for.
SILENT_BEAT_S = 0.5


@dataclass(frozen=True)
class Beat:
    """Where beats are: the first one, and the time from one to the next, both in frames."""

    first: float
    frames: float


@dataclass(frozen=True)
class Bars(LogMel):
    """`logmel` from the first beat on, each bar brought to the same number of steps.

    A clip of fewer bars begins again from its start. A bar has `beats_per_bar` beats; its first
    beat is that of the clip, since where a bar begins can't be heard reliably.
    """

    name: ClassVar[str] = "bars"

    clip_s: float = 10.0
    mels: int = 48
    bars: int = 4
    steps: int = 48
    beats_per_bar: int = 4

    @property
    def field(self) -> Field:
        """[bars, steps, mels]."""
        shape = (self.bars, self.steps, self.mels)
        return Field(self.name, shape, (BARS, STEPS, MELS), unit="dB")

    def call(self, waveform: Tensor) -> Tensor:
        """[batch, clip_samples] to [batch, bars, steps, mels]."""
        level = super().call(waveform)  # [batch, frames, mels]

        def stack(levels: Array) -> Array:
            return np.stack([self._stacked(level) for level in levels])

        result = tf.numpy_function(stack, [level], tf.float32, stateful=False)
        result.set_shape((waveform.shape[0], *self.field.shape))
        return result

    def _stacked(self, level: Array) -> Array:
        """[frames, mels] to [bars, steps, mels]: each step is the mean of its time."""
        beat = self._beat(level)
        beats = np.arange(self.bars * self.steps + 1) * beat.frames * self.beats_per_bar
        edges = beat.first + beats / self.steps
        # The sum of all levels up to each frame, and then up to each edge: beyond the clip's end
        # it begins again.
        sums = np.concatenate([np.zeros((1, self.mels)), np.cumsum(level, axis=0, dtype=float)])
        again, within = np.divmod(edges, len(level))
        frame = np.minimum(within.astype(int), len(level) - 1)
        rest = (within - frame)[:, None] * level[frame]
        until = again[:, None] * sums[-1] + sums[frame] + rest  # [edges, mels]
        steps = np.diff(until, axis=0) / np.diff(edges)[:, None]
        return steps.reshape(self.bars, self.steps, self.mels).astype(np.float32)

    def _beat(self, level: Array) -> "Beat":
        """Where the beats of a clip's level [frames, mels] are."""
        silent = Beat(0.0, SILENT_BEAT_S * self.sample_rate_hz / self.hop_samples)
        onsets = librosa.onset.onset_strength(
            S=level.T, sr=self.sample_rate_hz, hop_length=self.hop_samples
        )
        if not onsets.any():
            return silent
        _, beats = librosa.beat.beat_track(
            onset_envelope=onsets, sr=self.sample_rate_hz, hop_length=self.hop_samples
        )
        if len(beats) < 2:
            return silent
        # The line through all beats: one beat lies on a whole frame only.
        beat_frames, first = np.polyfit(np.arange(len(beats)), beats, 1)
        return Beat(max(first, 0.0), beat_frames)


FRONTEND = Bars()
