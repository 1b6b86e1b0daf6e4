"""From fields, a trunk, and a task to a compiled-to-be Keras model with named outputs."""

import keras
import numpy as np
from keras import layers

from kerasfeat.models.blocks import Standardize, TabularEncoder
from kerasfeat.models.distances import GENRE_DISTANCE, GenreDistance
from kerasfeat.tasks import CLASSES

REPRESENTATION = "representation"


def _encoder(field, genres):
    name = f"{field.name}_encoder"
    if field.name == GENRE_DISTANCE:
        return GenreDistance(field.columns, genres, name=name)
    return TabularEncoder(field.columns, name=name) if field.axes[0] == "columns" else Standardize(name=name)


def build(task, fields, trunk, hyperparameters, *, labels=(), genres=()):
    """A functional model from raw inputs to the task's heads.

    Args:
        task: a Task whose targets name the outputs.
        fields: dict of name to Field, the inputs [batch, *field.shape].
        trunk: a registered Model.
        hyperparameters: keywords of the trunk.
        labels: label names of a task that predicts classes.
        genres: names of the genres that `genre_distance` measures to.

    Returns:
        A keras.Model from {input: tensor} to {head: tensor}: probabilities [batch, labels], or values [batch, 1] in [0, 1].
    """
    trunk.check(fields)
    raw = {name: field.keras_input() for name, field in fields.items()}
    encoded = {}
    for name, field in fields.items():
        x = raw[name]
        if field.axes[0] in ("samples", "spectrograms"):
            encoded[name] = x  # a waveform's scale is its loudness, and a backbone knows its own: kept
        else:
            encoded[name] = _encoder(field, genres)(x)
    representation = layers.Identity(name=REPRESENTATION)(trunk.build(encoded, **hyperparameters))  # [batch, units]
    # Heads stay in float32 under mixed precision: a softmax in half precision loses small probabilities.
    if task.kind == CLASSES:
        outputs = {task.name: layers.Dense(len(labels), activation="softmax", dtype="float32", name=task.name)(representation)}
    else:
        outputs = {t: layers.Dense(1, activation="sigmoid", dtype="float32", name=t)(representation) for t in task.targets}
    return keras.Model(raw, outputs, name=trunk.name)


def adapt(model, inputs, songs):
    """Set the statistics of the model's encoders, and of every `Standardize` within its trunk, from the training songs alone.

    Args:
        model: from `build`.
        inputs: Inputs of all songs (kerasfeat.data.pipeline).
        songs: indices of the training songs.
    """
    for layer in model.layers:  # from inputs to outputs: what a layer is adapted on is adapted before
        if not isinstance(layer, (TabularEncoder, GenreDistance, Standardize)):
            continue
        (source,) = keras.utils.get_source_inputs(layer.input)
        if isinstance(layer, TabularEncoder):
            layer.adapt(np.concatenate([inputs.windows(source.name, song) for song in songs]))
        elif isinstance(layer, GenreDistance):
            layer.adapt(inputs.tables[source.name][songs], inputs.genres[songs])
        else:
            before = keras.Model(source, layer.input)
            known = (song for song in songs if inputs.has(source.name, song))
            layer.adapt(np.asarray(before(inputs.windows(source.name, song))) for song in known)
