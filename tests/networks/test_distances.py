"""Distances to genres: by hand, from training songs alone, and back from disk."""

import keras
import numpy as np

from kerasfeat.networks.genre_distance import GenreDistance

COLUMNS = ("energy", "key", "valence")
TABLE = np.array(
    [[0.2, 3, 0.1], [0.4, 5, 0.3], [0.9, 11, np.nan], [0.7, 0, 0.9], [0.3, 2, 0.7]], "float32"
)
GENRES = np.array(["folk", "folk", "rock", "rock", None], object)


def adapted(genres=("folk", "polka", "rock")):
    layer = GenreDistance(COLUMNS, genres)
    layer.build((None, 3))
    layer.adapt(TABLE, GENRES)
    return layer


def test_distances_by_hand():
    energy, valence = TABLE[:, 0], TABLE[[0, 1, 3, 4], 2]
    folk = np.array([(0.3 - energy.mean()) / energy.std(), (0.2 - valence.mean()) / valence.std()])
    song = np.array([(0.5 - energy.mean()) / energy.std(), (0.6 - valence.mean()) / valence.std()])
    distances = np.asarray(adapted()(np.array([[0.5, 7, 0.6], [0.5, 1, np.nan]], "float32")))
    assert distances.shape == (2, 3)
    np.testing.assert_allclose(distances[0, 0], np.sqrt(np.mean((song - folk) ** 2)), rtol=1e-5)
    np.testing.assert_allclose(
        distances[0, 1], np.sqrt(np.mean(song**2)), rtol=1e-5
    )  # no polka was trained on: the mean of all songs
    np.testing.assert_allclose(
        distances[1, 0], abs(song[0] - folk[0]), rtol=1e-5
    )  # over the columns that the song has


def test_a_song_of_a_genre_is_nearest_to_it_and_an_absent_one_stays_absent():
    distances = np.asarray(
        adapted()(np.array([[0.25, 0, 0.2], [0.8, 0, 0.9], [np.nan] * 3], "float32"))
    )
    assert distances[:2].argmin(axis=1).tolist() == [0, 2]
    assert np.isnan(distances[2]).all()


def test_durations_are_measured_in_ratios():
    layer = GenreDistance(("duration_ms",), ("long", "short"))
    layer.build((None, 1))
    layer.adapt(np.array([[4e5], [1e5]], "float32"), np.array(["long", "short"], object))
    np.testing.assert_allclose(
        np.asarray(layer(np.array([[2e5]], "float32"))), [[1.0, 1.0]], rtol=1e-5
    )


def test_the_layer_comes_back_from_disk(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, adapted()(inputs))
    model.save(tmp_path / "distances.keras")
    again = keras.saving.load_model(tmp_path / "distances.keras", safe_mode=True)
    np.testing.assert_allclose(again.predict(TABLE, verbose=0), model.predict(TABLE, verbose=0))
