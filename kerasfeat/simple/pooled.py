"""Songs as simple models read them: one row each."""

from dataclasses import dataclass, replace

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.fields import CHANNELS, COLUMNS, SAMPLES, Axis
from kerasfeat.networks.columns import ONE_HOT_SIZES
from kerasfeat.networks.window_statistics import SILENCE

POWER = -0.25  # docs/results.md has what others give


@dataclass(frozen=True)
class Pooled:
    """Every song as one row.

    Attributes:
        x: float32 [songs, columns], NaN where missing.
        columns: their names.
        audio: names of those that say how a song sounds, pooled from its audio.
    """

    x: Array
    columns: tuple[str, ...]
    audio: frozenset[str] = frozenset()

    @property
    def categorical(self) -> tuple[int, ...]:
        """Places of the columns whose numbers name a category."""
        return tuple(i for i, column in enumerate(self.columns) if column in ONE_HOT_SIZES)

    def of(self, songs: Array) -> "Pooled":
        """Some of the songs, by their places or as bool [songs]."""
        return replace(self, x=self.x[songs])

    def only(self, columns: tuple[str, ...]) -> "Pooled":
        """Some of the columns, in this order."""
        places = [self.columns.index(column) for column in columns]
        audio = self.audio & frozenset(columns)
        return Pooled(self.x[:, places], columns, audio)

    @property
    def column_weights(self) -> Array:
        """How much each column counts where columns are added up, [columns].

        The columns of an input count by POWER of how many they are, so that a table of ten is heard
        beside a thousand numbers of sound; the sum of their squares is as of all 1.
        """
        inputs = [name.rpartition("/")[0] if name in self.audio else "" for name in self.columns]
        _, own, sizes = np.unique(inputs, return_inverse=True, return_counts=True)
        weights = sizes[own] ** POWER
        return weights * np.sqrt(len(weights) / np.square(weights).sum())

    @property
    def order(self) -> Array:
        """Places of the columns by their names: what is learnt does not depend on their order."""
        return np.argsort(self.columns, kind="stable")


def pool(windows: Array, axes: tuple[Axis, ...]) -> Array:
    """One vector for a song of any length, from one audio input of it.

    Args:
        windows: [windows, *axes], as the store has them.
        axes: of one window, such as (FRAMES, MELS) or (SAMPLES,).

    Returns:
        [3 * bands] of frames, all other axes together being the bands: mean and standard deviation
        over windows and frames, and mean absolute step between frames (a cue of rhythm); of samples
        [8 * channels]: mean and standard deviation over windows of level (dB), peak, zero-crossing
        rate, and mean absolute step between samples (a cue of brightness); of columns [columns]:
        their mean over windows.
    """
    windows = np.asarray(windows, float)
    if axes[0] == COLUMNS:
        return windows.mean(axis=0)
    if axes == (SAMPLES, CHANNELS):
        return np.concatenate([_pooled_samples(channel) for channel in np.moveaxis(windows, -1, 0)])
    if axes[0] == SAMPLES:
        return _pooled_samples(windows)
    time = next((place for place, axis in enumerate(axes) if axis.is_time), 0)
    frames = np.moveaxis(windows, 1 + time, 1)
    return _pooled_frames(frames.reshape(*frames.shape[:2], -1))  # [windows, frames, bands]


def _pooled_samples(windows: Array) -> Array:
    """The cues [8] of one channel, [windows, samples]."""
    level = 20 * np.log10(np.maximum(np.sqrt(np.mean(windows**2, axis=1)), SILENCE))
    crossings = np.mean(np.diff(windows >= 0, axis=1), axis=1)
    steps = np.mean(np.abs(np.diff(windows, axis=1)), axis=1)
    cues = np.stack([level, np.abs(windows).max(axis=1), crossings, steps])  # [4, windows]
    return np.concatenate([cues.mean(axis=1), cues.std(axis=1)])


def _pooled_frames(windows: Array) -> Array:
    """The cues [3 * bands] of [windows, frames, bands]."""
    steps = np.zeros(windows.shape[2])
    if windows.shape[1] > 1:
        steps = np.abs(np.diff(windows, axis=1)).mean(axis=(0, 1))
    return np.concatenate([windows.mean(axis=(0, 1)), windows.std(axis=(0, 1)), steps])
