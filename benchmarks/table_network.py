"""Is each choice of the table's network worth it? The network as it is, as it was before it had
members, and with one choice changed, on the same folds.

    python benchmarks/table_network.py --data DIR [--tables moods few genre ...] [--variants ...]
        [--seeds 1] [--folds N]

DIR holds moods.csv and spotify_songs.csv. "few" are samples of 400 songs of spotify_songs.csv, each
learnt alone and tested on the same 2,500 songs by other artists: they tell apart what 470 songs can
not. Each cell is the mean over seeds or samples; folds are pooled. Seconds are of one training.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasfeat.silence import import_tensorflow

import_tensorflow()

from keras import layers, ops  # noqa: E402  after TensorFlow is quiet

from kerasfeat.arrays import Array, Tensor  # noqa: E402
from kerasfeat.experiment.folds import Split, make_splits  # noqa: E402
from kerasfeat.experiment.hyperparameters import resolve  # noqa: E402
from kerasfeat.experiment.setup import MANY_SONGS, make_setup  # noqa: E402
from kerasfeat.experiment.spec import Spec  # noqa: E402
from kerasfeat.experiment.stages import Places  # noqa: E402
from kerasfeat.experiment.training import Experiment  # noqa: E402
from kerasfeat.fields import COLUMNS  # noqa: E402
from kerasfeat.networks.submodels import DenseOfSubmodels, mean_of_submodels  # noqa: E402
from kerasfeat.networks.trunks import Trunk, trunk  # noqa: E402
from kerasfeat.networks.trunks.tabular import tabular  # noqa: E402
from kerasfeat.pipeline.batches import predict_songs  # noqa: E402

SAMPLES, SAMPLE_SONGS, TEST_SONGS = 4, 400, 2500


class OneOf(keras.layers.Layer):
    """The mean of members' representations, in training that of one, drawn for each example."""

    def call(self, members: Tensor, training: bool = False) -> Tensor:
        if not training:
            return ops.mean(members, axis=1)
        batch, count, _ = ops.shape(members)
        drawn = keras.random.randint((batch,), 0, count)
        return ops.sum(members * ops.one_hot(drawn, count, dtype=members.dtype)[..., None], axis=1)

    def compute_output_shape(self, members_shape: tuple) -> tuple:
        return (members_shape[0], members_shape[2])


@trunk(
    axes=(COLUMNS,),
    training={"epochs": 60, "batch_size": 32},
    many_songs={"members": 1, "bins": 16},
)
def former(
    inputs: dict[str, Tensor],
    *,
    units: int = 128,
    blocks: int = 2,
    dropout: float = 0.5,
    members: int = 8,
) -> Tensor:
    """What the table's network was: residual members, one an example, one head on their mean."""
    (x,) = inputs.values()
    x = layers.Reshape((members, units))(layers.Dense(members * units)(x))
    for _ in range(blocks):
        h = layers.LayerNormalization()(x)
        h = layers.Activation("gelu")(DenseOfSubmodels(units)(h))
        h = layers.Dropout(dropout)(h)
        x = layers.Add()([x, DenseOfSubmodels(units)(h)])
    x = OneOf()(layers.LayerNormalization()(x))
    return layers.Dropout(dropout)(x)


def joined(inputs: dict[str, Tensor], **hyperparameters: Any) -> Tensor:
    """The network with one head on its members' mean: the loss is that of one answer."""
    return mean_of_submodels(tabular(inputs, **hyperparameters))


@dataclass(frozen=True)
class Variant:
    """A network to compare: a trunk, and what is changed of its hyperparameters."""

    trunk: Trunk
    changed: dict[str, Any]


ONE_HEAD = replace(tabular, build=joined)
VARIANTS = {
    "former": Variant(former, {"bins": 16}),
    "now": Variant(tabular, {}),
    "one head": Variant(ONE_HEAD, {}),
    **{
        f"{name}={value}": Variant(tabular, {name: value})
        for name, values in {
            "submodels": (8, 16, 32),
            "bins": (4, 8, 16, 48),
            "units": (64, 128, 256),
            "blocks": (1, 3),
            "dropout": (0.1, 0.2, 0.3),
            "learning_rate": (1e-3, 4e-3),
            "weight_decay": (1e-3, 3e-2),
            "batch_size": (32, 128),
            "schedule": ("cosine",),
        }.items()
        for value in values
    },
}
# Of each table: the task, the file, None for the synthesised songs, and the folds.
TABLES = {
    "moods": ("mood", "moods.csv", 10),
    "demo": ("mood", None, 5),
    "few": ("genre", "spotify_songs.csv", 2),
    "genre": ("genre", "spotify_songs.csv", 5),
    "popularity": ("popularity", "spotify_songs.csv", 5),
    "attributes": ("attributes", "spotify_songs.csv", 5),
}


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=TABLES)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--folds", type=int, default=None, help="train the first N folds alone")
    options = parser.parse_args()
    for table in options.tables:
        for name in options.variants:
            seeds = [
                _scored(table, VARIANTS[name], options.data, seed, options.folds)
                for seed in range(options.seeds)
            ]
            shown = {key: np.mean([row[key] for row in seeds]) for key in seeds[0]}
            figures = ", ".join(f"{key} {value:.4f}" for key, value in shown.items())
            print(f"{table:10} {name:22} {figures}", flush=True)


def _scored(
    table: str, variant: Variant, data: Path, seed: int, folds: int | None
) -> dict[str, float]:
    """Scores, and seconds of a training, of a variant on a table."""
    task, file, count = TABLES[table]
    spec = Spec(
        task=task,
        data=str(data / file) if file else None,
        inputs=("features",),
        folds=count,
        seed=seed,
    )
    setup = make_setup(spec)
    experiment = Experiment.of(setup, setup.dataset())
    if table == "few":
        return _mean([_pooled(experiment, variant, [one]) for one in _samples(experiment, seed)])
    splits = make_splits(setup.spec, setup.songs, experiment.dataset).splits[:count]
    return _pooled(experiment, variant, splits[:folds])


def _pooled(experiment: Experiment, variant: Variant, splits: list[Split]) -> dict[str, float]:
    """The scores of the splits' test songs taken together."""
    target, dataset = experiment.target, experiment.dataset
    many = len(splits[0].of("train")) >= MANY_SONGS
    own = replace(
        experiment,
        trunk=variant.trunk,
        hyperparameters=resolve(
            variant.trunk, {}, 0.0, variant.trunk.many_songs if many else {}, variant.changed
        ),
    )
    started, answers, songs = time.monotonic(), [], []
    for split in splits:
        with tempfile.TemporaryDirectory() as folder:
            places = Places(Path(folder) / "checkpoints", Path(folder) / "logs", split.name)
            model = own.train(split, places).model
        songs.append(split.of("test"))
        answers.append(predict_songs(model, target.heads, dataset.inputs, songs[-1]))
    scores = target.score(dataset.y[np.concatenate(songs)], np.concatenate(answers))
    numbers = {name: value for name, value in scores.items() if isinstance(value, float)}
    return {**numbers, "seconds": (time.monotonic() - started) / len(splits)}


def _samples(experiment: Experiment, seed: int) -> Iterator[Split]:
    """Splits of few songs, all with the same test songs; nobody is on two sides."""
    groups = experiment.dataset.groups
    draw = np.random.default_rng(seed)
    artists = draw.permutation(np.unique(groups))
    tested = np.isin(groups, artists[: len(artists) // 4])
    test = draw.permutation(np.flatnonzero(tested))[:TEST_SONGS]
    others = np.concatenate([np.flatnonzero(groups == group) for group in artists])
    others = others[~tested[others]]
    for number in range(SAMPLES):
        songs = others[number * SAMPLE_SONGS : (number + 1) * SAMPLE_SONGS]
        own = draw.permutation(np.unique(groups[songs]))
        parts: Array = np.full(len(groups), "", dtype="<U10")
        parts[songs] = np.where(np.isin(groups[songs], own[: len(own) // 6]), "validation", "train")
        parts[test] = "test"
        yield Split(str(number), parts)


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


if __name__ == "__main__":
    main()
