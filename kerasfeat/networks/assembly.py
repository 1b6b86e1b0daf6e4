"""From fields, a trunk, and a task to a compiled-to-be Keras model with named outputs, whose parts
can be trained alone.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from kerasfeat import KerasfeatError
from kerasfeat.networks.encoders import KEY, Rescale, encoded
from kerasfeat.networks.genre_distance import GenreDistance
from kerasfeat.networks.heads import add_heads
from kerasfeat.networks.layers import Standardize, TabularEncoder
from kerasfeat.networks.trunks import ONE_HOT_KEY, Part, trunks
from kerasfeat.targets import Regression, Target

REPRESENTATION = "representation"


@dataclass(frozen=True)
class Network:
    """One graph of layers, seen as several models.

    Attributes:
        model: from all inputs to the task's heads.
        parts: path -> model from the inputs of a part to the part's own outputs. Layers are shared
            with `model`, which has those that its heads depend on: a decoder, or a head that is not
            joined, is in the part alone.
    """

    model: keras.Model
    parts: dict


@dataclass(frozen=True)
class _Plan:
    """What all parts of a network share."""

    target: Target
    fields: dict
    raw: dict
    genres: tuple


def assemble(target, fields, trunk, hyperparameters, *, genres=()):
    """A network from raw inputs to the target's heads.

    Args:
        target: with its labels; its heads name the outputs.
        fields: dict of name to Field, the inputs [batch, *field.shape].
        trunk: a Trunk.
        hyperparameters: keywords of the trunk; those of a part begin with its path.
        genres: names of the genres that `genre_distance` measures to.

    Returns:
        A Network; its model maps {input: tensor} to {head: tensor}: probabilities [batch, labels],
        whose sum is 1 where a song has one label, or values [batch, 1] in [0, 1].
    """
    trunk.check(fields)
    plan = _Plan(
        target, fields, {name: field.keras_input() for name, field in fields.items()}, tuple(genres)
    )
    parts = {}
    whole = _part(plan, trunk, hyperparameters, "", parts)
    if set(whole.outputs) != set(target.heads):
        raise KerasfeatError(
            f"model {trunk.name!r} makes no prediction of its own: it is a part of others; "
            "take another --model."
        )
    return Network(keras.Model(plan.raw, whole.outputs, name=trunk.name), parts)


def _part(plan, trunk, hyperparameters, path, parts):
    """The Part that `trunk` makes at `path`, "" for the whole; its own parts are added to `parts`."""
    prefix = f"{path.replace('.', '_')}_" if path else ""
    own = {name: value for name, value in hyperparameters.items() if "." not in name}
    if trunk.parts:
        read = {}
        for name, made_of in trunk.parts.items():
            below = {
                key.partition(".")[2]: value
                for key, value in hyperparameters.items()
                if key.partition(".")[0] == name
            }
            read[name] = _part(
                plan, trunks.get(made_of), below, f"{path}.{name}" if path else name, parts
            )
    else:
        read = {}
        fields, one_hot_key = trunk.reads(plan.fields), own.pop(ONE_HOT_KEY, False)
        if one_hot_key and not any(KEY in field.columns for field in fields.values()):
            raise KerasfeatError(
                f"{f'{path}.' * bool(path)}{ONE_HOT_KEY} asks for a key, and no input of "
                f"model {trunk.name!r} has one."
            )
        for name, field in fields.items():
            read[name] = encoded(
                plan.raw[name],
                field,
                trunk.scaling,
                plan.genres,
                f"{prefix}{name}_encoder",
                one_hot_key,
            )
    try:
        made = trunk.build(read, **own)
    except ValueError as error:  # Keras's, of layers that the input is too small for
        shapes = ", ".join(
            f"{name} {list(field.shape)}" for name, field in trunk.reads(plan.fields).items()
        )
        problem = str(error).splitlines()[0]
        raise KerasfeatError(
            f"model {trunk.name!r} can't be built on {shapes} with these hyperparameters: "
            f"{problem} Longer windows (--set clip_s) may do."
        ) from error
    representation, outputs = made if isinstance(made, tuple) else (made, None)
    representation = layers.Identity(name=f"{prefix}{REPRESENTATION}")(
        representation
    )  # [batch, units]
    logits = {}
    if outputs is None:
        logits, outputs = add_heads(plan.target, representation, trunk.output, prefix)
    elif callable(outputs):
        _require_numbers(plan.target, trunk)
        outputs = {head: outputs(representation, head) for head in plan.target.heads}
    if path and outputs:
        parts[path] = keras.Model(
            {name: plan.raw[name] for name in trunk.reads(plan.fields)},
            outputs,
            name=path.replace(".", "_"),
        )
    return Part(representation, logits, outputs)


def _require_numbers(target, trunk):
    if not isinstance(target, Regression):
        raise KerasfeatError(
            f"model {trunk.name!r} predicts numbers, and {target.heads[0]!r} has labels; "
            "take a task that predicts numbers."
        )


def adapt(network, inputs, songs):
    """Set the statistics of the network's encoders, and of every scaling layer within its trunks,
    from the training songs alone.

    Args:
        network: from `assemble`.
        inputs: Inputs of all songs (kerasfeat.pipeline.batches).
        songs: indices of the training songs.
    """
    adapted = set()
    for model in (network.model, *network.parts.values()):
        for (
            layer
        ) in model.layers:  # from inputs to outputs: what a layer is adapted on is adapted before
            if (
                isinstance(layer, (TabularEncoder, GenreDistance, Standardize, Rescale))
                and layer.name not in adapted
            ):
                adapted.add(layer.name)
                _adapt(layer, inputs, songs)


def _adapt(layer, inputs, songs):
    arrays = _before(layer, inputs, songs)
    if isinstance(layer, GenreDistance):
        layer.adapt(np.concatenate(list(arrays)), inputs.genres[songs])
    elif isinstance(layer, TabularEncoder):
        layer.adapt(np.concatenate(list(arrays)))
    else:
        layer.adapt(arrays)


def _before(layer, inputs, songs):
    """What `layer` gets of the training songs, as an iterable of arrays [windows, ...]; a table's
    rows are one array.
    """
    (source,) = keras.utils.get_source_inputs(layer.input)
    before = (lambda x: x) if source is layer.input else keras.Model(source, layer.input)
    if source.name in inputs.tables:
        return [np.asarray(before(inputs.tables[source.name][songs]))]
    return (
        np.asarray(before(inputs.windows(source.name, song)))
        for song in songs
        if inputs.has(source.name, song)
    )
