"""Train the networks that `kerasfeat describe` finds tempo, key and metre with.

    python benchmarks/train_describe.py [--songs 10000] [--out weights.npz]

They learn from synthesised songs alone: the demo's at other tempos and in all keys, others of
random make (describe_songs.py), tunes (tune_songs.py), some clicks and noises. Each song is seen by
the network of the key a second time without its beginning and end: real songs that are heard from
their middle on have none. Probabilities are tempered on songs of other seeds. `describe.py` judges
on seeds that are neither.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import soxr
from describe_songs import Known, clicks, demo_songs, noises, other_songs
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from tune_songs import tunes

from kerasfeat.arrays import Array
from kerasfeat.audio.measures import key, networks, onsets, pitches, tempo

TRAINING_SEED, TEMPERING_SEED = 1000, 2000
EPOCHS, BATCH_SIZE = 24, 64
UNITS = {"tempo": (64, 32), "key": (64, 32), "metre": (32,)}
# The network of the key sees each song's notes in few ways, and would learn them by heart.
DROPOUT = {"tempo": 0.1, "key": 0.3, "metre": 0.1}
# Of the network of the key: the features of a whole song, before those of its edges.
WHOLE_FEATURES = (len(pitches.BAND_CENTRES) + 2) * pitches.SEMITONES
WIDTH = 0.012  # of the target around the true tempo, in natural logarithms


@dataclass(frozen=True)
class Examples:
    """Features [songs, rows, features] and targets [songs, rows, outputs], each song's sum 1."""

    x: Array
    y: Array


def mixture(seed: int, songs: int) -> Iterator[Known]:
    """Songs of every kind."""
    yield from demo_songs(seed, round(0.24 * songs))
    yield from other_songs(seed, round(0.3 * songs))
    yield from tunes(seed, round(0.4 * songs))
    yield from clicks(seed, round(0.03 * songs))
    yield from noises(seed, round(0.03 * songs))


def examples(songs: Iterator[Known]) -> dict[str, Examples]:
    """What each network learns from some songs."""
    rows: dict[str, list[tuple[Array, Array]]] = {name: [] for name in UNITS}
    for song in songs:
        strength = onsets.onset_strength(song.audio)
        chroma = pitches.pitch_classes(
            soxr.resample(song.audio, onsets.SAMPLE_RATE_HZ, pitches.SAMPLE_RATE_HZ)
        )
        seen = tempo.features(strength, chroma)
        rows["tempo"].append((seen, _tempo_target(song)))
        rows["key"].append((key.features(chroma), _key_target(song)))
        if song.beats in tempo.METRES and song.tempo_bpm:
            nearest = int(np.abs(np.log(tempo.CANDIDATES_BPM / song.tempo_bpm)).argmin())
            metre = np.array([[beats == song.beats for beats in tempo.METRES]], float)
            rows["metre"].append((seen[nearest : nearest + 1], metre))
    return {
        name: Examples(*(np.stack(part).astype(np.float32) for part in zip(*own, strict=True)))
        for name, own in rows.items()
    }


def _tempo_target(song: Known) -> Array:
    """[candidates, 1]; the same everywhere of a song without tempo."""
    candidates = np.log(tempo.CANDIDATES_BPM)[:, np.newaxis]
    if song.tempo_bpm is None:
        return np.full_like(candidates, 1 / len(candidates))
    near = np.exp(-0.5 * ((candidates - np.log(song.tempo_bpm)) / WIDTH) ** 2)
    return near / near.sum()


def _key_target(song: Known) -> Array:
    """[tonics, minor and major]; the same everywhere of a song without key."""
    target = np.full((pitches.SEMITONES, 2), 1 / 24)
    if song.tonic is not None:
        target[:] = 0
        target[song.tonic, int(song.major)] = 1
    return target


def train(name: str, learnt: Examples, held: Examples) -> dict[str, Array]:
    """The arrays of one network, by their names in the weights' file."""
    features = learnt.x.shape[-1]
    mean = learnt.x.reshape(-1, features).mean(axis=0)
    scale = np.maximum(learnt.x.reshape(-1, features).std(axis=0), 1e-6)
    x, y = (learnt.x - mean) / scale, learnt.y.reshape(len(learnt.y), -1)
    if name == "key":
        edgeless = np.where(np.arange(features) < WHOLE_FEATURES, x, 0)
        x, y = np.concatenate([x, edgeless]), np.concatenate([y, y])
    inputs = values = keras.Input(learnt.x.shape[1:])
    for units in UNITS[name]:
        values = keras.layers.Dense(units, "gelu")(values)
        values = keras.layers.Dropout(DROPOUT[name])(values)
    scores = keras.layers.Flatten()(keras.layers.Dense(learnt.y.shape[-1])(values))
    model = keras.Model(inputs, scores)
    steps = EPOCHS * -(-len(x) // BATCH_SIZE)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(3e-3, steps), weight_decay=1e-3
        ),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    model.fit(x, y, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    arrays = {"mean": mean, "scale": scale}
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    for number, layer in enumerate(dense):
        arrays[f"kernel{number}"], arrays[f"bias{number}"] = layer.get_weights()
    held_scores = model.predict((held.x - mean) / scale, verbose=0)
    arrays["temperature"] = _temperature(held_scores, held.y.reshape(len(held.y), -1))
    return {f"{name}/{part}": np.asarray(array, np.float32) for part, array in arrays.items()}


def _temperature(scores: Array, truth: Array) -> Array:
    """What scores [songs, outputs] are divided by for the least cross-entropy."""

    def loss(logarithm: float) -> float:
        return -float((truth * log_softmax(scores / np.exp(logarithm), axis=1)).sum(axis=1).mean())

    return np.exp(minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded").x)


def main(words: Sequence[str] | None = None) -> None:
    """Draw songs, train, and write the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--songs", type=int, default=10000)
    parser.add_argument("--out", type=Path, default=networks.WEIGHTS)
    arguments = parser.parse_args(words)
    keras.utils.set_random_seed(0)
    learnt = examples(mixture(TRAINING_SEED, arguments.songs))
    held = examples(mixture(TEMPERING_SEED, arguments.songs // 7))
    arrays: dict[str, Array] = {}
    for name in UNITS:
        arrays |= train(name, learnt[name], held[name])
        print(f"{name}: temperature {arrays[f'{name}/temperature']:.3f}")
    np.savez_compressed(arguments.out, **arrays)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
