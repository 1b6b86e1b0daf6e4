"""The vectors of a run's songs, which later commands find the neighbours of other songs by."""

import keras
import numpy as np

from kerasfeat.evaluation import plots
from kerasfeat.evaluation.song_vectors import SongVectors, represent
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import Split
from kerasfeat.experiment.run_directory import RunDirectory
from kerasfeat.networks.assembly import REPRESENTATION

SONGS = 5000  # at most: with more, TensorBoard's projector turns slowly


def write_vectors(
    run: RunDirectory, model: keras.Model, dataset: Dataset, split: Split
) -> SongVectors:
    """Keep what a model makes of all songs, or of a sample.

    Args:
        run: where they are written.
        model: the one that is kept.
        dataset: of the run.
        split: that the model was trained on.
    """
    rows = plots.sample(len(dataset.songs), SONGS)
    heads = dataset.target.heads
    means = represent(model, dataset.inputs, rows, heads)
    # As objects: a column that is not there would be of numbers, which no text can fill.
    names = dataset.songs.reindex(columns=["title", "artist", "track_id"]).astype(object)
    names = names.iloc[rows]
    vectors = SongVectors(
        title=np.array(names["title"].fillna(names["track_id"]), str),
        artist=np.array(names["artist"].fillna(""), str),
        part=np.array(split.parts[rows], str),
        truth=dataset.y[rows],
        prediction=np.concatenate([means[head] for head in heads], axis=1),
        vectors=means[REPRESENTATION],
    )
    vectors.write(run.path)
    return vectors
