"""How far a song lies from each genre."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kerasfeat.arrays import Array, Tensor
from kerasfeat.networks.columns import ONE_HOT_SIZES, is_logarithmic, with_logarithms
from kerasfeat.networks.layers import Float32Layer, Shape, not_zero, register

# The input that this layer encodes.
GENRE_DISTANCE = "genre_distance"


@register
class GenreDistance(Float32Layer):
    """Distance of a song's features to the mean features of each genre.

    [batch, columns] with NaN where missing to [batch, genres]. The genres' means are those of the
    training songs, so a test song never shapes what it is measured by. Columns are standardised, a
    duration's logarithm is taken, and columns that name a category (key, time signature) are left
    out; a distance is the root of the mean squared difference over the columns that the song has. A
    row without any value stays NaN; a genre without a training song is the mean of all songs.

    Args:
        columns: names.
        genres: names.
    """

    def __init__(self, columns: Sequence[str], genres: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns, self.genres = list(columns), list(genres)
        self._numeric = [i for i, name in enumerate(self.columns) if name not in ONE_HOT_SIZES]
        self._logarithmic = is_logarithmic([self.columns[i] for i in self._numeric])

    def build(self, input_shape: Shape) -> None:
        numbers = len(self._numeric)
        self.mean = self.add_statistic("mean", (numbers,))
        self.deviation = self.add_statistic("deviation", (numbers,), "ones")
        self.centroids = self.add_statistic("centroids", (len(self.genres), numbers))

    def adapt(self, table: Array, genres: Array) -> None:
        """Set the genres' means from the training songs.

        Args:
            table: [songs, columns].
            genres: [songs] the genre of each, None where not known.
        """
        numbers = np.asarray(table, "float32")[:, self._numeric]
        values = with_logarithms(numbers, self._logarithmic, np)
        known = np.isfinite(values)
        mean = _mean(values, known)
        deviation = not_zero(
            np.sqrt(_mean(np.square(values - mean), known)),
            np.where(known, values, np.inf).min(0),
            np.where(known, values, -np.inf).max(0),
        )
        scaled = (values - mean) / deviation
        of_genre = [
            np.array([genre == name for genre in genres], bool)[:, np.newaxis]
            for name in self.genres
        ]
        self.mean.assign(mean)
        self.deviation.assign(deviation)
        self.centroids.assign(np.stack([_mean(scaled, known & own) for own in of_genre]))

    def call(self, table: Tensor) -> Tensor:
        values = with_logarithms(ops.take(table, self._numeric, axis=1), self._logarithmic, ops)
        scaled = (values - self.mean) / self.deviation  # [batch, numbers]
        known = ops.cast(ops.logical_not(ops.isnan(scaled)), "float32")
        difference = ops.where(known > 0, scaled, 0.0)[:, None] - self.centroids
        difference = difference * known[:, None]  # [batch, genres, numbers]
        count = ops.sum(known, axis=1, keepdims=True)
        distance = ops.sqrt(ops.sum(ops.square(difference), axis=2) / ops.maximum(count, 1.0))
        return ops.where(count > 0, distance, np.nan)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], len(self.genres))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "columns": self.columns, "genres": self.genres}


def _mean(values: Array, counts: Array) -> Array:
    """Mean over songs of the values that count, [columns]; 0 where none does."""
    return np.where(counts, values, 0.0).sum(0) / np.maximum(counts.sum(0), 1)
