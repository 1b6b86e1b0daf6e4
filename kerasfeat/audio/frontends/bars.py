"""The log-mel spectrogram stacked by the song's own tempo: a bar a row, so that what repeats stands
below itself.

Tempo and beats are librosa's (Ellis 2007, "Beat Tracking by Dynamic Programming"), outside of
TensorFlow: no SavedModel can hold this front-end.
"""

from dataclasses import dataclass
from typing import ClassVar

import librosa
import numpy as np
import tensorflow as tf

from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.logmel import LogMel
from kerasfeat.fields import Field

# The length of a beat where none can be heard: that of 120 beats a minute, the middle of what is
# looked for.
SILENT_BEAT_S = 0.5


@dataclass(frozen=True)
class Bars(LogMel):
    """`logmel` from the first beat on, each bar brought to the same number of steps; a clip of
    fewer bars begins again from its start.

    A bar has `beats_per_bar` beats; its first beat is that of the clip, since where a bar begins
    can't be heard reliably.
    """

    name: ClassVar[str] = "bars"

    clip_s: float = 10.0
    mels: int = 48
    bars: int = 4
    steps: int = 48
    beats_per_bar: int = 4

    @property
    def field(self):
        """[bars, steps, mels]."""
        return Field(
            self.name, (self.bars, self.steps, self.mels), ("bars", "steps", "mels"), unit="dB"
        )

    def __call__(self, waveform):
        """[batch, clip_samples] to [batch, bars, steps, mels]."""
        level = super().__call__(waveform)  # [batch, frames, mels]

        def stack(levels):
            return np.stack([self._stacked(level) for level in levels])

        result = tf.numpy_function(stack, [level], tf.float32, stateful=False)
        result.set_shape((waveform.shape[0], *self.field.shape))
        return result

    def _stacked(self, level):
        """[frames, mels] to [bars, steps, mels]: each step is the mean of the time that it covers."""
        first, beat_frames = self._beat(level)
        edges = (
            first
            + np.arange(self.bars * self.steps + 1) * beat_frames * self.beats_per_bar / self.steps
        )
        sums = np.concatenate(
            [np.zeros((1, self.mels)), np.cumsum(level, axis=0, dtype=float)]
        )  # up to each frame
        rounds, place = np.divmod(edges, len(level))
        frame = np.minimum(place.astype(int), len(level) - 1)
        until = (
            rounds[:, None] * sums[-1] + sums[frame] + (place - frame)[:, None] * level[frame]
        )  # up to each edge
        steps = np.diff(until, axis=0) / np.diff(edges)[:, None]
        return steps.reshape(self.bars, self.steps, self.mels).astype(np.float32)

    def _beat(self, level):
        """The first beat, and the time from one to the next, in frames."""
        onsets = librosa.onset.onset_strength(
            S=level.T, sr=self.sample_rate_hz, hop_length=self.hop_samples
        )
        if not onsets.any():
            return 0.0, SILENT_BEAT_S * self.sample_rate_hz / self.hop_samples
        _, beats = librosa.beat.beat_track(
            onset_envelope=onsets, sr=self.sample_rate_hz, hop_length=self.hop_samples
        )
        if len(beats) < 2:
            return 0.0, SILENT_BEAT_S * self.sample_rate_hz / self.hop_samples
        # The line through all beats: one beat lies on a whole frame only.
        beat_frames, first = np.polyfit(np.arange(len(beats)), beats, 1)
        return max(first, 0.0), beat_frames


frontends.add("bars", Bars)
