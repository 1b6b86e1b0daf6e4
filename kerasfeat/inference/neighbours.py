"""The songs that a model was trained on and finds most like another."""

from typing import Any

import keras
import numpy as np
import pandas as pd

from kerasfeat.arrays import Array
from kerasfeat.boards.projector import METADATA, VECTORS
from kerasfeat.boards.run_board import TEST
from kerasfeat.inference.predict import Predictions, Predictor
from kerasfeat.networks.assembly import REPRESENTATION, representation_of
from kerasfeat.pipeline.batches import by_song, predict_windows


def nearest(
    predictor: Predictor, predictions: Predictions, count: int
) -> list[list[dict[str, Any]]] | None:
    """The training songs whose representation has the highest cosine similarity with each song's,
    centred on the training songs' mean.

    Args:
        predictor: whose run keeps the vectors of its songs for TensorBoard's projector.
        predictions: of that model.
        count: how many.

    Returns:
        For each song dicts: title, artist, true and predicted values, similarity. None where the
        run keeps no vectors.
    """
    folder = predictor.run / "tensorboard" / TEST
    if not (folder / VECTORS).is_file() or not (folder / METADATA).is_file():
        return None
    known = pd.read_csv(folder / METADATA, sep="\t", dtype=str, keep_default_na=False, quoting=3)
    trained = np.flatnonzero(known["part"] == "train")
    vectors = np.loadtxt(folder / VECTORS, delimiter="\t", ndmin=2)[trained]  # [songs, units]
    mean = vectors.mean(0)
    similarity = _unit(represent(predictor, predictions) - mean) @ _unit(vectors - mean).T
    found = []
    for row in similarity:
        best = np.argsort(-row, kind="stable")[:count]
        songs = known.iloc[trained[best]].drop(columns="part")
        found.append(songs.assign(similarity=row[best]).to_dict("records"))
    return found


def represent(predictor: Predictor, predictions: Predictions) -> Array:
    """What the trunk makes of each predicted song, [songs, units]."""
    frame = predictions.frame
    if "audio" in frame:
        heard = [None if path in predictions.failures else path for path in frame["audio"]]
        # As objects: pandas' own text holds no file name that is no valid text.
        frame = frame.assign(audio=pd.Series(heard, frame.index, dtype=object))
    gathered = predictor.gather(frame, predictions.decoder)
    count = len(gathered.rows)
    model = predictor.model
    trunk = keras.Model(model.input, {REPRESENTATION: representation_of(model)})
    windows, owner = predict_windows(trunk, gathered.inputs, np.arange(count))
    return by_song(windows[REPRESENTATION], owner, count).reshape(count, -1)


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
