"""How far a song lies from each genre."""

import keras
import numpy as np
from keras import ops

from kerasfeat.networks.layers import LOGARITHMIC, ONE_HOT_SIZES, register, with_logarithms

# The input that this layer encodes.
GENRE_DISTANCE = "genre_distance"


@register
class GenreDistance(keras.layers.Layer):
    """Distance of a song's features to the mean features of each genre: [batch, columns] with NaN
    where missing -> [batch, genres].

    The genres' means are those of the training songs, so a test song never shapes what it is
    measured by. Columns are standardised, a duration's logarithm is taken, and columns that name a
    category (key, time signature) are left out; a distance is the root of the mean squared
    difference over the columns that the song has. A row without any value stays NaN; a genre
    without a training song is the mean of all songs.
    """

    def __init__(self, columns, genres, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.columns, self.genres = list(columns), list(genres)
        self._numeric = [i for i, column in enumerate(self.columns) if column not in ONE_HOT_SIZES]
        self._logarithmic = np.array([self.columns[i] in LOGARITHMIC for i in self._numeric])

    def build(self, input_shape):
        numbers = len(self._numeric)
        for name, shape in {
            "mean": (numbers,),
            "deviation": (numbers,),
            "centroids": (len(self.genres), numbers),
        }.items():
            initializer = "ones" if name == "deviation" else "zeros"
            setattr(
                self,
                name,
                self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False),
            )

    def adapt(self, table, genres):
        """Set the genres' means from the training songs' `table` [songs, columns] and their
        `genres` [songs], None where not known.
        """
        values = with_logarithms(
            np.asarray(table, "float32")[:, self._numeric], self._logarithmic, np
        )
        known = np.isfinite(values)
        mean, deviation = (
            _mean(values, known),
            np.sqrt(_mean(np.square(values - _mean(values, known)), known)),
        )
        deviation = np.where(deviation > 1e-6, deviation, 1.0)
        scaled = (values - mean) / deviation
        own = [np.array([genre == name for genre in genres], bool)[:, None] for name in self.genres]
        self.mean.assign(mean)
        self.deviation.assign(deviation)
        self.centroids.assign(np.stack([_mean(scaled, known & mine) for mine in own]))

    def call(self, table):
        numeric = with_logarithms(
            ops.take(table, self._numeric, axis=1), self._logarithmic, ops
        )  # [batch, numbers]
        scaled = (numeric - self.mean) / self.deviation
        known = ops.cast(ops.logical_not(ops.isnan(scaled)), "float32")
        difference = (ops.where(known > 0, scaled, 0.0)[:, None] - self.centroids) * known[
            :, None
        ]  # [batch, genres, numbers]
        count = ops.sum(known, axis=1, keepdims=True)
        distance = ops.sqrt(ops.sum(ops.square(difference), axis=2) / ops.maximum(count, 1.0))
        return ops.where(count > 0, distance, np.nan)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], len(self.genres))

    def get_config(self):
        return {**super().get_config(), "columns": self.columns, "genres": self.genres}


def _mean(values, counts):
    """Mean over songs of the values that count, [columns]; 0 where none does."""
    return np.where(counts, values, 0.0).sum(0) / np.maximum(counts.sum(0), 1)
