"""From fields, a trunk, and a target to a Keras model, whose parts can be trained alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Array, Tensor
from kerasfeat.fields import Field
from kerasfeat.networks.columns import KEY
from kerasfeat.networks.encoders import Rescale, encode_input
from kerasfeat.networks.genre_distance import GenreDistance
from kerasfeat.networks.heads import add_heads
from kerasfeat.networks.layers import Standardize, TabularEncoder
from kerasfeat.networks.submodels import SubmodelsAnswer, has_submodels, mean_of_submodels
from kerasfeat.networks.trunks import BINS, FEW_BINS, ONE_HOT_KEY, Part, Trunk, trunks
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.targets import Regression, Target

REPRESENTATION = "representation"
ADAPTED = (TabularEncoder, GenreDistance, Standardize, Rescale)


@dataclass(frozen=True)
class Network:
    """One graph of layers, seen as several models.

    Attributes:
        model: from all inputs to the target's heads.
        parts: path -> model from the inputs of a part to the part's own outputs. Layers are shared
            with `model`, which has those that its heads depend on: a decoder, or a head that is not
            joined, is in the part alone.
    """

    model: keras.Model
    parts: dict[str, keras.Model]


@dataclass(frozen=True)
class _Assembly:
    """What all parts of a network share.

    `models` has that of each path, "" for the whole, and is filled while they are made; `start` is
    as of `assemble`.
    """

    target: Target
    fields: Mapping[str, Field]
    raw: dict[str, Tensor]
    genres: tuple[str, ...]
    start: keras.Model | None
    models: dict[str, keras.Model] = field(default_factory=dict)


def assemble(
    target: Target,
    fields: Mapping[str, Field],
    trunk: Trunk,
    hyperparameters: Mapping[str, Any],
    *,
    genres: Sequence[str] = (),
    start: keras.Model | None = None,
) -> Network:
    """A network from raw inputs to the target's heads.

    Args:
        target: with its labels; its heads name the outputs.
        fields: of the inputs [batch, *field.shape], by name.
        trunk: a registered one.
        hyperparameters: keywords of the trunk; those of a part begin with its path.
        genres: names of the genres that `genre_distance` measures to.
        start: a model of the same inputs and heads, which the untrained network answers like: it
            learns what to add to its logits. None for a network that starts anew.

    Returns:
        A network whose model maps {input: tensor} to {head: tensor}: probabilities [batch, labels],
        whose sum is 1 where a song has one label, or values [batch, 1] in [0, 1].

    Raises:
        KerasfeatError: the trunk can't read these inputs, or can't predict this target.
    """
    trunk.check(fields)
    raw = {name: field.keras_input() for name, field in fields.items()}
    assembly = _Assembly(target, fields, raw, tuple(genres), start)
    whole = _make_part(assembly, trunk, hyperparameters, "")
    if set(whole.outputs) != set(target.heads):
        raise KerasfeatError(
            f"model {trunk.name!r} makes no prediction of its own: it is a part of others; "
            "take another --model."
        )
    return Network(assembly.models.pop(""), assembly.models)


def _make_part(
    assembly: _Assembly, trunk: Trunk, hyperparameters: Mapping[str, Any], path: str
) -> Part:
    """What a trunk makes at a path, "" for the whole; its model and its parts' are kept."""
    prefix = f"{path.replace('.', '_')}_" if path else ""
    own = {name: value for name, value in hyperparameters.items() if "." not in name}
    if trunk.parts:
        read = _make_parts(assembly, trunk, hyperparameters, path)
    else:
        reading = {name: own.pop(name) for name in (ONE_HOT_KEY, BINS) if name in own}
        read = _encode_inputs(assembly, trunk, path, prefix, **reading)
    made = _build(assembly, trunk, read, own)
    representation, outputs = made if isinstance(made, tuple) else (made, None)
    name = f"{prefix}{REPRESENTATION}"
    # [batch, units], or [batch, submodels, units].
    representation = layers.Identity(name=name)(representation)
    logits: dict[str, Tensor] = {}
    if outputs is None:
        start = assembly.start(assembly.raw) if assembly.start and not path else None
        logits, outputs = add_heads(assembly.target, representation, trunk.output, prefix, start)
    elif callable(outputs):
        _require_numbers(assembly.target, trunk)
        outputs = {head: outputs(representation, head) for head in assembly.target.heads}
    if outputs:
        names = trunk.reads(assembly.fields) if path else assembly.raw
        inputs = {name: assembly.raw[name] for name in names}
        answers = {
            head: SubmodelsAnswer(name=f"{prefix}{head}")(own) if has_submodels(own) else own
            for head, own in outputs.items()
        }
        name = path.replace(".", "_") or trunk.name
        assembly.models[path] = keras.Model(inputs, answers, name=name)
    return Part(
        mean_of_submodels(representation),
        {head: mean_of_submodels(answer) for head, answer in logits.items()},
        {head: mean_of_submodels(answer) for head, answer in outputs.items()},
    )


def representation_of(model: keras.Model) -> Tensor:
    """What a network's trunk makes of each example, of submodels their mean: [batch, units]."""
    return mean_of_submodels(model.get_layer(REPRESENTATION).output)


def _make_parts(
    assembly: _Assembly, trunk: Trunk, hyperparameters: Mapping[str, Any], path: str
) -> dict[str, Part]:
    """The parts that a trunk at a path is made of, by name."""
    parts = {}
    for name, trunk_name in trunk.parts.items():
        beginning = f"{name}."
        own = {
            key.removeprefix(beginning): value
            for key, value in hyperparameters.items()
            if key.startswith(beginning)
        }
        below = f"{path}.{name}" if path else name
        parts[name] = _make_part(assembly, trunks.get(trunk_name), own, below)
    return parts


def _encode_inputs(
    assembly: _Assembly,
    trunk: Trunk,
    path: str,
    prefix: str,
    one_hot_key: bool = False,
    bins: int = FEW_BINS,
) -> dict[str, Tensor]:
    """The inputs that a trunk at a path takes, as it reads them.

    Raises:
        KerasfeatError: `one_hot_key` asks for a key, and no input has one.
    """
    fields = trunk.reads(assembly.fields)
    if one_hot_key and not any(KEY in field.columns for field in fields.values()):
        raise KerasfeatError(
            f"{f'{path}.' * bool(path)}{ONE_HOT_KEY} asks for a key, and no input of "
            f"model {trunk.name!r} has one."
        )
    return {
        name: encode_input(
            assembly.raw[name],
            field,
            trunk.scaling,
            name=f"{prefix}{name}_encoder",
            genres=assembly.genres,
            one_hot_key=one_hot_key,
            bins=bins,
        )
        for name, field in fields.items()
    }


def _build(
    assembly: _Assembly,
    trunk: Trunk,
    read: Mapping[str, Tensor | Part],
    hyperparameters: Mapping[str, Any],
) -> Any:
    """What a trunk's function returns.

    Raises:
        KerasfeatError: an input is too small for its layers.
    """
    try:
        return trunk.build(read, **hyperparameters)
    except ValueError as error:  # Keras's
        fields = trunk.reads(assembly.fields)
        shapes = ", ".join(f"{name} {list(field.shape)}" for name, field in fields.items())
        problem = str(error).splitlines()[0]
        raise KerasfeatError(
            f"model {trunk.name!r} can't be built on {shapes} with these hyperparameters: "
            f"{problem} Longer windows (--set clip_s) may do."
        ) from error


def _require_numbers(target: Target, trunk: Trunk) -> None:
    if not isinstance(target, Regression):
        raise KerasfeatError(
            f"model {trunk.name!r} predicts numbers, and {target.heads[0]!r} has labels; "
            "take a task that predicts numbers."
        )


def adapt(network: Network, inputs: Inputs, songs: Array) -> None:
    """Set the statistics of the network's encoders, and of every scaling layer within its trunks.

    Args:
        network: from `assemble`.
        inputs: of all songs.
        songs: indices of the training songs, which alone are looked at.
    """
    adapted = set()
    for model in (network.model, *network.parts.values()):
        # From inputs to outputs: what a layer is adapted on is adapted before.
        for layer in model.layers:
            if isinstance(layer, ADAPTED) and layer.name not in adapted:
                adapted.add(layer.name)
                _adapt(layer, inputs, songs)


def _adapt(layer: keras.layers.Layer, inputs: Inputs, songs: Array) -> None:
    arrays = _taken_by(layer, inputs, songs)
    if isinstance(layer, GenreDistance):
        assert inputs.genres is not None, "the input genre_distance needs the songs' genres"
        layer.adapt(np.concatenate(list(arrays)), inputs.genres[songs])
    elif isinstance(layer, TabularEncoder):
        layer.adapt(np.concatenate(list(arrays)))
    else:
        layer.adapt(arrays)


def _taken_by(layer: keras.layers.Layer, inputs: Inputs, songs: Array) -> Iterable[Array]:
    """What a layer gets of the training songs: [windows, ...] of each; of a table one array."""
    (source,) = keras.utils.get_source_inputs(layer.input)
    before = (lambda x: x) if source is layer.input else keras.Model(source, layer.input)
    if source.name in inputs.tables:
        return [np.asarray(before(inputs.tables[source.name][songs]))]
    return (
        np.asarray(before(inputs.windows(source.name, song)))
        for song in songs
        if inputs.has(source.name, song)
    )
