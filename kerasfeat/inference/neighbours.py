"""The songs that a model was trained on and finds most like another."""

from typing import Any

import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.evaluation.song_vectors import read_vectors, represent
from kerasfeat.inference.predict import Predictions, Predictor
from kerasfeat.networks.assembly import REPRESENTATION


def nearest(
    predictor: Predictor, predictions: Predictions, count: int
) -> list[list[dict[str, Any]]] | None:
    """The training songs whose representation has the highest cosine similarity with each song's,
    centred on the training songs' mean.

    Args:
        predictor: whose run keeps the vectors of its songs.
        predictions: of that model.
        count: how many.

    Returns:
        For each song dicts: title, artist, true and predicted values, similarity. None where the
        run keeps no vectors.
    """
    known = read_vectors(predictor.run.path)
    if known is None:
        return None
    trained = np.flatnonzero(known.part == "train")
    facts = known.facts(predictor.target).iloc[trained].drop(columns="part")
    vectors = known.vectors[trained].astype("float64")  # [songs, units]
    mean = vectors.mean(0)
    similarity = _unit(_vectors(predictor, predictions) - mean) @ _unit(vectors - mean).T
    neighbours = []
    for row in similarity:
        best = np.argsort(-row, kind="stable")[:count]
        songs = facts.iloc[best].assign(similarity=row[best])
        neighbours.append(songs.to_dict("records"))
    return neighbours


def _vectors(predictor: Predictor, predictions: Predictions) -> Array:
    """What the trunk makes of each predicted song, [songs, units]."""
    frame = predictions.frame
    if "audio" in frame:
        heard = [None if path in predictions.failures else path for path in frame["audio"]]
        # As objects: pandas' own text holds no file name that is no valid text.
        frame = frame.assign(audio=pd.Series(heard, frame.index, dtype=object))
    gathered = predictor.gather(frame, predictions.decoder)
    rows = np.arange(len(gathered.rows))
    return represent(predictor.model, gathered.inputs, rows)[REPRESENTATION]


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
