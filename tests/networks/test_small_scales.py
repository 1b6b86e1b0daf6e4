"""Encoders of columns whose numbers are small, such as hours of what others write in seconds."""

import numpy as np
import pytest
from scaled import NAMES, TINY, table

from kerasfeat.networks.encoders import Rescale
from kerasfeat.networks.genre_distance import GenreDistance
from kerasfeat.networks.layers import Standardize, TabularEncoder


@pytest.mark.parametrize("layer", [lambda: TabularEncoder(NAMES), Standardize, Rescale])
def test_encoders_scale_small_numbers_as_others(layer):
    encoded = []
    for scale in (1, TINY):
        values = table(scale)
        values = values[np.isfinite(values).all(axis=1)]
        made = layer()
        made.build(values.shape)
        made.adapt(values if isinstance(made, TabularEncoder) else [values])
        encoded.append(np.array(made(values)))
    np.testing.assert_allclose(encoded[1], encoded[0], atol=1e-3)


def test_distances_to_genres_are_the_same_on_any_scale():
    genres, found = np.repeat(["jazz", "rock"], 150), []
    for scale in (1, TINY):
        layer = GenreDistance(NAMES, ["jazz", "rock"])
        layer.build((None, 2))
        layer.adapt(table(scale), genres)
        found.append(np.array(layer(table(scale))))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4)


def test_a_column_of_one_value_stays_constant_whatever_other_songs_have():
    for value in (0.1, 1e-9, 7.3, 0.0):
        values = np.full((20_000, 2), value, "float32")
        layer = TabularEncoder(NAMES)
        layer.build(values.shape)
        layer.adapt(values)
        other = np.array(layer(values[:1] + np.float32(0.25)))
        assert np.abs(other).max() <= 1
